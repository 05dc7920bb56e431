/** Peers that take what we send, but slowly. */
import { strict as assert } from "node:assert";
import {
  type Association,
  AssociationFailed,
  cEcho,
  cStore,
} from "../../../../transports/dicom/dimse/mod.ts";
import { acceptingPeer, message } from "./_scripted_peer.ts";
import { until } from "../../../until.ts";
import { associate, CT, delay, EXPLICIT } from "./_kit.ts";

const MIB = 1 << 20;
/** More than the system keeps for a peer that does not read. */
const dataset = new Uint8Array(24 * MIB);
const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT, dataset };

/** On a clock that is quick, a millisecond is 20 s, so that a message may take one for each 20 KiB. */
const QUICK = 20_000;

/** An association whose clock is quick from when it is there: until then the machine may take its time. */
async function associated(port: number): Promise<Association> {
  let rate = 1;
  let since = performance.now();
  let before = 0;
  const elapsed = () => before + rate * (performance.now() - since);
  const association = await associate(port, {
    clock: {
      now: elapsed,
      elapsed,
      schedule(callback, ms) {
        const timer = setTimeout(callback, ms / rate);
        return () => clearTimeout(timer);
      },
    },
    timeouts: { responseMs: 1e9, messageMs: 300_000 },
  });
  [before, since, rate] = [elapsed(), performance.now(), QUICK];
  return association;
}

Deno.test("a peer that takes a bit now and then is TimedOut when the message is over its time", async () => {
  let isGone = false;
  await using peer = acceptingPeer(async (raw) => {
    while (await raw.bytes(MIB / 8)) await delay(30);
    isGone = true;
  });
  const association = await associated(peer.port);
  await assert.rejects(
    cStore(association, request),
    (error) =>
      error instanceof AssociationFailed && error.kind === "TimedOut" &&
      /did not take a message/.test(error.message),
  );
  await association.closed;
  await assert.rejects(cEcho(association), AssociationFailed);
  await until(() => isGone);
  assert(isGone);
});

Deno.test("a peer that takes its time, but not too much, gets all of a message", async () => {
  const response = { CommandField: 0x8001, MessageIDBeingRespondedTo: 1, Status: 0 };
  await using peer = acceptingPeer(async (raw) => {
    for (let length = 0; length < dataset.length; length += MIB) {
      await raw.bytes(MIB);
      await delay(2);
    }
    await raw.send(message(3, response));
    await raw.drain();
  });
  const association = await associated(peer.port);
  assert.equal((await cStore(association, request)).status.code, 0);
  await association.abort();
});
