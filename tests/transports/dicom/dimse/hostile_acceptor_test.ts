import { strict as assert } from "node:assert";
import { systemClock } from "../../../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../../../vfs/errors.ts";
import { writeDicomDataset } from "../../../../testing/dicom_writer.ts";
import {
  AssociationAborted,
  AssociationFailed,
  AssociationNotEstablished,
  AssociationRejected,
  cEcho,
  cFind,
  cStore,
  QUERY_RETRIEVE,
  ServiceFailed,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import {
  acceptance,
  acceptingPeer,
  message,
  RawPeer,
  REQUEST,
  scriptedPeer,
} from "./_scripted_peer.ts";
import type { AssociateRq, Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import { MemoryWatch } from "../../../held_memory.ts";
import { all, associate, context, CT, EXPLICIT } from "./_kit.ts";

const FIND = QUERY_RETRIEVE.study.find;
const KEYS = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "" };
const answerOf = (uid: string) =>
  writeDicomDataset({ StudyInstanceUID: uid }, { transferSyntaxUID: EXPLICIT });
const forFind = { contexts: [context(FIND), context(VERIFICATION)] };

/** A response to a C-FIND. */
function found(Status: number, dataset?: Uint8Array, id = 1) {
  return message(1, { CommandField: 0x8020, MessageIDBeingRespondedTo: id, Status }, dataset);
}

function echoed(id: number, contextId = 1) {
  return message(contextId, { CommandField: 0x8030, MessageIDBeingRespondedTo: id, Status: 0 });
}

async function answerEchoes(peer: RawPeer, contextId = 1): Promise<void> {
  for (let asked = await peer.command(); asked; asked = await peer.command()) {
    await peer.send(echoed(asked.MessageID!, contextId));
  }
}

const kind = (expected: string, pattern = /./) => (error: unknown) =>
  isVfsError(error) && error.kind === expected && pattern.test(error.message);

Deno.test("behaviour 5: a rejection 2/3/2 is temporary RateLimited", async () => {
  await using peer = scriptedPeer(async (raw) => {
    await raw.pdu();
    await raw.send({ type: "A-ASSOCIATE-RJ", result: 2, source: 3, reason: 2 });
    await raw.drain();
  });
  await assert.rejects(
    associate(peer.port),
    (error) =>
      error instanceof AssociationRejected && error.kind === "RateLimited" &&
      error.status === "temporary",
  );
});

Deno.test("AssociationRejected says which AE title is not recognised", async () => {
  await using peer = scriptedPeer(async (raw) => {
    await raw.pdu();
    await raw.send({ type: "A-ASSOCIATE-RJ", result: 1, source: 1, reason: 3 });
    await raw.drain();
  });
  await assert.rejects(
    associate(peer.port, { callingAET: "ME" }),
    kind("PermissionDenied", /"ME"/),
  );
});

Deno.test("behaviour 8: an answer with maximum length 6 is a Protocol error, without a loop", async () => {
  await using peer = acceptingPeer((raw) => raw.drain(), { maxLength: 6 });
  await assert.rejects(
    associate(peer.port),
    (error) => error instanceof AssociationNotEstablished && error.kind === "Protocol",
  );
});

Deno.test("behaviour 11: a silent listener is TimedOut at the configured time, and the socket is gone", async () => {
  let end: Promise<void> | undefined;
  await using peer = scriptedPeer((raw) => end = raw.drain());
  const begin = performance.now();
  await assert.rejects(associate(peer.port, { timeouts: { requestMs: 100 } }), kind("TimedOut"));
  await end;
  assert(performance.now() - begin < 10_000);
});

Deno.test("behaviour 12: a peer that closes after the request is Unavailable, no time-out", async () => {
  await using peer = scriptedPeer(async (raw) => void await raw.pdu());
  await assert.rejects(associate(peer.port), kind("Unavailable", /closed the connection/));
});

Deno.test("behaviour 13: an HTTP server is not a DICOM peer, and said so", async () => {
  await using peer = scriptedPeer(async (raw) => {
    await raw.bytes(10);
    await raw.send(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await raw.drain();
  });
  await assert.rejects(associate(peer.port), kind("Protocol", /not a DICOM peer.*looks like HTTP/));
});

Deno.test("requestAssociation() aborted frees its socket at once where the peer does not answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  // No time passes, so that nothing is freed by a time limit.
  const clock = { ...systemClock, now: () => 0, schedule: () => () => {} };
  const controller = new AbortController();
  const associating = associate(port, { clock, signal: controller.signal });
  const rejected = assert.rejects(associating, kind("Aborted"));
  const peer = new RawPeer(await listener.accept());
  assert.equal((await peer.pdu())?.type, "A-ASSOCIATE-RQ");
  controller.abort();
  await rejected;
  assert.deepEqual(await peer.pdu(), { type: "A-ABORT", source: 0, reason: 0 });
  assert.equal(await peer.pdu(), undefined);
  peer.connection.close();
});

Deno.test("requestAssociation() is Unavailable where nothing listens, and Aborted by its signal", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await assert.rejects(associate(port), kind("Unavailable"));
  await using peer = scriptedPeer((raw) => raw.drain());
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 30);
  await assert.rejects(associate(peer.port, { signal: controller.signal }), kind("Aborted"));
});

