/**
 * Receives into a folder until its input ends, each object as its dataset behind a meta header; prints its port. As a
 * `node` it does what `medvfs serve-dicom --replace` does, with an index.
 *
 *     dimse_receive.ts FOLDER [node]
 */

import { toFileUrl } from "@std/path";
import { serveDicomNode } from "../testing/dicom_node/mod.ts";
import { serveDicom } from "../transports/dicom/dimse/mod.ts";
import { fileSink } from "./dimse_sink.ts";
import { printPeakMemory } from "./harness.ts";

const [folder, node] = Deno.args;
const server = node
  ? await serveDicomNode({ root: toFileUrl(folder!), duplicates: "replace" })
  : serveDicom({ aeTitle: "ANY", port: 0, store: (instance) => fileSink(folder!, instance) });
console.log(server.port);
for await (const _ of Deno.stdin.readable);
await server.close();
await printPeakMemory();
