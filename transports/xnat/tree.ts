/**
 * Whole trees in few requests: some sessions at a time, and the next while those are given out.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { ListedEntry, TreeStep } from "../../vfs/transport.ts";
import { type Address, addressOf, RESOURCES } from "./address.ts";
import { filesOfMany, filesOfObject } from "./bulk.ts";
import { Catalogue } from "./catalogue.ts";
import { chosenOf, filesOfChosen } from "./chosen.ts";
import { entriesOf } from "./list.ts";
import type { Key } from "./memo.ts";
import type { Experiment, Subject } from "./model.ts";
import type { ScanResource } from "./joined_scans.ts";
import { type Overview, overview, type Scope } from "./overview.ts";
import { projectOwner, subjectKey } from "./owners.ts";
import { isOf, locate, resourcesAt } from "./resolve.ts";

/** Sessions asked for at once: their ids must fit into a URL, and their files into memory, twice. */
const MAX_SESSIONS = 100;
const MAX_FILES = 2_500;
/** Length of their ids in a URL; a list of few resources may name more sessions. */
const MAX_IDS = 4_000;
/** Files that a resource is taken to have at first, where the server does not count them. */
const GUESSED_FILES = 20;

/**
 * Implements `tree`. What it learns is kept in `shared` as well, for those who open what they see, unless parts are left
 * out.
 */
export async function* tree(
  shared: Catalogue,
  top: Location,
  ask: Ask,
  skips?: Skips,
): AsyncGenerator<TreeStep> {
  const { client, clock } = shared;
  const own = new Catalogue({
    client,
    clock,
    ttlMs: Infinity,
    maxRows: Infinity,
    also: skips ? undefined : shared.memo,
  });
  const stop = new AbortController();
  const signal = AbortSignal.any([ask.signal, stop.signal]);
  const walker = new TreeWalker(own, { ...ask, signal }, skips);
  try {
    const stack = [top];
    for (let at = stack.pop(); at; at = stack.pop()) {
      throwIfAborted(ask.signal, ask.op, ask.url);
      const address = addressOf(at);
      await walker.prepare(address, at, at === top);
      const entries = sortByName(await entriesOf(own, address, { ...ask, url: at.href, signal }));
      const bare = address.level === "experiment" ? walker.bareOf(entries) : undefined;
      for (const { kind, name } of entries.toReversed()) {
        if (kind !== "directory" || bare?.has(name)) continue;
        const child = at.child(name);
        if (!skips?.(child)) stack.push(child);
      }
      yield { location: at, entries, bare };
    }
  } finally {
    stop.abort();
    await walker.end();
  }
}

type Skips = (location: Location) => boolean;

interface Batch {
  readonly experiments: readonly Experiment[];
  readonly loaded: Promise<void>;
  /** The resources to which the walk keeps, by session. */
  readonly chosen?: ReadonlyMap<string, readonly ScanResource[]>;
}

class TreeWalker {
  readonly #catalogue: Catalogue;
  readonly #ask: Ask;
  #overview: Overview | undefined;
  /** Experiments in the order of the walk. */
  #order: readonly Experiment[] = [];
  #next = 0;
  /** The scans of the session entered last in which the walk looks. */
  #inside: ReadonlySet<string> | undefined;
  /** Names of subjects by id. */
  #subjects: ReadonlyMap<string, string> = new Map();
  #present: Batch | undefined;
  #ahead: Batch | undefined;
  /** Files that a resource has as a rule. */
  #usual = GUESSED_FILES;
  readonly #skips: Skips | undefined;
  /** Where the subjects of the walk are. */
  #project: Location | undefined;

  constructor(catalogue: Catalogue, ask: Ask, skips?: Skips) {
    this.#catalogue = catalogue;
    this.#ask = ask;
    this.#skips = skips;
  }

