/**
 * `/datastore/image`: images and what is known of them.
 *
 * @module
 */

import { digestOf, DIGESTS } from "../digest.ts";
import { jsonField, readForm, uploadOf } from "../form.ts";
import { imageFileOf } from "../image_file.ts";
import { Problem } from "../../../serving/problem.ts";
import { invalid, missing } from "../problem.ts";
import { type Call, idOf, type Route } from "../route.ts";
import { attachment, serveFile } from "../../../serving/serve_file.ts";

const NOT_FOUND = "Image NOT Found or is a directory";

/** The routes. */
export const IMAGE_ROUTES: readonly Route[] = [
  { methods: ["GET", "HEAD"], path: "/datastore/image", handle: getImage },
  { methods: ["PUT"], path: "/datastore/image", handle: putImage },
  { methods: ["DELETE"], path: "/datastore/image", handle: deleteImage },
  { methods: ["PUT"], path: "/datastore", handle: putImage },
  { methods: ["DELETE"], path: "/datastore", handle: deleteImage },
  { methods: ["GET"], path: "/datastore/image/info", handle: getInfo },
  { methods: ["PUT"], path: "/datastore/image/info", handle: putInfo },
];

/** An image that is a folder is given as the volume that its slices make, otherwise as a ZIP. */
async function getImage(call: Call): Promise<Response> {
  const { request, query, settings: { datastore, files }, signal } = call;
  const id = idOf(query, "image");
  const file = await imageFileOf(call, id);
  if (!file) throw new Problem(404, NOT_FOUND);
  const { uri, info, name } = file;
  const wanted = request.method === "HEAD" ? query.get("check_sum") : null;
  if (info.kind !== "directory") {
    if (wanted) await checkSum(call, uri, wanted);
    return await serveFile({ ...call, files }, uri, info, name);
  }
  if (wanted) throw new Problem(404, NOT_FOUND);
  const headers = {
    "content-type": "application/zip",
    "content-disposition": attachment(name),
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  return new Response(await datastore.getImage(id, { signal }), { headers });
}

/** `check_sum=SHA256:<hexadecimal>`: 404 unless the file has it, so that clients can keep their copy. */
async function checkSum(
  { settings: { files }, signal }: Call,
  uri: string,
  wanted: string,
): Promise<void> {
  const [, algorithm = "", hex = ""] = /^([A-Za-z0-9]+):([0-9A-Fa-f]+)$/.exec(wanted) ?? [];
  if (!DIGESTS.includes(algorithm.toLowerCase())) {
    const known = DIGESTS.map((name) => name.toUpperCase()).join(", ");
    throw invalid(["query", "check_sum"], `Expected ${known}, a colon and hexadecimal digits`);
  }
  await using file = await files.open(uri, { signal });
  const found = await digestOf(algorithm.toLowerCase(), file.readable);
  if (found !== hex.toLowerCase()) throw new Problem(404, NOT_FOUND);
}

async function putImage(call: Call): Promise<Response> {
  const { query, settings: { datastore }, signal } = call;
  const form = await readForm(call);
  const { bytes, extension, stem } = uploadOf(form, "file");
  const id = query.get("image") ? idOf(query, "image") : stem;
  if (id === "") throw missing("query", "image");
  const info = { ...jsonField(form, "params"), user: "admin" };
  const image = await datastore.addImage(id, { bytes, extension }, info, { signal });
  return Response.json({ image });
}

async function deleteImage({ query, settings: { datastore }, signal, nextSample }: Call) {
  const id = idOf(query, "id");
  await datastore.removeImage(id, { signal });
  nextSample.release(id);
  return Response.json({});
}

async function getInfo({ query, settings: { datastore }, signal }: Call): Promise<Response> {
  const id = idOf(query, "image");
  return Response.json(await datastore.getImageInfo(id, { signal }));
}

async function putInfo(call: Call): Promise<Response> {
  const { query, settings: { datastore }, signal } = call;
  const id = idOf(query, "image");
  const info = { ...jsonField(await readForm(call), "info"), user: "admin" };
  await datastore.updateImageInfo(id, info, { signal });
  return Response.json(null);
}
