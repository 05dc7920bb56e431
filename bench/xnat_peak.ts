/**
 * Copies, and prints how far the process's memory rose above where it was when both ends had answered.
 *
 *     xnat_peak.ts FROM TO [PEM]
 */

import { printPeakMemory, residentMemory } from "./harness.ts";
import { vfsTrusting } from "./xnat_emulator.ts";

const [from, to, pem] = Deno.args;
await using vfs = vfsTrusting(pem && await Deno.readTextFile(pem));
await vfs.stat(from!);
await vfs.exists(to!);
const start = await residentMemory();
await vfs.copy(from!, to!);
await printPeakMemory(start);
