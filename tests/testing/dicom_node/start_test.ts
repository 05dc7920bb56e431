import { strict as assert } from "node:assert";
import { cEcho, cStore, VERIFICATION } from "../../../transports/dicom/dimse/mod.ts";
import { type DicomLogEntry, type DicomNode, serveDicomNode } from "../../../testing/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { archive, associate, find, folderOf, get, IMPLICIT } from "./_kit.ts";

/** Has the look through a folder begin only when the result is called. */
function holdEntries(vfs: Vfs): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const entries = vfs.entries.bind(vfs);
  vfs.entries = async function* (...args) {
    await promise;
    yield* entries(...args);
  };
  return resolve;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** A node while it reads its folder, as far as a peer knows it. */
async function starting(log: DicomLogEntry[] = []) {
  const vfs = await folderOf(await archive());
  const goOn = holdEntries(vfs);
  const port = freePort();
  const at = { aeTitle: "NODE", port };
  const ready = serveDicomNode({
    ...at,
    vfs,
    root: "memory:///archive",
    onRequest: (entry) => log.push(entry),
  });
  const list = await archive();
  const verification = { sopClassUID: VERIFICATION, transferSyntaxUID: IMPLICIT };
  let association;
  while (!association) {
    association = await associate(at as DicomNode, [...list, verification]).catch(() => undefined);
  }
  return { vfs, ready, goOn, association, list };
}

Deno.test("serveDicomNode() answers C-ECHO alone until it knows all that is in the folder, and everything afterwards", async () => {
  const log: DicomLogEntry[] = [];
  const { vfs, ready, goOn, association, list } = await starting(log);
  await using _vfs = vfs;
  await using _association = association;
  const [sample] = list;
  const study = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: sample!.studyInstanceUID };
  await cEcho(association);
  await assert.rejects(find(association, study), { code: 0xA700 });
  await assert.rejects(cStore(association, sample!), { code: 0xA700 });
  await assert.rejects(get(association, study), { code: 0xA701 });
  assert.deepEqual(log.map(({ service, status }) => [service, status]), [
    ["C-FIND", 0xA700],
    ["C-STORE", 0xA700],
    ["C-GET", 0xA701],
  ]);
  goOn();
  await using _node = await ready;
  assert.equal((await find(association, study)).length, 1);
  await cStore(association, sample!);
  const { result } = await get(association, study);
  const { studyInstanceUID } = sample!;
  const all = list.filter((each) => each.studyInstanceUID === studyInstanceUID);
  assert.equal(result.completed, all.length);
});

Deno.test("serveDicomNode() reads nothing where its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using vfs = await folderOf(await archive());
  holdEntries(vfs);
  const { port } = taken.addr as Deno.NetAddr;
  await assert.rejects(
    serveDicomNode({ vfs, root: "memory:///archive", port }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("serveDicomNode() that is given up while it reads its folder frees port and peers", async () => {
  await using vfs = await folderOf(await archive());
  const port = freePort();
  const controller = new AbortController();
  const entries = vfs.entries.bind(vfs);
  vfs.entries = async function* (...args) {
    const at = { aeTitle: "NODE", port } as DicomNode;
    await using _association = await associate(at);
    controller.abort();
    yield* entries(...args);
  };
  const { signal } = controller;
  await assert.rejects(serveDicomNode({ vfs, root: "memory:///archive", port, signal }));
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});
