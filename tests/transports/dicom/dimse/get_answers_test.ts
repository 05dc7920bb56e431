/** What the archive is told of each instance of a C-GET, and when; a sink that fails thereafter is our own affair. */
import { strict as assert } from "node:assert";
import {
  cGet,
  cStore,
  type DatasetSink,
  type GetRequest,
  QUERY_RETRIEVE,
  type RetrieveResult,
} from "../../../../transports/dicom/dimse/mod.ts";
import { type Clock, systemClock } from "../../../../vfs/concurrency/clock.ts";
import { isVfsError, VfsError } from "../../../../vfs/errors.ts";
import type { CommandSet } from "../../../../transports/dicom/dimse/command_set.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import { until } from "../../../until.ts";
import { associate, context, CT, delay, EXPLICIT, serve } from "./_kit.ts";
import { acceptingPeer, message, type RawPeer } from "./_scripted_peer.ts";

const { get: GET } = QUERY_RETRIEVE.study;
const KEYS = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" };
const FULL = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
const GONE = new VfsError("Unavailable", {
  op: "write",
  url: "file:///out",
  status: "permanent",
  detail: { os: "EHOSTDOWN" },
});
/** The error of a C-GET of which the sink for an instance is full. */
const isFull = (error: unknown) =>
  isVfsError(error) && error.cause === FULL && error.message.includes("instance 1.2.1 ");
const STORED = 0x8001;
const CANCEL = 0x0FFF;

/** Sub-operation `n`, its dataset of 1,000 bytes in two fragments. */
function sent(n: number, dataset = new Uint8Array(500)): Uint8Array {
  const command = { CommandField: 1, MessageID: n, AffectedSOPInstanceUID: `1.2.${n}` };
  const whole = message(3, { AffectedSOPClassUID: CT, ...command }, dataset);
  assert(whole.type === "P-DATA-TF");
  const [first, second] = whole.pdvs;
  return encodePdu({ ...whole, pdvs: [first!, { ...second!, isLast: false }, second!] });
}

/** Sends the first `length` bytes in two parts, so that what has come is not kept for its end. */
async function sendSlowly(peer: RawPeer, bytes: Uint8Array, length: number): Promise<void> {
  await peer.send(bytes.subarray(0, length - 50));
  await delay(20);
  await peer.send(bytes.subarray(length - 50, length));
}

/** The final answer to the C-GET. */
const ended = (Status: number, counts: Partial<CommandSet> = {}) =>
  message(1, { CommandField: 0x8010, MessageIDBeingRespondedTo: 1, Status, ...counts });

/** What the archive hears: `stored 1 as A700`, `cancel`. */
async function heard(peer: RawPeer): Promise<string> {
  const command = (await peer.command())!;
  if (command.CommandField === CANCEL) return "cancel";
  assert.equal(command.CommandField, STORED);
  const status = command.Status!.toString(16).toUpperCase().padStart(4, "0");
  return `stored ${command.MessageIDBeingRespondedTo} as ${status}`;
}

/** Runs a C-GET with an archive that does what `script` says once it has been asked. */
async function getting(
  script: (peer: RawPeer) => Promise<void>,
  onInstance: GetRequest["onInstance"],
  check: (result: Promise<RetrieveResult>) => Promise<unknown>,
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  await using peer = acceptingPeer(async (raw) => {
    assert.equal((await raw.command())?.CommandField, 0x10);
    await script(raw);
    await raw.drain();
  });
  const contexts = [context(GET), context(CT)];
  const timeouts = { subOperationMs: 30_000 };
  const association = await associate(peer.port, { contexts, timeouts, clock });
  try {
    await check(cGet(association, { identifier: KEYS, onInstance, signal }));
  } finally {
    await association.abort();
  }
}

/** A sink that notes what happens, and does what `change` says. */
function noting(notes: string[], uid: string, change: Partial<DatasetSink> = {}): DatasetSink {
  return {
    async write(chunk) {
      await change.write?.(chunk);
      notes.push(`${uid}: ${chunk.length} bytes`);
    },
    async close() {
      await change.close?.();
      notes.push(`${uid} is complete`);
    },
    async abort(reason) {
      await change.abort?.(reason);
      notes.push(`${uid} is dropped`);
    },
  };
}

Deno.test("cGet() tells the archive of an instance once it has come, and writes it then", async () => {
  const notes: string[] = [];
  const answered = Promise.withResolvers<void>();
  await getting(
    async (peer) => {
      await peer.send(sent(1));
      assert.equal(await heard(peer), "stored 1 as 0000");
      notes.push("answered");
      answered.resolve();
      await peer.send(ended(0));
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID, { write: () => answered.promise }),
    (result) => result,
  );
  assert.deepEqual(notes, [
    "answered",
    "1.2.1: 500 bytes",
    "1.2.1: 500 bytes",
    "1.2.1 is complete",
  ]);
});