Deno.test("behaviour 29: a peer that does not answer is TimedOut, and the association ends", async () => {
  await using peer = acceptingPeer((raw) => raw.drain());
  const association = await associate(peer.port, { timeouts: { responseMs: 100 } });
  await assert.rejects(
    cEcho(association),
    (error) => error instanceof AssociationFailed && error.kind === "TimedOut",
  );
  await association.closed;
  await assert.rejects(cEcho(association), AssociationFailed);
});

Deno.test("behaviour 30: a peer that stops reading is TimedOut, though data is left to send", async () => {
  let stop = () => {};
  const until = new Promise<void>((resolve) => stop = resolve);
  await using peer = acceptingPeer(() => until);
  const association = await associate(peer.port, { timeouts: { responseMs: 200 } });
  let left = 64 << 20;
  const dataset = {
    read: (into = new Uint8Array(1 << 16)) => {
      left -= into.length;
      return Promise.resolve(left > 0 ? into : undefined);
    },
    close: () => Promise.resolve(),
  };
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT, dataset };
  await assert.rejects(cStore(association, request), kind("TimedOut", /did nothing for 0\.2 s/));
  // No more is read than the system's buffers take, a few MiB, and a batch: memory stays flat.
  assert(left > 32 << 20, `${left} bytes are left`);
  await association.closed;
  stop();
});

Deno.test("behaviour 28: an abort while sending is AssociationAborted, though the write failed first", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.bytes(100_000);
    await raw.send({ type: "A-ABORT", source: 2, reason: 6 });
  });
  const association = await associate(peer.port);
  const dataset = new Uint8Array(20 << 20);
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT, dataset };
  await assert.rejects(
    cStore(association, request),
    (error) => error instanceof AssociationFailed && error.kind === "Unavailable",
  );
  await association.closed;
});

Deno.test("behaviour 4: an abort at the first message is PermissionDenied with both names, at once", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.pdu();
    await raw.send({ type: "A-ABORT", source: 0, reason: 0 });
    await raw.drain();
  });
  const association = await associate(peer.port, { callingAET: "STRANGER" });
  const begin = performance.now();
  await assert.rejects(
    cEcho(association),
    (error) =>
      error instanceof AssociationAborted && error.kind === "PermissionDenied" &&
      error.message.includes(`127.0.0.1:${peer.port}`) && /"STRANGER"/.test(error.message),
  );
  assert(performance.now() - begin < 10_000);
  await assert.rejects(cEcho(association), AssociationAborted);
});

Deno.test("an abort after the peer has answered, or by its upper layer, tells nothing of permissions", async () => {
  for (const [answered, source] of [[1, 0], [0, 2]] as const) {
    await using peer = acceptingPeer(async (raw) => {
      for (let n = 0; n < answered; n++) await raw.send(echoed((await raw.command())!.MessageID!));
      await raw.pdu();
      await raw.send({ type: "A-ABORT", source, reason: 0 });
      await raw.drain();
    });
    const association = await associate(peer.port);
    for (let n = 0; n < answered; n++) await cEcho(association);
    await assert.rejects(
      cEcho(association),
      (error) => error instanceof AssociationAborted && error.kind === "Unavailable",
    );
  }
});

