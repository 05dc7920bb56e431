/** Converts one file, and prints the process's peak memory. */

import { niftiToSeg, segToNifti } from "../datastore/segmentation/mod.ts";
import { printPeakMemory } from "./harness.ts";
import { ctHeaders, SEGMENTS } from "./segmentation_volume.ts";

const [path, to] = Deno.args;
const bytes = await Deno.readFile(path!);
const series = ctHeaders();
if (to === "seg") await niftiToSeg({ mask: bytes, series, segments: SEGMENTS });
else await segToNifti({ seg: bytes, series, gzip: true });
await printPeakMemory();
