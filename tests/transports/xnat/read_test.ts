import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import type { VfsOptions } from "../../../vfs/vfs.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { manualClock } from "../../../testing/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { xnatTransport, type XnatTransportOptions } from "../../../transports/xnat/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const BYTES = crypto.getRandomValues(new Uint8Array(60_000));
/** Before the list is asked for, so that times in whole seconds tell no change. */
const EARLIER = { now: () => Date.now() - 60_000, schedule: () => () => {} };
const SCAN = ["P", "s1", "e1", "1"];

function vfsOf(
  options: XnatTransportOptions = {},
  layers: VfsOptions["layers"] = { retry: false },
): Vfs {
  const vfs = createVfs({ layers });
  vfs.register(xnatTransport(options), { override: true });
  return vfs;
}

async function started(): Promise<{ server: XnatServer; origin: string; id: string }> {
  const server = await startXnatServer({ clock: EARLIER });
  const { seed } = server;
  const id = seed.session(SCAN.slice(0, 3));
  seed.scan(SCAN, { fields: { type: "T1", series_description: "fl3d" } });
  await seed.file([...SCAN, "DICOM", "1.dcm"], BYTES);
  await seed.file([...SCAN, "DICOM", "2.dcm"], BYTES.slice(0, 10));
  const origin = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  return { server, origin, id };
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("did not fail"), (e: unknown) => e);
  assert(isVfsError(error), String(error));
  return error;
}

Deno.test("readFile() takes no compressed file for one that is gone from the server's disk, also where no MD5 tells it", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await server.seed.file([...SCAN, "NII", "a.nii"], BYTES, { missing: true });
  await server.seed.file([...SCAN, "NII", "a.nii.gz"], BYTES.slice(0, 100), { uncatalogued: true });
  // The list tells the size and no MD5, as of files that were catalogued long ago.
  const fetchWithoutDigests: typeof fetch = async (url, init) => {
    const answer = await fetch(url, init);
    if (!answer.headers.get("content-type")?.includes("json")) return answer;
    const text = (await answer.text()).replace(/"digest":"[^"]*"/g, '"digest":""');
    return new Response(text, answer);
  };
  await using vfs = vfsOf({ fetch: fetchWithoutDigests });
  const url = `${origin}/P/s1/e1/1/NII/a.nii`;
  for (const range of [undefined, { start: 0, end: 50 }]) {
    const error = await failure(vfs.readFile(url, { range }));
    assert.equal(error.kind, "Corrupt");
    assert.match(
      error.message,
      /gone from the server's disk, .* gives "a\.nii\.gz" under its name/,
    );
  }
});

Deno.test("readFile() accepts ids and labels at every level, and the scan by id, type, description and glob", async () => {
  const { server, origin, id } = await started();
  await using _ = server;
  const number = server.seed.resource(SCAN, "DICOM");
  const subject = server.seed.subject(["P", "s1"]);
  for (
    const path of [
      "P/s1/e1/1/DICOM",
      `P/${subject}/${id}/1/DICOM`,
      `P/s1/${id}/1/${number}`,
      "P/s1/e1/T1/DICOM",
      "P/s1/e1/fl3d/DICOM",
      "P/s1/e1/fl*/DICOM",
      "P/s1/e1/1",
    ]
  ) {
    await using vfs = vfsOf();
    assert.deepEqual(await vfs.readFile(`${origin}/${path}/1.dcm`), BYTES, path);
    assert((await vfs.stat(`${origin}/${path}`)).kind === "directory", path);
  }
});

Deno.test("readFile() of a name that means several scans or files tells which", async () => {
  const { server, origin } = await started();
  await using _ = server;
  const other = [...SCAN.slice(0, 3), "22"];
  server.seed.scan(other, { fields: { type: "T1", series_description: "late" } });
  await server.seed.file([...SCAN, "OTHER", "1.dcm"], BYTES);
  await using vfs = vfsOf();
  const error = await failure(vfs.readFile(`${origin}/P/s1/e1/T1/DICOM/1.dcm`));
  assert.equal(error.kind, "InvalidArgument");
  assert.match(error.message, /"T1" can mean more than one scan: .*1 \(fl3d\)/);
  assert.match(error.message, /22 \(late\)/);
  const file = await failure(vfs.readFile(`${origin}/P/s1/e1/1/1.dcm`));
  assert.equal(file.kind, "InvalidArgument");
  assert.match(file.message, /more than one file/);
});

