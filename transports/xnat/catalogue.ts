/**
 * What an archive holds, asked level by level and remembered for a moment.
 *
 * @module
 */

import type { Clock } from "../../vfs/clock.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Query, Row, XnatClient } from "./client.ts";
import { filesOf } from "./file_rows.ts";
import { route, scanSegment } from "./escape.ts";
import { type Ask, type Key, Memo } from "./memo.ts";
import type { Experiment, File, Named, Resource, Subject } from "./model.ts";
import {
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
  /** How many rows are remembered at most. @default {30_000} */
  readonly maxRows?: number;
}

const MAX_ROWS = 30_000;

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
    this.clock = clock;
    this.memo = new Memo(clock, ttlMs, maxRows, also);
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
      const rows = (columns: string) => this.#rows(path, ask, { columns, limit: "*" });
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
    const query = { columns: "ID,label,xsiType,project,date,insert_date" };
    return this.#list([project, "E", experiment, "assessors"], ask, path, query, assessorsOf);
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

  /** The resources of a project or a subject, or those that something was made of. */
  resources(owner: ResourceOwner, ask: Ask): Promise<Resource[]> {
    return this.#list(resourcesKey(owner), ask, `${owner.path}/resources`, {}, resourcesOf);
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
    return this.memo.get(key, ask, async (ask) => make(await this.#rows(path, ask, query)));
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

/** Where the experiments of a project are kept, or those of a subject by the name that was given. */
export function experimentsKey(project: string, subject?: string): Key {
  return [project, "experiments", ...(subject === undefined ? [] : [subject])];
}

/** Where the scans of a session are kept. */
export function scansKey(project: string, experiment: string): Key {
  return [project, "E", experiment, "scans"];
}

/** Where the resources of an object are kept. */
export function resourcesKey(owner: ResourceOwner): Key {
  return [...owner.key, "resources"];
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

/** How requests name what an assessor or a reconstruction was made of. */
export function inputsOwner({ project, path, key }: ResourceOwner): ResourceOwner {
  return { project, path: `${path}/in`, key: [...key, "in"] };
}

/** A refusal of what older servers and odd sessions do not have. */
export const REFUSED = [400, 404, 500];

/** What a server answers, or `undefined` when it does not know the question. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isVfsError(error) && REFUSED.includes(error.detail?.http ?? 0)) return undefined;
    throw error;
  }
}
