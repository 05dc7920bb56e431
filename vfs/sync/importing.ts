/**
 * A sync by the destination's importer.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import type { Location } from "../location/location.ts";
import { isNotFound, isVfsError, reasonIn, VfsError } from "../errors.ts";
import { asVfsError } from "../copy/transfer.ts";
import type { Info, Place } from "../transport.ts";
import { walkSteps } from "../walk.ts";
import { CompactMap } from "./compact_map.ts";
import type { Journal } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { Sending } from "./sending.ts";
import type { ToImport } from "./study_groups.ts";

/** PS3.5 §9.1. */
const UID = /^[0-2](\.\d+){2,}/;

/** So often a study is handed over again without what could not be read. */
const MOST_UNREAD = 10;

/** Imports groups of files, and looks whether they are there afterwards. */
export class Importing {
  readonly #plan: Plan;
  readonly #journal: Journal | undefined;
  #there: Promise<CompactMap> | undefined;

  constructor(plan: Plan, journal: Journal | undefined) {
    this.#plan = plan;
    this.#journal = journal;
  }

  /** Imports those of a group that the destination does not have. */
  async run(group: readonly ToImport[]): Promise<void> {
    const { tally } = this.#plan;
    const found = new Map<string, Sending>();
    const missing: (readonly [instance: string, file: Sending])[] = [];
    for (const { series, ...file } of group) {
      const instance = `${series} ${file.sopInstanceUID}`;
      const sending = new Sending(this.#plan, file);
      await this.#trying(sending, async () => {
        if (!await this.#isThere(sending)) return void missing.push([instance, sending]);
        found.set(instance, sending);
        tally.keep(() => sending.subject);
      });
    }
    const wanted: Sending[] = [];
    for (const [instance, file] of missing) {
      const other = found.get(instance);
      if (!other) found.set(instance, file);
      await this.#trying(file, async () => {
        if (other && await other.digest() !== await file.digest()) throw taken(file, other);
        if (this.#plan.options.dryRun) tally.skip("copy", file.subject, "only planned");
        else wanted.push(file);
      });
    }
    if (wanted.length > 0) await this.#import(wanted);
  }

  /** Tells what fails, and goes on unless all is over. */
  async #trying({ subject }: Sending, work: () => Promise<void>): Promise<void> {
    const { tally, signal } = this.#plan;
    try {
      await work();
    } catch (error) {
      const failure = asVfsError(error, "sync", subject.from);
      tally.fail("error", subject, failure);
      if (signal.aborted || this.#journal?.failure) throw failure;
    }
  }

  async #import(files: readonly Sending[], unread = 0): Promise<void> {
    const { target: { transport, location }, signal, tally } = this.#plan;
    let places: readonly Location[];
    try {
      places = await transport.importFiles!(location, files, { signal });
    } catch (error) {
      const readable = files.filter(({ failure }) => !failure);
      const isOfSome = readable.length > 0 && readable.length < files.length;
      if (isOfSome && unread < MOST_UNREAD && !signal.aborted) {
        for (const file of files) if (file.failure) file.fail(file.failure);
        return await this.#import(readable, unread + 1);
      }
      // What all are to go into is not there.
      if (isVfsError(error) && error.kind === "NotFound" && error.url === location.href) {
        throw error;
      }
      const isAborted = signal.aborted;
      const left = "what the importer got it may file all the same";
      const failure = isAborted ? unsure(error, location, left) : error;
      for (const file of files) {
        file.fail(file.failure ?? asVfsError(failure, "import", file.subject.from));
      }
      if (isAborted) throw failure;
      return;
    }
    const left = "the importer said yes, and it is not known what is there now";
    const stored = await this.#look(places, files)
      .catch((error) => unsure(error, location, left));
    let failure: VfsError | undefined;
    for (const file of files) {
      try {
        if (!(stored instanceof Stored)) throw stored;
        await file.checkSteady();
        const info = stored.find(file.md5!);
        const isKept = info !== undefined || stored.hasChanged;
        if (!isKept) {
          const reason = "the importer said yes, and lists neither it nor anything new; " +
            "of a server that changes what it stores only a journal knows what it has";
          throw new VfsError("Incomplete", { op: "import", url: file.subject.from, reason });
        }
        await this.#journal?.add(file.subject.path, file.info, info ?? { kind: "file" });
        tally.settle("copy", { ...file.subject, to: places[0]?.href }, {
          result: "done",
          bytes: file.bytes,
          verified: info ? "digest" : "reply",
          warnings: info ? [] : ["the server does not list it with the digest of what was sent"],
        });
      } catch (error) {
        failure = asVfsError(error, "import", file.subject.from);
        file.fail(failure);
      }
    }
    // Each is told first, since all were sent.
    if (failure && (signal.aborted || this.#journal?.failure)) throw failure;
  }

  /** Whether the destination has a file, by the journal, or by the digest of its content. */
  async #isThere(file: Sending): Promise<boolean> {
    const { source } = this.#plan;
    const isNamed = source.transport.capabilities.naming === "content";
    const { path } = file.subject;
    if (await this.#journal?.knows({ path, from: file }, isNamed)) return true;
    const there = await (this.#there ??= this.#digests());
    if (there.size === 0) return false;
    const digest = await file.digest();
    const isThere = there.get(digest) === checkOf(digest);
    if (isThere) await this.#journal?.add(path, file.info, { kind: "file" });
    return isThere;
  }

  /**
   * Digests of what is below the destination, with a part of each to tell it by; negative for what no importer has stored,
   * which makes names that begin with a UID.
   */
  async #digests(): Promise<CompactMap> {
    const there = new CompactMap();
    for await (const { name, info } of filesBelow(this.#plan.target, this.#plan.signal)) {
      const md5 = info?.digests?.md5?.toLowerCase();
      if (md5 === undefined) continue;
      const isImported = UID.test(name) || (there.get(md5) ?? 0) > 0;
      there.set(md5, isImported ? checkOf(md5) : -checkOf(md5));
    }
    return there;
  }

  /** What is in the directories that an importer told. */
  async #look(places: readonly Location[], sent: readonly Sending[]): Promise<Stored> {
    const { target: { transport }, signal } = this.#plan;
    const there = await this.#there!;
    const stored = new Stored();
    const digests = new Set(sent.map(({ md5 }) => md5!));
    const fresh: string[] = [];
    let count = 0;
    for (const location of places) {
      for await (const { info } of filesBelow({ transport, location }, signal)) {
        const md5 = info?.digests?.md5?.toLowerCase();
        const isOld = md5 !== undefined && Math.abs(there.get(md5) ?? NaN) === checkOf(md5);
        if (!isOld && !digests.has(md5!)) {
          count++;
          if (md5 !== undefined) fresh.push(md5);
        }
        stored.add(info);
      }
    }
    for (const md5 of digests) if (stored.find(md5)) there.set(md5, checkOf(md5));
    // They are no new ones for the next part of the study.
    for (const md5 of fresh) there.set(md5, checkOf(md5));
    const changed = sent.filter(({ md5 }) => !stored.find(md5!));
    // A server that changes what it stores has a new file for each; what was there before is none of these.
    stored.hasChanged = count >= changed.length;
    return stored;
  }
}

