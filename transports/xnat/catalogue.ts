/**
 * What an archive holds, asked level by level and remembered for a moment.
 *
 * @module
 */

import type { Clock } from "../../vfs/clock.ts";
import type { Query, Row, XnatClient } from "./client.ts";
import { isShowable } from "./address.ts";
import { route, scanSegment } from "./escape.ts";
import { type Ask, type Key, Memo } from "./memo.ts";
import {
  attributesOf,
  type Experiment,
  type File,
  fileOf,
  type Named,
  named,
  type Resource,
  same,
  type Subject,
} from "./model.ts";

/** Columns of lists of experiments. */
export const EXPERIMENT_COLUMNS =
  "ID,label,xsiType,subject_ID,subject_label,project,date,time,modality,insert_date,last_modified";
const SUBJECT_COLUMNS =
  "ID,label,project,gender,yob,insert_date,last_modified,xnat:subjectData/resources/resource/label";
/** Columns of lists of scans. */
export const SCAN_COLUMNS =
  "ID,type,quality,xsiType,note,series_description,frames,modality,UID,condition";

/** What a resource hangs on, as requests name it. */
export interface ResourceOwner {
  /** Project. */
  readonly project: string;
  /** Path of requests, `/data/experiments/XNAT_E00001/scans/1`. */
  readonly path: string;
  /** Where what is known of it is kept. */
  readonly key: Key;
}

/** Options of a {@linkcode Catalogue}. */
export interface CatalogueOptions {
  /** The wire. */
  readonly client: XnatClient;
  /** Time. */
  readonly clock: Clock;
  /** How long listings are believed, in milliseconds. */
  readonly ttlMs: number;
  /** Another memory that learns all that this one is given. */
  readonly also?: Memo;
}

const MAX_KEPT_ROWS = 200_000;

/** The lists of one server. */
export class Catalogue {
  /** The wire. */
  readonly client: XnatClient;
  /** What is remembered. */
  readonly memo: Memo;
  /** Time. */
  readonly clock: Clock;

  constructor({ client, clock, ttlMs, also }: CatalogueOptions) {
    this.client = client;
    this.clock = clock;
    this.memo = new Memo(clock, ttlMs, MAX_KEPT_ROWS, also);
  }

