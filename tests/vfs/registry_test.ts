import { strict as assert } from "node:assert";
import { Registry } from "../../vfs/registry.ts";
import { TransportNotFound } from "../../vfs/errors.ts";
import type { TransportDriver } from "../../vfs/transport.ts";
import { driverOf, fake, rejects } from "./_fakes.ts";

const lazy = (schemes: string[], load: () => Promise<TransportDriver>) => ({ schemes, load });

Deno.test("Registry loads a lazy driver when first asked, and once for all of its schemes", async () => {
  const registry = new Registry();
  let loads = 0;
  registry.register(lazy(["aa", "bb"], () => {
    loads++;
    return Promise.resolve(driverOf(fake({})));
  }));
  assert.equal(loads, 0);
  const drivers = await Promise.all(["aa", "bb", "aa"].map((s) => registry.driver(s, `${s}://`)));
  assert.equal(loads, 1);
  assert.equal(new Set(drivers).size, 1);
});

Deno.test("Registry: a driver that cannot be loaded disables no other, and is tried again", async () => {
  const registry = new Registry();
  let works = false;
  registry.register(driverOf(fake({}), "good"));
  for (const how of ["rejects", "throws"]) {
    registry.register(lazy([how], () => {
      if (works) return Promise.resolve(driverOf(fake({}), how));
      if (how === "throws") throw new Error("no module");
      return Promise.reject(new Error("no module"));
    }));
    const error = await rejects(registry.driver(how, `${how}://u:S3CRET@h`), "NotSupported");
    assert(error instanceof TransportNotFound);
    assert.match((error.cause as Error).message, /no module/);
    assert(!Deno.inspect(error).includes("S3CRET"));
  }
  assert.equal((await registry.driver("good", "good://")).name, "good");
  works = true;
  assert.equal((await registry.driver("rejects", "rejects://")).name, "rejects");
  assert.equal((await registry.driver("throws", "throws://")).name, "throws");
});

Deno.test("Registry says which schemes there are when one is unknown", async () => {
  const registry = new Registry();
  assert.match(
    (await rejects(registry.driver("s3", "s3://b"), "NotSupported")).message,
    /there are none/,
  );
  registry.register(driverOf(fake({}), "zz"));
  registry.register(driverOf(fake({}), "aa"));
  assert.deepEqual(registry.schemes(), ["aa", "zz"]);
  const error = await rejects(registry.driver("s3", "s3://b"), "NotSupported");
  assert.match(error.message, /no transport for "s3:", there are aa: zz:$/);
});

Deno.test("Registry refuses a taken scheme, and registers none of the others then", () => {
  const registry = new Registry();
  registry.register(driverOf(fake({}), "aa"));
  const both = { ...driverOf(fake({})), schemes: ["new", "aa"] };
  assert.throws(() => registry.register(both), /"aa": taken/);
  assert.deepEqual(registry.schemes(), ["aa"]);
  registry.register(both, { override: true });
  assert.deepEqual(registry.schemes(), ["aa", "new"]);
});

Deno.test("Registry refuses schemes that are none, and a driver without any", () => {
  const registry = new Registry();
  for (const scheme of ["c", "S3", "", "a b", "1a", "a:", "ä1"]) {
    assert.throws(() => registry.register(driverOf(fake({}), scheme)), TypeError);
  }
  assert.throws(() => registry.register({ ...driverOf(fake({})), schemes: [] }), TypeError);
  assert.deepEqual(registry.schemes(), []);
});

Deno.test("Registry.clone() has the same drivers, and adding to it leaves the first alone", async () => {
  const registry = new Registry();
  registry.register(driverOf(fake({}), "aa"));
  const copy = registry.clone();
  copy.register(driverOf(fake({}), "bb"));
  assert.deepEqual(registry.schemes(), ["aa"]);
  assert.equal(await copy.driver("aa", "aa:"), await registry.driver("aa", "aa:"));
});