Deno.test("cGet() tells nothing of an instance of which the end has not come", async () => {
  const whole = sent(1);
  const half = whole.length - 200;
  const written = Promise.withResolvers<void>();
  let isSent = false;
  await getting(
    async (peer) => {
      await sendSlowly(peer, whole, half);
      const answer = heard(peer).then((what) => {
        assert(isSent, "it was answered before");
        assert.equal(what, "stored 1 as 0000");
      });
      await written.promise;
      await delay(20);
      isSent = true;
      await peer.send(whole.subarray(half));
      await answer;
      await peer.send(ended(0));
    },
    () => ({ write: () => written.resolve(), close() {}, abort() {} }),
    (result) => result,
  );
});

Deno.test("cGet() gives a sink nothing of what comes quickly before the end has come", async () => {
  const bytes = sent(1, new Uint8Array(100_000));
  let isSent = false;
  const early: number[] = [];
  await getting(
    async (peer) => {
      for (let at = 0; at < bytes.length; at += 50_000) {
        await delay(5);
        isSent = at + 50_000 >= bytes.length;
        await peer.send(bytes.subarray(at, at + 50_000));
      }
      assert.equal(await heard(peer), "stored 1 as 0000");
      await peer.send(ended(0));
    },
    ({ sopInstanceUID }) =>
      noting([], sopInstanceUID, {
        write({ length }) {
          if (!isSent) early.push(length);
        },
      }),
    (result) => result,
    undefined,
    // No read takes long by it, nor does anything that is waited for.
    { now: () => 0, elapsed: () => 0, schedule: () => () => {} },
  );
  assert.deepEqual(early, []);
});

Deno.test("cGet() gives a sink what has come quickly when no more comes for a while", async () => {
  const whole = sent(1);
  const notes: string[] = [];
  await getting(
    async (peer) => {
      // All but the last 200 bytes, of which nothing is sent before the others have been written.
      await peer.send(whole.subarray(0, whole.length - 200));
      await until(() => notes.length === 2);
      notes.push("the rest is sent");
      await peer.send(whole.subarray(whole.length - 200));
      assert.equal(await heard(peer), "stored 1 as 0000");
      await peer.send(ended(0));
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID),
    (result) => result,
    undefined,
    // By it the first bytes come quickly, also on a busy machine.
    { ...systemClock, elapsed: () => performance.now() / 10 },
  );
  assert.deepEqual(notes, [
    "1.2.1: 500 bytes",
    "1.2.1: 300 bytes",
    "the rest is sent",
    "1.2.1: 200 bytes",
    "1.2.1 is complete",
  ]);
});

Deno.test("cGet() gives a sink nothing before the sink of the instance before is done", async () => {
  const notes: string[] = [];
  const go = Promise.withResolvers<void>();
  await getting(
    async (peer) => {
      // All in one read, the second without a byte.
      const parts = [sent(1), sent(2, new Uint8Array(0)), sent(3)];
      await peer.send(Uint8Array.from(parts.flatMap((part) => [...part])));
      assert.equal(await heard(peer), "stored 1 as 0000");
      await delay(20);
      assert.deepEqual(notes, ["1.2.1: 500 bytes", "1.2.1: 500 bytes"]);
      go.resolve();
      assert.equal(await heard(peer), "stored 2 as 0000");
      assert.equal(await heard(peer), "stored 3 as 0000");
      await peer.send(ended(0));
    },
    ({ sopInstanceUID: uid }) =>
      noting(notes, uid, uid === "1.2.1" ? { close: () => go.promise } : {}),
    (result) => result,
  );
  assert.deepEqual(notes, [
    "1.2.1: 500 bytes",
    "1.2.1: 500 bytes",
    "1.2.1 is complete",
    "1.2.2 is complete",
    "1.2.3: 500 bytes",
    "1.2.3: 500 bytes",
    "1.2.3 is complete",
  ]);
});

Deno.test("cGet() resolves when the last sink is done, though the archive has ended before", async () => {
  const notes: string[] = [];
  await getting(
    async (peer) => {
      await peer.send(sent(1), ended(0, { NumberOfCompletedSuboperations: 1 }));
      await heard(peer);
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID, { close: () => delay(50) }),
    async (result) => assert.equal((await result).completed, 1),
  );
  assert.deepEqual(notes, ["1.2.1: 500 bytes", "1.2.1: 500 bytes", "1.2.1 is complete"]);
});

for (const what of ["write", "close"] as const) {
  Deno.test(`behaviour 52: a sink whose ${what} fails at the end cancels the rest, which is refused`, async () => {
    const notes: string[] = [];
    await getting(
      async (peer) => {
        await peer.send(sent(1));
        assert.equal(await heard(peer), "stored 1 as 0000");
        assert.equal(await heard(peer), "cancel");
        await peer.send(sent(2));
        assert.equal(await heard(peer), "stored 2 as A700");
        await peer.send(ended(0xFE00));
      },
      ({ sopInstanceUID }) => noting(notes, sopInstanceUID, { [what]: () => Promise.reject(FULL) }),
      (result) => assert.rejects(result, isFull),
    );
    assert.equal(notes.at(-1), "1.2.1 is dropped");
    assert(!notes.some((note) => note.includes("complete") || note.includes("1.2.2")));
  });

  Deno.test(`cGet() rejects when ${what} of the last sink fails, though the archive says that all is well`, async () => {
    await getting(
      async (peer) => {
        await peer.send(sent(1), ended(0, { NumberOfCompletedSuboperations: 1 }));
        assert.equal(await heard(peer), "stored 1 as 0000");
      },
      () => noting([], "", { [what]: () => delay(10).then(() => Promise.reject(FULL)) }),
      (result) => assert.rejects(result, isFull),
    );
  });
}

