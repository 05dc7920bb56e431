import { strict as assert } from "node:assert";
import { decodeCommand } from "../../../../transports/dicom/dimse/command_set.ts";
import { layerOf } from "../../../../transports/dicom/dimse/association.ts";
import {
  type Association,
  AssociationFailed,
  cEcho,
  cFind,
  cStore,
  QUERY_RETRIEVE,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import type { AssociateRq, Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import { PduWriter } from "../../../../transports/dicom/dimse/pdu_writer.ts";
import { decodePdu } from "./_decode_pdu.ts";
import { until } from "../../../until.ts";
import { all, associate, context, CT, delay, EXPLICIT } from "./_kit.ts";
import { acceptance, acceptingPeer, message, scriptedPeer } from "./_scripted_peer.ts";

/** How long a system waits with an acknowledgement that nothing takes along, in milliseconds. */
const DELAYED_ACK_MS = 60;
/** Headers of a PDU and its fragment, which DCMTK writes by themselves. */
const HEADERS = 12;

interface Seen {
  /** Of each answer: whether its rest had to wait until the system acknowledged the headers. */
  readonly waited: boolean[];
  /** PDUs that are no data, and the end. */
  readonly others: string[];
}

/** A peer with Nagle's algorithm on: the rest of an answer goes when anything has come, which acknowledges the headers. */
function nagledPeer(seen: Seen) {
  return scriptedPeer(async (peer) => {
    let bytes = new Uint8Array(0);
    let isOver = false;
    let wake = () => {};
    const reading = (async () => {
      for (const buffer = new Uint8Array(4096);;) {
        const count = await peer.connection.read(buffer).catch(() => null);
        if (count === null) break;
        bytes = Uint8Array.from([...bytes, ...buffer.subarray(0, count)]);
        wake();
      }
      isOver = true;
      wake();
    })();
    const come = () => new Promise<void>((resolve) => wake = resolve);
    const next = async (): Promise<Pdu | undefined> => {
      while (!isOver) {
        const length = bytes.length < 6 ? Infinity : new DataView(bytes.buffer).getUint32(2) + 6;
        if (bytes.length < length) {
          await come();
          continue;
        }
        const pdu = decodePdu(bytes.slice(0, length));
        bytes = bytes.slice(length);
        return pdu;
      }
    };
    for (let pdu = await next(); pdu; pdu = await next()) {
      if (pdu.type !== "P-DATA-TF") {
        seen.others.push(pdu.type);
        if (pdu.type === "A-ASSOCIATE-RQ") await peer.send(acceptance(pdu as AssociateRq));
        if (pdu.type === "A-RELEASE-RQ") {
          await peer.send({ type: "A-RELEASE-RP" });
          break;
        }
        continue;
      }
      const last = pdu.pdvs.at(-1)!;
      const { CommandField, MessageID, CommandDataSetType } = decodeCommand(pdu.pdvs[0]!.data);
      if (CommandDataSetType !== 0x101) await next();
      const answer = encodePdu(message(last.contextId, {
        CommandField: CommandField | 0x8000,
        MessageIDBeingRespondedTo: MessageID,
        Status: 0,
      }));
      await peer.send(answer.subarray(0, HEADERS));
      if (bytes.length === 0) {
        // Twice, since what has come while the machine stopped us is seen after the first.
        let timer = setTimeout(() => timer = setTimeout(() => wake(), 5), DELAYED_ACK_MS);
        await come();
        clearTimeout(timer);
      }
      seen.waited.push(bytes.length === 0);
      await peer.send(answer.subarray(HEADERS));
    }
    await reading;
    seen.others.push(bytes.length === 0 ? "end" : `end after ${bytes.join()}`);
  });
}

const contexts = [context(QUERY_RETRIEVE.study.find)];
const ask = (association: Association) =>
  all(cFind(association, { identifier: { QueryRetrieveLevel: "STUDY" } }));

Deno.test("a peer with Nagle's algorithm waits for one acknowledgement: then the next message's first byte takes it along", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  await using association = await associate(peer.port);
  for (let i = 0; i < 5; i++) await cEcho(association);
  assert.deepEqual(seen.waited, [true, false, false, false, false]);
  await association.release();
  // What was begun became an echo, whose answer did not have to wait either.
  assert.deepEqual(seen.waited.slice(5), [false]);
  assert.deepEqual(seen.others, ["A-ASSOCIATE-RQ", "A-RELEASE-RQ"]);
});

Deno.test("nothing is sent ahead while a query is under way, since its peer looks for a C-CANCEL", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  await using association = await associate(peer.port, { contexts });
  await cEcho(association);
  await cEcho(association);
  await ask(association);
  await ask(association);
  assert.deepEqual(seen.waited, [true, false, true, true]);
});

