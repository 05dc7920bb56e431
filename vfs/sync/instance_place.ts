/**
 * Where an archive shows a DICOM instance.
 *
 * @module
 */

import type { Resolved } from "../connections.ts";
import { readHeader } from "../describe.ts";
import { isVfsError } from "../errors.ts";
import { Location } from "../location/location.ts";

/** The place in `archive` of the instance in a file; `undefined` for what is no DICOM file. */
export async function instancePlace(
  file: Resolved,
  archive: Resolved,
  signal: AbortSignal,
): Promise<Location | undefined> {
  try {
    const header = await readHeader(file, {}, signal);
    const uids = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
      .map((keyword) => header.string(keyword));
    const [called] = archive.location.segments;
    if (called === undefined || !uids.every((uid) => uid !== undefined)) return undefined;
    const { scheme, host, port } = archive.location;
    return new Location({ scheme, host, port, segments: [called, ".studies", ...uids] });
  } catch (error) {
    // Storing it will tell what is wrong with it.
    if (isVfsError(error) && ["NotSupported", "Corrupt"].includes(error.kind)) return undefined;
    throw error;
  }
}
