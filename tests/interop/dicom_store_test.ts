/**
 * Storing with the `dicom:` driver in other people's archives. Needs the Debian packages dcmtk and orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { readFileMeta } from "../../formats/mod.ts";
import { phantomStudy, seededRandom } from "../../testing/mod.ts";
import { AssociationAborted } from "../../transports/dicom/dimse/mod.ts";
import { TransferFailed } from "../../vfs/copy/transfer.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { file, vfsWith } from "../transports/dicom/_store_kit.ts";
import { sample, samplePaths } from "../formats/_samples.ts";
import { cohort, dcmtk, ORTHANC, sampleTest, withDcmqrscp, withOrthanc } from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { type Server, started, withFolder } from "./servers.ts";

const STORESCP = dcmtk("storescp");
const DCMDUMP = dcmtk("dcmdump");

/** storescp that writes into `folder`, without Nagle's delays. */
async function storescp(folder: string, ...args: string[]): Promise<Server & { url: string }> {
  const port = freePort();
  const all = [...args, "-od", folder, String(port)];
  const server = await started("storescp", all, port, { TCP_NODELAY: "1" });
  return { ...server, url: `dicom://127.0.0.1:${port}/STORESCP` };
}

async function datasetOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return bytes.subarray((await readFileMeta(bytes)).datasetOffset);
}

/** The one file in `folder`, which is removed. */
async function taken(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  assert.equal(names.length, 1, names.join());
  const bytes = await Deno.readFile(join(folder, names[0]!));
  await Deno.remove(join(folder, names[0]!));
  return bytes;
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("resolved"), (error) => error);
}

