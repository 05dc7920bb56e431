/** What our server answers, seen by a peer. */
import { strict as assert } from "node:assert";
import { VfsError } from "../../../../vfs/errors.ts";
import { type Association, layerOf } from "../../../../transports/dicom/dimse/association.ts";
import { type Query, QUERY_RETRIEVE } from "../../../../transports/dicom/dimse/mod.ts";
import type { CommandSet } from "../../../../transports/dicom/dimse/command_set.ts";
import type { AssociateRq, Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import { until } from "../../../until.ts";
import { serve } from "./_kit.ts";
import { message, type RawPeer, rawRequestor, REQUEST } from "./_scripted_peer.ts";

const [ECHO, STORE, FIND, GET, MOVE] = [0x30, 0x01, 0x20, 0x10, 0x21];
const DATA = new Uint8Array(10);

/** Runs `script` on an association that was accepted. */
function requesting(
  port: number,
  script: (peer: RawPeer, answer: Pdu | undefined) => Promise<void>,
  change: Partial<AssociateRq> = {},
): Promise<void> {
  return rawRequestor(port, async (peer) => {
    await peer.send({ ...REQUEST, ...change });
    await script(peer, await peer.pdu());
  });
}

/** The answer to a command, with which its message id and that of an echo after it come back. */
async function answered(
  peer: RawPeer,
  MessageID: number,
  command: CommandSet,
  dataset?: Uint8Array,
): Promise<number | undefined> {
  await peer.send(message(1, { MessageID, ...command }, dataset));
  const answer = await peer.command();
  assert.equal(answer?.MessageIDBeingRespondedTo, MessageID);
  assert.equal(answer?.CommandField, command.CommandField | 0x8000);
  return answer?.Status;
}

Deno.test("serveDicom() answers 0122H for what it does not serve, takes the dataset, and goes on", async () => {
  await using server = serve();
  await requesting(server.port, async (peer) => {
    const uids = { AffectedSOPClassUID: "1.2.3", AffectedSOPInstanceUID: "1.2" };
    for (const [i, CommandField] of [STORE!, FIND!, GET!, MOVE!].entries()) {
      const status = await answered(peer, 10 + i, { CommandField, ...uids }, DATA);
      assert.equal(status, 0x0122, CommandField.toString(16));
      assert.equal(await answered(peer, 20 + i, { CommandField: ECHO! }), 0);
    }
  });
});

Deno.test("serveDicom() answers A900H to a query without keys, and A700H to one of more than 1 MB", async () => {
  let count = 0;
  const find = async function* () {
    count++;
    yield* await Promise.resolve([]);
  };
  await using server = serve({ find });
  await requesting(server.port, async (peer) => {
    assert.equal(await answered(peer, 1, { CommandField: FIND! }), 0xA900);
    const long = new Uint8Array(0x3FF0);
    const part = (isLast: boolean): Pdu => ({
      type: "P-DATA-TF",
      pdvs: [{ contextId: 1, isCommand: false, isLast, data: long }],
    });
    const asked = message(1, { CommandField: FIND!, MessageID: 2, CommandDataSetType: 0 });
    await peer.send(asked, ...Array.from({ length: 70 }, (_, i) => part(i === 69)));
    assert.equal((await peer.command())?.Status, 0xA700);
    assert.equal(count, 0);
    assert.equal(await answered(peer, 3, { CommandField: FIND! }, DATA), 0);
    assert.equal(count, 1);
  });
});

Deno.test("serveDicom() answers a failed query with the status of its error, and its kind but nothing else", async () => {
  const secret = new VfsError("PermissionDenied", { op: "read", url: "file:///home/secret" });
  await using server = serve({ get: () => Promise.reject(secret) });
  await requesting(server.port, async (peer) => {
    await peer.send(message(1, { CommandField: GET!, MessageID: 1 }, DATA));
    const { Status, ErrorComment } = (await peer.command())!;
    assert.deepEqual([Status, ErrorComment], [0x0124, "PermissionDenied"]);
  });
});

Deno.test("serveDicom() answers FE00H to a retrieval that a C-CANCEL finds in its beginning, whatever that ends with", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const get = ({ signal }: Query) =>
    new Promise<never>((_, reject) => {
      signal.onabort = () => reject(new VfsError("Aborted", { op: "read", url: "" }));
      begin();
    });
  await using server = serve({ get });
  const contexts = [{
    id: 1,
    abstractSyntax: QUERY_RETRIEVE.study.get,
    transferSyntaxes: ["1.2.840.10008.1.2"],
  }];
  await requesting(server.port, async (peer) => {
    await peer.send(message(1, { CommandField: GET!, MessageID: 1 }, DATA));
    await begun;
    await peer.send(message(1, { CommandField: 0x0FFF, MessageIDBeingRespondedTo: 1 }));
    const { Status, ErrorComment } = (await peer.command())!;
    assert.deepEqual([Status, ErrorComment], [0xFE00, undefined]);
    assert.equal(await answered(peer, 2, { CommandField: ECHO! }), 0);
  }, { contexts });
});