Deno.test("behaviour 33: three answers FF01 and a final 0000 are three entries that lack keys", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    for (const uid of ["1", "2", "3"]) await raw.send(found(0xFF01, answerOf(uid)));
    await raw.send(found(0));
    await answerEchoes(raw, 3);
  });
  await using association = await associate(peer.port, forFind);
  const list = await all(cFind(association, { identifier: KEYS }));
  assert.deepEqual(list.map((each) => each.dataset.string("StudyInstanceUID")), ["1", "2", "3"]);
  assert(list.every((each) => each.lacksKeys));
  await association.abort();
});

Deno.test("behaviour 34: an identifier in the final answer is ignored, the association goes on", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    await raw.send(found(0xFF00, answerOf("1")), found(0, answerOf("2")));
    await raw.command();
    await raw.send(echoed(2, 3));
    await raw.drain();
  });
  await using association = await associate(peer.port, forFind);
  assert.equal((await all(cFind(association, { identifier: KEYS }))).length, 1);
  await cEcho(association);
  await association.abort();
});

Deno.test("behaviour 35: several answers in one P-DATA-TF, the first without dataset, are all seen", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    const pdvs = [
      found(0xFF00),
      found(0xFF00, answerOf("1")),
      found(0xFF00, answerOf("2")),
      found(0),
    ]
      .flatMap((pdu) => pdu.type === "P-DATA-TF" ? pdu.pdvs : []);
    await raw.send({ type: "P-DATA-TF", pdvs });
    await raw.drain();
  });
  await using association = await associate(peer.port, forFind);
  const list = await all(cFind(association, { identifier: KEYS }));
  assert.deepEqual(list.map((each) => each.dataset.string("StudyInstanceUID")), ["1", "2"]);
  await association.abort();
});

Deno.test("behaviour 36: a command in PDVs of one byte, and empty ones, is read", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    const whole = echoed(1);
    assert(whole.type === "P-DATA-TF");
    const { data } = whole.pdvs[0]!;
    for (let i = 0; i < data.length; i++) {
      const isLast = i === data.length - 1;
      const pdv = { contextId: 1, isCommand: true, isLast, data: data.subarray(i, i + 1) };
      const empty = { ...pdv, isLast: false, data: new Uint8Array(0) };
      await raw.send({ type: "P-DATA-TF", pdvs: [empty, pdv] });
    }
    await raw.drain();
  });
  await using association = await associate(peer.port);
  await cEcho(association);
  await association.abort();
});

Deno.test("behaviour 37: FE00 that was not asked for is Incomplete after the entries", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    await raw.send(found(0xFF00, answerOf("1")), found(0xFE00));
    await raw.drain();
  });
  await using association = await associate(peer.port, forFind);
  let entries = 0;
  const consume = async () => {
    for await (const _ of cFind(association, { identifier: KEYS })) entries++;
  };
  await assert.rejects(
    consume(),
    (error) =>
      error instanceof ServiceFailed && error.kind === "Incomplete" && error.code === 0xFE00,
  );
  assert.equal(entries, 1);
  await association.abort();
});

Deno.test("behaviour 43: an identifier with a length past its end fails that query only", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    const bad = answerOf("1.2.3.4");
    bad[6] = 200;
    await raw.send(found(0xFF00, bad), found(0));
    while (true) {
      const asked = await raw.command();
      if (!asked) return;
      if (asked.CommandField === 0x30) await raw.send(echoed(asked.MessageID!, 3));
    }
  });
  await using association = await associate(peer.port, forFind);
  await assert.rejects(all(cFind(association, { identifier: KEYS })), kind("Corrupt"));
  await cEcho(association);
  await association.abort();
});

