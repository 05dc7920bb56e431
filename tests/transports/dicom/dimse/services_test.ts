import { strict as assert } from "node:assert";
import { cpuUsage } from "node:process";
import { isVfsError } from "../../../../vfs/errors.ts";
import { writeDicomDataset } from "../../../../testing/dicom_writer.ts";
import {
  AssociationRejected,
  cEcho,
  cFind,
  cGet,
  cMove,
  contextsOf,
  cStore,
  QUERY_RETRIEVE,
  requestPdu,
  ServiceFailed,
  type StoreRequest,
  type Suboperation,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import { MemoryWatch } from "../../../held_memory.ts";
import { until } from "../../../until.ts";
import { all, associate, context, CT, EXPLICIT, IMPLICIT, Inbox, serve } from "./_kit.ts";

const FIND = QUERY_RETRIEVE.study.find;
const GET = QUERY_RETRIEVE.study.get;
const MOVE = QUERY_RETRIEVE.study.move;

function instance(n: number, length = 1000): StoreRequest {
  const dataset = new Uint8Array(length).fill(n);
  return { sopClassUID: CT, sopInstanceUID: `1.2.${n}`, transferSyntaxUID: EXPLICIT, dataset };
}

async function* instances(count: number, length?: number): AsyncGenerator<StoreRequest> {
  for (let n = 1; n <= count; n++) yield await Promise.resolve(instance(n, length));
}

/** The same over an association of their own. */
async function* moved(port: number, count: number): AsyncGenerator<Suboperation> {
  await using to = await associate(port);
  for await (const each of instances(count)) yield { ...each, to };
}

Deno.test("cEcho() is answered, and release() frees the sockets of both sides", async () => {
  await using server = serve();
  const association = await associate(server.port);
  assert.equal((await cEcho(association)).status.class, "success");
  await association.release();
  assert.equal(await association.closed, undefined);
  await until(() => server.connections === 0);
  assert.equal(server.connections, 0);
});

Deno.test("cStore() delivers datasets of any size unchanged", async () => {
  const inbox = new Inbox();
  await using server = serve(inbox);
  await using association = await associate(server.port);
  const sizes = [0, 2, 1000, 262_138, 262_144, 1_000_000];
  for (const [i, size] of sizes.entries()) {
    const dataset = new Uint8Array(size).map((_, at) => at * 7 + i);
    const { status } = await cStore(association, { ...instance(i), dataset });
    assert.equal(status.code, 0);
    assert.deepEqual(inbox.received[i]!.bytes, dataset, `${size} bytes`);
    assert.deepEqual(inbox.received[i]!.instance, {
      sopClassUID: CT,
      sopInstanceUID: `1.2.${i}`,
      transferSyntaxUID: EXPLICIT,
      moveOriginator: undefined,
    });
  }
});

Deno.test("a maximum length of 0, of either side, is no limit", async () => {
  const inbox = new Inbox();
  await using server = serve({
    store: inbox.store,
    maxLength: 0,
    get: () => Promise.resolve({ total: 1, instances: instances(1, 3_000_000) }),
  });
  await using association = await associate(server.port, {
    contexts: [context(CT), context(GET)],
    roles: [{ sopClassUID: CT, scu: true, scp: true }],
    maxLength: 0,
  });
  assert.equal(association.answer.user.maxLength, 0);
  await cStore(association, instance(1, 3_000_000));
  assert.equal(inbox.received[0]!.bytes.length, 3_000_000);
  const fetched = new Inbox();
  await cGet(association, { identifier: KEYS, onInstance: fetched.store });
  assert.deepEqual(fetched.received[0]!.bytes, inbox.received[0]!.bytes);
});

Deno.test("behaviour 22: cStore() of 200 MB keeps the memory of both sides flat", async () => {
  let bytes = 0;
  await using server = serve({
    store: () => ({ write: (chunk) => void (bytes += chunk.length), close() {}, abort() {} }),
  });
  await using association = await associate(server.port);
  let left = 200;
  const memory = new MemoryWatch(20);
  const dataset = {
    read() {
      memory.step();
      return Promise.resolve(left-- > 0 ? new Uint8Array(1 << 20) : undefined);
    },
    close: () => Promise.resolve(),
  };
  await cStore(association, { ...instance(1), dataset });
  assert.equal(bytes, 200 << 20);
  assert(memory.grown() < 8 << 20, `${memory.grown()} bytes`);
});

Deno.test("cStore() of a context that was not accepted is NotSupported, and others go on", async () => {
  await using server = serve(new Inbox());
  await using association = await associate(server.port);
  await assert.rejects(
    cStore(association, { ...instance(1), transferSyntaxUID: "1.2.840.10008.1.2.4.50" }),
    (error) =>
      isVfsError(error) && error.kind === "NotSupported" && /1\.2\.4\.50/.test(error.message),
  );
  await cStore(association, instance(2));
});

Deno.test("cStore() of an odd dataset is refused before anything is sent", async () => {
  const inbox = new Inbox();
  await using server = serve(inbox);
  await using association = await associate(server.port);
  await assert.rejects(cStore(association, instance(1, 11)), /odd length/);
  await cStore(association, instance(2));
  assert.equal(inbox.received.length, 1);
});

Deno.test("behaviour 31: B000 is a warning, A700 and C123 are errors with their comment, which does not leak", async () => {
  const failures = [0xB000, 0xA700, 0xC123];
  let turn = 0;
  await using server = serve({
    store: () => ({
      write() {},
      close() {
        const code = failures[turn++];
        if (code === undefined) return;
        const options = { op: "x", url: "" };
        throw new ServiceFailed("Unexpected", options, { code, meaning: "test", comment: "x" });
      },
      abort() {},
    }),
  });
  await using association = await associate(server.port);
  const warned = await cStore(association, instance(1));
  assert.equal(warned.status.class, "warning");
  assert.equal(warned.comment, "Unexpected");
  for (const [code, kind] of [[0xA700, "StorageFull"], [0xC123, "Corrupt"]] as const) {
    await assert.rejects(
      cStore(association, instance(2)),
      (error) =>
        error instanceof ServiceFailed && error.code === code && error.kind === kind &&
        error.detail?.dimse === code && error.comment === "Unexpected",
    );
  }
  assert.equal((await cStore(association, instance(3))).comment, undefined);
});

Deno.test("cStore() whose source fails aborts the association and throws the source's error", async () => {
  const inbox = new Inbox();
  await using server = serve(inbox);
  const association = await associate(server.port);
  let reads = 0;
  const dataset = {
    read: () =>
      reads++ < 3 ? Promise.resolve(new Uint8Array(1e5)) : Promise.reject(new Error("disk gone")),
    close: () => Promise.resolve(),
  };
  await assert.rejects(cStore(association, { ...instance(1), dataset }), /disk gone/);
  await association.closed;
  assert.equal(inbox.received.length, 0);
});

const KEYS = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "", PatientName: "Müller*" };

