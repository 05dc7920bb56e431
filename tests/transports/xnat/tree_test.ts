import { strict as assert } from "node:assert";
import { isVfsError } from "../../../vfs/errors.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const BYTES = new TextEncoder().encode("0123456789");

function vfsOf(change: (url: string) => string = (url) => url): Vfs {
  const vfs = createVfs({ layers: { retry: false } });
  const fetched: FetchLike = (url, init) =>
    fetch(change(url.replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/")), init);
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  return vfs;
}

function urlOf(server: XnatServer, path: string): string {
  return `xnat+http://admin:admin@127.0.0.1:${server.port}/${path}`;
}

/** `subjects` x `sessions` x `scans`, with a second resource in every second scan. */
async function seed(server: XnatServer, subjects: number, sessions: number, scans: number) {
  for (let s = 1; s <= subjects; s++) {
    for (let e = 1; e <= sessions; e++) {
      for (let n = 1; n <= scans; n++) {
        const scan = ["BIG", `s${s}`, `s${s}_e${e}`, String(n)];
        await server.seed.file([...scan, "DICOM", "1.dcm"], BYTES);
        if (n % 2 === 0) await server.seed.file([...scan, "NIFTI", "a", "1.nii"], BYTES);
      }
    }
  }
}

async function walked(vfs: Vfs, url: string, maxDepth?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const [root, dirs, files] of vfs.walk(url, { maxDepth })) {
    const tell = (list: typeof files) =>
      list.map(({ name, info }) => `${name}:${info?.size}:${info?.digests?.md5}`);
    lines.push(`${root} ${dirs.map(({ name }) => name)} ${tell(files)}`);
  }
  return lines;
}

Deno.test("walk() of 100 subjects, 200 sessions, 2,000 scans and 3,000 resources takes at most 12 requests", async () => {
  await using server = await startXnatServer();
  await seed(server, 100, 2, 10);
  server.requests.clear();
  await using vfs = vfsOf();
  let files = 0;
  let directories = 0;
  for await (const [, dirs, found] of vfs.walk(urlOf(server, "BIG"))) {
    directories += dirs.length;
    files += found.length;
    for (const { info } of found) {
      assert.equal(info?.size, 10);
      assert.equal(info?.digests?.md5, "781e5e245d69b566979b86e28d23f2c7");
      assert.equal(typeof info?.attributes?.resource_label, "string");
    }
  }
  assert.deepEqual([directories, files], [100 + 200 + 2000 + 3000 + 1000, 3000]);
  const asked = server.requests.entries.map(({ method, path, query }) =>
    `${method} ${path}?${query}`
  );
  // Two lists, the project's own files, whether guests may see the site, and two batches: twelve would do.
  assert.equal(asked.length, 2 + 1 + 1 + 2, asked.join("\n"));
});

/**
 * Requests of walks of a project with 2 x 3 sessions of 4 scans: two lists, and the files. Because of the first list that is
 * empty the server is asked once whether it is open to guests.
 */
const COUNTS = {
  // Subjects, experiments with all that they have; the files of the project itself and of its sessions.
  "": 2 + 2 + 1,
  // Experiments, their assessors; the files of the subject itself and of its sessions.
  "/s1": 2 + 2 + 1,
  // Experiments, assessors; the files.
  "/s1/s1_e1": 2 + 1 + 1,
  // Sessions, resources; the files.
  "/s1/s1_e1/1": 2 + 1,
  "/s1/s1_e1/2": 2 + 1,
  "/s1/s1_e1/2/DICOM": 2 + 1,
};

for (const [path, count] of Object.entries(COUNTS)) {
  Deno.test(`walk() of "BIG${path}" takes ${count} requests, with the login`, async () => {
    await using server = await startXnatServer();
    await seed(server, 2, 3, 4);
    server.requests.clear();
    await using vfs = vfsOf();
    await walked(vfs, urlOf(server, `BIG${path}`));
    const asked = server.requests.entries.map(({ path, query }) => `${path}?${query}`);
    assert.equal(asked.length, count, asked.join("\n"));
  });
}

Deno.test("walk() shows files before the last of them are asked for", async () => {
  await using server = await startXnatServer();
  for (let session = 0; session < 9; session++) {
    const path = ["BIG", "s", `e${session}`, "1", "DICOM"];
    for (let n = 0; n < 1_000; n++) await server.seed.file([...path, `${n}.dcm`], BYTES);
  }
  await using vfs = vfsOf();
  const batches = () => server.requests.total(/experiments\/[^/]+\/files/).requests;
  let atFirst = 0;
  let files = 0;
  for await (const [, , found] of vfs.walk(urlOf(server, "BIG"))) {
    if (files === 0 && found.length > 0) atFirst = batches();
    files += found.length;
  }
  assert.equal(files, 9_000);
  // The next batch is asked for while one is given out, and no more.
  assert.ok(atFirst <= 2 && batches() >= 4, `${atFirst} of ${batches()}`);
});

Deno.test("walk() of subjects and a project with several resources of their own takes one request for each", async () => {
  await using server = await startXnatServer();
  for (const subject of ["s1", "s2"]) {
    for (const resource of ["A", "B", "C"]) {
      const path = ["BIG", subject, resource, "f"];
      await server.seed.file(path, BYTES, { resourceAt: 2 });
      await server.seed.file(["BIG", resource, subject], BYTES, { resourceAt: 1 });
    }
  }
  server.requests.clear();
  await using vfs = vfsOf();
  assert.equal(
    (await walked(vfs, urlOf(server, "BIG"))).filter((x) => x.includes(":10:")).length,
    9,
  );
  const asked = server.requests.entries.map(({ path, query }) => `${path}?${query}`);
  // No session has files, which the list tells.
  assert.equal(asked.length, 2 + 1 + 2 + 1, asked.join("\n"));
});

async function seedOdd(server: XnatServer): Promise<void> {
  const { seed } = server;
  const session = ["P", "sub a", "ses#1 100%"];
  await seed.file([...session, "1", "DICOM", "1.dcm"], BYTES);
  await seed.file([...session, "10", "DICOM", "deep", "er", "x+y z.dcm"], BYTES);
  await seed.file([...session, "2", "2024", "digits.txt"], BYTES);
  await seed.file([...session, "2-MR1", "a,b", "comma.txt"], BYTES);
  seed.scan([...session, "3"], { fields: { type: "T1", series_description: "fl3d" } });
  seed.resource([...session, "4"], "EMPTY");
  seed.resource([...session, "1"], "TWICE");
  seed.resource([...session, "1"], "TWICE", { again: true });
  await seed.file([...session, "OWN", "s.txt"], BYTES, { resourceAt: 3 });
  await seed.file(["P", "sub a", "OFSUBJECT", "t.txt"], BYTES, { resourceAt: 2 });
  await seed.file(["P", "OFPROJECT", "p.txt"], BYTES, { resourceAt: 1 });
  seed.assessor(session, "qc 1");
  await seed.file([...session, ".assessors", "qc 1", "QC", "r.json"], BYTES, { resourceAt: 5 });
  seed.assessor(session, "bare");
  seed.resource([...session, ".assessors", "bare"], "BARE");
  seed.resource(session, "EMPTY");
  await seed.file([...session, ".assessors", "qc 1", ".in", "MADEOF", "m.dcm"], BYTES, {
    resourceAt: 6,
  });
  await seed.file(["P", "sub a", "SECOND", "d", "t.txt"], BYTES, { resourceAt: 2 });
  await seed.file([...session, ".reconstructions", "rec", "REC", "r.img"], BYTES, {
    resourceAt: 5,
  });
  await seed.file([...session, ".reconstructions", "rec", ".in", "RAW", "r.raw"], BYTES, {
    resourceAt: 6,
  });
  seed.session(["P", "sub b", "none"], { xsiType: "xnat:ctSessionData" });
  seed.subject(["P", "lonely"]);
  seed.session(["P", "sub c", "a/b"]);
  await seed.file(["P", "sub c", "a/b", "1", "R", "f"], BYTES);
}

Deno.test("walk() by tree and walk() by lists are the same, for odd labels too", async () => {
  await using server = await startXnatServer({ shuffle: true });
  await seedOdd(server);
  await using lists = vfsOf();
  await using trees = vfsOf();
  const url = urlOf(server, "P");
  const byList = await walked(lists, url, 20);
  assert.deepEqual(await walked(trees, url), byList);
  assert.equal(
    byList.filter((line) => line.includes("781e5e245d69b566979b86e28d23f2c7")).length,
    13,
  );
  const text = byList.join("\n");
  for (const name of ["EMPTY", "BARE", "MADEOF", "RAW", "SECOND"]) {
    assert(text.includes(name), name);
  }
});

for (
  const level of [
    "P/sub a",
    "P/sub a/ses#1 100%",
    "P/sub a/ses#1 100%/.assessors",
    "P/sub a/ses#1 100%/.assessors/qc 1",
    "P/sub a/ses#1 100%/.assessors/qc 1/.in",
    "P/sub a/ses#1 100%/.reconstructions",
    "P/sub a/ses#1 100%/.resources",
    "P/sub a/ses#1 100%/1",
    "P/sub a/ses#1 100%/10",
  ]
) {
  Deno.test(`walk() by tree and walk() by lists are the same from "${level}"`, async () => {
    await using server = await startXnatServer();
    await seedOdd(server);
    await using lists = vfsOf();
    await using trees = vfsOf();
    const url = urlOf(server, level.split("/").map(encodeURIComponent).join("/"));
    assert.deepEqual(await walked(trees, url), await walked(lists, url, 20));
  });
}

Deno.test("walk() by tree, walk() by lists and stat() tell format, content and tags of a file", async () => {
  await using server = await startXnatServer();
  const kind = { format: "NIFTI", content: "T1_RAW", tags: "visit=1,good" };
  await server.seed.file(["P", "s", "e", "1", "NIFTI", "t1.nii"], BYTES, kind);
  const url = urlOf(server, "P");
  for (const maxDepth of [undefined, 20]) {
    await using vfs = vfsOf();
    const [file] = (await Array.fromAsync(vfs.entries(url, { maxDepth })))
      .filter(({ isFile }) => isFile);
    for (const info of [file!.info, await vfs.stat(file!.url)]) {
      const { format, content, tags } = info?.attributes ?? {};
      assert.deepEqual({ format, content, tags }, kind);
    }
  }
});

Deno.test("every URL that walk() gives can be stat-ed, and every file read", async () => {
  await using server = await startXnatServer();
  await seedOdd(server);
  await using vfs = vfsOf();
  let files = 0;
  for await (const { location, isFile } of vfs.entries(urlOf(server, ""))) {
    const { kind } = await vfs.stat(location);
    assert.equal(kind, isFile ? "file" : "directory", location.href);
    if (!isFile) continue;
    files++;
    assert.deepEqual(await vfs.readFile(location), BYTES, location.href);
  }
  assert.equal(files, 13);
});

Deno.test("a file that walk() has shown opens with one request", async () => {
  await using server = await startXnatServer();
  await seedOdd(server);
  await using vfs = vfsOf();
  const seen: string[] = [];
  for await (const { location, isFile } of vfs.entries(urlOf(server, "P"))) {
    if (isFile) seen.push(location.href);
  }
  // Times are told in seconds; a file that is younger than the list is asked for again.
  server.requests.clear();
  for (const url of seen) await vfs.readFile(url);
  assert(server.requests.total(/files\/./).requests === seen.length);
});

const NO_OWN = "joins no resources of experiments";
const NO_RESOURCES = "joins no resources";

const OLDER: Readonly<Record<string, (url: string) => string>> = {
  "joins no scans": (url) => url.replace(/,xnat:(imageScanData|imageSessionData)\/[^&]*/g, ""),
  [NO_RESOURCES]: (url) =>
    url.replace(
      /,xnat:(imageSessionData.scans.scan.file|imageScanData.file|subjectData)[^&]*/g,
      "",
    ),
  "cannot join scans to all experiments": (url) => url.replace("scans/scan/ID", "scans/nothing"),
  "knows no all=true": (url) => url.replace(/&?all=true/, ""),
  "answers for the first of several sessions": (url) =>
    url.replace(/(experiments\/\w+)(,|%2C)[^/]*/, "$1"),
  [NO_OWN]: (url) => url.replace(/,xnat:(experiment|imageAssessor)Data[^&]*/g, ""),
  "lists no assessors of projects": (url) =>
    url.replace(/xsiType=xnat:(imageAssessor|experiment)Data/, "xsiType=xnat:unknownData"),
  "forgets the columns of assessors": (url) => url.replace(/,xnat:imageAssessorData[^&]*/g, ""),
};

Deno.test("walk() asks nothing more for sessions in which nothing is", async () => {
  await using server = await startXnatServer();
  await seed(server, 3, 1, 1);
  for (let i = 0; i < 50; i++) server.seed.session(["BIG", `s${i}`, `empty${i}`]);
  server.requests.clear();
  await using vfs = vfsOf();
  assert.equal((await walked(vfs, urlOf(server, "BIG"))).length > 100, true);
  assert(server.requests.count <= 10, `${server.requests.count}`);
});

for (const [name, change] of Object.entries(OLDER)) {
  Deno.test(`walk() is complete on a server that ${name}`, async () => {
    await using server = await startXnatServer({ version: "1.8.8" });
    await seedOdd(server);
    await server.seed.file(["P", "sub a", "second", "1", "R", "f"], BYTES);
    await using lists = vfsOf();
    let changes = 0;
    await using trees = vfsOf((url) => {
      const changed = change(url);
      if (changed !== url) changes++;
      return changed;
    });
    const url = urlOf(server, "P");
    const [byTree, byLists] = [await walked(trees, url), await walked(lists, url, 20)];
    // Resources in which nothing is are not told in bulk there.
    const isFilled = (line: string) => line.includes(":10:");
    if (name === NO_OWN || name === NO_RESOURCES) {
      assert.deepEqual(byTree.filter(isFilled), byLists.filter(isFilled));
    } else assert.deepEqual(byTree, byLists);
    assert(changes > 0);
  });
}

Deno.test("walk() is complete where the list of all files ends early without a word", async () => {
  await using server = await startXnatServer();
  const session = ["P", "s", "e"];
  const id = server.seed.session(session);
  await server.seed.file([...session, "1", "DICOM", "1.dcm"], BYTES);
  await server.seed.file([...session, "1", "NIFTI", "1.nii"], BYTES);
  await server.seed.file([...session, "OWN", "s.txt"], BYTES, { resourceAt: 3 });
  server.seed.assessor(session, "qc");
  await server.seed.file([...session, ".assessors", "qc", "QC", "r"], BYTES, { resourceAt: 5 });
  server.seed.resource([...session, "1"], "EMPTY");
  const counted = `${server.url}/data/experiments/${id}/resources?all=true&cache_file_stats=true`;
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  await (await fetch(counted, { headers })).body?.cancel();
  const vfs = createVfs({ layers: { retry: false } });
  await using _ = vfs;
  const cut: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    if (!url.includes("all=true") || !url.includes("/files")) return answer;
    const { ResultSet } = await answer.json();
    const Result = ResultSet.Result.filter((row: Record<string, string>) =>
      row.collection === "DICOM"
    );
    return Response.json({ ResultSet: { ...ResultSet, Result } });
  };
  vfs.register(xnatTransport({ fetch: cut }), { override: true });
  await using sound = vfsOf();
  const url = urlOf(server, "P");
  const expected = await walked(sound, url);
  assert.equal(expected.filter((line) => line.includes(":10:")).length, 4);
  server.requests.clear();
  assert.deepEqual(await walked(vfs, url), expected);
  // Five as ever, and one for each resource that has files and was not told of.
  assert.equal(server.requests.count, 5 + 3);
});