  /** The projects that can be seen. */
  projects(ask: Ask): Promise<Named[]> {
    return this.#list([], ask, "/data/projects", {}, (rows) =>
      rows.map((row) => ({
        id: row.ID ?? "",
        label: row.name ?? "",
        name: row.ID ?? "",
        attributes: attributesOf(row, {
          ...same("ID", "name", "secondary_ID", "description"),
        }),
      })));
  }

  /** The subjects of a project. @throws `NotFound` when there is no such project */
  subjects(project: string, ask: Ask): Promise<Subject[]> {
    const query = { columns: SUBJECT_COLUMNS, limit: "*" };
    const path = route("data", "projects", project, "subjects");
    return this.#list([project, "subjects"], ask, path, query, subjectsOf);
  }

  /** The experiments of a project, or of one subject as long as nobody asked for those of all. */
  experiments(project: string, subject: string | undefined, ask: Ask): Promise<Experiment[]> {
    const whole = [project, "experiments"];
    const isListed = this.memo.peek([project, "subjects"]) !== undefined ||
      this.memo.peek(whole) !== undefined;
    const query = { columns: EXPERIMENT_COLUMNS, limit: "*" };
    const under = route("data", "projects", project);
    return subject === undefined || isListed
      ? this.#list(whole, ask, `${under}/experiments`, query, experimentsOf)
      : this.#list(
        [...whole, subject],
        ask,
        `${under}${route("subjects", subject)}/experiments`,
        query,
        experimentsOf,
      );
  }

  /** Whether the experiments of a subject are known, or best asked with those of all subjects. */
  knowsExperiments(project: string, subject: string): boolean {
    const keys = [[project, "subjects"], [project, "experiments"], [
      project,
      "experiments",
      subject,
    ]];
    return keys.some((key) => this.memo.peek(key) !== undefined);
  }

  /** The scans of a session. */
  scans(project: string, experiment: string, ask: Ask): Promise<Named[]> {
    const path = `${route("data", "experiments", experiment)}/scans`;
    const key = scansKey(project, experiment);
    return this.#list(key, ask, path, { columns: SCAN_COLUMNS }, scansOf);
  }

  /** The assessors of a session. */
  assessors(project: string, experiment: string, ask: Ask): Promise<Named[]> {
    const path = `${route("data", "experiments", experiment)}/assessors`;
    const query = { columns: "ID,label,xsiType,project,date,insert_date" };
    return this.#list([project, "E", experiment, "assessors"], ask, path, query, assessorsOf);
  }

  /** The reconstructions of a session. */
  reconstructions(project: string, experiment: string, ask: Ask): Promise<Named[]> {
    const path = `${route("data", "experiments", experiment)}/reconstructions`;
    return this.#list([project, "E", experiment, "reconstructions"], ask, path, {}, plain);
  }

  /** All resources of an experiment, its scans, assessors and reconstructions; only a session has the latter. */
  allResources(
    project: string,
    experiment: string,
    ask: Ask,
    isSession = true,
  ): Promise<Resource[]> {
    const path = route("data", "experiments", experiment);
    const key = [project, "E", experiment, "all resources"];
    return this.memo.get(key, ask, async (ask) => {
      const own = resourcesOf(await this.#rows(`${path}/resources`, ask, { all: true }));
      if (!isSession || own.some(({ category }) => category === "scans")) return own;
      const below = await this.#resourcesBelow(project, experiment, path, ask);
      const known = new Set(own.map(({ id }) => id));
      return [...own, ...below.filter(({ id }) => !known.has(id))];
    });
  }

  /** What a server that does not know `all` leaves out: resources of whatever hangs on a session. */
  async #resourcesBelow(
    project: string,
    experiment: string,
    path: string,
    ask: Ask,
  ): Promise<Resource[]> {
    const lists = [
      ["scans", this.scans(project, experiment, ask)],
      ["assessors", this.assessors(project, experiment, ask)],
      ["reconstructions", this.reconstructions(project, experiment, ask)],
    ] as const;
    const found = await Promise.all(lists.map(async ([kind, list]) => {
      const owners = await list;
      if (owners.length === 0) return [];
      // "ALL" is not for reconstructions.
      const ids = kind === "reconstructions" ? owners.map(({ id }) => id) : ["ALL"];
      const paths = ids.map((id) => `${path}${route(kind, scanSegment(id))}/resources`);
      return (await Promise.all(paths.map((path) => this.#rows(path, ask, {})))).flat();
    }));
    return resourcesOf(found.flat());
  }

  /** The resources of a project or a subject. */
  resources(owner: ResourceOwner, ask: Ask): Promise<Resource[]> {
    const key = [...owner.key, "resources"];
    return this.#list(key, ask, `${owner.path}/resources`, {}, resourcesOf);
  }

  /** The files of a resource, given by its number. */
  files(owner: ResourceOwner, resource: string, ask: Ask): Promise<File[]> {
    const path = `${owner.path}${route("resources", resource)}/files`;
    return this.#list(filesKey(owner, resource), ask, path, {}, filesOf);
  }

  /** The files of a resource, given by a label that is not known to be the only one. */
  filesByLabel(owner: ResourceOwner, label: string, ask: Ask): Promise<File[]> {
    const path = `${owner.path}${route("resources", label)}/files`;
    return this.#list(labelKey(owner, label), ask, path, {}, filesOf);
  }

  /** Rows of a list that are not remembered. */
  rows(
    path: string,
    ask: Ask,
    query: Query = {},
    empty: readonly number[] = [],
  ): Promise<Row[]> {
    return this.#rows(path, ask, query, empty);
  }

  #list<T>(
    key: Key,
    ask: Ask,
    path: string,
    query: Query,
    make: (rows: Row[]) => T[],
  ): Promise<T[]> {
    const full = key.length === 0 ? ["projects"] : key;
    return this.memo.get(full, ask, async (ask) => make(await this.#rows(path, ask, query)));
  }

  /** Rows that are surely those which the login may see. */
  async #rows(
    path: string,
    ask: Ask,
    query: Query,
    empty: readonly number[] = [],
  ): Promise<Row[]> {
    for (let tries = 0;; tries++) {
      const { op, url, signal } = ask;
      const options = { op, url, signal, query, expect: empty };
      const rows = await this.client.rows(path, options);
      const isDoubtful = rows.length === 0 || this.client.isDoubtful;
      if (!isDoubtful || tries > 2) return rows;
      if (await this.client.confirm({ op, url, signal })) return rows;
    }
  }
}

/** Where the scans of a session are kept. */
export function scansKey(project: string, experiment: string): Key {
  return [project, "E", experiment, "scans"];
}

/** Where the files of a resource are kept. */
export function filesKey(owner: ResourceOwner, resource: string): Key {
  return [...owner.key, "files", resource];
}

/** Where the files under a label are kept; forgotten with the resources of the object. */
export function labelKey(owner: ResourceOwner, label: string): Key {
  return [...owner.key, "resources", "by label", label];
}

/** How requests name a project. */
export function projectOwner(project: string): ResourceOwner {
  return { project, path: route("data", "projects", project), key: [project, "P"] };
}

/** How requests name a subject. */
export function subjectOwner(project: string, subject: string): ResourceOwner {
  const path = route("data", "projects", project, "subjects", subject);
  return { project, path, key: [project, "S", subject] };
}

/** How requests name an experiment. */
export function experimentOwner(project: string, experiment: string): ResourceOwner {
  const path = route("data", "experiments", experiment);
  return { project, path, key: [project, "E", experiment] };
}

/** How requests name a scan, an assessor or a reconstruction. */
export function partOwner(
  session: ResourceOwner,
  kind: "scans" | "assessors" | "reconstructions",
  id: string,
): ResourceOwner {
  const path = `${session.path}${route(kind, scanSegment(id))}`;
  return { project: session.project, path, key: [...session.key, kind, id] };
}

function subjectsOf(rows: Row[]): Subject[] {
  const column = "xnat:subjectdata/resources/resource/label";
  // The join with resources gives a row for each of them.
  const groups = Map.groupBy(rows, (row) => row.ID ?? "");
  return named([...groups].map(([id, [row, ...others]]) => ({
    id,
    label: row!.label ?? "",
    attributes: attributesOf(row!, same("ID", "label", "project", "gender", "yob", "insert_date")),
    hasResources: row![column] === undefined ? undefined : others.length > 0 || row![column] !== "",
  })));
}

/** The experiments of rows. */
export function experimentsOf(rows: Row[]): Experiment[] {
  return named(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.label ?? "",
    subjectId: row.subject_ID ?? "",
    subjectLabel: row.subject_label ?? "",
    attributes: attributesOf(row, same(...EXPERIMENT_COLUMNS.split(","))),
  })));
}

