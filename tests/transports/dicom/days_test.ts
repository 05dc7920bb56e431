import { strict as assert } from "node:assert";
import { seriesOf, world } from "./_archive.ts";

Deno.test("readDir() of a day gives all its studies of an archive that limits answers, the first before the last is asked for", async () => {
  const samples = Array.from({ length: 240 }, (_, n) => {
    const time = new Date(86_400_000 / 240 * n).toISOString().slice(11, 19);
    const StudyTime = time.replaceAll(":", "");
    const StudyDate = n < 200 ? "20190207" : "20190208";
    return seriesOf({ patient: `P${n}`, study: n + 1, count: 1, more: { StudyDate, StudyTime } });
  });
  await using archive = await world(samples.flat(), { limit: { results: 20, then: "cancel" } });
  const { node, vfs, url } = archive;
  const days = `${url}/.by-date/2019/02`;
  let before = 0;
  const found = new Set<string>();
  for await (const { name } of vfs.readDir(`${days}/07`)) {
    if (found.size === 0) before = node.requests.count("C-FIND");
    found.add(name);
  }
  // The last of the 200 are from before 20:00, the first from 00:00.
  assert.equal(found.size, 200);
  const all = node.requests.count("C-FIND");
  assert(before <= all / 2, `${before} of ${all} C-FIND before the first`);
  assert(all <= 60, `${all} C-FIND for 200 studies, 20 at a time`);
  assert.equal((await Array.fromAsync(vfs.readDir(`${days}/08`))).length, 40);
});
