/**
 * What many sessions hold, by the few requests that tell it of many at once. The answers go where the lists of each
 * would be kept, so whoever lists finds them there. What a server does not tell in bulk is asked piece by piece.
 *
 * @module
 */

import {
  type Catalogue,
  experimentOwner,
  filesKey,
  partOwner,
  type ResourceOwner,
  scansKey,
} from "./catalogue.ts";
import {
  assessorsOf,
  EXPERIMENT_COLUMNS,
  experimentsOf,
  namedResources,
  SCAN_COLUMNS,
  scansOf,
} from "./rows.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { filesOf } from "./file_rows.ts";
import { route } from "./escape.ts";
import type { Ask } from "./memo.ts";
import { type Experiment, type File, isSession, type Named, type Resource } from "./model.ts";
import type { Row } from "./client.ts";

/** A resource of a scan as the list of sessions tells it. */
export interface ScanResource {
  /** Id of the scan. */
  readonly scan: string;
  /** Label; empty where the server did not tell. */
  readonly label: string;
  /** Number; empty where the server did not tell. */
  readonly id: string;
  /** Files in it, where the server counts them. */
  readonly files?: number;
}

/** The experiments of a project or of one of its subjects, and what the list of them tells besides. */
export interface Overview {
  /** Project. */
  readonly project: string;
  /** The experiments. */
  readonly experiments: readonly Experiment[];
  /** Resources of scans by experiment; without an entry nothing is known. */
  readonly resources: ReadonlyMap<string, readonly ScanResource[]>;
}

const PREFIX = "xnat:imagescandata/";
const RESOURCE = `${PREFIX}file/`;
const JOINED = SCAN_COLUMNS.split(",").map((column) => `${PREFIX}${column.toLowerCase()}`);
const JOINED_COLUMNS = [
  "ID",
  ...JOINED,
  ...["label", "xnat_abstractresource_id", "file_count"].map((column) => RESOURCE + column),
].join(",");
/** A refusal of what older servers and odd sessions do not have. */
const REFUSED = [400, 404, 500];

/** Asks for all experiments, scans and assessors of a project, or of a subject, at once. */
export async function overview(
  catalogue: Catalogue,
  project: string,
  subject: string | undefined,
  ask: Ask,
): Promise<Overview> {
  const path = `${route("data", "projects", project)}${
    subject === undefined ? "" : route("subjects", subject)
  }/experiments`;
  const asked = catalogue.clock.now();
  const list = (columns: string, xsiType?: string) =>
    catalogue.rows(path, ask, { columns, xsiType, limit: "*" });
  const [own, joined, derived] = await Promise.all([
    list(EXPERIMENT_COLUMNS),
    unlessRefused(list(JOINED_COLUMNS, "xnat:imageSessionData")),
    unlessRefused(list("ID,label,xsiType,project,date,session_ID", "xnat:imageAssessorData")),
  ]);
  const experiments = experimentsOf(own);
  const { memo } = catalogue;
  if (subject === undefined) memo.set([project, "experiments"], experiments, asked);
  const resources = keepScans(catalogue, project, experiments, joined ?? [], asked);
  if (derived) keepAssessors(catalogue, project, experiments, derived, asked);
  return { project, experiments, resources };
}

/**
 * The sessions of a subject, with their scans by the same request. A server that does not join them gives none.
 */
export function sessionsOf(
  catalogue: Catalogue,
  project: string,
  subject: string,
  ask: Ask,
): Promise<Experiment[]> {
  const path = `${route("data", "projects", project, "subjects", subject)}/experiments`;
  const columns = [EXPERIMENT_COLUMNS, ...JOINED].join(",");
  const query = { columns, xsiType: "xnat:imageSessionData", limit: "*" };
  const key = [project, "experiments", subject, "with scans"];
  return catalogue.memo.get(key, ask, async (ask) => {
    const asked = catalogue.clock.now();
    const rows = await catalogue.rows(path, ask, query, REFUSED);
    const first = new Map(rows.map((row) => [row.ID ?? "", row]));
    const sessions = experimentsOf([...first.values()]);
    keepScans(catalogue, project, sessions, rows, asked);
    return sessions;
  });
}

/** Keeps the scans of the rows that join sessions, scans and resources. */
function keepScans(
  { memo }: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  joined: readonly Row[],
  asked: number,
): Map<string, ScanResource[]> {
  const resources = new Map<string, ScanResource[]>();
  const rows = Map.groupBy(joined, (row) => row.ID ?? "");
  for (const experiment of experiments) {
    const { id } = experiment;
    const own = rows.get(id) ?? [];
    const isTold = own.length > 0 && own.every((row) => row[`${PREFIX}id`] !== undefined);
    if (!isTold && isSession(experiment)) continue;
    const scans = new Map<string, Row>();
    const found: ScanResource[] = [];
    for (const row of own) {
      const scan = row[`${PREFIX}id`] ?? "";
      if (scan === "") continue;
      if (!scans.has(scan)) scans.set(scan, scanRow(row));
      const count = row[`${RESOURCE}file_count`] ?? "";
      const resource = {
        scan,
        label: row[`${RESOURCE}label`] ?? "",
        id: row[`${RESOURCE}xnat_abstractresource_id`] ?? "",
        files: /^[0-9]+$/.test(count) ? Number(count) : undefined,
      };
      // A server that does not join resources leaves open whether the scan has some.
      const isOpen = row[`${RESOURCE}label`] === undefined;
      if (isOpen || resource.label !== "" || resource.id !== "") found.push(resource);
    }
    memo.set(scansKey(project, id), scansOf([...scans.values()]), asked);
    resources.set(id, found);
  }
  return resources;
}

