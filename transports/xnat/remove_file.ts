/**
 * Removes files from a resource: one alone, or all below a folder. Those that wait for its turn share the lists.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { isNotFound, isVfsError, type VfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { isLost, unknown } from "./aftermath.ts";
import { retold } from "./errors.ts";
import { filePath } from "./escape.ts";
import { belowFolder, onlyFile, removedBy } from "./file_pattern.ts";
import { fileAt, infoOfFile } from "./list.ts";
import { filesKey } from "./owners.ts";
import type { File } from "./model.ts";
import { missing } from "./names.ts";
import {
  failed,
  filesNow,
  filesPath,
  forgetFiles,
  moment,
  type ResourceAt,
  resourceKey,
  send,
  type Writing,
} from "./writing.ts";

/** So old a list is asked again before the next file is removed by it, in milliseconds: others may have stored more. */
const LIST_MS = 1_000;

/** One to remove. */
export interface Removal {
  /** Names below the resource. */
  readonly path: readonly string[];
  /** A folder goes with all below it. */
  readonly recursive: boolean;
  /** Says of a file that it is to stay, and why. */
  readonly keeps?: (info: Info) => VfsError | undefined;
  /** Who asks. */
  readonly ask: Ask;
}

/** A list of files, and when it was asked. */
interface List {
  readonly listed: readonly File[];
  /** Those that were not removed since. */
  readonly files: readonly File[];
  readonly asked: number;
}

/** What became of one. */
interface Outcome {
  /** Whether a file is one of those that were to go; absent where nothing was sent. */
  readonly isMeant?: (path: string) => boolean;
  readonly error?: unknown;
}

/**
 * Removes the file at `path` and no other, whatever others are called, or the folder with all below it. Once it resolves, the
 * server lists none of it.
 *
 * @throws `NotFound`, `NotEmpty`, `PermissionDenied`
 */
export async function removeInResource(
  writing: Writing,
  at: ResourceAt,
  removal: Removal,
): Promise<void> {
  const all = waiting.get(writing) ?? new Map<string, Removals>();
  waiting.set(writing, all);
  const together = all.get(resourceKey(at)) ?? new Removals(writing, at, all);
  await together.add(removal);
}

/** Removals that wait for the turn of a resource. */
const waiting = new WeakMap<Writing, Map<string, Removals>>();

/** Removals from one resource: one list before, one request after the other, one list behind. */
class Removals {
  readonly #writing: Writing;
  readonly #at: ResourceAt;
  readonly #key: string;
  readonly #removals: { readonly removal: Removal; readonly end: (outcome: Outcome) => void }[] =
    [];
  /** Aborts when nobody waits any more. */
  readonly #left = new AbortController();
  readonly #all: Map<string, Removals>;
  #waiting = 0;
  /** The moment at which the last came. */
  #since = 0;
  #list: List | undefined;

