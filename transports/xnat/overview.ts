/**
 * What projects and subjects hold, by lists that join sessions, scans, assessors and their resources. The answers go where
 * the lists of each would be kept, so whoever lists finds them there.
 *
 * @module
 */

import {
  type Catalogue,
  experimentOwner,
  experimentsKey,
  inputsOwner,
  partOwner,
  REFUSED,
  resourcesKey,
  scansKey,
  unlessRefused,
} from "./catalogue.ts";
import type { Row } from "./client.ts";
import { route } from "./escape.ts";
import type { Ask } from "./memo.ts";
import { type Experiment, isSession, type Resource } from "./model.ts";
import {
  assessorsOf,
  EXPERIMENT_COLUMNS,
  experimentsOf,
  joinedResources,
  resourceColumns,
  SCAN_COLUMNS,
  scansOf,
} from "./rows.ts";

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
  /** Resources of experiments themselves and of assessors, by experiment, as far as the server told. */
  readonly others: ReadonlyMap<string, readonly Resource[]>;
}

/** Where own resources of experiments are joined from, and what assessors have. */
const OWN = "xnat:experimentData/resources/resource";
const OUTPUTS = "xnat:imageAssessorData/out/file";
const INPUTS = "xnat:imageAssessorData/in/file";
const WITH_OWN = `${EXPERIMENT_COLUMNS},${resourceColumns(OWN)}`;
const DERIVED_COLUMNS = [
  "ID,label,xsiType,project,date,session_ID",
  resourceColumns(OUTPUTS),
  resourceColumns(INPUTS),
].join(",");

const PREFIX = "xnat:imagescandata/";
const RESOURCE = `${PREFIX}file/`;
const JOINED = SCAN_COLUMNS.split(",").map((column) => `${PREFIX}${column.toLowerCase()}`);
const JOINED_COLUMNS = [
  "ID",
  ...JOINED,
  ...["label", "xnat_abstractresource_id", "file_count"].map((column) => RESOURCE + column),
].join(",");
/**
 * Asks for all experiments, scans and assessors of a project, or of a subject, at once. They are kept under the name that
 * was given for the subject.
 */
export async function overview(
  catalogue: Catalogue,
  project: string,
  subject: { readonly id: string; readonly given: string } | undefined,
  ask: Ask,
): Promise<Overview> {
  const path = `${route("data", "projects", project)}${
    subject === undefined ? "" : route("subjects", subject.id)
  }/experiments`;
  const asked = catalogue.clock.now();
  const list = (columns: string, xsiType?: string) =>
    catalogue.rows(path, ask, { columns, xsiType, limit: "*" });
  const [own, joined, derived] = await Promise.all([
    // Not every server joins resources.
    unlessRefused(list(WITH_OWN)).then((rows) => rows ?? list(EXPERIMENT_COLUMNS)),
    unlessRefused(list(JOINED_COLUMNS, "xnat:imageSessionData")),
    unlessRefused(list(DERIVED_COLUMNS, "xnat:imageAssessorData")),
  ]);
  const groups = Map.groupBy(own, (row) => row.ID ?? "");
  const experiments = experimentsOf([...groups.values()].map(([row]) => row!));
  const others = new Map<string, Resource[]>();
  for (const [id, rows] of groups) {
    others.set(id, joinedResources(rows, OWN, "resources", "") ?? []);
  }
  const { memo } = catalogue;
  memo.set(experimentsKey(project, subject?.given), experiments, asked);
  const resources = keepScans(catalogue, project, experiments, joined ?? [], asked);
  keepAssessors(catalogue, project, experiments, others, derived ?? [], asked);
  return { project, experiments, resources, others };
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

/** Keeps the assessors of each experiment, and what they were made of; adds what came of them to `others`. */
function keepAssessors(
  { memo }: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  others: Map<string, Resource[]>,
  rows: readonly Row[],
  asked: number,
): void {
  if (rows.some(({ session_ID }) => session_ID === undefined)) return;
  const bySession = Map.groupBy(rows, ({ session_ID }) => session_ID!);
  for (const { id: session } of experiments) {
    const groups = Map.groupBy(bySession.get(session) ?? [], ({ ID = "" }) => ID);
    const own = [...groups.values()].map(([row]) => row!);
    memo.set([project, "E", session, "assessors"], assessorsOf(own), asked);
    for (const [id, rows] of groups) {
      others.get(session)?.push(...joinedResources(rows, OUTPUTS, "assessors", id) ?? []);
      const inputs = joinedResources(rows, INPUTS, "assessors", id);
      const owner = partOwner(experimentOwner(project, session), "assessors", id);
      if (inputs) memo.set(resourcesKey(inputsOwner(owner)), inputs, asked);
    }
  }
}
