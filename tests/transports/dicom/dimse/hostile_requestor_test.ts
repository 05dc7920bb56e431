import { strict as assert } from "node:assert";
import type { Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import { cEcho, cStore, type IncomingInstance } from "../../../../transports/dicom/dimse/mod.ts";
import { isVfsError } from "../../../../vfs/errors.ts";
import { tickingClock } from "../../../ticking_clock.ts";
import { until } from "../../../until.ts";
import { associate, CT, delay, EXPLICIT, Inbox, serve } from "./_kit.ts";
import { message, rawRequestor, REQUEST } from "./_scripted_peer.ts";

const ECHO: Pdu = message(1, {
  CommandField: 0x30,
  MessageID: 1,
  AffectedSOPClassUID: "1.2.840.10008.1.1",
});

Deno.test("behaviour 57: HTTP, endless lengths and data before a request are refused, the listener lives", async () => {
  await using server = serve();
  const starts: (Pdu | Uint8Array)[] = [
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    Uint8Array.of(1, 0, 0xFF, 0xFF, 0xFF, 0xFF),
    Uint8Array.of(4, 0, 0xFF, 0xFF, 0xFF, 0xFF),
    ECHO,
    { type: "A-RELEASE-RQ" },
  ];
  for (const start of starts) {
    await rawRequestor(server.port, async (peer) => {
      await peer.send(start);
      assert.equal((await peer.pdu())?.type, "A-ABORT");
      await peer.drain();
    });
  }
  await using association = await associate(server.port);
  await cEcho(association);
});

Deno.test("behaviour 57: a connection that asks for nothing is closed when ARTIM expires", async () => {
  await using server = serve({ timeouts: { artimMs: 60 } });
  await rawRequestor(server.port, (peer) => peer.drain());
  // One byte at a time does not help either.
  let sent = 0;
  await rawRequestor(server.port, async (peer) => {
    let isClosed = false;
    const drained = peer.drain().finally(() => isClosed = true);
    for (; sent < 500 && !isClosed; sent++) {
      await peer.send(Uint8Array.of(sent === 0 ? 1 : 0)).catch(() => {});
      await delay(10);
    }
    await drained;
  });
  assert(sent < 500, "it was let go on");
  await until(() => server.connections === 0);
  assert.equal(server.connections, 0);
});

Deno.test("an association that does nothing is aborted after its idle time", async () => {
  await using server = serve({ timeouts: { idleMs: 80 } });
  await rawRequestor(server.port, async (peer) => {
    await peer.send(REQUEST);
    assert.equal((await peer.pdu())?.type, "A-ASSOCIATE-AC");
    assert.equal((await peer.pdu())?.type, "A-ABORT");
  });
});

Deno.test("more associations than allowed are rejected as a local limit", async () => {
  await using server = serve({ maxAssociations: 2 });
  await using _first = await associate(server.port);
  await using _second = await associate(server.port);
  await assert.rejects(associate(server.port), /local limit exceeded \(2\/3\/2\)/);
});

Deno.test("a request without version 1, or with another application context, is rejected", async () => {
  await using server = serve();
  for (
    const [change, expected] of [
      [{ protocolVersion: 2 }, [1, 2, 2]],
      [{ applicationContext: "1.2.3" }, [1, 1, 2]],
    ] as const
  ) {
    await rawRequestor(server.port, async (peer) => {
      await peer.send({ ...REQUEST, ...change });
      const answer = await peer.pdu();
      assert(answer?.type === "A-ASSOCIATE-RJ");
      assert.deepEqual([answer.result, answer.source, answer.reason], expected);
    });
  }
});

/** Establishes an association, then sends `parts`; the server must abort. */
async function aborted(port: number, parts: (Pdu | Uint8Array)[], name: string): Promise<void> {
  await rawRequestor(port, async (peer) => {
    await peer.send(REQUEST);
    assert.equal((await peer.pdu())?.type, "A-ASSOCIATE-AC", name);
    await peer.send(...parts);
    assert.equal((await peer.pdu())?.type, "A-ABORT", name);
  });
}

Deno.test("serveDicom() grants a window of 16, and refuses queries beyond it and message ids in use", async () => {
  let stop = () => {};
  const until = new Promise<void>((resolve) => stop = resolve);
  await using server = serve({
    async *find() {
      await until;
      yield new Uint8Array(2);
    },
  });
  const FIND = "1.2.840.10008.5.1.4.1.2.2.1";
  const contexts = [{ id: 1, abstractSyntax: FIND, transferSyntaxes: ["1.2.840.10008.1.2"] }];
  for (const [invoked, granted] of [[0, 16], [5, 5], [99, 16]] as const) {
    const user = { ...REQUEST.user, asyncWindow: { invoked, performed: 9 } };
    await rawRequestor(server.port, async (peer) => {
      await peer.send({ ...REQUEST, contexts, user });
      const answer = await peer.pdu();
      assert(answer?.type === "A-ASSOCIATE-AC");
      assert.deepEqual(answer.user.asyncWindow, { invoked: granted, performed: 1 });
      const find = (MessageID: number) =>
        message(1, { CommandField: 0x20, MessageID, AffectedSOPClassUID: FIND }, new Uint8Array(2));
      for (let id = 1; id <= 17; id++) await peer.send(find(id));
      const refused = await peer.command();
      assert.deepEqual([refused?.MessageIDBeingRespondedTo, refused?.Status], [17, 0x0213]);
      await peer.send(find(3));
      assert.equal((await peer.command())?.Status, 0x0210);
    });
  }
  stop();
});

Deno.test("what breaks the order of messages is aborted", async () => {
  const inbox = new Inbox();
  await using server = serve(inbox);
  const fragment = (isCommand: boolean, isLast: boolean, data: Uint8Array, contextId = 3): Pdu => ({
    type: "P-DATA-TF",
    pdvs: [{ contextId, isCommand, isLast, data }],
  });
  const store = message(3, {
    CommandField: 1,
    MessageID: 1,
    AffectedSOPInstanceUID: "1.2",
    AffectedSOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
    CommandDataSetType: 0,
  });
  const data = new Uint8Array(10);
  await aborted(server.port, [fragment(false, true, data)], "data before a command");
  await aborted(
    server.port,
    [store, fragment(false, false, data), message(3, { CommandField: 0x30, MessageID: 2 })],
    "command within a dataset",
  );
  await aborted(server.port, [store, fragment(false, false, data, 1)], "another context");
  await aborted(server.port, [fragment(true, true, data, 9)], "context not accepted");
  await aborted(server.port, [fragment(true, true, data)], "a cut command");
  const flood = Array.from({ length: 8 }, () => fragment(true, false, new Uint8Array(10_000)));
  await aborted(server.port, flood, "a command above 64 KB");
  await aborted(server.port, [REQUEST], "a second request");
  await aborted(server.port, [message(3, { CommandField: 0x30 })], "no message id");
  await until(() => inbox.aborted.length >= 2);
  assert.equal(inbox.received.length, 0);
  assert.equal(inbox.aborted.length, 2);
});

Deno.test("a UID that cannot be a file name, an unknown operation and a missing dataset get their status", async () => {
  await using server = serve(new Inbox());
  await rawRequestor(server.port, async (peer) => {
    await peer.send(REQUEST);
    await peer.pdu();
    const storage = { CommandField: 1, AffectedSOPClassUID: "1.2.840.10008.5.1.4.1.1.2" };
    const path = { ...storage, MessageID: 1, AffectedSOPInstanceUID: "../../etc/passwd" };
    await peer.send(message(3, path, new Uint8Array(10)));
    assert.equal((await peer.command())?.Status, 0x0117);
    await peer.send(message(3, { ...storage, MessageID: 2, AffectedSOPInstanceUID: "1.2" }));
    assert.equal((await peer.command())?.Status, 0xA900);
    await peer.send(message(3, { CommandField: 0x0130, MessageID: 3 }));
    assert.equal((await peer.command())?.Status, 0x0211);
    await peer.send(message(3, { CommandField: 0x0020, MessageID: 4 }, new Uint8Array(10)));
    assert.equal((await peer.command())?.Status, 0x0122);
    await peer.send({ type: "A-RELEASE-RQ" });
    assert.equal((await peer.pdu())?.type, "A-RELEASE-RP");
  });
});

Deno.test("a requestor that is gone in the middle of an object leaves nothing", async () => {
  const inbox = new Inbox();
  await using server = serve(inbox);
  await rawRequestor(server.port, async (peer) => {
    await peer.send(REQUEST);
    await peer.pdu();
    const fields = { CommandField: 1, MessageID: 1, AffectedSOPInstanceUID: "1.2" };
    const whole = message(3, fields, new Uint8Array(10));
    assert(whole.type === "P-DATA-TF");
    const [command, dataset] = whole.pdvs;
    await peer.send({ type: "P-DATA-TF", pdvs: [command!, { ...dataset!, isLast: false }] });
    await until(() => inbox.begun > 0);
  });
  await until(() => inbox.aborted.length > 0 && server.connections === 0);
  assert.equal(inbox.received.length, 0);
  assert.equal(inbox.aborted.length, 1);
  assert.equal(server.connections, 0);
});

Deno.test("close() aborts open associations and frees their sockets", async () => {
  const server = serve();
  const association = await associate(server.port);
  await server.close();
  assert((await association.closed) !== undefined);
  assert.equal(server.connections, 0);
});

/** A C-STORE whose dataset comes byte by byte, with a `pause` after each. */
async function drip(
  port: number,
  length: number,
  pause: () => Promise<unknown>,
): Promise<Pdu | undefined> {
  let answer: Pdu | undefined;
  await rawRequestor(port, async (peer) => {
    await peer.send(REQUEST);
    assert.equal((await peer.pdu())?.type, "A-ASSOCIATE-AC");
    // Whoever waits like this may have the beginning of its answer before.
    const isBeginning = (pdu?: Pdu) => pdu?.type === "P-DATA-TF" && !pdu.pdvs.at(-1)!.isLast;
    const last = (async () => {
      let pdu = await peer.pdu();
      while (isBeginning(pdu)) pdu = await peer.pdu();
      answer = pdu;
    })();
    await peer.send(
      message(3, {
        CommandField: 1,
        MessageID: 1,
        AffectedSOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
        AffectedSOPInstanceUID: "1.2.3",
        CommandDataSetType: 0,
      }),
      Uint8Array.of(4, 0, 0, 0, 0, length + 6, 0, 0, 0, length + 2, 3, 2),
    );
    for (let i = 0; i < length && answer === undefined; i++) {
      await peer.send(Uint8Array.of(0)).catch(() => {});
      await pause();
    }
    await last;
  });
  return answer;
}

Deno.test("a peer that sends a byte now and then is aborted when the message is over its time", async () => {
  const inbox = new Inbox();
  const closed = Promise.withResolvers<unknown>();
  await using server = serve({
    store: inbox.store,
    timeouts: { messageMs: 100 },
    onClosed: (_, error) => closed.resolve(error),
  });
  assert.equal((await drip(server.port, 200, () => delay(10)))?.type, "A-ABORT");
  const error = await closed.promise;
  assert(isVfsError(error) && error.kind === "TimedOut", String(error));
  assert.deepEqual(inbox.aborted, [error]);
  assert.equal(inbox.received.length, 0);
});

Deno.test("a peer whose instance is not taken for too long is not blamed for it", async () => {
  const closed = Promise.withResolvers<unknown>();
  const never = new Promise<never>(() => {});
  await using clock = tickingClock();
  await using server = serve({
    store: () => ({ write: () => never, close: () => {}, abort: () => {} }),
    timeouts: { idleMs: 500 },
    clock,
    onClosed: (_, error) => closed.resolve(error),
  });
  const association = await associate(server.port);
  const dataset = new Uint8Array(8 << 20);
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT, dataset };
  await assert.rejects(cStore(association, request));
  const error = await closed.promise;
  assert(isVfsError(error) && error.kind === "TimedOut", String(error));
  assert.match(error.message, /what the peer sent was not taken for 0\.5 s$/);
});

Deno.test("a message that comes slowly is taken as long as it is within its time", async () => {
  const inbox = new Inbox();
  await using clock = tickingClock();
  const timeouts = { idleMs: 300, messageMs: 60_000 };
  await using server = serve({ store: inbox.store, timeouts, clock });
  const pause = () => new Promise<void>((resolve) => clock.schedule(resolve, 20));
  assert.equal((await drip(server.port, 40, pause))?.type, "P-DATA-TF");
  assert(clock.now() > 2 * timeouts.idleMs);
  assert.equal(inbox.received.length, 1);
});

Deno.test("a sink that takes long is not held against the peer", async () => {
  const inbox = new Inbox();
  let isBegun = false;
  const store = (instance: IncomingInstance) => ({
    ...inbox.store(instance),
    write() {
      isBegun = true;
      return delay(800);
    },
  });
  await using clock = tickingClock();
  await using server = serve({ store, timeouts: { messageMs: 300 }, clock });
  const pause = async () => {
    await until(() => isBegun);
    await delay(5);
  };
  assert.equal((await drip(server.port, 8, pause))?.type, "P-DATA-TF");
  assert.equal(inbox.received.length, 1);
});