Deno.test("behaviour 43: an identifier above 1 MB fails that query only", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    const data = new Uint8Array(100_000);
    const head = found(0xFF00, data);
    assert(head.type === "P-DATA-TF");
    await raw.send({ type: "P-DATA-TF", pdvs: [head.pdvs[0]!] });
    for (let i = 0; i < 12; i++) {
      const pdv = { contextId: 1, isCommand: false, isLast: i === 11, data };
      await raw.send({ type: "P-DATA-TF", pdvs: [pdv] });
    }
    await raw.send(found(0));
    await raw.drain();
  });
  await using association = await associate(peer.port, forFind);
  await assert.rejects(all(cFind(association, { identifier: KEYS })), kind("Corrupt", /more than/));
  assert(association.isOpen);
  await association.abort();
});

Deno.test("behaviour 44: 50,000 answers are read at a flat memory, the first at once", async () => {
  const one = found(0xFF00, answerOf("1.2.3"));
  assert(one.type === "P-DATA-TF");
  const many = {
    type: "P-DATA-TF" as const,
    pdvs: Array.from({ length: 100 }, () => one.pdvs).flat(),
  };
  const first = Promise.withResolvers<void>();
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    await raw.send(many);
    await first.promise;
    for (let i = 1; i < 500; i++) await raw.send(many);
    await raw.send(found(0));
    await raw.drain();
  });
  await using association = await associate(peer.port, forFind);
  const memory = new MemoryWatch(5000);
  let count = 0;
  for await (const _ of cFind(association, { identifier: KEYS })) {
    if (++count === 1) first.resolve();
    memory.step();
  }
  assert.equal(count, 50_000);
  assert(memory.grown() < 8 << 20, `${memory.grown()} bytes`);
  await association.abort();
});

Deno.test("behaviour 59: a release collision is answered by both, and both close", async () => {
  const seen: (string | undefined)[] = [];
  await using peer = acceptingPeer(async (raw) => {
    seen.push((await raw.pdu())?.type);
    await raw.send({ type: "A-RELEASE-RQ" });
    seen.push((await raw.pdu())?.type);
    await raw.send({ type: "A-RELEASE-RP" });
    await raw.drain();
  });
  const association = await associate(peer.port);
  await association.release();
  assert.equal(await association.closed, undefined);
  assert.deepEqual(seen, ["A-RELEASE-RQ", "A-RELEASE-RP"]);
});

Deno.test("behaviour 60: a release in the middle of C-FIND rejects the query without a hang", async () => {
  await using peer = acceptingPeer(async (raw) => {
    await raw.command();
    await raw.send(found(0xFF00, answerOf("1")), { type: "A-RELEASE-RQ" });
    while ((await raw.pdu())?.type !== "A-RELEASE-RP");
  });
  const association = await associate(peer.port, forFind);
  await assert.rejects(
    all(cFind(association, { identifier: KEYS })),
    kind("Unavailable", /released/),
  );
  await association.closed;
});

Deno.test("behaviour 61: an A-ABORT without a close frees the socket at once", async () => {
  let stop = () => {};
  const until = new Promise<void>((resolve) => stop = resolve);
  await using peer = acceptingPeer(async (raw) => {
    await raw.pdu();
    await raw.send({ type: "A-ABORT", source: 0, reason: 0 });
    await until;
  });
  const association = await associate(peer.port);
  const begin = performance.now();
  await assert.rejects(cEcho(association), AssociationAborted);
  await association.closed;
  assert(performance.now() - begin < 10_000);
  stop();
});

Deno.test("abort() frees the socket soon, though the peer neither reads nor closes", async () => {
  let stop = () => {};
  const until = new Promise<void>((resolve) => stop = resolve);
  await using peer = acceptingPeer(() => until);
  const association = await associate(peer.port);
  const pending = assert.rejects(cEcho(association), kind("Aborted"));
  const begin = performance.now();
  await association.abort();
  assert(performance.now() - begin < 10_000);
  await pending;
  stop();
});

Deno.test("release() of a peer that does not answer ends by an abort in its time", async () => {
  await using peer = acceptingPeer((raw) => raw.drain());
  const association = await associate(peer.port, { timeouts: { releaseMs: 50 } });
  await association.release();
  assert(isVfsError(await association.closed));
});

