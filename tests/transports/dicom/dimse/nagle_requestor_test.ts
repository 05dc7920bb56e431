import { strict as assert } from "node:assert";
import { type CommandSet, decodeCommand } from "../../../../transports/dicom/dimse/command_set.ts";
import {
  type Association,
  cEcho,
  type Query,
  QUERY_RETRIEVE,
  type ServerOptions,
} from "../../../../transports/dicom/dimse/mod.ts";
import type { Pdu, Pdv } from "../../../../transports/dicom/dimse/pdu.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import { PduWriter } from "../../../../transports/dicom/dimse/pdu_writer.ts";
import { VfsError } from "../../../../vfs/errors.ts";
import { tickingClock } from "../../../ticking_clock.ts";
import { until } from "../../../until.ts";
import { CT, delay, Inbox, serve } from "./_kit.ts";
import { message, type RawPeer, rawRequestor, REQUEST } from "./_scripted_peer.ts";

/** How long a system waits with an acknowledgement that nothing takes along, in milliseconds. */
const DELAYED_ACK_MS = 60;
/** Headers of a PDU and its fragment, which DCMTK writes by themselves. */
const HEADERS = 12;
/** Bytes of a dataset that the tests store. */
const DATASET = 2000;

/** A requestor with Nagle's algorithm on: it sends a part when anything has come, which acknowledges the one before. */
class Modality {
  /** What has come. */
  readonly pdus: Pdu[] = [];
  /** Of each part but the last ones: whether the next had to wait until the system acknowledged it. */
  readonly waited: boolean[] = [];
  readonly #peer: RawPeer;
  #seen = 0;

  constructor(peer: RawPeer) {
    this.#peer = peer;
    this.#read();
  }

  async #read(): Promise<void> {
    for (let pdu = await this.#peer.pdu(); pdu; pdu = await this.#peer.pdu()) this.pdus.push(pdu);
  }

  /** Sends bytes, cut where it waits. */
  async send(pdu: Pdu | Uint8Array, ...cuts: number[]): Promise<void> {
    const bytes = pdu instanceof Uint8Array ? pdu : encodePdu(pdu);
    let at = 0;
    for (const cut of cuts) {
      const before = this.pdus.length;
      await this.#peer.send(bytes.subarray(at, at = cut));
      for (let ms = 0; ms < DELAYED_ACK_MS && this.pdus.length === before; ms += 5) await delay(5);
      this.waited.push(this.pdus.length === before);
    }
    await this.#peer.send(bytes.subarray(at));
  }

