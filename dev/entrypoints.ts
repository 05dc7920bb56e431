/** Prints the modules that deno.json exports, for the tasks that want them by name. */

import config from "../deno.json" with { type: "json" };

console.log(Object.values(config.exports).join(" "));
