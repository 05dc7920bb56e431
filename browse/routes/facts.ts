/**
 * What is known of the root, and of one place.
 *
 * @module
 */

import { sourceAt } from "../../display/picture_at.ts";
import { FormatError, readDicomHeader, sniff } from "../../formats/mod.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { type Call, placeOf } from "../call.ts";

/** `GET root`: what is shown, and what can be done with it. */
export function root({ settings }: Call): Response {
  const { root, isDirectory, about, capabilities, write, limits } = settings;
  const { put, naming, mkdir, remove, rename } = capabilities;
  const can = write && isDirectory && !(about.archives && root.query !== "");
  return Response.json({
    url: root.href,
    name: root.name || root.host || root.href,
    isDirectory,
    driver: about.description,
    can: {
      upload: can && put !== "none",
      // An archive that names by content has one place for a file, and only its server knows it.
      namesByContent: naming === "content",
      mkdir: can && mkdir,
      remove: can && remove,
      rename: can && rename && naming === "path",
    },
    uploadBytes: Math.min(limits.uploadBytes, capabilities.maxPutSize ?? Infinity),
  });
}

/** `GET line`: one line about a place, as `medvfs info` prints it. */
export async function line(call: Call): Promise<Response> {
  const { settings: { vfs }, soon } = call;
  return Response.json({ line: await vfs.info(placeOf(call), { signal: soon }) });
}

/** `GET facts`: what is known of a place; of a file what format it has, and whether there is an image to show. */
export async function facts(call: Call): Promise<Response> {
  const { settings: { vfs }, soon } = call;
  const place = placeOf(call);
  const info = await vfs.stat(place, { signal: soon });
  const { kind, size, mtime, mediaType, digests, attributes } = info;
  return Response.json({
    kind,
    size,
    mtime: mtime?.getTime(),
    mediaType,
    digests,
    attributes,
    ...kind !== "directory" && await contentOf(call, place),
  });
}

interface Content {
  readonly format: string;
  readonly isImage: boolean;
}

/** A file that cannot be read has facts all the same. */
async function contentOf({ settings, soon }: Call, place: Location): Promise<Content | undefined> {
  const source = sourceAt(settings.pictures, place, soon);
  try {
    const { format } = await sniff(source);
    const isDicom = format === "dicom";
    // Reports, contours and the like have none.
    const isImage = isDicom
      ? (await readDicomHeader(source)).pixelData !== undefined
      : format === "png" || format === "jpeg";
    return { format, isImage };
  } catch (error) {
    const isTold = isVfsError(error) || error instanceof FormatError;
    if (isTold && !soon.aborted) return undefined;
    throw error;
  }
}
