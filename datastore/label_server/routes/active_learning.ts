/**
 * `/activelearning/{strategy}`: the next image to annotate.
 *
 * @module
 */

import type { ItemInfo } from "../../datastore.ts";
import { parseRecord } from "../../../vfs/json.ts";
import { digestOf } from "../digest.ts";
import { readText } from "../form.ts";
import { type ImageFile, imageFileOf } from "../image_file.ts";
import { givenBy, STRATEGIES } from "../next_sample.ts";
import { Problem } from "../../../serving/problem.ts";
import { invalid } from "../problem.ts";
import type { Call, Route } from "../route.ts";

/** The routes. */
export const ACTIVE_LEARNING_ROUTES: readonly Route[] = [
  { methods: ["POST"], path: "/activelearning/:strategy", handle: next },
];

async function next(call: Call): Promise<Response> {
  const { params, settings: { datastore, clock }, signal, nextSample, afterwards } = call;
  const strategy = params.strategy!;
  if (!Object.hasOwn(STRATEGIES, strategy)) {
    throw new Problem(404, `There is no strategy "${strategy}"`);
  }
  const { client_id } = await bodyOf(call);
  const user = typeof client_id === "string" && client_id !== "" ? client_id : undefined;
  const sample = await nextSample.take(strategy, user, { signal });
  if (!sample) return Response.json({});
  const { id, info, weight } = sample;
  const file = await imageFileOf(call, id);
  const given = givenBy(strategy, user ?? "", info, clock.now());
  // Nobody waits for the note, which is a request to the server behind the store.
  afterwards(() => datastore.updateImageInfo(id, given));
  return Response.json({
    ...file?.facts,
    ...info,
    id,
    weight,
    ...await loadable(call, file),
    ...given,
  });
}

/**
 * 3D Slicer loads `path` if it is there on its own disk; otherwise it fetches the image, keeps it as `name`, whose ending
 * tells it the format, and compares `checksum`. Without that it shows what it ever kept under the name, which may be
 * another store's image.
 */
async function loadable(
  { settings: { files }, signal }: Call,
  image: ImageFile | undefined,
): Promise<ItemInfo> {
  if (!image) return { path: "" };
  const { uri: path, info, name } = image;
  if (info.kind !== "file") return { path, name };
  await using file = image.sha256 === undefined ? await files.open(path, { signal }) : undefined;
  const sha256 = image.sha256 ?? await digestOf("sha256", file!.readable);
  return { path, name, checksum: `SHA256:${sha256}` };
}

async function bodyOf(call: Call): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(call);
  if (text.trim() === "") return {};
  const value = parseRecord(text);
  if (value) return value;
  throw invalid(["body"], "Not a JSON object");
}
