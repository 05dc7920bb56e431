import { strict as assert } from "node:assert";
import { parseLocation } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { missingOf } from "../../vfs/presence.ts";
import { override } from "../../vfs/layers/layer.ts";
import { rejects, treeTransport } from "./_fakes.ts";
import { VfsError } from "../../vfs/errors.ts";

const TREE = { many: { a: "a", B: "b", c: {}, d: "d" }, few: { a: "a" } };
const at = (path: string) => parseLocation(`fake://x/${path}`).location;
const NAMES = ["a", "b", "c", "d", "e", "f"];

Deno.test("missingOf() lists a directory of which much is asked, and asks for few one by one", async () => {
  const { transport, listed, stated } = treeTransport(TREE);
  const places = ["few/a", "few/b", ...NAMES.map((name) => `many/${name}`)];
  const missing = await missingOf(transport, places.map(at), NEVER);
  // On some disks "b" would be "B".
  const names = [...missing].map(({ segments }) => segments.join("/"));
  assert.deepEqual(names, ["few/b", "many/e", "many/f"]);
  assert.deepEqual([listed.length, stated.length], [1, 2]);
});

Deno.test("missingOf() finds all missing where their directory is, and fails where it cannot look", async () => {
  const { transport } = treeTransport(TREE);
  const places = NAMES.map((name) => at(`none/${name}`));
  assert.deepEqual([...await missingOf(transport, places, NEVER)], places);
  const locked = override(transport, {
    // deno-lint-ignore require-yield
    async *list({ href: url }) {
      throw new VfsError("PermissionDenied", { op: "list", url });
    },
  });
  await rejects(missingOf(locked, places, NEVER), "PermissionDenied");
});
