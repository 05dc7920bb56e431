import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { connectForTest } from "../../../testing/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import type { Clock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { type Setting, setting } from "./write_setting.ts";

const R = "P/sub1/ses1/1/R";

/** A connection that knows nothing yet. */
async function anew({ origin }: Setting, clock?: Clock): Promise<Transport> {
  const url = origin.replace("://", "://admin:admin@");
  return (await connectForTest(xnatTransport(), url, clock && { clock })).transport;
}

/** Which of `paths` are picked. */
async function missing(
  { at }: Setting,
  transport: Transport,
  ...paths: string[]
): Promise<string[]> {
  const locations = paths.map(at);
  const found = await transport.findMissing!(locations, { signal: NEVER });
  return paths.filter((_, i) => found.has(locations[i]!));
}

Deno.test("findMissing() picks files that are not in their resource, by one list of it", () =>
  setting(async (s) => {
    await s.put(`${R}/a`, "a");
    await s.put(`${R}/folder/b`, "b");
    await using other = await anew(s);
    const absent = Array.from({ length: 50 }, (_, i) => `${R}/${i}`);
    s.server.requests.clear();
    const found = await missing(
      s,
      other,
      ...[`${R}/a`, `${R}/folder`, `${R}/folder/b`, `${R}/folder/c`, ...absent],
    );
    assert.deepEqual(found, [`${R}/folder/c`, ...absent]);
    assert.equal(s.server.requests.entries.filter(({ path }) => /files/.test(path)).length, 1);
  }));

Deno.test("findMissing() picks all below what is missing, and nothing that may be a file of another resource", () =>
  setting(async (s) => {
    const files = ["P/new/ses/1/R/a", "P/sub1/new/1/R/a", "P/sub1/ses1/new/R/a", `${R}/a`];
    assert.deepEqual(await missing(s, s.transport, ...files), files);
    await s.put("P/sub1/ses1/1/OTHER/R/a", "a");
    await s.put("P/sub1/ses1/1/OTHER/file", "file");
    const named = [`${R}/a`, `${R}/b`, "P/sub1/ses1/1/file/a", "P/sub1/ses1/1/b"];
    assert.deepEqual(await missing(s, s.transport, ...named), []);
    await s.transport.stat(s.at(`${R}/a`), { signal: NEVER });
  }));

Deno.test("findMissing() asks again where others may have stored a file meanwhile", () =>
  setting(async (s) => {
    await s.put(`${R}/a`, "a");
    const clock = manualClock();
    await using other = await anew(s, clock);
    assert.deepEqual(await missing(s, other, `${R}/a`, `${R}/b`), [`${R}/b`]);
    await s.put(`${R}/b`, "b");
    await clock.advance(1_001);
    assert.deepEqual(await missing(s, other, `${R}/a`, `${R}/b`), []);
  }));

Deno.test("findMissing() says why it cannot tell", () =>
  setting(async (s) => {
    await s.put(`${R}/a`, "a");
    await using other = await anew(s);
    s.server.faults.inject({ status: 503, times: 9, method: "GET", route: /\/files/ });
    await assert.rejects(missing(s, other, `${R}/b`), { kind: "Unavailable" });
  }));
