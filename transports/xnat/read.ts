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
import type { ByteRange, ContentCheck, GetOptions, Got } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Address } from "./address.ts";
import type { Answer } from "./answer.ts";
import type { Catalogue } from "./catalogue.ts";
import { fileAt } from "./list.ts";
import { isPackedOne } from "./packed_on_disk.ts";
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
    mustBeItself(settled, answer, part, ask);
    if (ifMatch !== undefined && ifMatch !== info.etag) {
      throw new VfsError("ConditionFailed", { op: ask.op, url: ask.url });
    }
    const wanted = resolveRange(range, info.size ?? Infinity, ask.url);
    return gotOf(catalogue, settled, answer, part, wanted, ask);
  } catch (error) {
    await answer.body.close();
    throw error;
  }
}

/** Where no MD5 tells it, only the length shows that the server gives another file in its place. */
function mustBeItself(
  { found: { file } }: Settled,
  answer: Answer,
  { size }: Part,
  ask: Ask,
): void {
  const name = file.path.at(-1)!;
  const differs = file.size !== undefined && size !== undefined && size !== file.size;
  if (!differs || !isPackedOne(answer, name)) return;
  const reason = `it is gone from the server's disk, and the server gives ${
    JSON.stringify(`${name}.gz`)
  } under its name; an administrator can refresh the catalog of its resource`;
  throw new VfsError("Corrupt", { op: ask.op, url: ask.url, reason });
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

function gotOf(
  catalogue: Catalogue,
  settled: Settled,
  answer: Answer,
  { start }: Part,
  wanted: Extent,
  ask: Ask,
): Got {
  if (start > wanted.start) throw broken(ask, "the server gave another part than asked for");
  const { found: { file: { md5 } }, info } = settled;
  const { size } = info;
  const isWhole = start === 0 && wanted.start === 0 && wanted.end === (size ?? Infinity);
  if (!isWhole) {
    const length = wanted.end - wanted.start;
    const body = slice(answer.body, wanted.start - start, length);
    return { info, offset: wanted.start, length, body };
  }
  const length = size !== undefined && { length: size };
  const check = md5 !== undefined && { check: checkOf(catalogue, settled, md5, ask) };
  return { info, offset: 0, ...length, ...check, body: answer.body };
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

/** What a whole file is compared with, by its catalog. */
function checkOf(
  catalogue: Catalogue,
  { found: { file, list }, isSteady }: Settled,
  md5: string,
  ask: Ask,
): ContentCheck {
  const { op, url } = ask;
  return {
    digests: { md5 },
    async failure(difference, { signal }) {
      const changed = new VfsError("ConditionFailed", {
        op,
        url,
        reason: "it changed while it was read",
      });
      if (!isSteady) return changed;
      // While a file is replaced, the catalog goes on telling of the old one for a moment.
      for (const ms of [0, ...REPLACED_MS]) {
        await sleep(catalogue.clock, ms, signal, op, url);
        catalogue.memo.forget(list.key);
        const now = fileAt(await list.ask({ ...ask, signal }), file.path);
        if (typeof now === "object" && now.md5 === md5) continue;
        return changed;
      }
      const reason = `the content differs from the catalog: ${difference}`;
      return new VfsError("Corrupt", { op, url, reason });
    },
  };
}
