/**
 * Many files as one zip: `?format=zip` after the URL of a subject, an experiment, a scan or a resource.
 *
 * @module
 */

import { END_BYTES, findEnd, MAX_TEXT, needsZip64 } from "../../formats/zip/records.ts";
import type { Ask } from "../../vfs/ask.ts";
import { type ChunkReader, concat } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { GetOptions, Got } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { unlessRefused } from "./unless_refused.ts";
import { route, scanSegment } from "./escape.ts";
import { leftOut, resourcesOfAll } from "./left_out.ts";
import { type Experiment, isSession } from "./model.ts";
import { scansAt } from "./quality.ts";
import { missing } from "./names.ts";
import { isOf, locate, type Place, resourcesAt } from "./resolve.ts";

/** The query that asks for a zip. */
export const ZIP = "format=zip";

/**
 * Implements `get` of a zip. XNAT makes it as it goes, tells no length, keeps the status 200 when it breaks off, and leaves
 * out what it does not find on its disk. So its end is looked at, and how many files it has, before the last bytes are
 * handed out.
 *
 * @throws `NotFound` when there is nothing to pack, `NotSupported` for a part of a zip
 */
export async function readZip(
  catalogue: Catalogue,
  address: Address,
  options: GetOptions,
  ask: Ask,
): Promise<Got> {
  const refused = options.range ? "a part of a zip" : options.ifMatch ? "ifMatch for a zip" : "";
  if (refused !== "") {
    throw new VfsError("NotSupported", {
      op: ask.op,
      url: ask.url,
      reason: `${refused}: the server makes it anew each time`,
    });
  }
  const { path, all, experiments } = await packed(catalogue, address, ask);
  const stop = new AbortController();
  const signal = AbortSignal.any([ask.signal, stop.signal]);
  const listing = unlessRefused(catalogue.fileList(path, { ...ask, signal }, all ? { all } : {}));
  const { project = "" } = address;
  const resources = experiments &&
    resourcesOfAll(catalogue, project, experiments, { ...ask, signal });
  // They are awaited at the end, unless nobody reads so far.
  listing.catch(() => {});
  resources?.catch(() => {});
  const end = async () => {
    stop.abort();
    await Promise.allSettled([listing, resources]);
  };
  try {
    const answer = await catalogue.client.request("GET", path, {
      ...ask,
      query: { format: "zip", ...(all && { all }) },
      accept: "zip",
    });
    const { mediaType } = answer;
    if (!/zip|octet-stream/.test(mediaType)) {
      await answer.body.close();
      throw broken(ask, `expected a zip, got "${mediaType}"`);
    }
    const count = async () => {
      const files = await listing;
      const all = await resources;
      const left = files && all && experiments &&
        await leftOut(catalogue, project, experiments, all, files, { ...ask, signal });
      if (!left) return files?.length ?? 0;
      const reason = `the zip has nothing of the resource ${JSON.stringify(left.name)} of ` +
        `${left.category} ${left.ownerId}`.trimEnd() + "; the server failed while it listed all";
      throw new VfsError("Incomplete", { op: ask.op, url: ask.url, reason });
    };
    const body = whole(answer.body, count, ask);
    return {
      info: { kind: "file", mediaType: "application/zip" },
      offset: 0,
      body: {
        read: () => body.read(),
        async close(reason) {
          await body.close(reason);
          await end();
        },
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What goes into a zip: path and query of the request for it. */
interface Packed {
  readonly path: string;
  readonly all?: boolean;
  /** What `all` is of. */
  readonly experiments?: readonly Experiment[];
}

/** Which files go into the zip. */
async function packed(catalogue: Catalogue, address: Address, ask: Ask): Promise<Packed> {
  const { level, project = "" } = address;
  const place = await locate(catalogue, address, ask);
  const { subject, owner, resource, path } = place;
  if (level === "experiment") return await packedSession(catalogue, place, ask);
  if (level === "subject") {
    const experiments = await catalogue.experiments(project, undefined, ask);
    const own = experiments.filter((each) => isOf(each, subject!.id));
    const ids = own.map(({ id }) => id);
    if (address.quality) {
      throw unpackable(ask, "in the view of a quality zips are made of single sessions");
    }
    if (ids.length > 0) {
      return { path: `/data/experiments/${ids.join(",")}/files`, all: true, experiments: own };
    }
  }
  if (level === "resource" && resource && path.length === 0) {
    return { path: `${owner!.path}${route("resources", resource.id)}/files` };
  }
  if (level === "assessor") {
    // The list of its files has only what came of it; by number all else comes too.
    const ids = (await resourcesAt(catalogue, place, ask)).map(({ id }) => id);
    if (ids.length > 0 && ids.every((id) => /^[0-9]+$/.test(id))) {
      return { path: `${owner!.path}/resources/${ids.join(",")}/files` };
    }
  }
  if (["scan", "assessor", "reconstruction", "inputs", "resources"].includes(level)) {
    return { path: `${owner!.path}/files` };
  }
  throw unpackable(ask, "a zip is made of a subject, an experiment, a scan or a resource");
}

/** All of a session; in the view of a quality its scans by name, where it has nothing else. */
async function packedSession(
  catalogue: Catalogue,
  { address, experiment, owner }: Place,
  ask: Ask,
): Promise<Packed> {
  const everything = { path: `${owner!.path}/files`, all: true, experiments: [experiment!] };
  if (!address.quality || !isSession(experiment!)) return everything;
  const { project = "" } = address;
  const { id } = experiment!;
  const [all, shown] = await Promise.all([
    catalogue.scans(project, id, ask),
    scansAt(catalogue, address, id, ask),
  ]);
  if (shown.length === all.length) return everything;
  const resources = await catalogue.allResources(project, id, ask);
  // XNAT takes a name for the id of a scan or for a type of scans.
  const isUnclear = all.some((scan) =>
    !shown.includes(scan) && shown.some(({ id }) => id === scan.attributes.type)
  );
  if (isUnclear || resources.some(({ category }) => category !== "scans")) {
    const reason = "the server can only pack all of this session; copy it, or pack single scans";
    throw unpackable(ask, reason);
  }
  if (shown.length === 0) throw missing(ask, "there is no scan of this quality");
  const names = shown.map(({ id }) => encodeURIComponent(scanSegment(id))).join(",");
  return { path: `${owner!.path}/scans/${names}/files` };
}

function unpackable({ op, url }: Ask, reason: string): VfsError {
  return new VfsError("NotSupported", { op, url, reason });
}

/** The last record, with the longest comment. */
const LONGEST_END = END_BYTES + MAX_TEXT;

/** Holds back the end of a zip until it is seen to be one, of so many files as `count` tells (APPNOTE.TXT 4.3.16). */
function whole(reader: ChunkReader, count: () => Promise<number>, ask: Ask): ChunkReader {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  let total = 0;
  let isOver = false;
  return {
    async read() {
      while (!isOver) {
        const chunk = await reader.read();
        if (chunk === undefined) {
          isOver = true;
          const members = checkEnd(held, total, ask);
          const files = await count();
          if (members >= files) return held;
          const reason = `the zip has ${members} of ${files} files; the server lacks the others, ` +
            "or failed to read them";
          throw new VfsError("Incomplete", { op: ask.op, url: ask.url, reason });
        }
        total += chunk.length;
        const joined = held.length === 0
          ? chunk
          : concat([held, chunk], held.length + chunk.length);
        const keep = Math.min(joined.length, LONGEST_END);
        held = joined.slice(joined.length - keep);
        if (joined.length > keep) return joined.subarray(0, joined.length - keep);
      }
      return undefined;
    },
    close: (reason) => reader.close(reason),
  };
}

/**
 * Tells how many members a zip has; infinitely many when it has more than its last record can tell.
 *
 * @throws `Incomplete` unless `tail`, the last bytes of `total`, ends a zip whose directory lies right before
 */
function checkEnd(tail: Uint8Array<ArrayBuffer>, total: number, { op, url }: Ask): number {
  const end = findEnd(tail);
  if (end) {
    if (needsZip64(end)) return Infinity;
    if (end.offset + end.size === total - tail.length + end.at) return end.count;
  }
  throw new VfsError("Incomplete", {
    op,
    url,
    reason: "the zip broke off; the server may have failed while it made it",
  });
}
