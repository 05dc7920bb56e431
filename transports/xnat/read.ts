/**
 * Reading files: by ranges, checked against the catalog.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { sleep } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { type Extent, resolveRange } from "../../vfs/bytes/range.ts";
import { streamDigester } from "../../vfs/bytes/stream_digest.ts";
import type { ByteRange, GetOptions, Got } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Address } from "./address.ts";
import type { Answer } from "./answer.ts";
import type { Catalogue } from "./catalogue.ts";
import {
  asOfNow,
  contentPath,
  findFile,
  type FoundFile,
  MAX_TRIES,
  settle,
  type Settled,
} from "./stat.ts";

/** Pauses before content that differs from the catalog is taken for damaged. */
const REPLACED_MS = [100, 200, 400];

/** Implements `get` for a file. */
export async function read(
  catalogue: Catalogue,
  address: Address,
  options: GetOptions,
  ask: Ask,
): Promise<Got> {
  return await asOfNow(catalogue, address, async () => {
    const found = await findFile(catalogue, address, ask);
    if (found === "directory") throw new VfsError("IsADirectory", { op: ask.op, url: ask.url });
    return await readFile(catalogue, found, options, ask, 0);
  });
}

async function readFile(
  catalogue: Catalogue,
  before: FoundFile,
  options: GetOptions,
  ask: Ask,
  tries: number,
): Promise<Got> {
  const { range, ifMatch } = options;
  const guess = range && await sizeOf(catalogue, before, ask);
  const extent = range && knownExtent(range, guess, ask);
  const isPart = extent !== undefined && extent.end > extent.start;
  const answer = await catalogue.client.request("GET", contentPath(before), {
    ...ask,
    accept: "file",
    headers: {
      "accept-encoding": "identity",
      ...(isPart && { range: `bytes=${extent.start}-${extent.end - 1}` }),
    },
  });
  try {
    const part = partOf(answer, ask);
    const settled = await settle(catalogue, before, answer, ask, part.size);
    const { found, info, isSteady } = settled;
    // It was another version, or the part was reckoned with a size that is no longer so.
    if ((!isSteady || (range && info.size !== guess)) && tries + 1 < MAX_TRIES) {
      await answer.body.close();
      return await readFile(catalogue, found, options, ask, tries + 1);
    }
    if (ifMatch !== undefined && ifMatch !== info.etag) {
      throw new VfsError("ConditionFailed", { op: ask.op, url: ask.url });
    }
    const wanted = resolveRange(range, info.size ?? Infinity, ask.url);
    return await gotOf(catalogue, settled, answer, part, wanted, ask);
  } catch (error) {
    await answer.body.close();
    throw error;
  }
}

/** The size for reckoning a range; XNAT promises bytes beyond the end and never sends them. */
async function sizeOf(catalogue: Catalogue, found: FoundFile, ask: Ask): Promise<number> {
  if (found.file.size !== undefined) return found.file.size;
  const answer = await catalogue.client.request("HEAD", contentPath(found), {
    ...ask,
    accept: "file",
    headers: { "accept-encoding": "identity" },
  });
  await answer.body.close();
  if (answer.length !== undefined) return answer.length;
  throw new VfsError("NotSupported", {
    op: ask.op,
    url: ask.url,
    reason: "a part of a file whose size the server does not tell",
  });
}

/** The extent of a range; a range beyond the end is looked at again with the size of the file as it is. */
function knownExtent(range: ByteRange, size = 0, { url }: Ask): Extent | undefined {
  try {
    return resolveRange(range, size, url);
  } catch (error) {
    if (error instanceof VfsError && error.kind === "RangeNotSatisfiable") return undefined;
    throw error;
  }
}

/** Which bytes an answer has. */
interface Part {
  readonly start: number;
  readonly size?: number;
}

function partOf(answer: Answer, ask: Ask): Part {
  if (answer.status !== 206) return { start: 0, size: answer.length };
  const match = /^bytes ([0-9]+)-[0-9]+\/([0-9]+|\*)$/.exec(
    answer.headers.get("content-range") ?? "",
  );
  if (!match) throw broken(ask, "the server gave a part and does not say which");
  return { start: Number(match[1]), size: match[2] === "*" ? undefined : Number(match[2]) };
}

async function gotOf(
  catalogue: Catalogue,
  { found, info }: Settled,
  answer: Answer,
  { start }: Part,
  wanted: Extent,
  ask: Ask,
): Promise<Got> {
  if (start > wanted.start) throw broken(ask, "the server gave another part than asked for");
  const { size } = info;
  const isWhole = start === 0 && wanted.start === 0 && wanted.end === (size ?? Infinity);
  const { md5 } = found.file;
  if (!isWhole) {
    const length = wanted.end - wanted.start;
    const body = slice(answer.body, wanted.start - start, length);
    return { info, offset: wanted.start, length, body };
  }
  const body = md5 === undefined ? answer.body : await verify(answer.body, size, found, {
    ...ask,
    now: async () => {
      catalogue.memo.forget(found.list.key);
      const listed = await found.list.ask(ask);
      return listed.find(({ path }) => path.join("/") === found.file.path.join("/"))?.md5;
    },
    wait: (ms) => sleep(catalogue.clock, ms, ask.signal, ask.op, ask.url),
  });
  const verified = md5 === undefined ? [] : ["md5"] as const;
  return { info, offset: 0, ...(size !== undefined && { length: size }), verified, body };
}

/** `length` bytes of `reader` after the first `skip`, also of a server that gave all in place of a part. */
function slice(reader: ChunkReader, skip: number, length: number): ChunkReader {
  let toSkip = skip;
  let left = length;
  return {
    async read() {
      while (left > 0) {
        const chunk = await reader.read();
        if (chunk === undefined) return undefined;
        const from = Math.min(toSkip, chunk.length);
        toSkip -= from;
        const part = chunk.subarray(from, from + left);
        left -= part.length;
        if (left === 0) await reader.close();
        if (part.length > 0) return part;
      }
      await reader.close();
      return undefined;
    },
    close: (reason) => reader.close(reason),
  };
}

/** Checks the MD5 of a whole file before its last bytes are handed out. */
async function verify(
  reader: ChunkReader,
  size: number | undefined,
  { file }: FoundFile,
  { op, url, now, wait }: Ask & {
    readonly now: () => Promise<string | undefined>;
    readonly wait: (ms: number) => Promise<void>;
  },
): Promise<ChunkReader> {
  const md5 = (await streamDigester(["md5"], size))!;
  const hashed = md5.reading(reader, size);
  let count = 0;
  let isChecked = false;
  async function check(): Promise<void> {
    isChecked = true;
    const { md5: actual } = await md5.digests();
    md5[Symbol.dispose]();
    if (actual === file.md5) return;
    await hashed.close();
    // While a file is replaced, the catalog goes on telling of the old one for a moment.
    for (const ms of [0, ...REPLACED_MS]) {
      await wait(ms);
      if (await now() === file.md5) continue;
      throw new VfsError("ConditionFailed", { op, url, reason: "it changed while it was read" });
    }
    throw new VfsError("Corrupt", {
      op,
      url,
      reason: `the content has MD5 ${actual}, the catalog says ${file.md5}`,
    });
  }
  return {
    async read(into) {
      const chunk = await hashed.read(into);
      if (chunk === undefined) {
        // What is too short is told as such by whoever counts.
        if (!isChecked && (size === undefined || count === size)) await check();
        return undefined;
      }
      count += chunk.length;
      if (count === size) await check();
      return chunk;
    },
    close(reason) {
      md5[Symbol.dispose]();
      return hashed.close(reason);
    },
  };
}