Deno.test("walk() says of which resource the server cannot read the catalog, and goes on where it may", async () => {
  await using server = await startXnatServer();
  const session = ["P", "s", "e"];
  for (const label of ["A", "B", "C"]) await server.seed.file([...session, "1", label, "f"], BYTES);
  const broken = server.seed.resource([...session, "1"], "B");
  await using vfs = vfsOf();
  // The list of several fails as a whole then (404).
  server.faults.inject({ status: 404, route: "/experiments/{E}/files", times: Infinity });
  server.faults.inject({
    status: 404,
    route: new RegExp(`/resources/${broken}/files`),
    times: Infinity,
  });
  const seen: string[] = [];
  const failed: string[] = [];
  const onError = (error: Error) => {
    failed.push(error.message);
    return "skip" as const;
  };
  for await (const [, , files] of vfs.walk(urlOf(server, "P"), { onError })) {
    seen.push(...files.map(({ location }) => location.segments.slice(-2).join("/")));
  }
  assert.deepEqual(seen, ["A/f", "C/f"]);
  assert.equal(failed.length, 1);
  assert.match(failed[0]!, /1\/B".*its catalog cannot be read/);
});

Deno.test("walk() of many sessions, one of which has a catalog that cannot be read, asks for few of the others alone", async () => {
  await using server = await startXnatServer();
  const count = 64;
  for (let i = 0; i < count; i++) {
    await server.seed.file(["P", `s${i}`, `e${i}`, "1", "R", "f"], BYTES);
  }
  const broken = ["P", "s20", "e20"];
  const id = server.seed.session(broken);
  const number = server.seed.resource([...broken, "1"], "R");
  const route = new RegExp(`${id}(,[^/]*)?/files$|/resources/${number}/files$`);
  server.faults.inject({ status: 500, route, times: Infinity });
  let files = 0;
  let failed = 0;
  const onError = () => {
    failed++;
    return "skip" as const;
  };
  await using vfs = vfsOf();
  for await (const [, , found] of vfs.walk(urlOf(server, "P"), { onError })) files += found.length;
  assert.deepEqual([files, failed], [count - 1, 1]);
  // Two lists for each halving, and the last three alone.
  assert(server.requests.count < 32, `${server.requests.count} requests`);
});

Deno.test("walk() of a session of many scans, one of which has a catalog that cannot be read, asks for few of the others alone", async () => {
  await using server = await startXnatServer();
  const session = ["P", "s", "e"];
  const count = 64;
  for (let i = 1; i <= count; i++) {
    await server.seed.file([...session, `${i}`, "R", "f"], new Uint8Array(i));
  }
  // Types that read as numbers of other scans bring these along.
  server.seed.scan([...session, "7"], { fields: { type: "33" } });
  const number = server.seed.resource([...session, "20"], "R");
  const isRefused = (path: string) =>
    path.endsWith("/files") &&
    (path.includes(`/resources/${number}/`) || !path.includes("/scans/")
      ? path.startsWith("/data/experiments/")
      : /scans\/(.*,)?20(,.*)?\/files/.test(path));
  const vfs = createVfs({ layers: { retry: false } });
  await using _ = vfs;
  const fetched: FetchLike = (url, init) =>
    isRefused(decodeURIComponent(new URL(url).pathname))
      ? Promise.resolve(new Response("broken", { status: 500 }))
      : fetch(url, init);
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  const sizes: unknown[] = [];
  const onError = () => "skip" as const;
  for await (const [, , found] of vfs.walk(urlOf(server, "P"), { onError })) {
    for (const { location, info } of found) sizes.push(`${location.segments[3]} ${info?.size}`);
  }
  const others = Array.from({ length: count }, (_, i) => i + 1).filter((i) => i !== 20);
  assert.deepEqual(sizes, others.map((i) => `${i} ${i}`));
  assert(server.requests.count < 40, `${server.requests.count} requests`);
});

Deno.test("walk() is complete or throws when the server fails in the middle", async () => {
  await using server = await startXnatServer();
  await seedOdd(server);
  const url = urlOf(server, "P");
  await using sound = vfsOf();
  const expected = await walked(sound, url);
  const routes = [
    "/experiments/{E}/files",
    "/projects/{P}/subjects",
    "/projects/{P}/experiments",
    "/projects/{P}/resources",
    "/experiments/{E}/scans/{SCAN}/resources/{R}/files",
  ];
  let failures = 0;
  for (const fault of [{ status: 500 }, { status: 404 }, { cut: 60 }, { reset: true }] as const) {
    for (const route of routes) {
      for (const after of [0, 1]) {
        await using vfs = vfsOf();
        server.faults.inject({ ...fault, route, after, times: Infinity });
        const found = await walked(vfs, url).catch((error: unknown) => error);
        if (Array.isArray(found)) assert.deepEqual(found, expected, route);
        else assert(isVfsError(found), String(found));
        if (!Array.isArray(found)) failures++;
        server.faults.clear();
      }
    }
  }
  assert(failures > 5, `${failures}`);
});

Deno.test("walk() of a project shows sessions shared into it, also of subjects that are not", async () => {
  await using server = await startXnatServer();
  await server.seed.file(["OWN", "s", "e", "1", "R", "f"], BYTES);
  server.seed.project("OTHER");
  server.seed.share(["OWN", "s", "e"], "OTHER", "shared e");
  await using vfs = vfsOf();
  const url = urlOf(server, "OTHER");
  const found = await Array.fromAsync(vfs.entries(url));
  const [file, ...others] = found.filter(({ isFile }) => isFile);
  assert.equal(others.length, 0);
  assert.match(file!.location.href, /\/OTHER\/XNAT_S00001\/shared%20e\/1\/R\/f$/);
  await using cold = vfsOf();
  await using lists = vfsOf();
  const at = file!.location.href.replace("//", "//admin:admin@");
  assert.deepEqual(await cold.readFile(at), BYTES);
  assert.deepEqual(await walked(lists, url, 20), await walked(vfs, url));
});

Deno.test("walk() with skip asks an XNAT only for the files of the resources that it enters", async () => {
  await using server = await startXnatServer();
  await seed(server, 30, 2, 4);
  await using vfs = vfsOf();
  const skip = [
    /^\.resources$/,
    /^[^/]+\/\.resources$/,
    /^[^/]+\/[^/]+\/\.\w+$/,
    /^[^/]+\/[^/]+\/[^/]+\/(?!NIFTI$)[^/]+$/,
  ];
  const found = async (options: { skip: RegExp[]; maxDepth?: number }) => {
    const lines: string[] = [];
    for await (const [root, dirs, files] of vfs.walk(urlOf(server, "BIG"), options)) {
      lines.push(`${root} ${dirs.map(({ name }) => name)} ${files.map(({ name }) => name)}`);
    }
    return lines;
  };
  server.requests.clear();
  const lines = await found({ skip });
  const { count } = server.requests;
  const lists = server.requests.entries.filter(({ route }) => route.endsWith("/files"));
  assert.deepEqual(lists.map(({ path }) => path.split("/").at(-2)), ["NIFTI"]);
  assert.ok(count <= 9, `${count} requests`);
  assert.equal(lines.filter((line) => line.endsWith("1.nii")).length, 120);
  assert.equal(lines.some((line) => line.includes("DICOM")), false);
  // The same as by single lists, which know nothing of the driver's tree.
  assert.deepEqual(lines, await found({ skip, maxDepth: 99 }));
});

const SERVERS: Record<string, (url: string) => string> = {
  "tells of one session at a time": (url) => url.replace(/(experiments\/[^,/?]+)(,[^/?]+)+/, "$1"),
  "knows no resources of all scans": (url) =>
    url.replace("/scans/ALL/resources/", "/scans/none/x/"),
  "counts no files": (url) =>
    url.replace(/(experiments\/[^,/?]+)(,[^/?]+)+/, "$1")
      .replace("file_count", "none"),
};

for (const [what, change] of Object.entries(SERVERS)) {
  Deno.test(`walk() with skip finds everything where the server ${what}`, async () => {
    await using server = await startXnatServer();
    await seed(server, 3, 1, 2);
    await using vfs = vfsOf(change);
    const skip = [/(^|\/)\.\w+$/, /^[^/]+\/[^/]+\/[^/]+\/DICOM$/];
    let files = 0;
    for await (const step of vfs.walk(urlOf(server, "BIG"), { skip })) files += step[2].length;
    assert.equal(files, 3);
  });
}

Deno.test("a list is believed for its time, and no longer", async () => {
  await using server = await startXnatServer();
  await seed(server, 1, 1, 1);
  const scans = async (vfs: Vfs) =>
    (await Array.fromAsync(vfs.readDir(`${urlOf(server, "BIG")}/s1/s1_e1`))).length;
  const believing = (listingTtlMs: number) => {
    const vfs = createVfs();
    vfs.register(xnatTransport({ listingTtlMs }), { override: true });
    return vfs;
  };
  await using brief = believing(30);
  await using long = believing(60_000);
  await using none = believing(0);
  for (const vfs of [brief, long, none]) assert.equal(await scans(vfs), 1);
  await server.seed.file(["BIG", "s1", "s1_e1", "2", "DICOM", "1.dcm"], BYTES);
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.deepEqual([await scans(brief), await scans(long), await scans(none)], [2, 1, 2]);
});

Deno.test("refresh asks anew for what is listed, once for a whole walk", async () => {
  await using server = await startXnatServer();
  await seed(server, 1, 1, 2);
  await using vfs = vfsOf();
  const top = urlOf(server, "BIG");
  const scans = `${top}/s1/s1_e1`;
  const names = async (options?: { refresh?: boolean }) =>
    (await Array.fromAsync(vfs.readDir(scans, options))).map(({ name }) => name);
  assert.deepEqual(await names(), ["1", "2"]);
  await server.seed.file(["BIG", "s1", "s1_e1", "3", "DICOM", "1.dcm"], BYTES);
  assert.deepEqual(await names(), ["1", "2"], "remembered");
  assert.deepEqual(await names({ refresh: true }), ["1", "2", "3"]);

  await server.seed.file(["BIG", "s1", "s1_e1", "4", "DICOM", "1.dcm"], BYTES);
  const count = async (options: { refresh?: boolean; maxDepth?: number }) => {
    const before = server.requests.count;
    const steps = await Array.fromAsync(vfs.walk(top, options));
    return [steps.flatMap(([, , files]) => files).length, server.requests.count - before];
  };
  const whole = await count({ refresh: true });
  assert.equal(whole[0], 5);
  assert.ok(whole[1]! <= 8, String(whole));
  await server.seed.file(["BIG", "s1", "s1_e1", "5", "DICOM", "1.dcm"], BYTES);
  const [stale] = await count({ maxDepth: 9 });
  assert.equal(stale, 5, "remembered");
  const [fresh, requests] = await count({ maxDepth: 9, refresh: true });
  assert.equal(fresh, 6);
  // One for the project's lists and one for each resource, and none twice.
  assert.ok(requests! < 16, String(requests));
});
