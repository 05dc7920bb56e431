/** Puts 4 MiB of one byte to the path given, over and over, until it is killed. */

import { toFileUrl } from "@std/path";
import { parseLocation } from "../../../vfs/location/location.ts";
import { CALL, connect, sourceOf } from "./fixture.ts";

const { location } = parseLocation(toFileUrl(Deno.args[0] ?? ""));
const transport = connect();
for (let i = 0;; i = (i + 1) % 256) {
  const source = sourceOf(async function* () {
    for (let part = 0; part < 16; part++) {
      yield await Promise.resolve(new Uint8Array(256 * 1024).fill(i));
    }
  });
  await transport.put(location, source, CALL);
  if (i === 0) console.log("stored");
}