Deno.test("an answer that breaks the protocol aborts the association", async () => {
  const odd: ((raw: RawPeer) => Promise<void>)[] = [
    (raw) => raw.send(echoed(77)),
    (raw) =>
      raw.send(message(9, { CommandField: 0x8030, MessageIDBeingRespondedTo: 1, Status: 0 })),
    (raw) => raw.send(message(1, { CommandField: 0x8030, MessageIDBeingRespondedTo: 1 })),
    (raw) =>
      raw.send(message(1, { CommandField: 0x8001, MessageIDBeingRespondedTo: 1, Status: 0 })),
    (raw) =>
      raw.send({
        type: "P-DATA-TF",
        pdvs: [{ contextId: 1, isCommand: false, isLast: true, data: new Uint8Array(4) }],
      }),
    (raw) => raw.send(Uint8Array.of(4, 0, 0xFF, 0xFF, 0xFF, 0xFF)),
    (raw) => raw.send(Uint8Array.of(0x48, 0x54, 0x54, 0x50, 0x2F, 0x31)),
  ];
  for (const [i, act] of odd.entries()) {
    let last: string | undefined;
    const peer = acceptingPeer(async (raw) => {
      await raw.command();
      await act(raw);
      last = (await raw.pdu())?.type;
    });
    const association = await associate(peer.port);
    await assert.rejects(cEcho(association), kind("Protocol"), `case ${i}`);
    await association.closed;
    await peer[Symbol.asyncDispose]();
    assert.equal(last, "A-ABORT", `case ${i}`);
  }
});

Deno.test("a PDU that cannot come now is Protocol, names it, and is answered by an abort of the provider", async () => {
  const odd: Pdu[] = [
    { type: "A-RELEASE-RP" },
    { type: "A-ASSOCIATE-RJ", result: 1, source: 1, reason: 1 },
    acceptance(REQUEST),
    REQUEST,
  ];
  for (const pdu of odd) {
    let answer: Pdu | undefined;
    const peer = acceptingPeer(async (raw) => {
      await raw.command();
      await raw.send(pdu);
      answer = await raw.pdu();
    });
    const association = await associate(peer.port);
    await assert.rejects(cEcho(association), {
      kind: "Protocol",
      message: new RegExp(`unexpected ${pdu.type}$`),
    });
    await association.closed;
    await peer[Symbol.asyncDispose]();
    assert.deepEqual(answer, { type: "A-ABORT", source: 2, reason: 2 }, pdu.type);
  }
});

Deno.test("an asynchronous operations window is used only as far as it is granted", async () => {
  // Without an answer it is one at a time; 0 is no limit (PS3.7 §D.3.3.3), so that all six go.
  for (const [invoked, expected] of [[undefined, 1], [3, 3], [0, 6]] as const) {
    const granted = invoked === undefined ? undefined : { invoked, performed: 1 };
    let most = 0;
    await using peer = scriptedPeer(async (raw) => {
      await raw.send(acceptance(await raw.pdu() as AssociateRq, { asyncWindow: granted }));
      const waiting: number[] = [];
      for (let served = 0; served < 6;) {
        waiting.push((await raw.command())!.MessageID!);
        most = Math.max(most, waiting.length);
        if (waiting.length < expected) continue;
        for (const id of waiting.splice(0).reverse()) {
          await raw.send(echoed(id));
          served++;
        }
      }
      await raw.drain();
    });
    const asyncWindow = { invoked: 8, performed: 1 };
    await using association = await associate(peer.port, { asyncWindow });
    await Promise.all(Array.from({ length: 6 }, () => cEcho(association)));
    assert.equal(most, expected);
    await association.abort();
  }
});

Deno.test("an association that is still for too long says whether the peer did nothing, or our own source or sink", async () => {
  const never = new Promise<never>(() => {});
  const close = () => Promise.resolve();
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT };
  await using peer = acceptingPeer((raw) => raw.drain());
  const timeouts = { responseMs: 100 };
  const storing = async (dataset: Parameters<typeof cStore>[1]["dataset"], pattern: RegExp) => {
    const association = await associate(peer.port, { timeouts });
    await assert.rejects(cStore(association, { ...request, dataset }), kind("TimedOut", pattern));
    await association.closed;
  };
  await storing(new Uint8Array(2), /the peer did nothing for 0\.1 s$/);
  await storing({ read: () => never, close }, /what was to be sent was not there for 0\.1 s$/);
});
