import { strict as assert } from "node:assert";
import {
  type Association,
  AssociationAborted,
  AssociationRejected,
  cMove,
  cStore,
  type IdentifierInput,
  serveDicom,
} from "../../../transports/dicom/dimse/mod.ts";
import { type DicomFaultKind, type DicomService, serveDicomNode } from "../../../testing/mod.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { archive, archiveNode, associate, find, get, inbox, samples } from "./_kit.ts";

const STUDIES = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "" };

async function aStudy(): Promise<IdentifierInput & { StudyInstanceUID: string }> {
  const [{ studyInstanceUID: StudyInstanceUID } = { studyInstanceUID: "" }] = await archive();
  return { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
}

Deno.test("faults reject associations, for good or for now", async () => {
  await using node = await serveDicomNode();
  node.faults.inject({ reject: "permanent" });
  node.faults.inject({ reject: "transient", callingAET: "OTHER" });
  node.faults.inject({ reject: { result: 1, source: 1, reason: 3 } });
  const reject = (status: string, code: string) => (error: unknown) =>
    error instanceof AssociationRejected && error.status === status && error.detail?.text === code;
  await assert.rejects(associate(node), reject("permanent", "1/1/1"));
  await assert.rejects(associate(node), reject("permanent", "1/1/3"));
  await using _fine = await associate(node);
  const other = { callingAET: "OTHER" };
  await assert.rejects(associate(node, [], other), reject("temporary", "2/3/1"));
  await using _now = await associate(node, [], other);
  assert.equal(node.requests.associations, 2);
});

Deno.test("faults answer C-STORE with statuses, by count and by instance; a warning stores", async () => {
  await using node = await serveDicomNode();
  const list = await samples();
  await using association = await associate(node, list);
  const [a, b, c, d] = list;
  node.faults.inject({ service: "C-STORE", status: 0xA700, after: 1, times: 2 });
  node.faults.inject({ service: "C-STORE", status: 0xB000, uid: d!.sopInstanceUID });
  const ofAnother = node.faults.inject({ service: "C-FIND", status: 0xA700 });
  assert.equal((await cStore(association, a!)).status.code, 0);
  await assert.rejects(cStore(association, b!), { code: 0xA700 });
  await assert.rejects(cStore(association, c!), { code: 0xA700 });
  assert.equal((await cStore(association, d!)).status.code, 0xB000);
  assert.equal(node.counts.instances, 2);
  assert.equal(node.faults.pending, 1, "that of another service");
  ofAnother();
  const statuses = node.requests.entries.map(({ status }) => status);
  assert.deepEqual(statuses, [0, 0xA700, 0xA700, 0xB000]);
});

for (const status of [0xA700, 0xA900, 0xB000, 0xC000]) {
  Deno.test(`faults answer each service with ${status.toString(16)}, and the association goes on`, async () => {
    const { store } = inbox();
    await using destination = serveDicom({ aeTitle: "WS", port: 0, store });
    const peers = { WS: { host: "127.0.0.1", port: destination.port } };
    await using node = await archiveNode({ peers });
    const list = await archive();
    const identifier = await aStudy();
    await using association = await associate(node, list);
    const services: [DicomService, () => Promise<unknown>][] = [
      ["C-STORE", () => cStore(association, list[0]!)],
      ["C-FIND", () => find(association, STUDIES)],
      ["C-GET", () => get(association, identifier)],
      ["C-MOVE", () => cMove(association, { identifier, destination: "WS" })],
    ];
    for (const [service, run] of services) {
      node.faults.inject({ service, status });
      await Promise.allSettled([run()]);
      assert.equal(node.requests.entries.at(-1)!.status, status, service);
      await run();
    }
  });
}

const BROKEN: [string, (amount: number) => DicomFaultKind, (error: unknown) => boolean][] = [
  ["abort", (abort) => ({ abort }), (error) => error instanceof AssociationAborted],
  [
    "drop",
    (drop) => ({ drop }),
    (error) =>
      !(error instanceof AssociationAborted) && /closed the connection/.test(String(error)),
  ],
  ["stall", (stall) => ({ stall }), (error) => isVfsError(error) && error.kind === "TimedOut"],
];
for (const [name, fault, isMeant] of BROKEN) {
  Deno.test(`faults ${name} each service in its midst, and the next association works`, async () => {
    await using node = await archiveNode();
    const list = await archive();
    const identifier = await aStudy();
    const services: [DicomService, number, (to: Association) => Promise<unknown>][] = [
      ["C-STORE", 1000, (association) => cStore(association, list[0]!)],
      ["C-FIND", 1, (association) => find(association, STUDIES)],
      ["C-GET", 1000, (association) => get(association, identifier)],
    ];
    for (const [service, amount, run] of services) {
      node.faults.inject({ service, ...fault(amount) });
      const timeouts = { responseMs: 200, subOperationMs: 200 };
      const association = await associate(node, list, { timeouts });
      await assert.rejects(run(association), isMeant, service);
      await association.closed;
      await using next = await associate(node, list);
      await run(next);
    }
  });
}

Deno.test("faults abort, drop and lose what C-STORE sends; nothing of it is kept", async () => {
  await using node = await serveDicomNode();
  const [sample] = await samples();
  node.faults.inject({ service: "C-STORE", abort: 1000 });
  const first = await associate(node, [sample!]);
  await assert.rejects(cStore(first, sample!), AssociationAborted);
  node.faults.inject({ service: "C-STORE", drop: 1000 });
  const second = await associate(node, [sample!]);
  await assert.rejects(
    cStore(second, sample!),
    (error) =>
      !(error instanceof AssociationAborted) && /closed the connection/.test(String(error)),
  );
  node.faults.inject({ service: "C-STORE", lose: true });
  await using third = await associate(node, [sample!]);
  assert.equal((await cStore(third, sample!)).status.code, 0);
  assert.equal(node.counts.instances, 0);
  await first.closed;
  await second.closed;
});

Deno.test("faults abort C-STORE after so many bytes, in however many pieces they come", async () => {
  await using node = await serveDicomNode();
  const [sample] = await samples();
  node.faults.inject({ service: "C-STORE", abort: 2 << 20 });
  await using association = await associate(node, [sample!]);
  let pieces = 0;
  const dataset = {
    read: async () => await Promise.resolve(++pieces > 200 ? undefined : new Uint8Array(1 << 20)),
    close: () => Promise.resolve(),
  };
  await assert.rejects(cStore(association, { ...sample!, dataset }), AssociationAborted);
  assert(pieces < 200, "sent to its end");
});

Deno.test("faults make C-FIND fail, abort or go silent after some answers", async () => {
  await using node = await archiveNode();
  node.faults.inject({ service: "C-FIND", status: 0xC000 });
  node.faults.inject({ service: "C-FIND", delay: 1 });
  node.faults.inject({ service: "C-FIND", abort: 2 });
  node.faults.inject({ service: "C-FIND", stall: 1 });
  {
    await using association = await associate(node);
    await assert.rejects(find(association, STUDIES), { code: 0xC000 });
    assert.equal((await find(association, STUDIES)).length, 3);
  }
  const aborted = await associate(node);
  await assert.rejects(find(aborted, STUDIES), AssociationAborted);
  const stalled = await associate(node, [], { timeouts: { responseMs: 200 } });
  await assert.rejects(find(stalled, STUDIES), { kind: "TimedOut" });
  await aborted.closed;
  await stalled.closed;
});

Deno.test("faults fail one instance of a C-GET, or end it after some bytes", async () => {
  await using node = await archiveNode();
  const list = await archive();
  const identifier = await aStudy();
  const { sopInstanceUID: uid } = list[3]!;
  node.faults.inject({ service: "C-GET", uid, status: 0xA702 });
  {
    await using association = await associate(node, list);
    await assert.rejects(get(association, identifier), { kind: "PartialFailure" });
    const { result } = await get(association, identifier);
    assert.equal(result.completed, 18);
  }
  node.faults.inject({ service: "C-GET", abort: 100_000 });
  const association = await associate(node, list);
  await assert.rejects(get(association, identifier), AssociationAborted);
  await association.closed;
  node.faults.inject({ service: "C-GET", abort: 0 });
  const other = await associate(node, list);
  await assert.rejects(get(other, identifier), AssociationAborted);
  await other.closed;
});

Deno.test("faults fail an instance of a C-MOVE, which the peer is told by its UID", async () => {
  const { datasets, store } = inbox();
  await using destination = serveDicom({ aeTitle: "WS", port: 0, store });
  await using node = await archiveNode({
    peers: { WS: { host: "127.0.0.1", port: destination.port } },
  });
  const { sopInstanceUID: uid } = (await archive())[0]!;
  node.faults.inject({ service: "C-MOVE", uid, status: 0xA702 });
  await using association = await associate(node);
  await assert.rejects(
    cMove(association, { identifier: await aStudy(), destination: "WS" }),
    (error) => String(error).includes(uid),
  );
  assert.equal(datasets.size, 17);
});

Deno.test("clear() and what inject() gives take faults away", async () => {
  await using node = await archiveNode();
  const take = node.faults.inject({ status: 0xA700 });
  node.faults.inject({ status: 0xA900 });
  take();
  assert.equal(node.faults.pending, 1);
  node.faults.clear();
  await using association = await associate(node);
  assert.equal((await find(association, STUDIES)).length, 3);
  assert.equal(node.requests.count("C-FIND"), 1);
  node.requests.clear();
  assert.equal(node.requests.count("C-FIND"), 0);
});
