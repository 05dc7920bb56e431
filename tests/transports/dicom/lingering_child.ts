/** Stores and lists by the module's functions, and ends without closing. */

import { readDir, writeFile } from "../../../mod.ts";
import { file } from "./_store_kit.ts";

const [url = ""] = Deno.args;
await writeFile(url, file(1));
for await (const { name } of readDir(url)) console.log(name);
