/** Operations that line up behind one another. */
import { strict as assert } from "node:assert";
import { isVfsError } from "../../../../vfs/errors.ts";
import { AssociationFailed, cEcho, cStore } from "../../../../transports/dicom/dimse/mod.ts";
import { COMMAND } from "../../../../transports/dicom/dimse/command_set.ts";
import { Operations } from "../../../../transports/dicom/dimse/operations.ts";
import { systemClock } from "../../../../vfs/concurrency/clock.ts";
import type { UpperLayer } from "../../../../transports/dicom/dimse/upper_layer.ts";
import { acceptingPeer, message, type RawPeer } from "./_scripted_peer.ts";
import { tickingClock } from "../../../ticking_clock.ts";
import { associate, CT, EXPLICIT } from "./_kit.ts";

/** The peer answers nothing before it is told to. */
function answersWhenTold() {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const seen: number[] = [];
  const peer = acceptingPeer(async (raw: RawPeer) => {
    for (let asked = await raw.command(); asked; asked = await raw.command()) {
      seen.push(asked.MessageID!);
      await told;
      const field = { CommandField: 0x8030, MessageIDBeingRespondedTo: asked.MessageID! };
      await raw.send(message(1, { ...field, Status: 0 }));
    }
  });
  return { peer, tell, seen };
}

/** A dataset that tells when it is closed. */
function tellingDataset() {
  const state = { isClosed: false, reads: 0 };
  const dataset = {
    read: () => Promise.resolve(state.reads++ === 0 ? new Uint8Array(2) : undefined),
    close: () => Promise.resolve(void (state.isClosed = true)),
  };
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT, dataset };
  return { state, request };
}

Deno.test("invoke() sends what has lined up one by one, in the order in which it was asked for", async () => {
  const { peer, tell, seen } = answersWhenTold();
  await using _ = peer;
  const association = await associate(peer.port);
  const ended: number[] = [];
  const all = [1, 2, 3].map((n) => cEcho(association).then(() => ended.push(n)));
  assert.equal(association.outstanding, 1);
  tell();
  await Promise.all(all);
  assert.deepEqual([seen, ended], [[1, 2, 3], [1, 2, 3]]);
  await association.abort();
});

Deno.test("invoke() aborted while it has lined up leaves the association alone, and reads nothing", async () => {
  const { peer, tell, seen } = answersWhenTold();
  await using _ = peer;
  const association = await associate(peer.port);
  const first = cEcho(association);
  const { state, request } = tellingDataset();
  const controller = new AbortController();
  const second = cStore(association, { ...request, signal: controller.signal });
  controller.abort();
  await assert.rejects(second, (error) => isVfsError(error) && error.kind === "Aborted");
  assert.deepEqual(state, { isClosed: true, reads: 0 });
  tell();
  await first;
  await cEcho(association);
  // The second had a message id by then.
  assert.deepEqual(seen, [1, 3]);
  await association.abort();
});

Deno.test("invoke() that has lined up fails with its association, and is told why", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    await raw.send({ type: "A-ABORT", source: 2, reason: 0 });
  });
  const association = await associate(peer.port);
  const { state, request } = tellingDataset();
  const results = await Promise.allSettled([cEcho(association), cStore(association, request)]);
  const errors = results.map((result) => result.status === "rejected" && result.reason);
  assert(errors[0] instanceof AssociationFailed);
  assert.equal(errors[1], errors[0]);
  assert.deepEqual(state, { isClosed: true, reads: 0 });
});

Deno.test("invoke() that has lined up is not sent after a release", async () => {
  const { peer, tell, seen } = answersWhenTold();
  await using _ = peer;
  await using clock = tickingClock();
  const association = await associate(peer.port, { clock, timeouts: { releaseMs: 200 } });
  const operations = Promise.allSettled([cEcho(association), cEcho(association)]);
  const released = association.release();
  tell();
  const [first, second] = await operations;
  assert.equal(first.status, "fulfilled");
  assert(second.status === "rejected" && second.reason instanceof AssociationFailed);
  assert.deepEqual(seen, [1]);
  await released;
});

Deno.test("invoke() tells of an answer when what has lined up is sent, or has failed, where that takes several writes", async () => {
  for (const writesInPieces of [true, false]) {
    for (const fails of [true, false]) {
      const sending: PromiseWithResolvers<void>[] = [];
      const layer: Partial<UpperLayer> = {
        writesInPieces,
        prepare: () => {},
        send: () => (sending[sending.length] = Promise.withResolvers<void>()).promise,
      };
      const operations = new Operations({
        layer: layer as UpperLayer,
        clock: systemClock,
        url: "dicom://peer",
        whyRefused: () => undefined,
        whyClosed: () => undefined,
        abort: () => {},
        cancel: () => Promise.resolve(),
      });
      const context = { id: 1, sopClassUID: CT, transferSyntaxUID: EXPLICIT };
      const invoke = () =>
        operations.invoke({
          context,
          command: { CommandField: COMMAND.C_STORE_RQ },
          dataset: new Uint8Array(2),
          op: "store to",
          timeoutMs: 1000,
        }).done;
      let isTold = false;
      const first = invoke().then(() => isTold = true);
      const second = invoke().catch((error) => error);
      sending[0]!.resolve();
      const answer = { CommandField: COMMAND.C_STORE_RSP, CommandDataSetType: 0x101, Status: 0 };
      operations.respond({ ...answer, MessageIDBeingRespondedTo: 1 });
      assert.equal(sending.length, 2);
      for (let n = 0; n < 20; n++) await Promise.resolve();
      assert.equal(isTold, !writesInPieces);
      if (fails) sending[1]!.reject(new Error("lost"));
      else sending[1]!.resolve();
      await first;
      if (!fails) operations.respond({ ...answer, MessageIDBeingRespondedTo: 2 });
      assert.equal((await second) instanceof Error, fails);
      operations.stopWatch();
    }
  }
});
