/** Adds files of a name, and a number, to the zip at a URL. @module */

import { createVfs } from "../../../mod.ts";

const [url, name, count] = Deno.args;
await using vfs = createVfs();
for (let i = 0; i < Number(count); i++) await vfs.writeFile(`${url}/${name}-${i}`, `${name}-${i}`);
