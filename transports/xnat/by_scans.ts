/**
 * The files of a session whose list of all is refused, since one catalog that cannot be read is enough for that: by lists of
 * some of its scans.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Catalogue } from "./catalogue.ts";
import { scanSegment } from "./escape.ts";
import type { ScanResource } from "./joined_scans.ts";
import type { File } from "./model.ts";
import { experimentOwner, filesKey, partOwner, type ResourceOwner } from "./owners.ts";
import { unlessRefused } from "./unless_refused.ts";

/** Fewer than so many are asked one by one where the list of all of them is refused. */
export const FEW = 4;
/** So many scans are asked for at once: their ids must fit into a URL. */
const MOST = 200;

/** Keeps the files of those of `resources` whose scans can be asked for together; the others are asked one by one. */
export async function filesByScans(
  catalogue: Catalogue,
  project: string,
  experiment: string,
  resources: readonly ScanResource[],
  asked: number,
  ask: Ask,
): Promise<void> {
  const filled = resources.filter(({ id, files }) => id !== "" && files !== 0);
  const scans = [...new Set(filled.map(({ scan }) => scan))];
  if (scans.length < FEW) return;
  const owner = experimentOwner(project, experiment);
  for (let start = 0; start < scans.length; start += MOST) {
    const lists = await listsOf(catalogue, owner, scans.slice(start, start + MOST), ask);
    // A scan whose type is the id of another one comes in several of them.
    for (const files of lists) keep(catalogue, owner, files, asked);
  }
}

function keep({ memo }: Catalogue, session: ResourceOwner, files: readonly File[], asked: number) {
  for (const [resource, own] of Map.groupBy(files, ({ place }) => place.resource)) {
    const { scan } = own[0]!.place;
    if (scan === undefined) continue;
    memo.set(filesKey(partOwner(session, "scans", scan), resource), own, asked);
  }
}

/** Lists of the files of scans, as far as they come; halves are asked for as long as one of two does. */
async function listsOf(
  catalogue: Catalogue,
  owner: ResourceOwner,
  scans: readonly string[],
  ask: Ask,
): Promise<File[][]> {
  const list = (scans: readonly string[]) =>
    unlessRefused(
      catalogue.fileList(
        `${owner.path}/scans/${scans.map(scanSegment).map(encodeURIComponent).join(",")}/files`,
        ask,
      ),
    );
  const within = async (scans: readonly string[]): Promise<File[][]> => {
    const middle = scans.length >> 1;
    const halves = [scans.slice(0, middle), scans.slice(middle)];
    const lists = await Promise.all(halves.map(list));
    if (lists.every((files) => files === undefined)) return [];
    const found = halves.map((half, i) => {
      const files = lists[i];
      if (files) return [files];
      return half.length < FEW ? [] : within(half);
    });
    return (await Promise.all(found)).flat();
  };
  const whole = await list(scans);
  return whole ? [whole] : await within(scans);
}