  /** Sees to it that what `address` lists is there already. */
  async prepare(address: Address, at: Location, isTop: boolean): Promise<void> {
    const { level, project, subject, experiment } = address;
    if (project === undefined) return;
    if (level === "project") {
      this.#project = at;
      await Promise.all([this.#begin({ project }), this.#ownFiles(address, at.child(RESOURCES))]);
    } else if (isTop && experiment !== undefined) await this.#inSession(address);
    else if (level === "experiment") await this.#enter(address);
    else if (level === "subject") {
      if (isTop) {
        this.#project = at.parent();
        await this.#begin({ project, subject });
      }
      await this.#ownFiles(address, at.child(RESOURCES));
    }
  }

  /** The files of what hangs on an object itself. */
  async #ownFiles(address: Address, at: Location): Promise<void> {
    if (this.#skips?.(at)) return;
    const { project = "", subject } = address;
    if (subject === undefined) {
      const owner = projectOwner(project);
      return await filesOfObject(this.#catalogue, owner, undefined, this.#ask);
    }
    const { owner, subject: found } = await locate(this.#catalogue, address, this.#ask);
    if (found?.resources?.length === 0) return;
    await filesOfObject(this.#catalogue, owner!, found?.resources, this.#ask);
  }

  /** What a walk finds that begins at a session, or within one. */
  async #inSession(address: Address): Promise<void> {
    const { level, project = "", subject, experiment } = address;
    if (!["experiment", "assessors", "reconstructions"].includes(level)) {
      return await this.#filesHere(address);
    }
    await this.#begin({ project, subject, session: experiment });
    const found = this.#order.find(({ id, name, label }) =>
      [id, name, label].includes(experiment!)
    );
    if (!this.#overview || !found) return;
    await filesOfMany(this.#catalogue, this.#overview, [found], this.#ask);
    this.#order = [];
  }

  /** The files of several resources of one object, by one list. */
  async #filesHere(address: Address): Promise<void> {
    if (address.level === "resource" || address.level === "file") return;
    const place = await locate(this.#catalogue, address, this.#ask);
    if (!place.owner) return;
    const resources = await resourcesAt(this.#catalogue, place, this.#ask);
    // Of one alone its own list tells as much.
    if (resources.length < 2) return;
    await filesOfObject(this.#catalogue, place.owner, resources, this.#ask);
  }

  /** The scans among `entries` of the session entered last of which the walk leaves out all resources. */
  bareOf(entries: readonly ListedEntry[]): ReadonlySet<string> | undefined {
    const scans = this.#inside;
    return scans && new Set(entries.map(({ name }) => name).filter((name) => !scans.has(name)));
  }

  /** Waits for what is under way. */
  async end(): Promise<void> {
    await this.#ahead?.loaded.catch(() => {});
  }

  async #begin(scope: Scope): Promise<void> {
    const { project, subject } = scope;
    if (subject !== undefined) return await this.#beginSubject(scope, subject);
    const subjects = this.#catalogue.subjects(project, this.#ask);
    const [all, found] = await Promise.all([
      subjects,
      overview(this.#catalogue, scope, subjects, this.#ask),
    ]);
    const ofSubject = Map.groupBy(found.experiments, ({ subjectId }) => subjectId);
    this.#subjects = new Map(all.map(({ id, name }) => [id, name]));
    const order = sortByName([...all]).flatMap(({ id }) =>
      sortByName([...ofSubject.get(id) ?? []])
    );
    this.#order = order;
    this.#overview = found;
  }

  async #beginSubject(scope: Scope, given: string): Promise<void> {
    try {
      const asked = this.#catalogue.clock.now();
      const found = await overview(this.#catalogue, scope, undefined, this.#ask);
      this.#overview = found;
      this.#order = sortByName([...found.experiments]);
      const [first] = found.experiments;
      if (!first) return;
      // The list of subjects would tell more, for one more request.
      const { subjectId: id, subjectLabel: label } = first;
      const subject: Subject = { id, label, name: given, attributes: { ID: id, label } };
      this.#catalogue.memo.keep(subjectKey(scope.project, given), subject, asked);
      this.#subjects = new Map([[id, given]]);
    } catch (error) {
      // Its sessions may be in the project without itself; these are asked one by one then.
      if (!isNotFound(error)) throw error;
    }
  }

  async #enter(address: Address): Promise<void> {
    await this.#reach(address);
    const { experiment, subject = "" } = address;
    const found = this.#present?.experiments.find((each) =>
      each.name === experiment && isOf(each, subject)
    );
    const chosen = this.#present?.chosen?.get(found?.id ?? "");
    this.#inside = chosen && new Set(chosen.map(({ scan }) => scan));
  }

  async #reach({ project = "", subject = "", experiment }: Address): Promise<void> {
    const isHere = ({ experiments }: Batch) =>
      experiments.some((each) => each.name === experiment && isOf(each, subject));
    if (this.#present && isHere(this.#present)) return;
    this.#ahead ??= this.#load();
    // Another one: pruned, or not in the overview. The lists are asked one by one then.
    if (!this.#ahead || !isHere(this.#ahead)) return;
    const done = new Set(this.#present?.experiments.map(({ id }) => id));
    const isDone = ([owner, kind, id = ""]: Key) =>
      owner === project && kind === "E" && done.has(id);
    if (done.size > 0) this.#catalogue.memo.release(isDone);
    this.#present = this.#ahead;
    await this.#present.loaded;
    this.#ahead = this.#load();
  }

  /** The resources of a session to which the walk keeps; `undefined` when it is all of them, and more. */
  #chosenOf(experiment: Experiment): ScanResource[] | undefined {
    const subject = this.#subjects.get(experiment.subjectId);
    if (!this.#skips || !this.#project || subject === undefined) return undefined;
    const place = this.#project.join(subject, experiment.name);
    return chosenOf(experiment, this.#overview!, place, this.#skips);
  }

  /** Begins with the next batch, of sessions that need but a part of their resources, or of others. */
  #load(): Batch | undefined {
    const found = this.#overview;
    if (!found || this.#next >= this.#order.length) return undefined;
    const chosen = new Map<string, ScanResource[]>();
    const experiments: Experiment[] = [];
    let ids = 0;
    for (let next = this.#next; next < this.#order.length; next++) {
      const experiment = this.#order[next]!;
      const own = this.#chosenOf(experiment);
      if (!own) break;
      if (own.length > 0) ids += experiment.id.length + 1;
      if (experiments.length > 0 && ids > MAX_IDS) break;
      chosen.set(experiment.id, own);
      experiments.push(experiment);
    }
    if (experiments.length === 0) return this.#loadAll(found);
    this.#next += experiments.length;
    return batch(
      experiments,
      filesOfChosen(this.#catalogue, found, experiments, chosen, this.#ask),
    );
  }

  #loadAll(found: Overview): Batch {
    const experiments: Experiment[] = [];
    let files = 0;
    let resources = 0;
    while (this.#next < this.#order.length && experiments.length < MAX_SESSIONS) {
      const experiment = this.#order[this.#next]!;
      const own = found.resources.get(experiment.id) ?? [];
      files += own.reduce((sum, each) => sum + (each.files ?? this.#usual), 0);
      if (experiments.length > 0 && files > MAX_FILES) break;
      resources += own.length;
      experiments.push(experiment);
      this.#next++;
    }
    const loaded = filesOfMany(this.#catalogue, found, experiments, this.#ask).then((count) => {
      if (resources > 0) this.#usual = Math.max(1, count / resources);
    });
    return batch(experiments, loaded);
  }
}

function batch(
  experiments: readonly Experiment[],
  loading: Promise<unknown>,
  chosen?: Batch["chosen"],
): Batch {
  const loaded = loading.then(() => {});
  // It is awaited when its turn comes.
  loaded.catch(() => {});
  return { experiments, loaded, chosen };
}
