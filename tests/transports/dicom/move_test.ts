import { strict as assert } from "node:assert";
import { freePort } from "../../free_port.ts";
import { cStore, requestAssociation } from "../../../transports/dicom/dimse/mod.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { asRead, MR, seriesOf, world, type WorldOptions } from "./_archive.ts";

/** An archive without C-GET that knows our receiver. */
function withMove(options: WorldOptions = {}): WorldOptions & { readonly receiverPort: number } {
  const port = freePort();
  return {
    receiverPort: port,
    services: ["C-STORE", "C-FIND", "C-MOVE"],
    peers: { RECEIVER: { host: "127.0.0.1", port } },
    driver: { listen: { aeTitle: "RECEIVER", port, hostname: "127.0.0.1" } },
    ...options,
  };
}

const kindOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(isVfsError(error), `${error}`);
  return error;
};

Deno.test("dimse 48: without C-GET and receiver a read is NotSupported, and names the option", async () => {
  await using archive = await world(seriesOf(), { services: ["C-STORE", "C-FIND"] });
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`;
  for (let i = 0; i < 2; i++) {
    const error = await kindOf(archive.vfs.readFile(url));
    assert.equal(error.kind, "NotSupported");
    assert.match(error.message, /listen/);
  }
});

Deno.test("dimse 48: without C-GET instances come by C-MOVE to our receiver", async () => {
  await using archive = await world(seriesOf({ count: 12 }), withMove());
  const report = await archive.vfs.copy(archive.url, "memory:///moved");
  assert.deepEqual([report.done, report.failed], [12, 0]);
  for (const [uid, file] of archive.files) {
    const at = `memory:///moved/PAT1/1.2.3.1/1.2.3.1.1/${uid}`;
    assert.deepEqual(await archive.vfs.readFile(at), asRead(file));
  }
  assert.equal(archive.node.requests.count("C-MOVE"), 1);
});

Deno.test("dimse 51: an instance that cannot be moved is named, and the others are read", async () => {
  await using archive = await world(seriesOf({ count: 4 }), withMove());
  const bad = "1.2.3.1.1.2";
  archive.node.faults.inject({ service: "C-MOVE", uid: bad, status: 0xA700, times: Infinity });
  const error = await archive.vfs.copy(archive.url, "memory:///moved").catch((error) => error);
  assert(error instanceof TransferFailed, `${error}`);
  assert.deepEqual([error.report.done, error.report.failed], [3, 1]);
  const [problem] = error.report.problems;
  assert.match(String(problem!.error), new RegExp(`could not send instance ${bad}, status A702H`));
});

Deno.test("what is moved gives its association back, so that one does for all", async () => {
  const { driver, ...options } = withMove();
  await using archive = await world(seriesOf(), { ...options, driver: { ...driver, poolSize: 1 } });
  for (const [uid, file] of archive.files) {
    const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/${uid}`;
    assert.deepEqual(await archive.vfs.readFile(url), asRead(file));
  }
});

Deno.test("dimse 49: an archive that aborts at C-GET is asked by C-MOVE from then on", async () => {
  const { services: _, ...options } = withMove();
  await using archive = await world(seriesOf(), options);
  archive.node.faults.inject({ service: "C-GET", abort: 0, times: Infinity });
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1`;
  for (const uid of archive.files.keys()) {
    assert.deepEqual(await archive.vfs.readFile(`${url}/${uid}`), asRead(archive.files.get(uid)!));
  }
  assert.equal(archive.node.requests.count("C-GET"), 1);
  assert.equal(archive.node.requests.count("C-MOVE"), 3);
});

Deno.test("an archive that can send nothing by C-GET (A702) is asked by C-MOVE", async () => {
  const { services: _, ...options } = withMove();
  await using archive = await world(seriesOf({ count: 1 }), options);
  archive.node.faults.inject({ service: "C-GET", status: 0xA702 });
  const [uid, file] = [...archive.files][0]!;
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/${uid}`;
  for (const gets of [1, 2]) {
    assert.deepEqual(await archive.vfs.readFile(url), asRead(file));
    assert.equal(archive.node.requests.count("C-GET"), gets, "others it may be able to send");
  }
});

Deno.test("an archive that cannot count what it would send by C-GET (A701) is not asked by C-MOVE", async () => {
  const { services: _, ...options } = withMove();
  await using archive = await world(seriesOf({ count: 1 }), options);
  archive.node.faults.inject({ service: "C-GET", times: Infinity, status: 0xA701 });
  await kindOf(archive.vfs.readFile(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`));
  assert.equal(archive.node.requests.count("C-MOVE"), 0);
});

Deno.test("an archive that has served a C-GET and aborts the next one is not asked by C-MOVE", async () => {
  const { services: _, ...options } = withMove();
  await using archive = await world(seriesOf({ count: 2 }), options);
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1`;
  await archive.vfs.readFile(`${url}/1.2.3.1.1.1`);
  archive.node.faults.inject({ service: "C-GET", abort: 0 });
  await kindOf(archive.vfs.readFile(`${url}/1.2.3.1.1.2`));
  assert.equal(archive.node.requests.count("C-MOVE"), 0);
});

Deno.test("an archive that aborts its first C-GET and cannot move is asked by C-GET again", async () => {
  const { services: _, ...knowsNobody } = withMove({ peers: {} });
  for (const options of [{}, knowsNobody]) {
    await using archive = await world(seriesOf({ count: 1 }), options);
    archive.node.faults.inject({ service: "C-GET", abort: 0, times: 1 });
    const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`;
    await kindOf(archive.vfs.readFile(url));
    await archive.vfs.readFile(url);
  }
});