Deno.test("what XNAT answers for missing parents is NotFound", async () => {
  const { server, origin } = await started();
  await using _ = server;
  // The answer for a missing session or scan is what hangs on the subject.
  await server.seed.file(["P", "s1", "DICOM", "1.dcm"], BYTES, { resourceAt: 2 });
  await server.seed.file(["P", "s2", "e2", "1", "DICOM", "1.dcm"], BYTES);
  await using vfs = vfsOf();
  for (
    const path of [
      "P/s1/NOPE/1/DICOM/1.dcm",
      "P/s1/e1/NOPE/DICOM/1.dcm",
      "P/s1/e1/1/NOPE/1.dcm",
      "P/s1/e1/1/DICOM/NOPE",
      "P/s1/e2/1/DICOM/1.dcm",
      "P/NOPE/e1/1/DICOM/1.dcm",
      "NOPE/s1/e1/1/DICOM/1.dcm",
      "P/s1/NOPE",
      "P/s1/e1/NOPE",
      "P/s1/e1/1/NOPE",
      "P/s1/e1/.assessors/NOPE",
    ]
  ) {
    const at = `${origin}/${path}`;
    assert.equal((await failure(vfs.stat(at))).kind, "NotFound", path);
    assert.equal((await failure(vfs.readFile(at))).kind, "NotFound", path);
    assert.equal(await vfs.exists(at), false);
  }
});

Deno.test("a known file opens with one request, a cold one with three", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await using vfs = vfsOf();
  server.requests.clear();
  await vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`);
  assert.equal(server.requests.count, 3, "sessions (which logs in), files, content");
  server.requests.clear();
  await vfs.readFile(`${origin}/P/s1/e1/1/DICOM/2.dcm`);
  await vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`, { range: { start: 5, end: 50 } });
  assert.equal(server.requests.count, 2);
});

Deno.test("readFile() of a part asks for that part alone, and copes with the whole in its place", async () => {
  const { server, origin } = await started();
  await using _ = server;
  const parts = [
    [{ start: 10, end: 20 }, 10, 20],
    [{ start: 59_990 }, 59_990, 60_000],
    [{ suffix: 7 }, 59_993, 60_000],
    [{ start: 0, end: 9e9 }, 0, 60_000],
  ] as const;
  for (const [range, start, end] of parts) {
    await using vfs = vfsOf();
    const at = `${origin}/P/s1/e1/1/DICOM/1.dcm`;
    assert.deepEqual(await vfs.readFile(at, { range }), BYTES.slice(start, end));
    const sent = server.requests.entries.at(-1)!.bytesOut;
    assert.equal(sent, end - start);
    await using deaf = vfsOf({
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, range: "" } }),
    });
    assert.deepEqual(await deaf.readFile(at, { range }), BYTES.slice(start, end));
  }
  await using vfs = vfsOf();
  const beyond = vfs.readFile(`${origin}/P/s1/e1/1/DICOM/2.dcm`, { range: { start: 10 } });
  assert.equal((await failure(beyond)).kind, "RangeNotSatisfiable");
});

Deno.test("readFile() of content that the catalog has another MD5 for is Corrupt", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await using vfs = vfsOf({
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (!url.endsWith("1.dcm")) return answer;
      const bytes = await answer.bytes();
      bytes[30_000]! ^= 1;
      return new Response(bytes, { headers: answer.headers });
    },
  });
  const error = await failure(vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`));
  assert.equal(error.kind, "Corrupt");
  assert.match(error.message, /differs from the catalog: md5 /);
});

Deno.test("readFile() of a file that is replaced during each of the tries says that it changed, and not that it is damaged", async () => {
  await using server = await startXnatServer();
  const file = [...SCAN, "DICOM", "1.dcm"];
  await server.seed.file(file, BYTES);
  let version = 0;
  await using vfs = vfsOf({
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (!url.endsWith("1.dcm")) return answer;
      const bytes = await answer.bytes();
      await server.seed.file(file, new Uint8Array(BYTES.length).fill(++version));
      return new Response(bytes, { headers: answer.headers });
    },
  });
  const origin = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  const error = await failure(vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`));
  assert.equal(error.kind, "ConditionFailed");
  assert.match(error.message, /it changed while it was read/);
});