Deno.test("behaviour 52: a sink that fails before the end is answered A700", async () => {
  const whole = sent(1);
  const half = whole.length - 200;
  await getting(
    async (peer) => {
      await sendSlowly(peer, whole, half);
      assert.equal(await heard(peer), "cancel");
      await peer.send(whole.subarray(half));
      assert.equal(await heard(peer), "stored 1 as A700");
      await peer.send(ended(0xFE00));
    },
    () => noting([], "", { write: () => Promise.reject(FULL) }),
    (result) => assert.rejects(result, isFull),
  );
});

Deno.test("cGet() names the instance of which the sink fails, and keeps kind, status and detail", async () => {
  const { kind, status, detail } = GONE;
  for (
    const onInstance of [
      () => noting([], "", { close: () => Promise.reject(GONE) }),
      () => Promise.reject(GONE),
    ]
  ) {
    await getting(
      async (peer) => {
        await peer.send(sent(1), ended(0));
        await heard(peer);
      },
      onInstance,
      (result) =>
        assert.rejects(result, { kind, status, detail, cause: GONE, message: /1\.2\.1 / }),
    );
  }
});

Deno.test("cGet() that is aborted while a sink writes what was answered drops it, and rejects", async () => {
  const notes: string[] = [];
  const controller = new AbortController();
  const go = Promise.withResolvers<void>();
  await getting(
    async (peer) => {
      await peer.send(sent(1));
      assert.equal(await heard(peer), "stored 1 as 0000");
      controller.abort();
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID, { write: () => go.promise }),
    async (result) => {
      await assert.rejects(result, (error) => isVfsError(error) && error.kind === "Aborted");
      assert.deepEqual(notes, ["1.2.1 is dropped"]);
      go.resolve();
      await delay(10);
    },
    controller.signal,
  );
  assert.deepEqual(notes, ["1.2.1 is dropped", "1.2.1: 500 bytes"]);
});

Deno.test("cGet() that is aborted while a sink closes rejects when that is done", async () => {
  const notes: string[] = [];
  const controller = new AbortController();
  await getting(
    async (peer) => {
      await peer.send(sent(1));
      assert.equal(await heard(peer), "stored 1 as 0000");
    },
    ({ sopInstanceUID }) =>
      noting(notes, sopInstanceUID, {
        close() {
          controller.abort();
          return delay(30);
        },
      }),
    async (result) => {
      await assert.rejects(result, (error) => isVfsError(error) && error.kind === "Aborted");
      assert.equal(notes.at(-1), "1.2.1 is complete");
    },
    controller.signal,
  );
});

Deno.test("cGet() finishes what has come whole when the archive is gone, and rejects", async () => {
  const notes: string[] = [];
  const gone = Promise.withResolvers<void>();
  await getting(
    async (peer) => {
      await peer.send(sent(1));
      assert.equal(await heard(peer), "stored 1 as 0000");
      await peer.connection.closeWrite();
      gone.resolve();
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID, { write: () => gone.promise }),
    (result) => assert.rejects(result, (error) => isVfsError(error) && error.kind !== "Aborted"),
  );
  assert.deepEqual(notes, ["1.2.1: 500 bytes", "1.2.1: 500 bytes", "1.2.1 is complete"]);
});

Deno.test("serveDicom() answers a C-STORE only when the sink is done", async () => {
  const go = Promise.withResolvers<void>();
  await using server = serve({
    store: () => ({ write() {}, close: () => go.promise, abort() {} }),
  });
  await using association = await associate(server.port);
  let isAnswered = false;
  const storing = cStore(association, {
    sopClassUID: CT,
    sopInstanceUID: "1.2.1",
    transferSyntaxUID: EXPLICIT,
    dataset: new Uint8Array(1000),
  }).finally(() => isAnswered = true);
  await delay(30);
  assert(!isAnswered);
  go.resolve();
  await storing;
});

Deno.test("cGet() that has ended takes no more instances", async () => {
  const notes: string[] = [];
  const late = Promise.withResolvers<string>();
  await getting(
    async (peer) => {
      await peer.send(ended(0));
      await delay(50);
      await peer.send(sent(1));
      late.resolve(await heard(peer));
    },
    ({ sopInstanceUID }) => noting(notes, sopInstanceUID),
    (result) => result.then(() => late.promise),
  );
  assert.equal(await late.promise, "stored 1 as 0122");
  assert.deepEqual(notes, []);
});
