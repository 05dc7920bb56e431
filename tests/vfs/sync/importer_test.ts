import { strict as assert } from "node:assert";
import { serveDicomNode } from "../../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { SyncOptions, SyncOutcome, SyncReport } from "../../../vfs/sync/options.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { type Bytes, readerOf } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { FetchLike, Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { rejects } from "../_fakes.ts";
import { contentOf, fill, study } from "./_places.ts";
import type { Files } from "./_trees.ts";

const A = "memory:///a";
const JOURNAL = "memory:///journal";

interface Setting {
  readonly server: XnatServer;
  readonly vfs: Vfs;
  /** The project. */
  readonly url: string;
  /** Imports so far. */
  readonly imports: () => number;
}

async function setting(work: (setting: Setting) => Promise<void>): Promise<void> {
  await using server = await startXnatServer();
  server.seed.project("P");
  await using vfs = createVfs({ layers: { random: () => 0 } });
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  const imports = () =>
    server.requests.entries.filter(({ path }) => path.includes("services/import")).length;
  await fill(vfs, { scheme: "memory", url: A }, await study(["CT"]));
  await work({ server, vfs, url, imports });
}

/** The CT study of another patient. */
async function another(): Promise<Files> {
  const files: Files = new Map();
  const who = { seed: 2, patientID: "PHANTOM-2", patientName: "Other^Head" };
  for await (const { path, bytes } of phantomStudy({ ...who, modalities: ["CT"] })) {
    files.set(path.join("/"), bytes);
  }
  return files;
}

async function failures(action: Promise<SyncReport>): Promise<SyncReport> {
  const error = await action.catch((error) => error);
  assert.ok(error instanceof TransferFailed, String(error));
  return error.report as SyncReport;
}

/** All but the last bytes of `body`, from which the header can be read, and then an error. */
function breaking(body: Bytes, url: string): Bytes {
  const reader = readerOf(body);
  return {
    read: async () => {
      const chunk = await reader.read();
      if (chunk && chunk.length > 10) return chunk.subarray(0, -10);
      throw new VfsError("Corrupt", { op: "read", url });
    },
    close: (reason) => reader.close(reason),
  };
}

const sameInstances = async (vfs: Vfs, url: string) => {
  const place = (at: string) => ({ scheme: "xnat", url: at }) as never;
  assert.deepEqual(await contentOf(vfs, place(url), true), await contentOf(vfs, place(A), true));
};

Deno.test("sync() with the importer of an XNAT imports each study once, and again nothing, with and without a journal", () =>
  setting(async ({ vfs, url, imports }) => {
    const first = await vfs.sync(A, url, { importer: true, journal: JOURNAL });
    assert.deepEqual([first.done, first.kept, first.warned], [18, 0, 0]);
    assert.equal(imports(), 1);
    await sameInstances(vfs, url);
    const options: SyncOptions[] = [{ journal: JOURNAL }, {}, { dryRun: true }];
    for (const more of options) {
      const again = await vfs.sync(A, url, { importer: true, ...more });
      assert.deepEqual([again.done, again.kept, again.bytes], [0, 18, 0]);
    }
    assert.equal(imports(), 1);
  }));

Deno.test("sync() with the importer puts all into the session that the URL names, and adds to it what is new", () =>
  setting(async ({ vfs, url, imports }) => {
    const ct = await study(["CT"]);
    await fill(vfs, { scheme: "memory", url: "memory:///ct" }, ct);
    const session = `${url}/sub1/ses1`;
    assert.equal((await vfs.sync("memory:///ct", session, { importer: true })).done, 18);
    assert.deepEqual(
      (await Array.fromAsync(vfs.readDir(session))).map(({ name }) => name).filter((name) =>
        !name.startsWith(".")
      ).sort(),
      ["1", "2", "3"],
    );
    const [name] = [...ct.keys()];
    const changed = ct.get(name!)!.slice();
    changed.fill(7, -100);
    await vfs.writeFile(`memory:///ct/${name}`, changed);
    const before = imports();
    const report = await vfs.sync("memory:///ct", session, { importer: true });
    assert.deepEqual([report.done, report.kept, imports() - before], [1, 17, 1]);
    const files = (await Array.fromAsync(vfs.entries(session))).filter(({ isFile }) => isFile);
    assert.equal(files.length, 18);
  }));

Deno.test("sync() with the importer never puts one file of an instance in the place of another of the source", () =>
  setting(async ({ vfs, url, imports }) => {
    const ct = await study(["CT"]);
    const [name] = [...ct.keys()];
    const changed = ct.get(name!)!.slice();
    changed.fill(7, -100);
    const from = "memory:///twice";
    const file = ct.get(name!)!;
    const files: Files = new Map([["1.dcm", file], ["2.dcm", changed]]);
    for (const done of [1, 0, 0]) {
      await fill(vfs, { scheme: "memory", url: from }, files);
      const errors: string[] = [];
      const onOutcome = ({ error }: SyncOutcome) => void errors.push(String(error ?? ""));
      const options = { importer: true, journal: JOURNAL, onOutcome } as const;
      const report = await failures(vfs.sync(from, url, options));
      assert.deepEqual([report.done, report.kept], [done, 1 - done]);
      assert.equal(report.failed, files.size - 1);
      const told = errors.filter((text) => /"1.dcm" is another of the same/.test(text));
      assert.equal(told.length, report.failed);
      assert.equal(imports(), 1);
      const there = (await Array.fromAsync(vfs.entries(url))).filter(({ isFile }) => isFile);
      assert.deepEqual(await Promise.all(there.map(({ url }) => vfs.readFile(url))), [file]);
      // One more, that comes before all others.
      if (done === 0) files.set("0.dcm", changed);
    }
  }));

Deno.test("sync() with the importer is not content with files of the same content that nobody imported", () =>
  setting(async ({ server, vfs, url }) => {
    server.seed.scan(["P", "other", "ses", "1"]);
    await vfs.sync(A, `${url}/other/ses/1/FILES`);
    assert.equal((await vfs.sync(A, url, { importer: true })).done, 18);
  }));

Deno.test("sync() from an archive to the importer of an XNAT goes study by study", () =>
  setting(async ({ vfs, url, imports }) => {
    await using node = await serveDicomNode({ aeTitle: "NODE" });
    await vfs.copy(A, node.url);
    const options = { importer: true, journal: JOURNAL };
    assert.equal((await vfs.sync(node.url, url, options)).done, 18);
    assert.equal(imports(), 1);
    await sameInstances(vfs, url);
    const asked = () => node.requests.entries.filter(({ service }) => service === "C-GET").length;
    const before = asked();
    assert.equal((await vfs.sync(node.url, url, options)).kept, 18);
    assert.equal(asked(), before);
  }));

Deno.test("sync() with the importer tells what is no DICOM file and what failed, and does the rest", () =>
  setting(async ({ server, vfs, url }) => {
    await vfs.writeFile(`${A}/notes.txt`, "no image");
    await fill(vfs, { scheme: "memory", url: A }, await another());
    server.faults.inject({ status: 500, method: "POST", route: /import/, after: 1 });
    let bytes = 0;
    const report = await failures(vfs.sync(A, url, {
      importer: true,
      journal: JOURNAL,
      onOutcome: (outcome) => bytes += outcome.bytes ?? 0,
    }));
    assert.equal(report.bytes, bytes);
    const failed = report.problems.filter(({ result }) => result === "failed");
    assert.equal(failed.length, report.failed);
    assert.equal(report.done + report.failed, 37);
    assert.ok(failed.some(({ from }) => from.endsWith("notes.txt")));
    await vfs.remove(`${A}/notes.txt`);
    const again = await vfs.sync(A, url, { importer: true, journal: JOURNAL });
    assert.deepEqual([again.kept, again.done], [report.done, report.failed - 1]);
    await sameInstances(vfs, url);
  }));

Deno.test("sync() with the importer leaves out what cannot be read, with the reason of each, and imports the rest", () =>
  setting(async ({ url }) => {
    await using vfs = createVfs();
    const broken = new Set<string>();
    const memory = memoryTransport();
    vfs.register({
      ...memory,
      connect: async (options) => {
        const inner = await memory.connect(options);
        const get: Transport["get"] = async (at, o) => {
          const got = await inner.get(at, o);
          return broken.has(at.href) && !o.range
            ? { ...got, body: breaking(got.body, at.href) }
            : got;
        };
        return { ...inner, get };
      },
    }, { override: true });
    await fill(vfs, { scheme: "memory", url: A }, await study(["CT"]));
    const files = await Array.fromAsync(vfs.entries(A, { includeDirs: false }));
    for (const { url } of files.slice(3, 5)) broken.add(url);
    const report = await failures(vfs.sync(A, url, { importer: true }));
    assert.deepEqual([report.done, report.failed], [16, 2]);
    for (const { from, error } of report.problems) assert.ok(error!.message.includes(from));
    broken.clear();
    assert.equal((await vfs.sync(A, url, { importer: true })).done, 2);
    await sameInstances(vfs, url);
  }));

Deno.test("sync() with the importer mixes no studies: a second one wants a session of its own", () =>
  setting(async ({ vfs, url }) => {
    await fill(vfs, { scheme: "memory", url: A }, await study(["MR"]));
    const report = await failures(vfs.sync(A, url, { importer: true, journal: JOURNAL }));
    assert.deepEqual([report.done, report.failed], [18, 44]);
    for (const { error } of report.problems) assert.equal(error!.kind, "AlreadyExists");
    assert.match(report.problems[0]!.error!.message, /PROJECT\/SUBJECT\/SESSION/);
    const mr = await vfs.sync(`${A}/PHANTOM-1/20190207-MR-HEAD`, `${url}/sub1/mr`, {
      importer: true,
    });
    assert.equal(mr.done, 44);
    await sameInstances(vfs, url);
  }));

Deno.test("sync() refuses an importer where there is none, and what does not go with one", () =>
  setting(async ({ vfs, url }) => {
    await rejects(vfs.sync(A, "memory:///b", { importer: true }), "NotSupported");
    await rejects(vfs.sync(A, url, { importer: true, delete: true }), "InvalidArgument");
    await rejects(vfs.sync(A, url, { importer: true, layout: "{PatientID}" }), "InvalidArgument");
    for (const place of [new URL("/", url).href, `${url}/s/e/1/DICOM`]) {
      for (const dryRun of [false, true]) {
        const options = { importer: true, dryRun, onOutcome: () => assert.fail("told of a file") };
        const { message } = await rejects(vfs.sync(A, place, options), "InvalidArgument");
        assert.match(message, /name a project, a subject or a session/);
      }
    }
  }));

Deno.test("sync() with the importer does not take what it drops for stored, whatever else is in the session", () =>
  setting(async ({ vfs, url }) => {
    const session = `${url}/sub1/ses1`;
    const ct = [...await study(["CT"])];
    const most = { scheme: "memory", url: "memory:///most" } as const;
    await fill(vfs, most, new Map(ct.slice(0, 15)));
    assert.equal((await vfs.sync(most.url, session, { importer: true })).done, 15);
    let stops = false;
    // It says yes, and stores nothing: so does one with a filter for series, or a full disk.
    const dropping: FetchLike = async (to, init) => {
      const url = String(to);
      if (!stops || !url.includes("services/import")) return await fetch(to, init as RequestInit);
      return new Response("/data/archive/projects/P/subjects/sub1/experiments/ses1\r\n");
    };
    await using other = createVfs({ layers: { random: () => 0 } });
    other.register(xnatTransport({ fetch: dropping }), { override: true });
    const all = { scheme: "memory", url: "memory:///all" } as const;
    await fill(other, all, new Map(ct));
    stops = true;
    const options = { importer: true, journal: JOURNAL };
    const report = await failures(other.sync(all.url, session, options));
    assert.deepEqual([report.done, report.kept, report.failed], [0, 15, 3]);
    stops = false;
    assert.equal((await other.sync(all.url, session, options)).done, 3);
  }));

Deno.test("sync() with the importer warns of files that the server changes as it stores them", () =>
  setting(async ({ url }) => {
    // Of a server that makes them anonymous, no file has the digest of what was sent.
    const changing: FetchLike = async (to, init) => {
      const answer = await fetch(to, init as RequestInit);
      if (!String(to).includes("/files?")) return answer;
      const text = (await answer.text()).replace(
        /"digest":"(.)/g,
        (_, first) => `"digest":"${first === "0" ? "1" : "0"}`,
      );
      return new Response(text, { status: answer.status, headers: answer.headers });
    };
    await using vfs = createVfs({ layers: { random: () => 0 } });
    vfs.register(xnatTransport({ fetch: changing }), { override: true });
    await fill(vfs, { scheme: "memory", url: A }, await study(["CT"]));
    const options = { importer: true, journal: JOURNAL };
    const report = await vfs.sync(A, url, options);
    assert.deepEqual([report.done, report.warned], [18, 18]);
    assert.equal((await vfs.sync(A, url, options)).kept, 18);
    // Without what the journal knows nobody can tell whether the second time stored anything.
    const again = await failures(vfs.sync(A, url, { importer: true }));
    assert.equal(again.failed, 18);
    const { kind, message } = again.problems[0]!.error!;
    assert.equal(kind, "Incomplete");
    assert.match(message, /only a journal knows/);
  }));

Deno.test("sync() with the importer that is aborted tells each file that was sent, and what is not known of it", async () => {
  for (const isImported of [true, false]) {
    await setting(async ({ vfs, url }) => {
      const abort = new AbortController();
      let isSent = false;
      const aborting: FetchLike = async (at, init) => {
        if (isSent && !abort.signal.aborted) {
          abort.abort();
          throw abort.signal.reason;
        }
        isSent ||= at.includes("services/import");
        if (!isSent || isImported) return await fetch(at, init as RequestInit);
        abort.abort();
        throw abort.signal.reason;
      };
      vfs.register(xnatTransport({ fetch: aborting }), { override: true });
      const told: string[] = [];
      const onOutcome = ({ from, error }: SyncOutcome) => {
        assert.match(
          error!.message,
          isImported ? /it is not known what is there/ : /may file all the same/,
        );
        told.push(from);
      };
      const options = { importer: true, signal: abort.signal, onOutcome };
      await rejects(vfs.sync(A, url, options), "Aborted");
      assert.equal(told.length, 18);
      assert.equal(new Set(told).size, 18);
    });
  }
});

Deno.test("sync() with the importer misses the later files of a study when a server that changes files drops them", () =>
  setting(async ({ url }) => {
    const answers: string[] = [];
    const changing: FetchLike = async (to, init) => {
      const isImport = String(to).includes("services/import");
      // The second part is taken, and stored nowhere.
      if (isImport && answers.length > 0) return new Response(answers[0]);
      const answer = await fetch(to, init as RequestInit);
      const { status, headers } = answer;
      if (isImport) return new Response(answers[0] = await answer.text(), { status, headers });
      if (!String(to).includes("/files?")) return answer;
      const text = (await answer.text()).replace(
        /"digest":"(.)/g,
        (_, first) => `"digest":"${first === "0" ? "1" : "0"}`,
      );
      return new Response(text, { status, headers });
    };
    await using vfs = createVfs({ layers: { random: () => 0 } });
    vfs.register(xnatTransport({ fetch: changing }), { override: true });
    const files = [...await study(["CT"])].map(([, content]) => content);
    const parted: Files = new Map();
    for (let i = 0; i < 60; i++) parted.set(`between/${i}/note.txt`, new Uint8Array(1));
    for (const [i, content] of files.entries()) parted.set(`${i < 9 ? "a" : "c"}/${i}`, content);
    await fill(vfs, { scheme: "memory", url: "memory:///parted" }, parted);
    const report = await failures(vfs.sync("memory:///parted", url, { importer: true }));
    // The notes are no DICOM files.
    assert.deepEqual([report.done, report.failed], [9, 60 + 9]);
  }));