/** The row as the list of scans has it. */
function scanRow(row: Row): Row {
  return Object.fromEntries(
    SCAN_COLUMNS.split(",").map((column, i) => [column, row[JOINED[i]!] ?? ""]),
  );
}

function keepAssessors(
  { memo }: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  rows: readonly Row[],
  asked: number,
): void {
  if (rows.some(({ session_ID }) => session_ID === undefined)) return;
  const bySession = Map.groupBy(rows, ({ session_ID }) => session_ID!);
  for (const { id } of experiments) {
    const own = bySession.get(id) ?? [];
    memo.set([project, "E", id, "assessors"], assessorsOf(own), asked);
  }
}

/** Asks for the files of all of `experiments` at once, and keeps them by resource; tells how many came. */
export async function filesOfMany(
  catalogue: Catalogue,
  { project, resources }: Overview,
  experiments: readonly Experiment[],
  ask: Ask,
): Promise<number> {
  const asked = catalogue.clock.now();
  const ids = experiments.map(({ id }) => id);
  const answer = await allFiles(catalogue, ids.join(","), ask);
  const files = Map.groupBy(answer ?? [], experimentOf(experiments));
  // Several ids at a time are not for every server.
  const isWhole = answer !== undefined && (ids.length === 1 || files.size > 1);
  for (const { id } of experiments) {
    const ofScans = resources.get(id);
    const lacks = (own: readonly File[]) =>
      own.every(({ place }) => place.scan === undefined) &&
      (ofScans === undefined || ofScans.some(({ files }) => files !== 0));
    let own = files.get(id) ?? (isWhole ? [] : undefined);
    if ((!own || lacks(own)) && ids.length > 1) own = await allFiles(catalogue, id, ask);
    // Nor are all levels at a time: what is not kept is asked level by level.
    if (ofScans && own && !lacks(own)) keepFiles(catalogue, project, id, own, ofScans, asked);
    else catalogue.memo.forgetBefore([project, "E", id, "assessors"], Infinity);
  }
  return answer?.length ?? 0;
}

async function allFiles(
  catalogue: Catalogue,
  ids: string,
  ask: Ask,
): Promise<File[] | undefined> {
  const path = `/data/experiments/${ids.split(",").map(encodeURIComponent).join(",")}/files`;
  const rows = await unlessRefused(catalogue.rows(path, ask, { all: true }));
  return rows && filesOf(rows);
}

/** What a server answers, or `undefined` when it does not know the question. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isVfsError(error) && REFUSED.includes(error.detail?.http ?? 0)) return undefined;
    throw error;
  }
}

/** Rows name experiments by id, or by label. */
export function experimentOf(experiments: readonly Experiment[]): (file: File) => string {
  const ids = new Map(experiments.map(({ id, label }) => [label, id]));
  for (const { id } of experiments) ids.set(id, id);
  return ({ place }) => ids.get(place.experiment ?? "") ?? "";
}

/** Keeps what files and overview tell of the resources of one experiment. */
export function keepFiles(
  { memo }: Catalogue,
  project: string,
  experiment: string,
  files: readonly File[],
  ofScans: readonly ScanResource[],
  asked: number,
): void {
  const owner = experimentOwner(project, experiment);
  const assessors = [project, "E", experiment, "assessors"];
  const listed = memo.peek<Named[]>(assessors) ?? [];
  const isListed = ({ place }: File) =>
    place.assessor === undefined || listed.some(({ id }) => id === place.assessor);
  // Not every server lists the assessors of a project.
  if (!files.every(isListed)) memo.forgetBefore(assessors, Infinity);
  const known: Omit<Resource, "name">[] = [];
  for (const [id, own] of Map.groupBy(files, ({ place }) => place.resource)) {
    const [{ place, attributes }] = own as [File];
    const [category, ownerId] = hangsOn(place);
    known.push({
      id,
      category,
      ownerId,
      label: attributes.resource_label ?? "",
      attributes: resourceAttributes(id, own),
    });
    memo.set(filesKey(ownerAt(owner, category, ownerId), id), own, asked);
  }
  for (const { scan, label, id } of ofScans) {
    if (label === "" && id === "") continue;
    const isKnown = known.some((each) =>
      each.ownerId === scan && each.category === "scans" &&
      (id === "" ? each.label === label : each.id === id)
    );
    if (isKnown) continue;
    known.push({ id: id || label, category: "scans", ownerId: scan, label, attributes: { label } });
    memo.set(filesKey(ownerAt(owner, "scans", scan), id || label), [], asked);
  }
  const groups = Map.groupBy(known, ({ category, ownerId }) => `${category} ${ownerId}`);
  const resources = [...groups.values()].flatMap((group) => namedResources(group));
  memo.set([project, "E", experiment, "all resources"], resources, asked);
}

function hangsOn(place: File["place"]): [category: string, ownerId: string] {
  if (place.scan !== undefined) return ["scans", place.scan];
  if (place.assessor !== undefined) return ["assessors", place.assessor];
  if (place.reconstruction !== undefined) return ["reconstructions", place.reconstruction];
  return ["resources", ""];
}

function ownerAt(owner: ResourceOwner, category: string, id: string): ResourceOwner {
  if (category === "resources") return owner;
  return partOwner(owner, category as "scans" | "assessors" | "reconstructions", id);
}

function resourceAttributes(id: string, files: readonly File[]): Record<string, string> {
  const [{ attributes }] = files as [File];
  const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const { resource_label: label, format, content } = attributes;
  return {
    xnat_abstractresource_id: id,
    ...(label && { label }),
    ...(format && { format }),
    ...(content && { content }),
    file_count: String(files.length),
    file_size: String(size),
  };
}