function matches(count: number, onYield: () => void = () => {}) {
  return async function* find() {
    for (let i = 0; i < count; i++) {
      onYield();
      yield await Promise.resolve(
        writeDicomDataset({ StudyInstanceUID: `1.2.${i}`, PatientName: "A^B" }, {
          transferSyntaxUID: EXPLICIT,
        }) as Uint8Array<ArrayBuffer>,
      );
    }
  };
}

Deno.test("cFind() yields each answer, and the server sees the keys in UTF-8", async () => {
  let seen = new Uint8Array();
  await using server = serve({
    find(query) {
      seen = query.identifier;
      return matches(1000)();
    },
  });
  await using association = await associate(server.port, { contexts: [context(FIND)] });
  const found = await all(cFind(association, { identifier: KEYS }));
  assert.equal(found.length, 1000);
  assert.equal(found[999]!.dataset.string("StudyInstanceUID"), "1.2.999");
  assert.match(new TextDecoder().decode(seen), /ISO_IR 192.*Müller\*/s);
});

Deno.test("behaviour 45: a key that the answer lacks is undefined", async () => {
  await using server = serve({ find: matches(1) });
  await using association = await associate(server.port, { contexts: [context(FIND)] });
  const [match] = await all(cFind(association, { identifier: KEYS }));
  assert.equal(match!.dataset.get("ModalitiesInStudy"), undefined);
  assert.equal(match!.dataset.has("ModalitiesInStudy"), false);
});

