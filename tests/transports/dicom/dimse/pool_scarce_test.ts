import { strict as assert } from "node:assert";
import { AssociationPool, cEcho, VERIFICATION } from "../../../../transports/dicom/dimse/mod.ts";
import { COMMAND } from "../../../../transports/dicom/dimse/command_set.ts";
import type { AssociateRq } from "../../../../transports/dicom/dimse/pdu.ts";
import { until } from "../../../until.ts";
import { context, CT, delay } from "./_kit.ts";
import {
  acceptance,
  acceptingPeer,
  message,
  type RawPeer,
  scriptedPeer,
} from "./_scripted_peer.ts";

async function answerEchoes(raw: RawPeer, request: AssociateRq): Promise<void> {
  const { id } = request.contexts.find((each) => each.abstractSyntax === VERIFICATION)!;
  for (let command = await raw.command(); command; command = await raw.command()) {
    const { MessageID: MessageIDBeingRespondedTo } = command;
    const answer = { CommandField: COMMAND.C_ECHO_RSP, MessageIDBeingRespondedTo, Status: 0 };
    await raw.send(message(id, answer));
  }
  await raw.send({ type: "A-RELEASE-RP" });
  await raw.drain();
}

// As storescp does with the connections that wait for its one process, and Orthanc with what its threads accept.
for (const waits of ["requests for associations", "operations"]) {
  Deno.test(`AssociationPool releases what idles where the peer leaves ${waits} without an answer meanwhile`, async () => {
    let served = Promise.resolve();
    await using peer = scriptedPeer(async (raw) => {
      const others = served;
      const { promise, resolve } = Promise.withResolvers<void>();
      served = promise;
      if (waits !== "operations") await others;
      const request = await raw.pdu() as AssociateRq;
      await raw.send(acceptance(request));
      await others;
      await answerEchoes(raw, request).finally(resolve);
    });
    const { port } = peer;
    const timeouts = { requestMs: 5000, responseMs: 5000 };
    await using pool = new AssociationPool({
      hostname: "127.0.0.1",
      port,
      calledAET: "NODE",
      timeouts,
    });
    const verification = [context(VERIFICATION)];
    await pool.run({ contexts: verification }, (association) => cEcho(association));
    assert.equal(pool.open, 1, "kept for the next");
    const more = [...verification, context(CT)];
    await pool.run({ contexts: more }, (association) => cEcho(association));
    assert.equal(peer.count, 2);
    await until(() => pool.open === 0);
    assert.equal(pool.open, 0, "not kept, since the peer lacked one");
  });
}

Deno.test("AssociationPool keeps what idles where the peer has answered everything, however long ago", async () => {
  await using peer = acceptingPeer(answerEchoes);
  const node = { hostname: "127.0.0.1", port: peer.port, calledAET: "NODE" };
  await using pool = new AssociationPool(node);
  const echo = () => pool.run({ contexts: [context(VERIFICATION)] }, cEcho);
  await echo();
  // What is without an answer for half a second counts.
  await delay(600);
  await echo();
  assert.deepEqual([pool.open, peer.count], [1, 1]);
});
