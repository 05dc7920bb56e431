/**
 * The jobs of a sync that files DICOM instances by what is in their headers.
 *
 * @module
 */

import { readHeader } from "../describe.ts";
import type { Entry } from "../entry.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { asVfsError } from "../copy/transfer.ts";
import type { Info } from "../transport.ts";
import type { Step } from "../walk_step.ts";
import { CompactMap } from "./compact_map.ts";
import { compareInfos } from "./compare.ts";
import { type Layout, parseLayout } from "./layout.ts";
import { type Job, pathOf, type Plan } from "./plan.ts";
import { withSuffix } from "../location/safe_name.ts";
import { filesToCopy, sourceSteps } from "./source_jobs.ts";
import { DestinationLook } from "./destination_look.ts";

/** Headers read at the same time. */
const AHEAD = 16;
const UID = "SOPInstanceUID";

type Values = ReadonlyMap<string, string>;
type Attributes = Info["attributes"];

/** An instance, and what its path is made of; `undefined` for what is no DICOM file. */
interface Read {
  readonly from: Entry;
  readonly path: string;
  readonly values?: Values;
  readonly error?: VfsError;
}

/** The jobs; names are given in the order of the walk, so that each run gives the same. */
export async function* layoutJobs(plan: Plan, template: string): AsyncGenerator<Job> {
  const layout = await parseLayout(template);
  const naming = new Naming(plan, layout);
  const known = new Map<string, Attributes>();
  for await (const { step, isLast } of sourceSteps(plan)) {
    const { href } = step.location;
    const above = known.get(href);
    known.delete(href);
    // What an archive tells of a patient, a study or a series holds for all that is in it.
    for (const { url, info } of step.dirs) {
      if (info?.attributes ?? above) known.set(url, { ...above, ...info?.attributes });
    }
    const files = filesToCopy(plan, step);
    if (isLast) plan.tally.listed();
    for (let at = 0; at < files.length; at += AHEAD) {
      const some = files.slice(at, at + AHEAD);
      const reading = some.map((file) => read(plan, layout, step, file, above));
      for (const one of await Promise.all(reading)) {
        const job = await naming.job(one);
        if (job) yield job;
      }
    }
  }
}

async function read(
  plan: Plan,
  { keywords }: Layout,
  step: Step,
  from: Entry,
  above: Attributes,
): Promise<Read> {
  const path = pathOf(step.path, from);
  const wanted = [...keywords, UID];
  const tellers = [from.info?.attributes, above];
  const teller = (keyword: string) =>
    tellers.find((attributes) => attributes && Object.hasOwn(attributes, keyword));
  if (wanted.every(teller)) {
    return { from, path, values: textsOf(wanted, (keyword) => textOf(teller(keyword)![keyword])) };
  }
  try {
    const at = { ...plan.source, location: from.location };
    const header = await readHeader(at, {}, plan.signal);
    return { from, path, values: textsOf(wanted, (keyword) => header.string(keyword)) };
  } catch (cause) {
    const error = asVfsError(cause, "sync", from.url);
    if (plan.signal.aborted) throw error;
    return error.kind === "NotSupported" ? { from, path } : { from, path, error };
  }
}

function textsOf(
  keywords: readonly string[],
  valueOf: (keyword: string) => string | undefined,
): Values {
  const values = new Map<string, string>();
  for (const keyword of keywords) {
    const value = valueOf(keyword);
    if (value !== undefined) values.set(keyword, value);
  }
  return values;
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return value instanceof Date ? value.toISOString().slice(0, 10).replaceAll("-", "") : `${value}`;
}

/** Gives each instance a place of its own. */
class Naming {
  readonly #plan: Plan;
  readonly #layout: Layout;
  /** The instance that has each path, as bits of its UID. Paths that share bits get suffixes, and lose nothing. */
  readonly #taken = new CompactMap();
  readonly #there: DestinationLook;

  constructor(plan: Plan, layout: Layout) {
    this.#plan = plan;
    this.#layout = layout;
    this.#there = new DestinationLook(plan.target, plan.signal);
  }

  /** The job for an instance; what needs none is told. */
  async job({ from, path, values, error }: Read): Promise<Job | undefined> {
    const { tally } = this.#plan;
    const subject = () => ({ from: from.url, path });
    if (error) return void tally.fail("error", subject(), error);
    if (!values) return void tally.skip("skip", subject(), "not a DICOM file");
    const uid = values.get(UID) ?? from.name;
    const names = this.#layout.pathOf((keyword) => values.get(keyword));
    for (const isDistinct of [false, true]) {
      const candidate = isDistinct ? await distinct(names, uid) : names;
      const key = candidate.join("/").toLowerCase();
      const owner = this.#taken.get(key);
      if (owner === this.#taken.bitsOf(uid)) {
        return void tally.skip("skip", subject(), "another file is the same instance");
      }
      if (owner !== undefined) continue;
      const to = this.#plan.target.location.join(...candidate);
      try {
        const target = await this.#there.look(to);
        if (target?.kind === "directory") {
          const reason = "a directory is at the destination";
          throw new VfsError("AlreadyExists", { op: "sync", url: from.url, reason });
        }
        if (target && await this.#isOther(from, to, target, uid)) continue;
        this.#taken.set(key, this.#taken.bitsOf(uid));
        return { from, to, path, target };
      } catch (cause) {
        const failure = asVfsError(cause, "sync", from.url);
        if (this.#plan.signal.aborted) throw failure;
        const action = failure.kind === "AlreadyExists" ? "conflict" : "error";
        return void tally.fail(action, { ...subject(), to: to.href }, failure);
      }
    }
    const reason = "no free name is left for it";
    const failure = new VfsError("AlreadyExists", { op: "sync", url: from.url, reason });
    tally.fail("conflict", subject(), failure);
  }

  /** Whether another instance is there, which an earlier run stored under the same name. */
  async #isOther(from: Entry, to: Location, there: Info, uid: string): Promise<boolean> {
    const { target, options, signal } = this.#plan;
    const { capabilities } = target.transport;
    const verdict = compareInfos(from.info, there, options.compare ?? "auto", capabilities);
    if (verdict === "same") return false;
    try {
      const header = await readHeader({ ...target, location: to }, {}, signal);
      return header.string(UID) !== uid;
    } catch (error) {
      // It is no DICOM file, and so none that a layout put there.
      if (isVfsError(error) && ["NotSupported", "Corrupt"].includes(error.kind)) return false;
      throw error;
    }
  }
}

/** The same path with a name that no other instance gets. */
async function distinct(names: readonly string[], uid: string): Promise<string[]> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(uid));
  const suffix = new Uint8Array(digest, 0, 6).toHex();
  return [...names.slice(0, -1), withSuffix(names.at(-1)!, suffix)];
}
