/**
 * Receives into a folder until its input ends, each object as its dataset behind a meta header; prints its port.
 *
 *     dimse_receive.ts FOLDER
 */

import { serveDicom } from "../transports/dicom/dimse/mod.ts";
import { fileSink } from "./dimse_sink.ts";
import { printPeakMemory } from "./harness.ts";

const [folder] = Deno.args;
const server = serveDicom({
  aeTitle: "ANY",
  port: 0,
  store: (instance) => fileSink(folder!, instance),
});
console.log(server.port);
for await (const _ of Deno.stdin.readable);
await server.close();
await printPeakMemory();