Deno.test("behaviour 59: a release collision is answered by an acceptor only when the requestor has answered", async () => {
  const { promise: accepted, resolve: accept } = Promise.withResolvers<Association>();
  const store = (_: unknown, from: Association) => {
    accept(from);
    return { write: () => {}, close: () => {}, abort: () => {} };
  };
  await using server = serve({ store });
  await requesting(server.port, async (peer) => {
    const uids = { AffectedSOPClassUID: "1.2.3", AffectedSOPInstanceUID: "1.2" };
    assert.equal(await answered(peer, 1, { CommandField: STORE!, ...uids }, DATA), 0);
    const association = await accepted;
    association.release();
    assert.equal((await peer.pdu())?.type, "A-RELEASE-RQ");
    await peer.send({ type: "A-RELEASE-RQ" });
    await until(() => layerOf(association).state !== "Sta7");
    assert.equal(layerOf(association).state, "Sta10");
    await peer.send({ type: "A-RELEASE-RP" });
    assert.equal((await peer.pdu())?.type, "A-RELEASE-RP");
  });
  assert.equal(await (await accepted).closed, undefined);
});

Deno.test("serveDicom() rejects a requestor that takes no data, and takes one that takes little", async () => {
  await using server = serve();
  const taking = (maxLength: number) => ({ user: { ...REQUEST.user, maxLength } });
  await requesting(server.port, (_, answer) => {
    assert.deepEqual(answer, { type: "A-ASSOCIATE-RJ", result: 1, source: 1, reason: 1 });
    return Promise.resolve();
  }, taking(6));
  await requesting(server.port, async (peer, answer) => {
    assert.equal(answer?.type, "A-ASSOCIATE-AC");
    assert.equal(await answered(peer, 1, { CommandField: ECHO! }), 0);
  }, taking(8));
});

Deno.test("serveDicom() grants relational queries in the models that ask for them, where it has them", async () => {
  const { patient, study } = QUERY_RETRIEVE;
  const asked = (sopClassUID: string, first: number) => ({
    sopClassUID,
    information: Uint8Array.of(first, 1),
  });
  const extended = [
    asked(patient.find, 1),
    asked(study.get, 0),
    asked(study.move, 1),
    asked("1.2", 1),
  ];
  const user = { ...REQUEST.user, extended };
  for (const relational of [true, false]) {
    await using server = serve({ relational });
    await requesting(server.port, (_, answer) => {
      assert(answer?.type === "A-ASSOCIATE-AC");
      const granted = answer.user.extended.map(({ sopClassUID, information }) => {
        assert.deepEqual(information, Uint8Array.of(1));
        return sopClassUID;
      });
      assert.deepEqual(granted, relational ? [patient.find, study.move] : []);
      return Promise.resolve();
    }, { user });
  }
});