/** The scans of rows. */
export function scansOf(rows: Row[]): Named[] {
  return rows.map((row) => ({
    id: row.ID ?? "",
    label: row.series_description ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same(...SCAN_COLUMNS.split(","))),
  }));
}

/** The assessors of rows. */
export function assessorsOf(rows: Row[]): Named[] {
  return named(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.label ?? "",
    attributes: attributesOf(row, same("ID", "label", "xsiType", "project", "date")),
  })));
}

function plain(rows: Row[]): Named[] {
  return rows.map((row) => ({
    id: row.ID ?? "",
    label: row.type ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same("ID", "type", "baseScanType")),
  }));
}

const DIGITS = /^[0-9]+$/;

function resourcesOf(rows: Row[]): Resource[] {
  const all = rows.map((row) => ({
    id: row.xnat_abstractresource_id ?? "",
    label: row.label ?? "",
    category: row.category ?? "",
    ownerId: (row.cat_id ?? "").trim(),
    attributes: attributesOf(
      row,
      same(
        "xnat_abstractresource_id",
        "label",
        "format",
        "content",
        "tags",
        "file_count",
        "file_size",
      ),
    ),
  }));
  // Names are unique where the resources hang, not in the whole session.
  const groups = Map.groupBy(all, ({ category, ownerId }) => `${category} ${ownerId}`);
  return [...groups.values()].flatMap((group) => namedResources(group));
}

/** Names the resources of one object: by label, unless two have it or it reads as a number. */
export function namedResources<T extends Omit<Named, "name">>(
  group: readonly T[],
): (T & { readonly name: string })[] {
  return named(group, (label) => isShowable(label) && !DIGITS.test(label));
}

/** The files of rows; those of whole sessions tell their places. */
export function filesOf(rows: Row[]): File[] {
  return rows.flatMap((row) => fileOf(row) ?? []);
}