/** What cannot be stored, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "dicomdir/DICOMDIR": "NotSupported",
  "dicomdir/DICOMDIR-bigEnd": "NotSupported",
  "dicomdir/DICOMDIR-empty.dcm": "NotSupported",
  "dicomdir/DICOMDIR-implicit": "NotSupported",
  "dicomdir/DICOMDIR-nooffset": "Corrupt",
  "dicomdir/DICOMDIR-nopatient": "NotSupported",
  "dicomdir/DICOMDIR-reordered": "NotSupported",
  "empty_charset_LEI.dcm": "Corrupt", // no SOP class
  "meta_missing_tsyntax.dcm": "Corrupt", // no SOP class
  "nested_priv_SQ.dcm": "Corrupt", // no SOP class
  "rtplan_truncated.dcm": "Corrupt",
};

await sampleTest(
  STORESCP,
  "dimse 20: every real file arrives unchanged in storescp",
  () =>
    withFolder(async (folder) => {
      await using server = await storescp(folder, "+B", "+xa", "-pm", "-pdu", "131072");
      await using vfs = vfsWith({ poolSize: 1 });
      const refused: Record<string, string> = {};
      let stored = 0;
      for (const path of samplePaths("pydicom/")) {
        const bytes = sample(path) as Uint8Array<ArrayBuffer>;
        try {
          await vfs.writeFile(server.url, bytes);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          refused[path.slice("pydicom/".length)] = error.kind;
          continue;
        }
        const expected = await datasetOf(bytes);
        // A deflated dataset of odd length is padded on the wire (PS3.5 §A.5).
        const actual = (await datasetOf(await taken(folder))).subarray(0, expected.length);
        assert.deepEqual(actual, expected, path);
        stored++;
      }
      assert.deepEqual(refused, REFUSED);
      assert.ok(stored >= 40, `${stored} stored`);
    }),
);

await peerTest(
  STORESCP,
  "dimse 17: 200 kinds of instances are all stored in storescp",
  () =>
    withFolder(async (folder) => {
      await using server = await storescp(folder, "+B", "+xa", "-pm");
      await using vfs = vfsWith({ poolSize: 1 });
      for (let n = 0; n < 200; n++) {
        const transferSyntaxUID = n % 2 ? "1.2.840.10008.1.2.4.70" : "1.2.840.10008.1.2.2";
        const content = file(n, { SOPClassUID: `1.2.3.${n >> 1}` }, { transferSyntaxUID });
        await vfs.writeFile(`memory:///k/${n}`, content);
      }
      assert.equal((await vfs.copy("memory:///k", server.url)).done, 200);
    }),
);

await peerTest(
  DCMDUMP,
  "dimse 24: what storescp takes in implicit VR only is the same",
  (run) =>
    withFolder(async (folder) => {
      await using server = await storescp(folder, "+xi");
      await using vfs = vfsWith({ poolSize: 1 });
      // Lengths of sequences may be stated or not, in which dumps differ; so do VRs of private attributes.
      const dump = async (path: string) =>
        (await run("-q", "+L", "-Un", "+R", "4096", path)).split("\n")
          .filter((line) => line.startsWith("(") && !/^\((0002|....,0000)/.test(line))
          .map((line) => line.replace(/^(\(....,....\)) ..(.*?)\s+#.*$/, "$1$2").trimEnd());
      let count = 0;
      for await (const { bytes } of phantomStudy({ modalities: ["MR"] })) {
        const path = join(folder, "sent");
        await vfs.writeFile(server.url, bytes);
        await Deno.writeFile(join(folder, "arrived"), await taken(folder));
        await Deno.writeFile(path, bytes);
        const lines = await dump(path);
        assert.ok(lines.length > 40);
        assert.deepEqual(await dump(join(folder, "arrived")), lines);
        await Deno.remove(join(folder, "arrived"));
        await Deno.remove(path);
        if (++count === 20) break;
      }
      const jpeg = file(1, {}, { transferSyntaxUID: "1.2.840.10008.1.2.4.50" });
      const error = await errorOf(vfs.writeFile(server.url, jpeg));
      assert.ok(isVfsError(error) && error.kind === "NotSupported", String(error));
    }),
);

for (const flag of ["--abort-during", "--abort-after"]) {
  await peerTest(
    STORESCP,
    `dimse 28: storescp ${flag} is an abort, told for each file`,
    () =>
      withFolder(async (folder) => {
        await using server = await storescp(folder, "+B", "-pm", flag);
        await using vfs = vfsWith({ poolSize: 1 });
        for (let n = 0; n < 3; n++) await vfs.writeFile(`memory:///a/${n}`, file(n));
        const error = await errorOf(vfs.copy("memory:///a", server.url));
        assert.ok(error instanceof TransferFailed);
        assert.equal(error.report.failed, 3);
        for (const problem of error.report.problems) {
          assert.ok(problem.error instanceof AssociationAborted, String(problem.error));
        }
      }),
  );
}

await peerTest(
  STORESCP,
  "dimse 29: storescp --sleep-during ends in a timeout, once",
  () =>
    withFolder(async (folder) => {
      await using server = await storescp(folder, "+B", "-pm", "--sleep-during", "70");
      await using vfs = vfsWith({ poolSize: 1, timeouts: { responseMs: 500 } });
      const error = await errorOf(vfs.writeFile(server.url, file(1)));
      assert.ok(isVfsError(error) && error.kind === "TimedOut", String(error));
      assert.equal(error.attempts, 1);
    }),
);

await peerTest(
  STORESCP,
  "dimse 32: storescp is killed at 50 random moments; what it acknowledged is there, the rest is told",
  () =>
    withFolder(async (folder) => {
      await using vfs = vfsWith({ poolSize: 1 }, { layers: { retry: { attempts: 1 } } });
      for (let n = 0; n < 40; n++) {
        const content = file(n, { PixelData: new Uint8Array(400_000).fill(n) });
        await vfs.writeFile(`memory:///d/${n}`, content);
      }
      const random = seededRandom(32);
      for (let moment = 0; moment < 50; moment++) {
        const into = join(folder, String(moment));
        await Deno.mkdir(into);
        await using server = await storescp(into, "+B", "-pm");
        const done: string[] = [];
        const last = 1 + Math.floor(random() * 30);
        // Between two answers, so in the midst of an instance.
        const delay = random() * 2;
        let killed: Promise<void> | undefined;
        const error = await errorOf(
          vfs.copy("memory:///d", server.url, {
            onOutcome: ({ result, to }) => {
              if (result !== "done") return;
              if (done.push(to!.split("/").at(-1)!) !== last) return;
              killed = new Promise((resolve) => setTimeout(resolve, delay)).then(() =>
                server.kill()
              );
            },
          }),
        );
        await killed;
        assert.ok(error instanceof TransferFailed, String(error));
        assert.equal(done.length + error.report.failed, 40);
        const there = new Set<string>();
        for await (const { name } of Deno.readDir(into)) there.add(name.replace(/^[A-Z]+\./, ""));
        for (const uid of done) {
          assert.ok(there.has(uid), `${uid} was acknowledged and is not there`);
        }
        // Sent again, it ends complete.
        const port = Number(new URL(server.url.replace("dicom:", "http:")).port);
        const args = ["+B", "-pm", "-od", into, String(port)];
        await using _again = await started("storescp", args, port, { TCP_NODELAY: "1" });
        assert.equal((await vfs.copy("memory:///d", server.url)).done, 40);
        assert.equal((await Array.fromAsync(Deno.readDir(into))).length, 40);
      }
    }),
);

// Orthanc does not answer what is cut within an element.
await peerTest(
  ORTHANC,
  "dimse 27: a cut file that is sent to Orthanc all the same fails in its time, and the next is stored",
  () =>
    withOrthanc(async ({ port, aeTitle, rest }) => {
      const url = `dicom://127.0.0.1:${port}/${aeTitle}`;
      const timeouts = { responseMs: 1000 };
      await using vfs = vfsWith({ poolSize: 1, timeouts, store: { truncated: "send" } });
      const whole = file(27, { PixelData: new Uint8Array(300_000) });
      for (const cut of [1_000, 250_000]) {
        const error = await errorOf(vfs.writeFile(url, whole.slice(0, -cut)));
        assert.ok(isVfsError(error) && error.kind === "TimedOut", String(error));
        assert.equal(error.attempts, 1);
      }
      await vfs.writeFile(url, whole);
      const { CountInstances } = await (await fetch(`${rest}/statistics`)).json();
      assert.equal(CountInstances, 1);
    }, { DicomAlwaysAllowStore: true }),
);

/** Sends the cohort to an archive and fetches it again. */
async function roundTrip(url: string, poolSize: number): Promise<void> {
  await using vfs = vfsWith({ poolSize });
  const list = await cohort();
  for (const { name, file } of list) await vfs.writeFile(`memory:///cohort/${name}`, file);
  const sent = await vfs.copy("memory:///cohort", url);
  assert.deepEqual([sent.done, sent.warned, sent.failed], [48, 0, 0]);
  assert.equal((await vfs.copy(url, "memory:///back")).done, 48);
  const back = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const entry of vfs.entries("memory:///back", { includeDirs: false })) {
    back.set(entry.name, await vfs.readFile(entry.url));
  }
  for (const { sopInstanceUID, dataset } of list) {
    assert.deepEqual(await datasetOf(back.get(sopInstanceUID)!), dataset, sopInstanceUID);
  }
}

await sampleTest(
  ORTHANC,
  "a cohort of 48 goes to Orthanc and back, and it counts as many",
  () =>
    withOrthanc(async ({ port, aeTitle, rest }) => {
      await roundTrip(`dicom://127.0.0.1:${port}/${aeTitle}`, 4);
      const { CountInstances } = await (await fetch(`${rest}/statistics`)).json();
      assert.equal(CountInstances, 48);
    }),
);

// It loses instances when several associations store at once.
await sampleTest(
  dcmtk("dcmqrscp"),
  "a cohort of 48 goes to dcmqrscp and back",
  () => withDcmqrscp(({ port, aeTitle }) => roundTrip(`dicom://127.0.0.1:${port}/${aeTitle}`, 1)),
);
