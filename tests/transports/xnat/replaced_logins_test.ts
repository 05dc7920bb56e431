import { strict as assert } from "node:assert";
import { Catalogue } from "../../../transports/xnat/catalogue.ts";
import type { Row, XnatClient } from "../../../transports/xnat/client.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

const ASK = { op: "list", url: "xnat://host/", signal: NEVER };

/** A client of which each list sees one login replaced by another, as often as told. */
function client(loginsAfter: readonly number[]) {
  let asked = 0;
  const fake = {
    logins: 0,
    isDoubtful: false,
    confirm: () => Promise.resolve(true),
    rows(): Promise<Row[]> {
      fake.logins = loginsAfter[asked++] ?? fake.logins + 1;
      return Promise.resolve([{ ID: `list ${asked}` }]);
    },
  };
  const catalogue = new Catalogue({
    client: fake as unknown as XnatClient,
    clock: systemClock,
    ttlMs: 0,
  });
  return { list: () => catalogue.rows("/data/projects", ASK), asked: () => asked };
}

Deno.test("a list is asked for once more when its first login is replaced before it has come", async () => {
  const replaced = client([2, 2]);
  assert.deepEqual(await replaced.list(), [{ ID: "list 2" }]);
  assert.deepEqual(await client([1, 1]).list(), [{ ID: "list 1" }]);
});

Deno.test("a list whose login is replaced each time that it is asked for fails for now, and is not believed", async () => {
  const always = client([1, 2, 3, 4, 5, 6, 7, 8]);
  await always.list();
  const asked = always.asked();
  await assert.rejects(always.list(), { kind: "Unavailable" });
  assert.equal(always.asked() - asked, 4);
});
