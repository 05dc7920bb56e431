import { strict as assert } from "node:assert";
import { withDefaults } from "../../vfs/with_defaults.ts";

Deno.test("withDefaults() takes undefined for left out, and null and zero for told", () => {
  const defaults: { size: number; name: string | null } = { size: 5, name: "a" };
  assert.deepEqual(withDefaults(defaults, undefined), { size: 5, name: "a" });
  assert.deepEqual(withDefaults(defaults, { size: undefined, name: null }), {
    size: 5,
    name: null,
  });
  assert.deepEqual(withDefaults(defaults, { size: 0 }), { size: 0, name: "a" });
  assert.deepEqual(defaults, { size: 5, name: "a" });
});
