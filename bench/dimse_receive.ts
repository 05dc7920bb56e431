/**
 * Receives into a folder until its input ends, each object as its dataset behind a meta header; prints its port. As a
 * `node` it does what `medvfs serve-dicom` does, with an index.
 *
 *     dimse_receive.ts FOLDER [node]
 */

import { toFileUrl } from "@std/path";
import { serveDicom } from "../transports/dicom/dimse/mod.ts";
import { fileSink } from "./dimse_sink.ts";

const [folder, node] = Deno.args;
// The library's peak is not to have the node's modules in it.
const server = node
  ? await (await import("../testing/dicom_node/mod.ts")).serveDicomNode({
    root: toFileUrl(folder!),
  })
  : serveDicom({ aeTitle: "ANY", port: 0, store: (instance) => fileSink(folder!, instance) });
console.log(server.port);
for await (const _ of Deno.stdin.readable);
await server.close();
