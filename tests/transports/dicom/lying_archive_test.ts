/** Copies and reads of a series, several at once, out of archives that fail and lie in seeded ways. */

import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { freePort } from "../../free_port.ts";
import { until } from "../../until.ts";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import { seededRandom } from "../../../testing/random.ts";
import {
  type Query,
  requestAssociation,
  type Retrieval,
  serveDicom,
  ServiceFailed,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { datasetOf, MR, type Sample, seriesOf } from "./_archive.ts";
import { before } from "./_liar.ts";

const SEEDS = Number(Deno.env.get("MEDVFS_LIAR_SEEDS") ?? 4);
const FIRST = Number(Deno.env.get("MEDVFS_LIAR_FIRST") ?? 1);
const EXPLICIT = TRANSFER_SYNTAX.explicit;
const RECEIVER = "RECEIVER";
const LISTS = ["all", "all", "half", "first", "none", "others", "refused", "aborted"] as const;

/** Random choices of one seed. */
class Choices {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  chance(part: number): boolean {
    return this.#random() < part;
  }

  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  shuffled<T>(all: readonly T[]): T[] {
    const keyed = all.map((each) => ({ each, key: this.#random() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ each }) => each);
  }
}

/** An archive of one series. What is asked for alone it sends as it should; of the rest, anything may go wrong. */
class Liar implements AsyncDisposable {
  isHonest = false;
  readonly samples: readonly Sample[];
  readonly #any: Choices;
  readonly #data: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly #receiver: number | undefined;
  readonly #server;
  readonly #peer;
  readonly #list: typeof LISTS[number];
  readonly #parts: { readonly [name in "failed" | "left" | "twice" | "alien"]: number };
  readonly #slowMs: number;
  #slow = 12;
  #left: number;

  constructor(any: Choices) {
    this.#any = any;
    const count = any.of([2, 7, 30, 128, 150, 300]);
    const bytes = any.of([10, 5_000, 70_000]);
    this.samples = seriesOf({ count, bytes }).map((each, i) => ({
      ...each,
      PixelData: new Uint8Array(any.chance(0.02) ? 1_500_000 : bytes).fill(i),
    }));
    this.#data = new Map(
      this.samples.map((each) => [each.SOPInstanceUID, writeDicomDataset(each)]),
    );
    const part = (most: number) => any.chance(0.3) ? most * any.below(100) / 100 : 0;
    this.#parts = { failed: part(0.2), left: part(0.1), twice: part(0.2), alien: part(0.1) };
    this.#list = any.of(LISTS);
    this.#slowMs = any.of([0, 0, 5, 30]);
    this.#left = any.chance(0.4) ? any.below(count) : Infinity;
    this.#receiver = any.chance(0.4) ? freePort() : undefined;
    const retrieve = (query: Query) => Promise.try(() => this.#retrieve(query));
    this.#server = serveDicom({
      aeTitle: "LIAR",
      hostname: "127.0.0.1",
      port: 0,
      find: (query) => this.#find(query),
      ...(this.#receiver === undefined ? { get: retrieve } : { move: retrieve }),
    });
    this.#peer = before(this.#server, {
      poolSize: 1 + any.below(5),
      spool: { directory: false, maxBytes: any.of([200_000, 33_554_432]) },
      timeouts: { responseMs: 5_000, subOperationMs: 5_000 },
      ...(this.#receiver !== undefined && {
        listen: { aeTitle: RECEIVER, port: this.#receiver, hostname: "127.0.0.1" },
      }),
    });
  }

  get vfs() {
    return this.#peer.vfs;
  }

  get url(): string {
    return this.#peer.url;
  }

  /** Fails unless a file is that instance. */
  check(uid: string, file: Uint8Array<ArrayBuffer>): void {
    assert(Buffer.compare(datasetOf(file), this.#data.get(uid)!) === 0, `other bytes for ${uid}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vfs[Symbol.asyncDispose]();
    await until(() => this.#server.connections === 0);
    const { connections } = this.#server;
    await this.#peer[Symbol.asyncDispose]();
    assert.equal(connections, 0, "associations are left");
  }

  async *#find({ identifier, transferSyntaxUID }: Query) {
    const wanted = parseDicomHeader(identifier, { transferSyntaxUID }).string("SOPInstanceUID");
    for (const { PixelData: _, ...row } of this.samples) {
      if (wanted && wanted !== row.SOPInstanceUID) continue;
      yield writeDicomDataset(row, { transferSyntaxUID });
    }
  }

  #retrieve(query: Query): Retrieval {
    const { identifier, transferSyntaxUID } = query;
    const list = parseDicomHeader(identifier, { transferSyntaxUID }).strings("SOPInstanceUID")
      .filter((uid) => uid !== "");
    const asked = this.samples.filter(({ SOPInstanceUID: uid }) =>
      list.length === 0 || list.includes(uid)
    );
    const isHonest = this.isHonest || list.length === 1;
    const sent = isHonest || list.length === 0 ? asked : this.#listed(asked, query);
    const order = isHonest ? sent : this.#any.shuffled(sent);
    return { total: order.length, instances: this.#instances(query, order, isHonest) };
  }

  /** What it makes of a list. */
  #listed(asked: readonly Sample[], { association }: Query): readonly Sample[] {
    const list = this.#list;
    if (list === "aborted") association.abort();
    if (list === "refused" || list === "aborted") {
      throw failure(this.#any.of([0xA900, 0xA701, 0xC001]));
    }
    if (list === "none") return [];
    if (list === "first") return asked.slice(0, 1);
    if (list === "half") return asked.slice(0, Math.ceil(asked.length / 2));
    return list === "others" ? this.samples : asked;
  }

  async *#instances(
    query: Query,
    order: readonly Sample[],
    isHonest: boolean,
  ): Retrieval["instances"] {
    const any = this.#any;
    const to = this.#receiver === undefined ? undefined : await this.#toReceiver(this.#receiver);
    const of = (uid: string, name = uid) => ({
      ...(to && { to }),
      sopClassUID: MR,
      sopInstanceUID: name,
      transferSyntaxUID: EXPLICIT,
      dataset: this.#data.get(uid)!,
    });
    try {
      for (const { SOPInstanceUID: uid } of order) {
        if (isHonest) {
          yield of(uid);
          continue;
        }
        const { failed, left, twice, alien } = this.#parts;
        const isSlow = this.#slowMs > 0 && this.#slow-- > 0;
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, this.#slowMs));
        if (this.#left-- === 0) return query.association.abort();
        if (any.chance(left)) continue;
        if (any.chance(alien)) yield of(uid, `9.9.${any.below(1_000)}`);
        const isFailed = any.chance(failed);
        if (isFailed) {
          const open = () => Promise.reject(new Error("it cannot be read"));
          yield { ...of(uid), dataset: { size: undefined, replayable: false, open } };
        } else yield of(uid);
        // Of two the first counts, whatever the second is: there has to be a first.
        if (any.chance(twice) && !isFailed) yield of(any.of(this.samples).SOPInstanceUID, uid);
      }
    } finally {
      if (to?.isOpen) await to.release();
    }
  }

  #toReceiver(port: number) {
    const contexts = [{ sopClassUID: MR, transferSyntaxUIDs: [EXPLICIT] }];
    const titles = { calledAET: RECEIVER, callingAET: "LIAR" };
    return requestAssociation({ hostname: "127.0.0.1", port, ...titles, contexts });
  }
}

function failure(code: number): ServiceFailed {
  const at = { op: "get", url: "dicom://h/A" };
  return new ServiceFailed("Unavailable", at, { code, meaning: "no" });
}

/** Copies what is not there, and checks that each file is counted, and is what it should be. */
async function copy(liar: Liar, to: string, there: number, signal?: AbortSignal): Promise<void> {
  const { vfs, url, samples } = liar;
  for (const { SOPInstanceUID: uid } of samples.slice(0, there)) {
    await vfs.writeFile(`${to}/${uid}`, "there");
  }
  const report = await vfs.copy(url, to, { existing: "skip", signal }).catch((error) => {
    if (error instanceof TransferFailed) return error.report;
    if (!signal?.aborted || !isVfsError(error)) throw error;
  });
  let done = 0;
  if (await vfs.exists(to)) {
    for await (const { name } of vfs.readDir(to)) {
      const file = await vfs.readFile(`${to}/${name}`);
      if (file.length === "there".length) continue;
      liar.check(name, file);
      done++;
    }
  }
  if (!report || signal?.aborted) return;
  const { problems, ...counts } = report;
  const failed = problems.filter(({ result }) => result === "failed").map(({ error }) => error);
  assert.deepEqual([counts.failed, counts.skipped], [0, there], `${failed[0]?.message}`);
  assert.deepEqual([counts.done, done], [samples.length - there, samples.length - there]);
}

/** Reads some of the instances in any order; what the archive broke off may fail, and nothing is other than it should be. */
async function read(liar: Liar, any: Choices): Promise<void> {
  const { vfs, url } = liar;
  const names = await Array.fromAsync(vfs.readDir(url), ({ name }) => name);
  const waiting = any.shuffled(names).slice(0, any.below(names.length + 1));
  const reader = async () => {
    for (let name; (name = waiting.pop()) !== undefined;) {
      try {
        liar.check(name, await vfs.readFile(`${url}/${name}`));
      } catch (error) {
        // "Not found" would be untrue.
        if (!isVfsError(error) || error.kind === "NotFound") throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 1 + any.below(4) }, reader));
}

async function run(seed: number): Promise<void> {
  const any = new Choices(seed);
  await using liar = new Liar(any);
  const works = Array.from({ length: 1 + any.below(3) }, (_, i) => {
    const to = `memory:///out${i}`;
    const what = any.of(["copy", "some", "aborted", "read"]);
    if (what === "read") return read(liar, any);
    if (what === "copy") return copy(liar, to, 0);
    if (what === "some") return copy(liar, to, any.below(liar.samples.length));
    return copy(liar, to, 0, AbortSignal.timeout(1 + any.below(300)));
  });
  await Promise.all(works);
  liar.isHonest = true;
  await copy(liar, "memory:///honest", 0);
}

Deno.test(`a series out of archives that fail and lie in ${SEEDS} ways is complete and itself, and nothing is left open`, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    await run(seed).catch((cause) => {
      throw new Error(`seed ${seed}: ${cause}`, { cause });
    });
  }
});
