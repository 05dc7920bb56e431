/** Copies into a zip, and tells when it begins: for tests that kill it, or run several at once. @module */

import { createVfs } from "../../../mod.ts";

const [from, to] = Deno.args;
await using vfs = createVfs();
console.log("begun");
await vfs.copy(from!, to!, { existing: "skip" });
