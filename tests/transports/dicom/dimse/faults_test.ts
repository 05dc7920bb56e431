import { strict as assert } from "node:assert";
import {
  type Association,
  AssociationAborted,
  AssociationFailed,
  cEcho,
  cFind,
  cGet,
  cMove,
  cStore,
  QUERY_RETRIEVE,
  type StoreRequest,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import type { AssociateRq, Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import { MemoryWatch } from "../../../held_memory.ts";
import { until } from "../../../until.ts";
import { all, associate, context, CT, delay, EXPLICIT, Inbox, serve } from "./_kit.ts";
import {
  acceptance,
  acceptingPeer,
  message,
  type RawPeer,
  rawRequestor,
  REQUEST,
  scriptedPeer,
} from "./_scripted_peer.ts";

const { find: FIND, get: GET, move: MOVE } = QUERY_RETRIEVE.study;
const CONTEXTS = [VERIFICATION, CT, FIND, GET, MOVE].map((uid) => context(uid));
const ABORT: Pdu = { type: "A-ABORT", source: 2, reason: 0 };
const KEYS = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "" };

const instance = (dataset: StoreRequest["dataset"], n = 1): StoreRequest => ({
  sopClassUID: CT,
  sopInstanceUID: `1.2.${n}`,
  transferSyntaxUID: EXPLICIT,
  dataset,
});

const pending = (CommandField: number, contextId: number) =>
  message(contextId, { CommandField, MessageIDBeingRespondedTo: 1, Status: 0xFF00 });

/** A C-STORE request whose dataset does not end. */
function halfStore(contextId: number): Pdu {
  const command = { CommandField: 1, MessageID: 9, AffectedSOPInstanceUID: "1.2" };
  const whole = message(contextId, command, new Uint8Array(1000));
  assert(whole.type === "P-DATA-TF");
  const [first, second] = whole.pdvs;
  return { type: "P-DATA-TF", pdvs: [first!, { ...second!, isLast: false }] };
}

async function wholeDataset(peer: RawPeer): Promise<void> {
  for (let pdu = await peer.pdu(); pdu?.type === "P-DATA-TF"; pdu = await peer.pdu()) {
    if (pdu.pdvs.some(({ isCommand, isLast }) => isLast && !isCommand)) return;
  }
}

interface Phase {
  /** What the peer does before it aborts. */
  readonly before: (peer: RawPeer, inbox: Inbox) => Promise<unknown>;
  readonly operation: (association: Association, inbox: Inbox) => Promise<unknown>;
  readonly halfObjects?: number;
}

/** As acceptors abort requestors. */
const PHASES: Readonly<Record<string, Phase>> = {
  "instead of an answer": {
    before: (peer) => peer.command(),
    operation: (association) => cEcho(association),
  },
  "in the middle of a dataset": {
    before: (peer) => peer.bytes(100_000),
    operation: (association) => cStore(association, instance(new Uint8Array(20 << 20))),
  },
  "after a dataset": {
    before: wholeDataset,
    operation: (association) => cStore(association, instance(new Uint8Array(1 << 20))),
  },
  "between the answers to a query": {
    before: async (peer) => {
      await wholeDataset(peer);
      await peer.send(pending(0x8020, 5));
    },
    operation: (association) => all(cFind(association, { identifier: KEYS })),
  },
  "in a sub-operation of C-GET": {
    before: async (peer, inbox) => {
      await wholeDataset(peer);
      await peer.send(halfStore(3));
      await until(() => inbox.begun > 0);
    },
    operation: (association, { store }) =>
      cGet(association, { identifier: KEYS, onInstance: store }),
    halfObjects: 1,
  },
  "between the answers to a C-MOVE": {
    before: async (peer) => {
      await wholeDataset(peer);
      await peer.send(pending(0x8021, 9));
    },
    operation: (association) => cMove(association, { identifier: KEYS, destination: "DEST" }),
  },
  "instead of a release": {
    before: (peer) => peer.pdu(),
    operation: async (association) => {
      await association.release();
      throw await association.closed;
    },
  },
};

for (const [phase, { before, operation, halfObjects = 0 }] of Object.entries(PHASES)) {
  Deno.test(`aborted ${phase}: AssociationAborted, the socket is freed, and the next association works`, async () => {
    const inbox = new Inbox();
    await using peer = scriptedPeer(async (raw, turn) => {
      await raw.send(acceptance(await raw.pdu() as AssociateRq));
      if (turn === 0) {
        await before(raw, inbox);
        return await raw.send(ABORT);
      }
      const { MessageID } = (await raw.command())!;
      await raw.send(
        message(1, { CommandField: 0x8030, MessageIDBeingRespondedTo: MessageID, Status: 0 }),
      );
      await raw.drain();
    });
    const association = await associate(peer.port, { contexts: CONTEXTS });
    await assert.rejects(operation(association, inbox), (error) =>
      // With data on its way to it, a peer that closes may take its A-ABORT along.
      /dataset/.test(phase)
        ? error instanceof AssociationFailed
        : error instanceof AssociationAborted);
    const begin = performance.now();
    await association.closed;
    assert(performance.now() - begin < 10_000);
    assert.equal(inbox.aborted.length, halfObjects);
    assert.equal(inbox.received.length, 0);
    const next = await associate(peer.port, { contexts: CONTEXTS });
    await cEcho(next);
    await next.abort();
  });
}

Deno.test("aborted instead of an answer to the request: AssociationAborted that says so", async () => {
  await using peer = scriptedPeer(async (raw) => {
    await raw.pdu();
    await raw.send(ABORT);
  });
  await assert.rejects(
    associate(peer.port),
    (error) => error instanceof AssociationAborted && error.op === "associate with",
  );
});

const STORAGE = { CommandField: 1, MessageID: 1, AffectedSOPInstanceUID: "1.2" };
const QUERY = { CommandField: 0x20, MessageID: 1, AffectedSOPClassUID: FIND };

/** As requestors abort us: what they send first, and the half objects that they leave. */
const STARTS: Readonly<Record<string, readonly [parts: readonly Pdu[], halfObjects: number]>> = {
  "instead of a request": [[], 0],
  "at once": [[REQUEST], 0],
  "between a command and its dataset": [[REQUEST, {
    type: "P-DATA-TF",
    pdvs: (message(3, STORAGE, new Uint8Array(2)) as Pdu & { type: "P-DATA-TF" }).pdvs.slice(0, 1),
  }], 1],
  "in the middle of a dataset": [[REQUEST, halfStore(3)], 1],
  "while a query is answered": [[
    {
      ...REQUEST,
      contexts: [{ id: 1, abstractSyntax: FIND, transferSyntaxes: [EXPLICIT] }],
    },
    message(1, QUERY, new Uint8Array(2)),
  ], 0],
};

for (const [phase, [parts, halfObjects]] of Object.entries(STARTS)) {
  for (const ending of ["aborts", "is killed"] as const) {
    Deno.test(`a requestor that ${ending} ${phase} leaves nothing, and the next is served`, async () => {
      const inbox = new Inbox();
      const isQuery = /query/.test(phase);
      let isAsked = false;
      let wasStopped = false;
      await using server = serve({
        store: inbox.store,
        async *find({ signal }) {
          isAsked = true;
          while (!signal.aborted) {
            yield await Promise.resolve(new Uint8Array(1000));
            await delay(0);
          }
          wasStopped = true;
        },
      });
      await rawRequestor(server.port, async (peer) => {
        await peer.send(...parts);
        await delay(30);
        await until(() => inbox.begun === halfObjects && isAsked === isQuery);
        if (ending === "aborts") await peer.send(ABORT);
      });
      await until(() => server.connections === 0 && inbox.aborted.length === halfObjects);
      await until(() => wasStopped === isQuery);
      assert.equal(server.connections, 0);
      assert.equal(inbox.aborted.length, halfObjects);
      assert.equal(inbox.received.length, 0);
      assert.equal(wasStopped, isQuery);
      await using association = await associate(server.port);
      await cEcho(association);
    });
  }
}

Deno.test("4 GB go over a maximum length of 4,096 in whole PDUs, with flat memory", async () => {
  const chunk = new Uint8Array(1 << 20).fill(0x55);
  const chunks = 4097;
  const size = chunks * chunk.length;
  let largest = 0;
  let payload = 0;
  await using peer = acceptingPeer(async (raw) => {
    const buffer = new Uint8Array(1 << 20);
    const view = new DataView(buffer.buffer);
    let isLast = false;
    for (let start = 0, end = 0; !isLast;) {
      if (end - start < 12) {
        buffer.copyWithin(0, start, end);
        end -= start;
        start = 0;
      }
      end += await raw.connection.read(buffer.subarray(end)) ?? assert.fail("closed");
      while (end - start >= 12) {
        const length = view.getUint32(start + 2);
        if (end - start < length + 6) break;
        assert.equal(view.getUint32(start + 6), length - 4);
        largest = Math.max(largest, length);
        const control = buffer[start + 11]!;
        if ((control & 1) === 0) payload += length - 6;
        isLast = control === 2;
        start += length + 6;
      }
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
    const response = { CommandField: 0x8001, MessageIDBeingRespondedTo: 1, Status: 0 };
    await raw.send(message(3, response));
    await raw.drain();
  }, { maxLength: 4096 });
  const association = await associate(peer.port);
  let left = chunks;
  const memory = new MemoryWatch(512);
  const source = {
    read() {
      memory.step();
      return Promise.resolve(left-- > 0 ? chunk : undefined);
    },
    close: () => Promise.resolve(),
  };
  const result = await cStore(association, instance(source));
  assert.equal(result.status.code, 0);
  assert.equal(payload, size);
  assert.equal(largest, 4096);
  assert(memory.grown() < 8 << 20, `${memory.grown()} bytes`);
  await association.abort();
});

Deno.test("a requestor that asks on and on and reads no answer is not listened to, and in time aborted", async () => {
  await using server = serve({ timeouts: { idleMs: 300 } });
  const echo = message(1, { CommandField: 0x30, MessageID: 1, AffectedSOPClassUID: VERIFICATION });
  assert(echo.type === "P-DATA-TF");
  const many: Pdu = { type: "P-DATA-TF", pdvs: Array.from({ length: 1000 }, () => echo.pdvs[0]!) };
  let sent = 0;
  let flooded: Promise<void> | undefined;
  await rawRequestor(server.port, async (peer) => {
    await peer.send(REQUEST);
    const flood = async () => {
      for (; sent < 2000; sent++) await peer.send(many);
    };
    flooded = assert.rejects(flood());
    if (Deno.build.os !== "windows") return await flooded;
    // Wine does not tell who waits to write that the other side is gone.
    for (const count of [1, 0]) await until(() => server.connections === count);
  });
  await flooded;
  // What the sockets' buffers hold, and no more.
  assert(sent < 1000, `${sent} times 1,000 requests were taken`);
  await until(() => server.connections === 0);
  assert.equal(server.connections, 0);
});