Deno.test("an association is aborted by its connection's end where a message was begun", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  const association = await associate(peer.port);
  await cEcho(association);
  await cEcho(association);
  await association.abort();
  await until(() => seen.others.length > 1);
  assert.deepEqual(seen.others, ["A-ASSOCIATE-RQ", "end after 4"]);
});

Deno.test("what was begun becomes an echo soon where no message follows, since Orthanc aborts after a second", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  const association = await associate(peer.port);
  await cEcho(association);
  await cEcho(association);
  await until(() => seen.waited.length > 2);
  // That echo begins nothing, or there would be another, and so on.
  assert.deepEqual(seen.waited, [true, false, true]);
  await cEcho(association);
  assert.deepEqual(seen.waited.slice(3), [false]);
  await association.abort();
  await until(() => seen.others.length > 1);
  assert.deepEqual(seen.others, ["A-ASSOCIATE-RQ", "end after 4"]);
});

Deno.test("a command is sent at once where it was begun, however long its dataset is waited for", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  await using association = await associate(peer.port);
  await cEcho(association);
  await cEcho(association);
  const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const chunks = [promise];
  const storing = cStore(association, {
    sopClassUID: CT,
    sopInstanceUID: "1.2.3",
    transferSyntaxUID: EXPLICIT,
    dataset: { read: async () => await chunks.pop(), close: () => Promise.resolve() },
  });
  await until(() => layerOf(association).begun === undefined);
  assert.equal(layerOf(association).begun, undefined);
  resolve(new Uint8Array(10));
  assert.equal((await storing).status.code, 0);
});

Deno.test("nothing is sent behind an A-RELEASE-RQ, and nothing is invoked once release() was called", async () => {
  const seen: Seen = { waited: [], others: [] };
  await using peer = nagledPeer(seen);
  const begun = await associate(peer.port);
  await cEcho(begun);
  await cEcho(begun);
  const ending = begun.release();
  assert(!begun.isOpen);
  await assert.rejects(cEcho(begun), AssociationFailed);
  await ending;
  await until(() => seen.others.length === 3);
  assert.equal(seen.waited.length, 3);
  assert.deepEqual(seen.others, ["A-ASSOCIATE-RQ", "A-RELEASE-RQ", "end"]);

  const busy = await associate(peer.port);
  await cEcho(busy);
  const echoing = cEcho(busy);
  await Promise.all([echoing, busy.release()]);
  await until(() => seen.others.length === 6);
  assert.deepEqual(seen.others.slice(3), ["A-ASSOCIATE-RQ", "A-RELEASE-RQ", "end"]);
});

Deno.test("what a peer asks while an A-RELEASE-RQ is begun stays without an answer, which would be sent within it", async () => {
  const last: (Uint8Array | undefined)[] = [];
  await using peer = acceptingPeer(async (peer) => {
    const asked = encodePdu(message(1, { CommandField: 0x30, MessageID: 7 }));
    for (const id of [1, 2, 3]) {
      assert.equal((await peer.command())!.MessageID, id);
      const answer = encodePdu(message(1, {
        CommandField: 0x8030,
        MessageIDBeingRespondedTo: id,
        Status: 0,
      }));
      await peer.send(answer.subarray(0, HEADERS));
      if (id === 3) last.push(await peer.bytes(1));
      else await delay(DELAYED_ACK_MS);
      const rest = answer.subarray(HEADERS);
      await peer.send(id < 3 ? rest : Uint8Array.from([...rest, ...asked]));
    }
    last.push(await peer.bytes(9));
    await peer.send({ type: "A-RELEASE-RP" });
  });
  const association = await associate(peer.port);
  await cEcho(association);
  await cEcho(association);
  await association.release();
  assert.equal(await association.closed, undefined);
  assert.deepEqual(last.map((bytes) => [...bytes!]), [[5], [0, 0, 0, 0, 4, 0, 0, 0, 0]]);
});

