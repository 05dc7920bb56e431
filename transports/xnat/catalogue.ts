/**
 * What an archive holds, asked level by level and remembered for a moment.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Query, Row, XnatClient } from "./client.ts";
import { FileRows } from "./file_rows.ts";
import { route, scanSegment } from "./escape.ts";
import { type Key, Memo } from "./memo.ts";
import type { Experiment, File, Named, Resource, Subject } from "./model.ts";
import {
  assessorsKey,
  experimentsKey,
  filesKey,
  labelKey,
  type ResourceOwner,
  resourcesKey,
  scansKey,
  subjectOwner,
} from "./owners.ts";
import {
  ASSESSOR_COLUMNS,
  assessorsOf,
  EXPERIMENT_COLUMNS,
  experimentsOf,
  projectsOf,
  reconstructionsOf,
  resourcesOf,
  SCAN_COLUMNS,
  scansOf,
  SUBJECT_AND_RESOURCE_COLUMNS,
  SUBJECT_COLUMNS,
  subjectsOf,
} from "./rows.ts";
import { unlessRefused } from "./unless_refused.ts";

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
  /** How many rows are remembered at most. @default {30_000} */
  readonly maxRows?: number;
}

const MAX_ROWS = 30_000;
const DIGITS = /^[0-9]+$/;
/** So often a list is asked for whose login is replaced meanwhile. */
const TRIES = 4;

/** The lists of one server. */
export class Catalogue {
  /** The wire. */
  readonly client: XnatClient;
  /** What is remembered. */
  readonly memo: Memo;
  /** Time. */
  readonly clock: Clock;

  constructor({ client, clock, ttlMs, also, maxRows = MAX_ROWS }: CatalogueOptions) {
    this.client = client;
    this.clock = steadyClock(clock);
    this.memo = new Memo(this.clock, ttlMs, maxRows, also);
  }

  /** The projects that can be seen. */
  projects(ask: Ask): Promise<Named[]> {
    return this.#list(["projects"], ask, "/data/projects", {}, projectsOf);
  }

  /** The subjects of a project. @throws `NotFound` when there is no such project */
  subjects(project: string, ask: Ask): Promise<Subject[]> {
    const path = route("data", "projects", project, "subjects");
    return this.memo.get([project, "subjects"], ask, async (ask) => {
      const asked = this.clock.now();
      const rows = (columns: string) => this.rows(path, ask, { columns, limit: "*" });
      // Not every server joins resources.
      const subjects = subjectsOf(
        await unlessRefused(rows(SUBJECT_AND_RESOURCE_COLUMNS)) ?? await rows(SUBJECT_COLUMNS),
      );
      for (const { id, resources } of subjects) {
        if (!resources?.length) continue;
        this.memo.set(resourcesKey(subjectOwner(project, id)), resources, asked);
      }
      return subjects;
    });
  }

  /** The experiments of a project, or of one subject as long as nobody asked for those of all. */
  experiments(project: string, subject: string | undefined, ask: Ask): Promise<Experiment[]> {
    const whole = experimentsKey(project);
    const isKnown = this.memo.peek(experimentsKey(project, subject)) !== undefined;
    const isListed = !isKnown && (this.memo.peek([project, "subjects"]) !== undefined ||
      this.memo.peek(whole) !== undefined);
    const query = { columns: EXPERIMENT_COLUMNS, limit: "*" };
    const under = route("data", "projects", project);
    return subject === undefined || isListed
      ? this.#list(whole, ask, `${under}/experiments`, query, experimentsOf)
      : this.#list(
        experimentsKey(project, subject),
        ask,
        `${under}${route("subjects", subject)}/experiments`,
        query,
        experimentsOf,
      );
  }

  /** Whether the experiments of a subject are known, or best asked with those of all subjects. */
  knowsExperiments(project: string, subject: string): boolean {
    const keys = [
      [project, "subjects"],
      experimentsKey(project),
      experimentsKey(project, subject),
    ];
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
    const query = { columns: ASSESSOR_COLUMNS };
    return this.#list(assessorsKey(project, experiment), ask, path, query, assessorsOf);
  }

  /** The reconstructions of a session. */
  reconstructions(project: string, experiment: string, ask: Ask): Promise<Named[]> {
    const path = `${route("data", "experiments", experiment)}/reconstructions`;
    return this.#list(
      [project, "E", experiment, "reconstructions"],
      ask,
      path,
      {},
      reconstructionsOf,
    );
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
      const own = resourcesOf(await this.rows(`${path}/resources`, ask, { all: true }));
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
      return (await Promise.all(paths.map((path) => this.rows(path, ask, {})))).flat();
    }));
    return resourcesOf(found.flat());
  }

  /** The resources of a project or a subject, or those that something was made of. */
  resources(owner: ResourceOwner, ask: Ask): Promise<Resource[]> {
    return this.#list(resourcesKey(owner), ask, `${owner.path}/resources`, {}, resourcesOf);
  }

  /** The files of a resource, given by its number. */
  files(owner: ResourceOwner, resource: string, ask: Ask): Promise<File[]> {
    const path = `${owner.path}${route("resources", resource)}/files`;
    return this.memo.get(filesKey(owner, resource), ask, async (ask) => {
      const files = await this.fileList(path, ask);
      // One that has this number for a label comes along.
      const isOther = ({ place }: File) =>
        place.resource !== resource && DIGITS.test(place.resource) && DIGITS.test(resource);
      return files.some(isOther) ? files.filter((file) => !isOther(file)) : files;
    });
  }

  /** The files of a resource, given by a label that is not known to be the only one. */
  filesByLabel(owner: ResourceOwner, label: string, ask: Ask): Promise<File[]> {
    const path = `${owner.path}${route("resources", label)}/files`;
    return this.memo.get(labelKey(owner, label), ask, (ask) => this.fileList(path, ask));
  }

  /** The files that a list has, which is not remembered. */
  fileList(path: string, ask: Ask, query: Query = {}): Promise<File[]> {
    return this.#sure(ask, async (ask) => {
      const files = new FileRows();
      for await (const rows of this.client.parts(path, { ...ask, query })) files.add(rows);
      return files.all;
    });
  }

  /** Rows of a list, which are not remembered. */
  rows(path: string, ask: Ask, query: Query = {}): Promise<Row[]> {
    return this.#sure(ask, (ask) => this.client.rows(path, { ...ask, query }));
  }

  #list<T>(
    key: Key,
    ask: Ask,
    path: string,
    query: Query,
    make: (rows: Row[]) => T[],
  ): Promise<T[]> {
    return this.memo.get(key, ask, async (ask) => make(await this.rows(path, ask, query)));
  }

  /** What is surely what the login may see. */
  async #sure<T>(
    { op, url, signal }: Ask,
    list: (ask: Ask) => Promise<T[]>,
  ): Promise<T[]> {
    const ask = { op, url, signal };
    const { client } = this;
    for (let tries = 0; tries < TRIES; tries++) {
      const { logins } = client;
      const found = await list(ask);
      // Somebody else may have found out meanwhile that the login was gone; the first list may make it.
      const isOther = client.logins > Math.max(logins, 1);
      const isDoubtful = found.length === 0 || client.isDoubtful;
      if (!isOther && (!isDoubtful || await client.confirm(ask))) return found;
    }
    const reason = `the server forgot the login each of ${TRIES} times`;
    throw new VfsError("Unavailable", { op, url, reason, status: "temporary" });
  }
}
