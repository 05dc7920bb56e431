/**
 * What comes to the importer: bytes, and the DICOM objects in them.
 *
 * @module
 */

import { incoming } from "../files/body.ts";
import { baseName } from "../files/path.ts";
import { formatOf, sourceOf, unpacked, unzipped } from "../files/unpack.ts";
import type { Call } from "../http/call.ts";
import { Refusal, refuse } from "../http/refusal.ts";
import { ZipError } from "../packing/zip_reader.ts";
import { type HeldBlob, readWhole } from "../storage/blobs.ts";
import { type DicomObject, readObject } from "./dicom_objects.ts";

/** Stored bytes, and what they are called. */
export interface Received extends HeldBlob {
  readonly name: string;
}

/** The body, or a file of the user's cache, as stored bytes of their own. */
export async function received(call: Call): Promise<Received> {
  const { world, query, login } = call;
  const src = query.get("src");
  if (src !== undefined) {
    const [, folder, name] = /\/user\/cache\/resources\/([^/]+)\/files\/(.+)$/.exec(src) ?? [];
    const file = world.archive.caches.get(`${login.name}/${folder}`)?.get(name ?? "");
    if (!file) refuse(404, `${src} is not in the cache`);
    return { ...world.blobs.share(file), name: baseName(name!) };
  }
  await using stack = new AsyncDisposableStack();
  const sent = await incoming(call, stack);
  if (sent.length !== 1) refuse(400, `Expected 1 file, found ${sent.length}`);
  return { ...await world.blobs.hold(sent[0]!.bytes), name: sent[0]!.name };
}

/** The DICOM objects in what came, as its importer reads them. */
export async function objectsOf(
  call: Call,
  handler: string,
  stored: Received,
): Promise<DicomObject[]> {
  const { blobs } = call.world;
  if (handler === "DICOM-zip") {
    const ignored: Refusal[] = [];
    const found = await Array.fromAsync(unpackedObjects(call, stored, ignored));
    if (found.length === 0 && ignored.length > 0) throw ignored[0];
    return found;
  }
  const objects: DicomObject[] = [];
  const note = async (path: string, bytes: Uint8Array) => {
    const object = await readObject(path, bytes, {
      isStrict: handler !== "SI",
      rename: handler !== "SI",
    });
    if (object) objects.push(object);
  };
  if (handler === "gradual-DICOM") {
    await note("", await readWhole(blobs, stored.blob, 0, stored.size));
    return objects;
  }
  try {
    for await (const { path, bytes } of unzipped(sourceOf(blobs, stored))) {
      await note(path, bytes);
    }
  } catch (error) {
    if (error instanceof ZipError) refuse(400, error.message);
    throw error;
  }
  return objects;
}

/** Objects of an archive and of the archives in it; all else ends the import unless it is to be ignored (`DicomZipImporter`). */
async function* unpackedObjects(
  call: Call,
  stored: Received,
  ignored: Refusal[],
): AsyncGenerator<DicomObject> {
  const { blobs } = call.world;
  const format = formatOf(stored.name);
  if (format === undefined || format === "gz") refuse(400, `Unsupported format ${format}`);
  for await (const { path, bytes } of unpacked(blobs, stored, stored.name, 400)) {
    try {
      if (formatOf(path) !== undefined) {
        const inner = { ...await blobs.hold([bytes]), name: baseName(path) };
        try {
          yield* unpackedObjects(call, inner, ignored);
        } finally {
          await blobs.release(inner.blob);
        }
      } else {yield await readObject(path, bytes, {
          isStrict: true,
          rename: call.query.is("rename"),
        }) ??
          refuse(400, `unable to read ${path}`);}
    } catch (error) {
      const isIgnored = error instanceof Refusal && call.query.is("Ignore-Unparsable");
      if (!isIgnored) throw error;
      ignored.push(error);
    }
  }
}