  /** The next PDU that is no data. */
  async control(): Promise<Pdu> {
    const find = () => this.pdus.slice(this.#seen).findIndex(({ type }) => type !== "P-DATA-TF");
    await until(() => find() >= 0);
    this.#seen += find() + 1;
    return this.pdus[this.#seen - 1]!;
  }

  /** The next message, and the lengths of its fragments. */
  async answer(): Promise<{ command: CommandSet; fragments: number[]; contextIds: Set<number> }> {
    const pdvs: Pdv[] = [];
    while (!pdvs.at(-1)?.isLast) {
      await until(() => this.pdus.length > this.#seen);
      const pdu = this.pdus[this.#seen++];
      assert(pdu?.type === "P-DATA-TF", `a message goes on with ${pdu?.type}`);
      pdvs.push(...pdu.pdvs);
    }
    return {
      command: decodeCommand(Uint8Array.from(pdvs.flatMap(({ data }) => [...data]))),
      fragments: pdvs.map(({ data }) => data.length),
      contextIds: new Set(pdvs.map(({ contextId }) => contextId)),
    };
  }
}

const bytesOf = (...pdus: Pdu[]) => Uint8Array.from(pdus.flatMap((pdu) => [...encodePdu(pdu)]));

/** A C-STORE-RQ and its dataset, as two PDUs. */
function storing(MessageID: number): { bytes: Uint8Array; commandEnd: number } {
  const command = {
    CommandField: 1,
    MessageID,
    CommandDataSetType: 0,
    AffectedSOPClassUID: CT,
    AffectedSOPInstanceUID: `1.2.${MessageID}`,
  };
  const pdu = message(3, command);
  const data = new Uint8Array(DATASET);
  const dataset: Pdu = {
    type: "P-DATA-TF",
    pdvs: [{ contextId: 3, isCommand: false, isLast: true, data }],
  };
  return { bytes: bytesOf(pdu, dataset), commandEnd: encodePdu(pdu).length };
}

/** Runs `script` as a modality with an association; `FIND` is a context of it. */
async function withModality(
  options: Partial<ServerOptions>,
  script: (modality: Modality) => Promise<void>,
): Promise<void> {
  await using server = serve(options);
  await rawRequestor(server.port, async (peer) => {
    // What it waits for is for the tests to say.
    peer.connection.setNoDelay(true);
    const modality = new Modality(peer);
    const find = {
      id: FIND,
      abstractSyntax: QUERY_RETRIEVE.study.find,
      transferSyntaxes: ["1.2.840.10008.1.2"],
    };
    await modality.send({ ...REQUEST, contexts: [...REQUEST.contexts, find] });
    assert.equal((await modality.control()).type, "A-ASSOCIATE-AC");
    await script(modality);
  });
}

const FIND = 5;
const echo = (MessageID: number) => message(1, { CommandField: 0x30, MessageID });

Deno.test("a modality with Nagle's algorithm waits for one acknowledgement: then a fragment of our answer takes it along", async () => {
  const inbox = new Inbox();
  await withModality({ store: inbox.store }, async (modality) => {
    for (const [id, fragments] of [[1, 1], [2, 2], [3, 2], [4, 2]] as const) {
      await modality.send(storing(id).bytes, HEADERS);
      const answer = await modality.answer();
      assert.equal(answer.fragments.length, fragments);
      assert.deepEqual(answer.contextIds, new Set([3]));
      const { CommandField, MessageIDBeingRespondedTo, Status } = answer.command;
      assert.deepEqual([CommandField, MessageIDBeingRespondedTo, Status], [0x8001, id, 0]);
    }
    assert.deepEqual(modality.waited, [true, false, false, false]);
    await modality.send(echo(5), HEADERS);
    assert.deepEqual((await modality.answer()).contextIds, new Set([1]));
    assert.equal(modality.waited.at(-1), false);
    await modality.send({ type: "A-RELEASE-RQ" });
    assert.equal((await modality.control()).type, "A-RELEASE-RP");
  });
  assert.deepEqual(inbox.received.map(({ bytes }) => bytes.length), [2000, 2000, 2000, 2000]);
});

Deno.test("a modality need not wait after its command either, nor anywhere in a dataset", async () => {
  await withModality({ store: new Inbox().store }, async (modality) => {
    const { bytes, commandEnd } = storing(1);
    await modality.send(bytes, HEADERS);
    await modality.answer();
    await modality.send(bytes, commandEnd);
    await modality.answer();
    await modality.send(bytes, HEADERS, commandEnd, commandEnd + 500);
    assert.equal((await modality.answer()).fragments.length, 4);
    assert.deepEqual(modality.waited, [true, false, false, false, false]);
  });
});

Deno.test("a modality that never writes headers by themselves gets its answers in one piece, wherever it waits", async () => {
  await withModality({ store: new Inbox().store }, async (modality) => {
    const { bytes, commandEnd } = storing(1);
    for (const cut of [commandEnd, commandEnd + HEADERS, commandEnd + 500]) {
      await modality.send(bytes, cut);
      assert.equal((await modality.answer()).fragments.length, 1);
    }
    assert.deepEqual(modality.waited, [true, true, true]);
  });
});

Deno.test("no more of an answer is sent ahead than what all answers begin with", async () => {
  await withModality({ store: new Inbox().store }, async (modality) => {
    const { bytes, commandEnd } = storing(1);
    const cuts = Array.from({ length: 6 }, (_, i) => commandEnd + 100 * i);
    await modality.send(bytes, HEADERS, ...cuts);
    const { fragments, command } = await modality.answer();
    assert.deepEqual(fragments.slice(0, -1), [2, 2, 2, 2]);
    assert.equal(command.Status, 0);
    assert.deepEqual(modality.waited, [true, false, false, false, false, true, true]);
  });
});

Deno.test("a failure is told with its comment by an answer that was begun", async () => {
  const store = () => ({
    write: () => {},
    close: () => Promise.reject(new VfsError("StorageFull", { op: "store", url: "memory:///x" })),
    abort: () => {},
  });
  await withModality({ store }, async (modality) => {
    for (const id of [1, 2]) {
      await modality.send(storing(id).bytes, HEADERS);
      const { command, fragments } = await modality.answer();
      assert.equal(fragments.length, id);
      assert.deepEqual([command.Status, command.ErrorComment], [0xA700, "StorageFull"]);
    }
  });
});

Deno.test("an A-ABORT follows an answer that was begun, and so does an A-RELEASE-RP", async () => {
  const broken = bytesOf(REQUEST);
  const release = bytesOf({ type: "A-RELEASE-RQ" });
  for (const [bytes, expected] of [[broken, "A-ABORT"], [release, "A-RELEASE-RP"]] as const) {
    const inbox = new Inbox();
    await withModality({ store: inbox.store }, async (modality) => {
      const { bytes: first, commandEnd } = storing(1);
      await modality.send(first, HEADERS);
      await modality.answer();
      await modality.send(first.subarray(0, commandEnd), HEADERS);
      assert.equal(modality.waited.at(-1), false);
      await modality.send(bytes);
      assert.equal((await modality.control()).type, expected);
    });
    await until(() => inbox.aborted.length > 0);
    assert.equal(inbox.received.length, 1);
    assert.equal(inbox.aborted.length, 1);
  }
});

Deno.test("an association is aborted by an A-ABORT where an answer was begun", async () => {
  let close = () => {};
  const store = (_: unknown, association: Association) => {
    close = () => void association.abort();
    return { write: () => {}, close: () => {}, abort: () => {} };
  };
  await withModality({ store }, async (modality) => {
    await modality.send(storing(1).bytes, HEADERS);
    await modality.answer();
    await modality.send(storing(2).bytes.subarray(0, HEADERS), HEADERS);
    assert.equal(modality.waited.at(-1), false);
    close();
    assert.equal((await modality.control()).type, "A-ABORT");
  });
});

Deno.test("what we ask while an answer is begun goes after it", async () => {
  let echoing: Promise<unknown> | undefined;
  const store = (_: unknown, association: Association) => {
    if (fragmented) echoing = cEcho(association);
    return { write: () => {}, close: () => {}, abort: () => {} };
  };
  let fragmented = false;
  await withModality({ store }, async (modality) => {
    await modality.send(storing(1).bytes, HEADERS);
    await modality.answer();
    fragmented = true;
    await modality.send(storing(2).bytes, HEADERS);
    const { fragments, command } = await modality.answer();
    assert.deepEqual([fragments.length, command.CommandField], [2, 0x8001]);
    const asked = (await modality.answer()).command;
    assert.equal(asked.CommandField, 0x30);
    await modality.send(message(1, {
      CommandField: 0x8030,
      MessageIDBeingRespondedTo: asked.MessageID,
      Status: 0,
    }));
    await echoing;
  });
});

Deno.test("nothing is begun for a query, nor while one is under way, since a C-CANCEL is not answered", async () => {
  async function* find({ signal }: Query) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield new Uint8Array(0);
  }
  const cancel = (contextId: number) =>
    message(contextId, { CommandField: 0xFFF, MessageIDBeingRespondedTo: 9 });
  await withModality({ store: new Inbox().store, find }, async (modality) => {
    await modality.send(storing(1).bytes, HEADERS);
    await modality.answer();
    const query = message(FIND, {
      CommandField: 0x20,
      MessageID: 9,
      AffectedSOPClassUID: QUERY_RETRIEVE.study.find,
    }, new Uint8Array(8));
    const commandEnd = encodePdu(query).length - 20;
    await modality.send(query, HEADERS, commandEnd);
    await modality.send(storing(2).bytes, HEADERS);
    assert.deepEqual((await modality.answer()).fragments.length, 1);
    await modality.send(cancel(FIND), HEADERS);
    const { command } = await modality.answer();
    assert.deepEqual([command.CommandField, command.Status], [0x8020, 0xFE00]);
    await modality.send(cancel(FIND), HEADERS);
    assert.deepEqual(modality.waited, [true, true, true, true, true, true]);
    // Where nothing can be cancelled, an answer may have been begun, and none follows.
    await modality.send(cancel(3), HEADERS);
    assert.equal(modality.waited.at(-1), false);
    await until(() => modality.pdus.at(-1)!.type === "A-ABORT");
    assert.equal(modality.pdus.at(-1)!.type, "A-ABORT");
  });
});

Deno.test("nothing is begun behind an answer that came before the dataset", async () => {
  const store = () =>
    Promise.reject(new VfsError("NotSupported", { op: "store", url: "memory:///x" }));
  await withModality({ store }, async (modality) => {
    const { bytes, commandEnd } = storing(1);
    await modality.send(bytes, HEADERS, commandEnd + 100);
    assert.equal((await modality.answer()).command.Status, 0x0122);
    await modality.send(bytes, HEADERS, commandEnd + 100, commandEnd + 200);
    const { fragments, command } = await modality.answer();
    assert.deepEqual([fragments.length, command.Status], [2, 0x0122]);
    assert.deepEqual(modality.waited, [true, false, false, false, true]);
  });
});

Deno.test("a modality that never waits gets its answers in one piece", async () => {
  // By the machine's own clock it could seem to wait.
  await using clock = tickingClock();
  await withModality({ store: new Inbox().store, clock }, async (modality) => {
    for (const id of [1, 2, 3]) {
      const { bytes } = storing(id);
      await modality.send(bytes.subarray(0, HEADERS));
      await delay(5);
      await modality.send(bytes.subarray(HEADERS));
      assert.equal((await modality.answer()).fragments.length, 1);
    }
  });
});

Deno.test("PduWriter.beginAnswer() begins nothing while something else is sent", async () => {
  const written: number[][] = [];
  const writer = new PduWriter({
    write(bytes) {
      written.push([...bytes]);
      return Promise.resolve(bytes.length);
    },
  });
  const command = Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0);
  const sending = writer.message({ contextId: 3, command });
  writer.beginAnswer(3);
  await sending;
  assert.equal(written.length, 1);
  writer.beginAnswer(3);
  writer.beginAnswer(3);
  const other = writer.message({ contextId: 3, command });
  const answers = [5, 3].map((contextId) => writer.message({ contextId, command, isAnswer: true }));
  await Promise.all([other, ...answers]);
  const header = (
    length: number,
    contextId: number,
    control: number,
  ) => [4, 0, 0, 0, 0, length + 6, 0, 0, 0, length + 2, contextId, control];
  const whole = (contextId: number) => [...header(12, contextId, 3), ...command];
  assert.deepEqual(written.slice(1), [
    [...header(2, 3, 1), 0, 0],
    [...header(10, 3, 3), ...command.subarray(2)],
    whole(3),
    whole(5),
  ]);
  writer.beginAnswer(3);
  const late = writer.message({ contextId: 3, command });
  writer.stop(new Error("over"));
  await assert.rejects(late, /over/);
});