Deno.test("readFile() goes on where a body was cut, under the same etag", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await using vfs = vfsOf({}, { retry: { attempts: 4, baseMs: 1 } });
  server.faults.inject({ cut: 20_000, route: /1\.dcm/, times: 2 });
  assert.deepEqual(await vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`), BYTES);
});

Deno.test("readFile() that was cut mixes no versions: a file that is replaced before it goes on has changed", async () => {
  let age = 60_000;
  const clock = { now: () => Date.now() - age, schedule: () => () => {} };
  await using server = await startXnatServer({ clock });
  const file = [...SCAN, "DICOM", "1.dcm"];
  await server.seed.file(file, BYTES);
  let reads = 0;
  await using vfs = vfsOf({
    fetch: async (url, init) => {
      if (/1\.dcm$/.test(String(url)) && ++reads === 2) {
        age = 30_000;
        await server.seed.file(file, BYTES.map((byte) => byte ^ 0xFF));
      }
      return await fetch(url, init as RequestInit);
    },
  }, { retry: { attempts: 4, baseMs: 1 } });
  server.faults.inject({ cut: 20_000, route: /1\.dcm/ });
  const origin = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  const url = `${origin}/P/s1/e1/1/DICOM/1.dcm`;
  assert.equal((await failure(vfs.readFile(url))).kind, "ConditionFailed");
  assert.equal(reads, 2);
});

Deno.test("what was cut is checked as a whole: readFile(), open() and copy() refuse the beginning of one version and the end of another", async () => {
  // Both versions have one size and one second of change, so that only the content tells them apart.
  const then = Date.now() - 60_000;
  const clock = { now: () => then, schedule: () => () => {} };
  const file = [...SCAN, "DICOM", "1.dcm"];
  const other = BYTES.map((byte) => byte ^ 0xFF);
  const ways: Record<string, (vfs: Vfs, url: string) => Promise<unknown>> = {
    readFile: (vfs, url) => vfs.readFile(url),
    open: async (vfs, url) => await Array.fromAsync((await vfs.open(url)).readable),
    copy: (vfs, url) => vfs.copy(url, "memory:///copy"),
  };
  for (const [name, way] of Object.entries(ways)) {
    await using server = await startXnatServer({ clock });
    await server.seed.file(file, BYTES);
    let reads = 0;
    await using vfs = vfsOf({
      fetch: async (url, init) => {
        if (/1\.dcm$/.test(String(url)) && ++reads === 2) await server.seed.file(file, other);
        return await fetch(url, init as RequestInit);
      },
    }, { retry: { attempts: 4, baseMs: 1 } });
    vfs.register(memoryTransport(), { override: true });
    server.faults.inject({ cut: 20_000, route: /1\.dcm/ });
    const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/s1/e1/1/DICOM/1.dcm`;
    const error = await failure(way(vfs, url));
    assert.equal(error.kind, "ConditionFailed", name);
    assert.equal(reads, 2, "it went on with the other version");
    assert.equal(await vfs.exists("memory:///copy"), false);
  }
});

Deno.test("stat() asks for the list again of a file that has changed in the last two seconds, or nobody knows when", async () => {
  const { server, origin } = await started();
  await using _ = server;
  const changed = "Sun, 22 Nov 2026 10:00:00 GMT";
  const ages = [["10:00:02", 2], ["10:00:03", 1], [undefined, 2]] as const;
  for (const [time, expected] of ages) {
    let lists = 0;
    const clock = manualClock();
    await using vfs = vfsOf({
      fetch: async (url, init) => {
        if (/\/files\?/.test(String(url))) lists++;
        const answer = await fetch(url, init as RequestInit);
        if (!/1\.dcm$/.test(String(url))) return answer;
        const headers = new Headers(answer.headers);
        headers.set("last-modified", changed);
        headers.delete("date");
        if (time) headers.set("date", changed.replace("10:00:00", time));
        return new Response(answer.body, { headers });
      },
    }, { clock, retry: false });
    const { size } = await vfs.stat(`${origin}/P/s1/e1/1/DICOM/1.dcm`);
    assert.equal(size, BYTES.length);
    assert.equal(lists, expected, time);
  }
});

