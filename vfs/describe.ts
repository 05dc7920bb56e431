/**
 * What a file is: a line for people, or its DICOM header.
 *
 * @module
 */

import { byteSource } from "./bytes/byte_source.ts";
import { followed } from "./entry.ts";
import { isVfsError, VfsError } from "./errors.ts";
import { load } from "./lazy_modules.ts";
import type { Location } from "./location/location.ts";
import type { DicomHeader, ReadHeaderOptions } from "../formats/mod.ts";
import { counted } from "../formats/text.ts";
import type { Place } from "./transport.ts";

/** One line for people about a file or directory: the transport's own, or one made of the content. */
export async function describe(
  at: Place,
  signal: AbortSignal,
): Promise<string> {
  const { transport, location } = at;
  const own = await transport.describe?.(location, { signal });
  if (own !== undefined) return own;
  const { describeFile } = await load.formats();
  try {
    return await describeFile(byteSource(at, signal));
  } catch (error) {
    if (isVfsError(error) && error.kind === "IsADirectory") {
      return await countEntries(at, signal);
    }
    throw await fromFormatError(error, location);
  }
}

/** Reads the header of a DICOM file, and no more of the file than that takes. */
export async function readHeader(
  at: Place,
  options: ReadHeaderOptions,
  signal: AbortSignal,
): Promise<DicomHeader> {
  const { readDicomHeader } = await load.formats();
  try {
    return await readDicomHeader(byteSource(at, signal), options);
  } catch (error) {
    throw await fromFormatError(error, at.location);
  }
}

async function fromFormatError(
  error: unknown,
  { href }: Location,
): Promise<unknown> {
  const { FormatError } = await load.formats();
  if (!(error instanceof FormatError)) return error;
  const kind = error.kind === "NotSupported" ? "NotSupported" : "Corrupt";
  return new VfsError(kind, {
    op: "read",
    url: href,
    reason: error.message,
    cause: error,
  });
}

async function countEntries(
  { transport, location }: Place,
  signal: AbortSignal,
): Promise<string> {
  let directories = 0;
  let files = 0;
  for await (const page of transport.list(location, { signal })) {
    for (const entry of page) {
      if (followed(entry) === "directory") directories++;
      else files++;
    }
  }
  return `${counted(directories, "directory", "directories")}, ${counted(files, "file")}`;
}
