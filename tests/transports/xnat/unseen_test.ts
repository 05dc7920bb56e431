import { strict as assert } from "node:assert";
import { Unseen } from "../../../transports/xnat/unseen.ts";

Deno.test("Unseen knows a file that is sent again, forgets the oldest of too many, and none for one that it knows", () => {
  const unseen = new Unseen();
  const urls = Array.from({ length: 10_000 }, (_, i) => `xnat://h/P/${i}`);
  for (const url of urls) assert.equal(unseen.sent(url), false);
  assert.equal(unseen.sent(urls[0]!), true);
  assert.equal(unseen.sent(urls[9_999]!), true);
  assert.equal(unseen.sent(urls[1]!), true);
  assert.equal(unseen.sent("xnat://h/P/more"), false);
  assert.equal(unseen.sent(urls[0]!), false);
  unseen.seen(urls[9_999]!);
  assert.equal(unseen.sent(urls[9_999]!), false);
});