Deno.test("readFile() under a login that expires, a reset and a busy server comes through", async () => {
  for (
    const fault of [{ expire: true }, { reset: true }, { status: 503 }, {
      loginPage: true,
    }] as const
  ) {
    const { server, origin } = await started();
    await using _ = server;
    await using vfs = vfsOf({}, { retry: { attempts: 4, baseMs: 1 } });
    await vfs.stat(`${origin}/P/s1/e1`);
    server.faults.inject({ ...fault });
    assert.deepEqual(await vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`), BYTES);
    assert.equal(server.faults.pending, 0);
  }
});

Deno.test("readFile() of a body that stalls is TimedOut", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await using vfs = vfsOf({}, { retry: false, timeout: { idleMs: 100 } });
  server.faults.inject({ stall: 10_000, route: /1\.dcm/ });
  const error = await failure(vfs.readFile(`${origin}/P/s1/e1/1/DICOM/1.dcm`));
  assert.equal(error.kind, "TimedOut");
});

Deno.test("a file that the catalog has and the disk has not is NotFound, one without size and digest is read", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await server.seed.file([...SCAN, "DICOM", "gone.dcm"], BYTES, { missing: true });
  await server.seed.file([...SCAN, "DICOM", "bare.dcm"], BYTES, { bare: true });
  await using vfs = vfsOf();
  const at = `${origin}/P/s1/e1/1/DICOM`;
  assert.equal((await failure(vfs.readFile(`${at}/gone.dcm`))).kind, "NotFound");
  assert.deepEqual(await vfs.readFile(`${at}/bare.dcm`), BYTES);
  const range = { start: 100, end: 200 };
  assert.deepEqual(await vfs.readFile(`${at}/bare.dcm`, { range }), BYTES.slice(100, 200));
  const { size, etag } = await vfs.stat(`${at}/bare.dcm`);
  assert.deepEqual([size, etag], [BYTES.length, undefined]);
});

Deno.test("a site that is open to guests is walked and read without a login, and what needs one says so", async () => {
  await using server = await startXnatServer({ guest: true, clock: EARLIER });
  for (const project of ["OPEN", "SHUT"]) {
    await server.seed.file([project, ...SCAN.slice(1), "DICOM", "1.dcm"], BYTES);
  }
  const site = `127.0.0.1:${server.port}`;
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  const opened = `http://${site}/data/projects/OPEN/accessibility/public`;
  const set = await fetch(opened, { method: "PUT", headers });
  await set.body?.cancel();
  assert.equal(set.status, 200);
  await using vfs = vfsOf();
  const origin = `xnat+http://${site}`;
  const files: string[] = [];
  for await (const { url, isFile } of vfs.entries(`${origin}/`)) if (isFile) files.push(url);
  const file = `${origin}/OPEN/s1/e1/1/DICOM/1.dcm`;
  assert.deepEqual(files, [file]);
  assert.deepEqual(await vfs.readFile(file), BYTES);
  const refused = {
    NotFound: [() => vfs.readFile(file.replace("OPEN", "SHUT")), () => vfs.stat(`${origin}/SHUT`)],
    PermissionDenied: [
      () => vfs.remove(file),
      () => vfs.writeFile(file, BYTES.slice(0, 9)),
      () => vfs.writeFile(`${file}.new`, BYTES),
      () => vfs.mkdir(`${origin}/OPEN/s2`),
    ],
  };
  for (const [kind, works] of Object.entries(refused)) {
    for (const work of works) {
      const error = await failure(work());
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, /log in: /);
    }
  }
  assert.deepEqual(await vfs.readFile(file), BYTES);
});

Deno.test("files in a folder that is named like an archive are read, while XNAT looks for an archive there", async () => {
  const { server, origin } = await started();
  await using _ = server;
  const paths = ["data.zip/1.dcm", "sub/a b#.JAR/x! y/1.dcm", ".mrb/100%.ear/ä.dcm"];
  for (const path of paths) await server.seed.file([...SCAN, "R", ...path.split("/")], BYTES);
  await using vfs = vfsOf();
  for (const path of paths) {
    const url = `${origin}/P/s1/e1/1/R/${path.split("/").map(encodeURIComponent).join("/")}`;
    assert.deepEqual(await vfs.readFile(url), BYTES, path);
    assert.equal((await vfs.stat(url)).size, BYTES.length, path);
  }
});

Deno.test("names from the server that are no names fail the listing", async () => {
  const { server, origin } = await started();
  await using _ = server;
  await server.seed.file([...SCAN, "EVIL", "..", "..", "passwd"], BYTES);
  await using vfs = vfsOf();
  const listing = Array.fromAsync(vfs.readDir(`${origin}/P/s1/e1/1/EVIL`));
  const error = await failure(listing);
  assert.equal(error.kind, "Protocol");
  assert.match(error.message, /"\.\."/);
});

Deno.test("a site behind a context path is reached by ~", async () => {
  await using server = await startXnatServer({ contextPath: "/xnat" });
  await server.seed.file([...SCAN, "R", "f"], BYTES);
  await using vfs = vfsOf();
  const at = `xnat+http://admin:admin@127.0.0.1:${server.port}/~xnat/P/s1/e1/1/R/f`;
  assert.deepEqual(await vfs.readFile(at), BYTES);
  assert.equal((await failure(vfs.stat(at.replace("/~xnat", "")))).kind, "Protocol");
});

Deno.test("https with a certificate of its own is trusted when given", async () => {
  await using server = await startXnatServer({ tls: true });
  await server.seed.file([...SCAN, "R", "f"], BYTES);
  await using vfs = vfsOf({ caCerts: [server.certificate!] });
  const at = `xnat://admin:admin@localhost:${server.port}/P/s1/e1/1/R/f`;
  assert.deepEqual(await vfs.readFile(at), BYTES);
});

Deno.test("closing logs out", async () => {
  const { server, origin } = await started();
  await using _ = server;
  const vfs = vfsOf();
  await vfs.stat(`${origin}/P`);
  assert.equal(server.sessionCount, 1);
  await vfs.close();
  assert.equal(server.sessionCount, 0);
});