  /** One of `all`; takes more until it is its turn. */
  constructor(writing: Writing, at: ResourceAt, all: Map<string, Removals>) {
    this.#writing = writing;
    this.#at = at;
    this.#key = resourceKey(at);
    this.#all = all;
    all.set(this.#key, this);
  }

  /** Waits until it is removed. */
  async add(removal: Removal): Promise<void> {
    const { ask } = removal;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#removals.push({ removal, end: resolve });
    this.#since = moment(this.#writing);
    this.#waiting++;
    if (this.#waiting === 1) this.#begin(ask);
    try {
      const { error } = await orAborted(promise, ask.signal, ask.op, ask.url);
      if (error !== undefined) throw error;
    } finally {
      if (--this.#waiting === 0) {
        this.#close();
        this.#left.abort();
      }
    }
  }

  /** Who comes from now on has a turn of his own. */
  #close(): void {
    if (this.#all.get(this.#key) === this) this.#all.delete(this.#key);
  }

  #begin(ask: Ask): void {
    const waiter = { ...ask, signal: this.#left.signal };
    this.#writing.serial.run(this.#key, waiter, () => this.#removeAll()).catch((error) => {
      for (const { removal, end } of this.#removals) end({ error: retold(error, removal.ask) });
    });
  }

  async #removeAll(): Promise<void> {
    this.#close();
    const outcomes: Outcome[] = [];
    for (const { removal } of this.#removals) outcomes.push(await this.#remove(removal));
    const since = moment(this.#writing);
    await Promise.all(this.#removals.map(async ({ removal, end }, i) => {
      end(await this.#looked(removal, outcomes[i]!, since));
    }));
  }

  async #remove({ path, recursive, keeps, ask }: Removal): Promise<Outcome> {
    let isMeant: Outcome["isMeant"];
    try {
      throwIfAborted(ask.signal, ask.op, ask.url);
      let list = await this.#listed(ask);
      if (fileAt(list.listed, path) && !fileAt(list.files, path)) {
        // One of these has removed it, unless the server only said so.
        this.#list = undefined;
        list = await this.#listed(ask);
      }
      const { files } = list;
      const found = fileAt(files, path);
      if (found === undefined) throw missing(ask);
      const isFolder = found === "directory";
      if (isFolder && !recursive) throw failed("NotEmpty", ask);
      const kept = isFolder ? undefined : keeps?.(infoOfFile(found));
      if (kept) throw kept;
      const name = path.join("/");
      const meant = isFolder
        ? (other: string) => other.startsWith(`${name}/`)
        : (other: string) => other === name;
      const pattern = patternFor(isFolder ? belowFolder(name) : onlyFile(name), meant, files, ask);
      isMeant = meant;
      try {
        await send(this.#writing, "DELETE", `${filesPath(this.#at)}/${filePath(pattern)}`, ask);
      } finally {
        forgetFiles(this.#writing, this.#at);
      }
      this.#list = { ...list, files: files.filter((file) => !meant(nameOf(file))) };
      return { isMeant };
    } catch (error) {
      // What was refused has changed nothing; all else may have.
      const isRefused = isVfsError(error) && error.kind === "PermissionDenied";
      if (isMeant && !isRefused) this.#list = undefined;
      return { isMeant, error };
    }
  }

  /** The files as they were a moment ago, and after all these removals were asked for. */
  async #listed(ask: Ask): Promise<List> {
    const { clock, memo } = this.#writing.catalogue;
    const { owner, id } = this.#at;
    const isOld = (asked = -Infinity) => clock.now() - asked > LIST_MS;
    if (isOld(this.#list?.asked)) {
      const since = isOld(memo.askedAt(filesKey(owner, id))) ? undefined : this.#since;
      const begun = clock.now();
      const files = await filesNow(this.#writing, this.#at, ask, since);
      const asked = memo.askedAt(filesKey(owner, id)) ?? begun;
      this.#list = { listed: files, files, asked };
    }
    return this.#list!;
  }

  /** What became of one, by a list that all ask for at once. */
  async #looked({ ask }: Removal, outcome: Outcome, since: number): Promise<Outcome> {
    const { isMeant, error } = outcome;
    if (!isMeant || ask.signal.aborted) return outcome;
    try {
      const after = await filesNow(this.#writing, this.#at, ask, since).catch((error) => {
        // What they are in is gone too.
        if (isNotFound(error)) return [];
        throw error;
      });
      const isThere = after.some((file) => isMeant(nameOf(file)));
      // Of a request that is sent again, the first try may have done it.
      const isUnclear = error === undefined || isNotFound(error) || isLost(error);
      if (!isThere && isUnclear) return {};
      if (error !== undefined && !isNotFound(error)) {
        return { error: retold(error, ask, isThere ? "it is still there" : "it is gone by now") };
      }
      const reason = "the server did not remove it, and did not say why";
      return { error: failed("Unavailable", ask, reason) };
    } catch (failure) {
      return { error: error === undefined ? failure : retold(error, ask, unknown(failure)) };
    }
  }
}

/** The pattern that takes those that are meant and no other. @throws `NotSupported` where there is none */
function patternFor(
  patterns: readonly string[],
  isMeant: (path: string) => boolean,
  files: readonly File[],
  ask: Ask,
): string[] {
  const names = files.map(nameOf);
  const meant = names.filter(isMeant).length;
  const pattern = patterns.find((text) => {
    const taken = removedBy(text, names);
    return taken.length === meant && taken.every(isMeant);
  });
  if (pattern !== undefined) return pattern.split("/");
  const taken = removedBy(patterns.at(-1)!, names);
  const neighbour = JSON.stringify(taken.find((each) => !isMeant(each)));
  throw failed("NotSupported", ask, `XNAT would remove ${neighbour} too; nothing was removed`);
}

function nameOf({ path }: File): string {
  return path.join("/");
}