Deno.test("an archive that has served a C-GET and refuses one (0122) is asked by C-GET again", async () => {
  await using archive = await world(seriesOf({ count: 1 }));
  const read = () => archive.vfs.readFile(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`);
  await read();
  archive.node.faults.inject({ service: "C-GET", status: 0x0122 });
  assert.equal((await kindOf(read())).detail?.dimse, 0x0122);
  await read();
});

Deno.test("an archive that can send nothing by C-GET (A702) is told as it says where there is no receiver", async () => {
  await using archive = await world(seriesOf({ count: 1 }));
  archive.node.faults.inject({ service: "C-GET", status: 0xA702 });
  const error = await kindOf(
    archive.vfs.readFile(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`),
  );
  assert.equal(error.detail?.dimse, 0xA702);
});

Deno.test("dimse 55: a destination that the archive does not know is InvalidArgument", async () => {
  await using archive = await world(seriesOf(), withMove({ peers: {} }));
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`;
  assert.equal((await kindOf(archive.vfs.readFile(url))).kind, "InvalidArgument");
});

Deno.test("dimse 56: instances of two studies that are moved at once go to the right readers", async () => {
  const samples = [...seriesOf({ count: 20 }), ...seriesOf({ study: 2, count: 20 })];
  await using archive = await world(samples, withMove());
  const copies = ["1.2.3.1", "1.2.3.2"].map((study) =>
    archive.vfs.copy(`${archive.url}/PAT1/${study}`, `memory:///two/${study}`)
  );
  for (const { done, failed } of await Promise.all(copies)) {
    assert.deepEqual([done, failed], [20, 0]);
  }
  for (const { SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID } of samples) {
    const at = `memory:///two/${StudyInstanceUID}/${SeriesInstanceUID}/${SOPInstanceUID}`;
    assert.deepEqual(
      await archive.vfs.readFile(at),
      asRead(archive.files.get(SOPInstanceUID)!),
    );
  }
});

Deno.test("an instance that is moved alone, since its series fills the disk, goes to who asked for it alone", async () => {
  const { services, peers, driver } = withMove();
  const spool = { directory: false, maxBytes: 300_000 } as const;
  const samples = seriesOf({ count: 3, bytes: 900_000 });
  await using archive = await world(samples, { services, peers, driver: { ...driver, spool } });
  const { vfs, url, files } = archive;
  const at = `${url}/PAT1/1.2.3.1/1.2.3.1.1`;
  const [first, , third] = [...files.keys()];
  await Array.fromAsync(vfs.readDir(at));
  await vfs.readFile(`${at}/${first}`);
  // By then the second has filled what there is.
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  assert.deepEqual(await vfs.readFile(`${at}/${third}`), asRead(files.get(third!)!));
});

Deno.test("an instance that is moved alone goes to who asked for it alone, also when its series was asked for since", async () => {
  await using archive = await world(seriesOf({ count: 3 }), withMove());
  const { vfs, url, files, node } = archive;
  const at = `${url}/PAT1/1.2.3.1/1.2.3.1.1`;
  const [first, , third] = [...files.keys()];
  node.faults.inject({ service: "C-MOVE", uid: third, delay: 500, times: 2 });
  const alone = vfs.readFile(`${at}/${third}`);
  // What it finds goes on to the C-MOVE, which waits.
  while (node.requests.count("C-FIND") === 0) await new Promise((r) => setTimeout(r, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await Array.fromAsync(vfs.readDir(at));
  assert.deepEqual(await vfs.readFile(`${at}/${first}`), asRead(files.get(first!)!));
  assert.deepEqual(await alone, asRead(files.get(third!)!));
});

Deno.test("the receiver refuses what nobody waits for", async () => {
  const { receiverPort: port, ...options } = withMove();
  await using archive = await world(seriesOf({ count: 1 }), options);
  const [uid] = archive.files.keys();
  await archive.vfs.readFile(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/${uid}`);
  const transferSyntaxUID = "1.2.840.10008.1.2.1";
  await using association = await requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET: "RECEIVER",
    contexts: [{ sopClassUID: MR, transferSyntaxUIDs: [transferSyntaxUID] }],
  });
  const dataset = new Uint8Array(10);
  const instance = { sopClassUID: MR, sopInstanceUID: uid!, transferSyntaxUID, dataset };
  assert.equal((await kindOf(cStore(association, instance))).kind, "PermissionDenied");
});

Deno.test("a port that cannot be had for the receiver is told as such", async () => {
  using _taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = _taken.addr as Deno.NetAddr;
  const driver = { listen: { aeTitle: "RECEIVER", port, hostname: "127.0.0.1" } };
  await using archive = await world(seriesOf(), withMove({ driver }));
  const url = `${archive.url}/PAT1/1.2.3.1/1.2.3.1.1/1.2.3.1.1.1`;
  const error = await kindOf(archive.vfs.readFile(url));
  assert.equal(error.kind, "Unavailable");
  assert(error.message.includes(`${port}`), error.message);
});
