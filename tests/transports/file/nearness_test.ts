import { strict as assert } from "node:assert";
import { atHand } from "../../../transports/file/nearness.ts";

Deno.test("atHand() goes to threads for a while after a call took long, and then comes back", async () => {
  const ways: string[] = [];
  const call = (ms: number) =>
    atHand(() => {
      ways.push("now");
      for (const end = performance.now() + ms; performance.now() < end;);
      return 1;
    }, () => {
      ways.push("later");
      return Promise.resolve(2);
    });
  // Others may have made it careful before.
  while (await call(0) === 2);
  ways.length = 0;
  assert.equal(await call(40), 1);
  for (let i = 0; i < 200; i++) assert.equal(await call(0), 2);
  assert.equal(await call(0), 1);
  assert.deepEqual(ways.filter((way) => way === "now"), ["now", "now"]);
});

Deno.test("atHand() passes on what fails, now and later", async () => {
  const failing = () => {
    throw new Error("no");
  };
  while (await atHand(() => true, () => Promise.resolve(false)) === false);
  await assert.rejects(atHand(failing, () => Promise.resolve()), /no/);
});
