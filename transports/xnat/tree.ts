/**
 * Whole trees in few requests: some sessions at a time, and the next while those are given out.
 *
 * @module
 */

import type { Location } from "../../vfs/location.ts";
import { sortByName } from "../../vfs/names.ts";
import { throwIfAborted } from "../../vfs/signals.ts";
import type { TreeStep } from "../../vfs/transport.ts";
import { type Address, addressOf } from "./address.ts";
import { filesOfMany, type Overview, overview } from "./bulk.ts";
import { Catalogue } from "./catalogue.ts";
import { entriesOf } from "./list.ts";
import type { Ask } from "./memo.ts";
import type { Experiment } from "./model.ts";
import { isOf, locate } from "./resolve.ts";

/** Sessions asked for at once: their ids must fit into a URL, and their files into memory, twice. */
const MAX_SESSIONS = 100;
const MAX_FILES = 10_000;
/** Files that a resource is taken to have at first, where the server does not count them. */
const GUESSED_FILES = 20;

/** Implements `tree`. What it learns is kept in `shared` as well, for those who open what they see. */
export async function* tree(
  shared: Catalogue,
  top: Location,
  ask: Ask,
): AsyncGenerator<TreeStep> {
  const { client, clock } = shared;
  const own = new Catalogue({
    client,
    clock,
    ttlMs: Infinity,
    maxRows: Infinity,
    also: shared.memo,
  });
  const stop = new AbortController();
  const signal = AbortSignal.any([ask.signal, stop.signal]);
  const walker = new TreeWalker(own, { ...ask, signal });
  try {
    const stack = [top];
    for (let at = stack.pop(); at; at = stack.pop()) {
      throwIfAborted(ask.signal, ask.op, ask.url);
      const address = addressOf(at);
      await walker.prepare(address, at === top);
      const entries = sortByName(await entriesOf(own, address, { ...ask, url: at.href, signal }));
      for (const { kind, name } of entries.toReversed()) {
        if (kind === "directory") stack.push(at.child(name));
      }
      yield { location: at, entries };
    }
  } finally {
    stop.abort();
    await walker.end();
  }
}

interface Batch {
  readonly experiments: readonly Experiment[];
  readonly loaded: Promise<void>;
}

class TreeWalker {
  readonly #catalogue: Catalogue;
  readonly #ask: Ask;
  #overview: Overview | undefined;
  /** Experiments in the order of the walk. */
  #order: readonly Experiment[] = [];
  #next = 0;
  #present: Batch | undefined;
  #ahead: Batch | undefined;
  /** Files that a resource has as a rule. */
  #usual = GUESSED_FILES;

  constructor(catalogue: Catalogue, ask: Ask) {
    this.#catalogue = catalogue;
    this.#ask = ask;
  }

  /** Sees to it that what `address` lists is there already. */
  async prepare(address: Address, isTop: boolean): Promise<void> {
    const { level, project } = address;
    if (project === undefined) return;
    if (level === "project") return await this.#begin(project, undefined);
    if (isTop && level === "subject") {
      const { subject } = await locate(this.#catalogue, address, this.#ask);
      return await this.#begin(project, subject!.id);
    }
    if (level === "experiment") await this.#enter(address);
  }

  /** Waits for what is under way. */
  async end(): Promise<void> {
    await this.#ahead?.loaded.catch(() => {});
  }

  async #begin(project: string, subject: string | undefined): Promise<void> {
    const [subjects, found] = await Promise.all([
      this.#catalogue.subjects(project, this.#ask),
      overview(this.#catalogue, project, subject, this.#ask),
    ]);
    this.#overview = found;
    const ofSubject = Map.groupBy(found.experiments, ({ subjectId }) => subjectId);
    this.#order = sortByName([...subjects])
      .flatMap(({ id }) => sortByName([...ofSubject.get(id) ?? []]));
    this.#next = 0;
    this.#present = this.#ahead = undefined;
  }

  async #enter({ project = "", subject = "", experiment }: Address): Promise<void> {
    const isHere = ({ experiments }: Batch) =>
      experiments.some((each) => each.name === experiment && isOf(each, subject));
    if (this.#present && isHere(this.#present)) return;
    this.#ahead ??= this.#load();
    // Another one: pruned, or not in the overview. The lists are asked one by one then.
    if (!this.#ahead || !isHere(this.#ahead)) return;
    for (const { id } of this.#present?.experiments ?? []) {
      this.#catalogue.memo.forgetBefore([project, "E", id], Infinity);
    }
    this.#present = this.#ahead;
    await this.#present.loaded;
    this.#ahead = this.#load();
  }

  /** Begins with the next batch. */
  #load(): Batch | undefined {
    const found = this.#overview;
    if (!found || this.#next >= this.#order.length) return undefined;
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
    // It is awaited when its turn comes.
    loaded.catch(() => {});
    return { experiments, loaded };
  }
}