Deno.test("behaviour 38: a consumer that stops after 3 answers cancels, and the association is usable", async () => {
  let made = 0;
  await using server = serve({ find: matches(100_000, () => made++) });
  const contexts = [context(FIND), context(VERIFICATION)];
  await using association = await associate(server.port, { contexts });
  let taken = 0;
  for await (const _ of cFind(association, { identifier: KEYS })) if (++taken === 3) break;
  assert(made < 50_000, `${made} answers were made`);
  await cEcho(association);
  assert.equal(association.outstanding, 0);
});

Deno.test("cGet() streams instances into sinks, and tells of progress", async () => {
  const inbox = new Inbox();
  await using server = serve({
    get: () => Promise.resolve({ total: 20, instances: instances(20) }),
  });
  await using association = await associate(server.port, {
    contexts: [context(GET), context(CT)],
    roles: [{ sopClassUID: CT, scu: false, scp: true }],
  });
  const seen: (number | undefined)[] = [];
  const result = await cGet(association, {
    identifier: KEYS,
    onInstance: inbox.store,
    onProgress: ({ remaining }) => seen.push(remaining),
  });
  assert.equal(result.completed, 20);
  assert.deepEqual(result.failedInstances, []);
  assert.equal(seen.length, 20);
  assert.deepEqual(
    inbox.received.map((each) => each.bytes[0]),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

Deno.test("behaviour 52: when a sink fails, the rest is refused and cancelled, and the instance is named", async () => {
  let sent = 0;
  await using server = serve({
    get: () =>
      Promise.resolve({
        total: 5000,
        instances: (async function* () {
          for await (const each of instances(5000)) {
            sent++;
            yield each;
          }
        })(),
      }),
  });
  const contexts = [context(GET), context(CT)];
  await using association = await associate(server.port, { contexts });
  const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  let aborted = 0;
  const get = cGet(association, {
    identifier: KEYS,
    onInstance: () => ({
      write: () => Promise.reject(full),
      close() {},
      abort: () => void aborted++,
    }),
  });
  await assert.rejects(get, { cause: full, message: /instance 1\.2\.1 / });
  assert(sent < 1000, `${sent} were sent`);
  assert.equal(aborted, 1);
  assert(association.isOpen);
});

Deno.test("behaviour 51: instances that the peer could not send are named", async () => {
  await using server = serve({
    get: () =>
      Promise.resolve({
        total: 2,
        instances: (async function* () {
          yield* instances(1);
          yield { ...instance(2), sopClassUID: "1.2.3.4" };
        })(),
      }),
  });
  await using association = await associate(server.port, { contexts: [context(GET), context(CT)] });
  await assert.rejects(
    cGet(association, { identifier: KEYS, onInstance: new Inbox().store }),
    (error) =>
      error instanceof ServiceFailed && error.kind === "PartialFailure" &&
      /failed instances 1\.2\.2/.test(error.message),
  );
});

Deno.test("cMove() has instances sent to the destination, with the originator", async () => {
  const inbox = new Inbox();
  await using destination = serve(inbox);
  await using server = serve({
    async move(query) {
      if (query.destination !== "DEST") {
        const failure = { code: 0xA801, meaning: "move destination unknown" };
        throw new ServiceFailed("InvalidArgument", { op: "move", url: "" }, failure);
      }
      return await Promise.resolve({ total: 3, instances: moved(destination.port, 3) });
    },
  });
  await using association = await associate(server.port, { contexts: [context(MOVE)] });
  const result = await cMove(association, { identifier: KEYS, destination: "DEST" });
  assert.equal(result.completed, 3);
  assert.deepEqual(inbox.received[0]!.instance.moveOriginator, { aeTitle: "MEDVFS", messageId: 1 });
  await assert.rejects(
    cMove(association, { identifier: KEYS, destination: "NOBODY" }),
    (error) =>
      error instanceof ServiceFailed && error.code === 0xA801 && error.kind === "InvalidArgument",
  );
});

Deno.test("behaviour 2: a wrong called AE title is NotFound, names it, and is permanent", async () => {
  await using server = serve({ requireCalledAET: true });
  await assert.rejects(
    associate(server.port, { calledAET: "OTHER" }),
    (error) =>
      error instanceof AssociationRejected && error.kind === "NotFound" &&
      error.status === "permanent" && /"OTHER".*1\/1\/7/.test(error.message),
  );
});

Deno.test("behaviour 18: an AE title of 17 characters, or with a backslash, is refused before any byte", async () => {
  for (const calledAET of ["A".repeat(17), "A\\B", "", "   "]) {
    await assert.rejects(
      associate(1, { calledAET }),
      (error) => isVfsError(error) && error.kind === "InvalidArgument",
    );
  }
});

Deno.test("serveDicom() accepts implicit VR where only that is offered", async () => {
  await using server = serve(new Inbox());
  await using association = await associate(server.port, { contexts: [context(CT, IMPLICIT)] });
  assert.equal(association.contextFor(CT)!.transferSyntaxUID, IMPLICIT);
});

Deno.test("requestAssociation() is NotSupported when no context is accepted", async () => {
  await using server = serve();
  await assert.rejects(
    associate(server.port, { contexts: [context("1.2.3")] }),
    (error) => isVfsError(error) && error.kind === "NotSupported",
  );
});

Deno.test("behaviour 62: message ids skip 0 over 70,000 echoes, and time per echo stays flat", async () => {
  const inbox = new Inbox();
  await using server = serve({
    store: inbox.store,
    move: () => Promise.resolve({ total: 1, instances: moved(server.port, 1) }),
  });
  const contexts = [context(VERIFICATION), context(MOVE)];
  await using association = await associate(server.port, { contexts });
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    const before = cpuUsage();
    for (let i = 0; i < 10_000; i++) await cEcho(association);
    // The processor's, since a busy host takes its own time.
    const { user, system } = cpuUsage(before);
    times.push(user + system);
  }
  // Of several rounds, since what else the machine does takes caches away.
  assert(Math.min(...times.slice(4)) < 3 * Math.min(...times.slice(0, 3)), times.join(" "));
  await cMove(association, { identifier: KEYS, destination: "DEST" });
  // The 70,001st id, after 1 to 65,535 once.
  assert.equal(inbox.received[0]!.instance.moveOriginator?.messageId, 70_001 - 65_535);
});

Deno.test("contextsOf() cuts 200 pairs of class and syntax into two lists, whose ids are 255 at most", () => {
  const pairs = Array.from({ length: 200 }, (_, i) => [`1.2.${i}`, EXPLICIT] as const);
  const lists = contextsOf([...pairs, ...pairs]);
  assert.deepEqual(lists.map((list) => list.length), [128, 72]);
  const request = requestPdu({ calledAET: "A", callingAET: "B", contexts: lists[0]! }, 0, "");
  assert.deepEqual([request.contexts[0]!.id, request.contexts[127]!.id], [1, 255]);
  const all = { calledAET: "A", callingAET: "B", contexts: lists.flat() };
  assert.throws(() => requestPdu(all, 0, ""), /1 to 128 presentation contexts, not 200/);
});

Deno.test("serveDicom() takes any storage class, private ones too, and none of services that it has not", async () => {
  await using server = serve(new Inbox());
  const storage = [CT, "1.2.840.10008.5.1.4.34.7", "1.3.12.2.1107.5.9.1", "1.2.3.4"];
  // Storage commitment, performed procedure step, film session, modality worklist, unified worklist, hanging protocols.
  const others = ["1.20.1", "3.1.2.3.3", "5.1.1.1", "5.1.4.31", "5.1.4.34.6.1", "5.1.4.38.2"]
    .map((suffix) => `1.2.840.10008.${suffix}`);
  const [contexts] = contextsOf([...storage, ...others].map((uid) => [uid, EXPLICIT]));
  await using association = await associate(server.port, { contexts: contexts! });
  const accepted = (uid: string) => association.contextFor(uid) !== undefined;
  assert.deepEqual(storage.filter(accepted), storage);
  assert.deepEqual(others.filter(accepted), []);
});
