/**
 * `/datastore/label`: labels and what is known of them.
 *
 * @module
 */

import { LabelTag } from "../../datastore.ts";
import { fileNameOf } from "../../file_name.ts";
import { jsonField, readForm, uploadOf } from "../form.ts";
import { Problem } from "../../../serving/problem.ts";
import { type Call, idOf, type Route, tagOf } from "../route.ts";
import { serveFile } from "../../../serving/serve_file.ts";

/** The routes. */
export const LABEL_ROUTES: readonly Route[] = [
  { methods: ["GET", "HEAD"], path: "/datastore/label", handle: getLabel },
  { methods: ["PUT"], path: "/datastore/label", handle: putLabel },
  { methods: ["DELETE"], path: "/datastore/label", handle: deleteLabel },
  { methods: ["GET"], path: "/datastore/label/info", handle: getInfo },
  { methods: ["PUT"], path: "/datastore/label/info", handle: (call) => putInfo(call, "info") },
  {
    methods: ["PUT"],
    path: "/datastore/updatelabelinfo",
    handle: (call) => putInfo(call, "params"),
  },
];

async function getLabel(call: Call): Promise<Response> {
  const { query, settings: { datastore, files }, signal } = call;
  // HEAD has always called it image, and GET label.
  const id = idOf(query, "label", "image");
  const uri = await datastore.getLabelUri(id, tagOf(query), { signal });
  const info = uri === "" ? undefined : await files.stat(uri, { signal });
  if (info?.kind !== "file") throw new Problem(404, "Label NOT Found or is a directory");
  return await serveFile({ ...call, files }, uri, info, fileNameOf(uri));
}

async function putLabel(call: Call): Promise<Response> {
  const { query, settings: { datastore }, signal, nextSample } = call;
  const image = idOf(query, "image");
  const tag = tagOf(query, LabelTag.FINAL);
  const form = await readForm(call);
  const { bytes, extension } = uploadOf(form, "label");
  const info = jsonField(form, "params");
  const label = await datastore.saveLabel(image, { bytes, extension }, tag, info, { signal });
  // Who labels may have called the image by another of its names.
  if (tag === LabelTag.FINAL) nextSample.release(label);
  return Response.json({ image, label });
}

async function deleteLabel({ query, settings: { datastore }, signal }: Call): Promise<Response> {
  await datastore.removeLabel(idOf(query, "id"), tagOf(query), { signal });
  return Response.json({});
}

async function getInfo({ query, settings: { datastore }, signal }: Call): Promise<Response> {
  const [id, tag] = [idOf(query, "label"), tagOf(query)];
  return Response.json(await datastore.getLabelInfo(id, tag, { signal }));
}

async function putInfo(call: Call, field: string): Promise<Response> {
  const { query, settings: { datastore }, signal } = call;
  const [id, tag] = [idOf(query, "label"), tagOf(query)];
  const info = jsonField(await readForm(call), field);
  await datastore.updateLabelInfo(id, tag, info, { signal });
  return Response.json(null);
}