Deno.test("a peer that answers at once is sent nothing ahead, and its association ends without an echo", async () => {
  const seen: string[] = [];
  await using peer = scriptedPeer(async (peer) => {
    peer.connection.setNoDelay(true);
    for (let pdu = await peer.pdu(); pdu; pdu = await peer.pdu()) {
      seen.push(pdu.type);
      if (pdu.type === "A-ASSOCIATE-RQ") await peer.send(acceptance(pdu as AssociateRq));
      if (pdu.type === "A-RELEASE-RQ") return await peer.send({ type: "A-RELEASE-RP" });
      if (pdu.type !== "P-DATA-TF") continue;
      const { CommandField, MessageID } = decodeCommand(pdu.pdvs[0]!.data);
      const answer = encodePdu(message(pdu.pdvs[0]!.contextId, {
        CommandField: CommandField | 0x8000,
        MessageIDBeingRespondedTo: MessageID,
        Status: 0,
      }));
      await peer.send(answer.subarray(0, HEADERS), answer.subarray(HEADERS));
    }
  });
  const association = await associate(peer.port);
  for (let i = 0; i < 3; i++) await cEcho(association);
  await association.release();
  assert.deepEqual(seen, [
    "A-ASSOCIATE-RQ",
    "P-DATA-TF",
    "P-DATA-TF",
    "P-DATA-TF",
    "A-RELEASE-RQ",
  ]);
});

Deno.test("every association can echo, unless there is no room for another context", async () => {
  const proposed: string[][] = [];
  await using peer = scriptedPeer(async (peer) => {
    const request = await peer.pdu() as AssociateRq;
    proposed.push(request.contexts.map(({ abstractSyntax }) => abstractSyntax));
    await peer.send(acceptance(request));
    await peer.pdu();
    await peer.send({ type: "A-RELEASE-RP" });
  });
  const many = Array.from({ length: 128 }, (_, i) => context(`1.2.3.${i}`));
  for (const contexts of [[context("1.2.3")], [context(VERIFICATION)], many]) {
    await (await associate(peer.port, { contexts })).release();
  }
  assert.deepEqual(proposed.slice(0, 2), [["1.2.3", VERIFICATION], [VERIFICATION]]);
  assert.deepEqual(proposed[2], many.map(({ sopClassUID }) => sopClassUID));
});

Deno.test("PduWriter.begin() sends bytes of what comes next, and these once, and none within a message", async () => {
  const command = Uint8Array.of(1, 2);
  const written = async (begins: number) => {
    const parts: Uint8Array[] = [];
    const writer = new PduWriter({
      write(bytes) {
        parts.push(bytes.slice());
        return Promise.resolve(bytes.length);
      },
    });
    for (let i = 0; i < begins; i++) {
      writer.begin("P-DATA-TF");
      await delay(0);
    }
    const sending = writer.message({ contextId: 1, command });
    writer.begin("P-DATA-TF");
    await sending;
    for (let i = 0; i < begins; i++) {
      writer.begin("A-RELEASE-RQ");
      await delay(0);
    }
    await writer.control({ type: "A-RELEASE-RQ" });
    return parts;
  };
  const plain = await written(0);
  for (const begins of [1, 2, 3, 20]) {
    const parts = await written(begins);
    assert.deepEqual(parts.flatMap((part) => [...part]), plain.flatMap((part) => [...part]));
    assert.equal(
      parts.length,
      plain.length + 2 * Math.min(begins, 3),
    );
  }
});
