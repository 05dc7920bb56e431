import { strict as assert } from "node:assert";
import {
  cEcho,
  serveDicom,
  TRANSFER_SYNTAX,
  VERIFICATION,
} from "../../../transports/dicom/dimse/mod.ts";
import { PeerPool } from "../../../transports/dicom/peer_pool.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { freePort } from "../../free_port.ts";

Deno.test("PeerPool wants another try of a peer that has just gone, none of one that stays gone, and reaches one that is back", async () => {
  const port = freePort();
  let now = 0;
  const clock = { ...systemClock, elapsed: () => now };
  const to = { hostname: "127.0.0.1", port, calledAET: "NODE" };
  await using pool = new PeerPool({ ...to, clock });
  const contexts = [{
    sopClassUID: VERIFICATION,
    transferSyntaxUIDs: [TRANSFER_SYNTAX.implicit],
  }];
  const run = () => pool.run({ contexts }, (association) => cEcho(association));
  /** Whether it is worth another try after so many milliseconds. */
  const tried = async (passed: number) => {
    now += passed;
    const error = await run().then(() => assert.fail("nothing listens"), (error) => error);
    assert(isVfsError(error) && error.kind === "Unavailable", `${error}`);
    return error.status;
  };
  for (let round = 0; round < 2; round++) {
    assert.equal(await tried(0), "temporary");
    assert.equal(await tried(2_999), "temporary");
    assert.equal(await tried(1), "exhausted");
    assert.equal(await tried(59_999), "exhausted", "tried all the time");
    {
      await using _server = serveDicom({ aeTitle: "NODE", port });
      await run();
    }
  }
  assert.equal(await tried(0), "temporary", "it was there until now");
  assert.equal(await tried(60_001), "temporary", "nothing is known of it any more");
});
