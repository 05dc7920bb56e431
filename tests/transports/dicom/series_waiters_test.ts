import { strict as assert } from "node:assert";
import type { Landing } from "../../../transports/dicom/landing.ts";
import { type Arrival, Waiters } from "../../../transports/dicom/series_waiters.ts";

Deno.test("what comes in the moment in which who waits for it leaves is closed, so that it holds up nothing", async () => {
  const waiters = new Waiters();
  const leaving = new AbortController();
  const ask = { op: "read", url: "dicom://h/A", signal: leaving.signal };
  const waiting = waiters.one("1.2", ask);
  const give = waiters.next("1.2", true)!;
  let closed = 0;
  const reader = { close: () => Promise.resolve(void closed++) };
  leaving.abort();
  give({ landing: { reader } as unknown as Landing } as Arrival);
  await assert.rejects(waiting, { kind: "Aborted" });
  await Promise.resolve();
  assert.equal(closed, 1);
  assert.equal(waiters.isEmpty, true);
});