/** What keeps a file out whose instance the importer has, or is to get, by another one. */
function taken({ subject }: Sending, other: Sending): VfsError {
  const reason =
    `an importer keeps one file of an instance, and "${other.subject.path}" is another of the same`;
  return new VfsError("AlreadyExists", { op: "import", url: subject.from, reason });
}

/** `error`, which left behind what nobody knows. */
function unsure(error: unknown, { href }: Location, left: string): VfsError {
  const cause = asVfsError(error, "import", href);
  const { kind, op, url, status, detail } = cause;
  const reason = `${reasonIn(cause)}; ${left}`;
  return new VfsError(kind, { op, url, status, detail, reason, cause });
}

/** Files as they are listed now. */
class Stored {
  /** Those that are not listed with their digests have as many others, which were not there before. */
  hasChanged = false;
  readonly #infos = new Map<string, Info>();

  add(info: Info | undefined): void {
    if (info?.digests?.md5 !== undefined) this.#infos.set(info.digests.md5.toLowerCase(), info);
  }

  find(md5: string): Info | undefined {
    return this.#infos.get(md5);
  }
}

/** Bits of a digest that the map does not look at: two that it takes for one must not hide a file. */
function checkOf(md5: string): number {
  return Number.parseInt(md5.slice(0, 12), 16);
}

async function* filesBelow(at: Place, signal: AbortSignal): AsyncGenerator<Entry> {
  try {
    for await (const { files } of walkSteps(at, { signal, detail: true, refresh: true })) {
      yield* files;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
