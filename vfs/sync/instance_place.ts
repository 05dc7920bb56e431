/**
 * Where an archive shows a DICOM instance.
 *
 * @module
 */

import { readHeader } from "../describe.ts";
import type { Entry } from "../entry.ts";
import { isVfsError } from "../errors.ts";
import { Location } from "../location/location.ts";
import type { Place } from "../transport.ts";

const UIDS = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"] as const;

/** The place in `archive` of the instance in a file; `undefined` for what is no DICOM file. */
export async function instancePlace(
  file: Place,
  archive: Place,
  signal: AbortSignal,
): Promise<Location | undefined> {
  try {
    const header = await readHeader(file, {}, signal);
    return placeOf((keyword) => header.string(keyword), archive);
  } catch (error) {
    // Storing it will tell what is wrong with it.
    if (isVfsError(error) && ["NotSupported", "Corrupt"].includes(error.kind)) return undefined;
    throw error;
  }
}

/** The place in `archive` of the instance in a file, as far as the listing of the file tells that. */
export function toldPlace({ info }: Entry, archive: Place): Location | undefined {
  return placeOf((keyword) => {
    const value = info?.attributes?.[keyword];
    return typeof value === "string" ? value : undefined;
  }, archive);
}

function placeOf(
  valueOf: (keyword: typeof UIDS[number]) => string | undefined,
  { location: { scheme, host, port, segments: [called] } }: Place,
): Location | undefined {
  const uids = UIDS.map(valueOf);
  if (called === undefined || !uids.every((uid) => uid !== undefined)) return undefined;
  return new Location({ scheme, host, port, segments: [called, ".studies", ...uids] });
}
