/**
 * Whether a dataset is that of the instance that its archive says it is.
 *
 * @module
 */

import { isDeflated } from "../../formats/dicom/encoding.ts";
import { parseDicomHeader } from "../../formats/dicom/read_header.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { IncomingInstance } from "./dimse/mod.ts";
import { readBehind } from "./read_behind.ts";

/** SOPInstanceUID, which stands near the beginning. */
const SOP_INSTANCE_UID = 0x00080018;
/** In so many bytes it is looked for. */
const LOOK = 8 * 1024;

/** `dataset`, failing before its first byte where it tells of itself that it is another instance's. */
export function identified(
  dataset: ChunkReader,
  { sopInstanceUID, transferSyntaxUID }: IncomingInstance,
  { op, url }: Pick<Ask, "op" | "url">,
): ChunkReader {
  if (isDeflated(transferSyntaxUID)) return dataset;
  let isLooked = false;
  return {
    async read(into) {
      if (isLooked) return await dataset.read(into);
      isLooked = true;
      const start = await startOf(dataset, into);
      if (start === undefined) return undefined;
      const found = parseDicomHeader(start, { transferSyntaxUID, until: SOP_INSTANCE_UID })
        .string("SOPInstanceUID");
      if (found === undefined || found === sopInstanceUID) return start;
      const reason = `the archive sent instance ${found} as ${sopInstanceUID}`;
      throw new VfsError("Protocol", { op, url, reason, status: "permanent" });
    },
    close: (reason) => dataset.close(reason),
  };
}

/** The first bytes; as they come where they suffice. */
async function startOf(
  dataset: ChunkReader,
  into: Uint8Array<ArrayBuffer> | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let start = await dataset.read(into);
  while (start && start.length < LOOK) {
    const longer = await readBehind(start, dataset, into);
    if (longer.length === start.length) break;
    start = longer;
  }
  return start;
}
