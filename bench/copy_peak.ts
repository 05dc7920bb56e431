/** Copies one file and prints the process's peak memory. `null:` is a transport that stores nothing. */

import { copy, register } from "../mod.ts";
import { printPeakMemory } from "./harness.ts";
import { nullTransport } from "./null_transport.ts";

register(nullTransport);
const [from, to] = Deno.args;
await copy(from!, to!);
await printPeakMemory();
