/**
 * What is known of the root, and of one place.
 *
 * @module
 */

import { sourceAt } from "../../display/picture_at.ts";
import { sniff } from "../../formats/mod.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location.ts";
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

/** `GET facts`: what is known of a place, and of a file what format it has. */
export async function facts(call: Call): Promise<Response> {
  const { settings: { vfs }, soon } = call;
  const place = placeOf(call);
  const { kind, size, mtime, mediaType, digests, attributes } = await vfs.stat(place, {
    signal: soon,
  });
  const format = kind === "directory" ? undefined : await formatOf(call, place);
  return Response.json({
    kind,
    size,
    mtime: mtime?.getTime(),
    mediaType,
    digests,
    attributes,
    format,
  });
}

/** A file that cannot be read has facts all the same. */
async function formatOf({ settings, soon }: Call, place: Location): Promise<string | undefined> {
  try {
    return (await sniff(sourceAt(settings.pictures, place, soon))).format;
  } catch (error) {
    if (isVfsError(error) && !soon.aborted) return undefined;
    throw error;
  }
}
