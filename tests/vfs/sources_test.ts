import { strict as assert } from "node:assert";
import { createVfs, type Progress, TransferFailed, type Vfs } from "../../mod.ts";
import { zipOf } from "../transports/zip/_build.ts";
import { testWithLinks } from "../links.ts";

async function disks(): Promise<Vfs> {
  const vfs = createVfs();
  const write = (path: string, content: string | Uint8Array = path) =>
    vfs.writeFile(`memory:///${path}`, content);
  await write("a/1.dcm");
  await write("a/deep/2.dcm");
  await write("a/deep/er/3.dcm");
  await write("b/4.dcm");
  await write("b/notes.txt");
  await write("c.zip", zipOf({ "time/t0/5.dcm": "5", "time/t1/6.dcm": "6" }));
  await write("d.zip", zipOf({ "7.dcm": "7" }));
  return vfs;
}

type From = Parameters<Vfs["entries"]>[0];

async function names(vfs: Vfs, from: From, options?: Parameters<Vfs["entries"]>[1]) {
  const entries = vfs.entries(from, { includeDirs: false, ...options });
  return (await Array.fromAsync(entries)).map(({ name }) => name);
}

Deno.test("entries() of folders, zips and files in mixed schemes gives what is in each, in their order", async () => {
  await using vfs = await disks();
  const disk = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${disk}/0.dcm`, "0");
    await Deno.writeFile(`${disk}/e.zip`, zipOf({ "time/8.dcm": "8", "other/9.dcm": "9" }));
    assert.deepEqual(
      await names(vfs, [
        "memory:///d.zip",
        `${disk}/e.zip?time`,
        "memory:///b/notes.txt",
        "memory:///a",
        "memory:///c.zip?time/t1",
        `${disk}/0.dcm`,
      ]),
      ["7.dcm", "8.dcm", "notes.txt", "1.dcm", "2.dcm", "3.dcm", "6.dcm", "0.dcm"],
    );
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
});

Deno.test("entries() of a list takes what glob() gives, and walk() an archive like a directory", async () => {
  await using vfs = await disks();
  const found = vfs.glob(["memory:///{a,b}", "memory:///*.zip", "memory:///a*"]);
  assert.deepEqual(
    await names(vfs, found),
    ["1.dcm", "2.dcm", "3.dcm", "4.dcm", "notes.txt", "5.dcm", "6.dcm", "7.dcm"],
  );
  const roots = await Array.fromAsync(vfs.walk("memory:///c.zip"), ([root]) => root);
  assert.equal(roots[2], "zip://memory%3A%2F%2F%2Fc.zip/time/t0");
});

Deno.test("entries() of what glob() gives asks for no file again", async () => {
  let stats = 0;
  await using vfs = createVfs({
    layers: { observer: ({ op }) => void (op === "stat" && stats++) },
  });
  for (const name of ["1", "2", "3"]) await vfs.writeFile(`memory:///x/${name}.dcm`, name);
  assert.deepEqual(await names(vfs, vfs.glob("memory:///x/*.dcm")), ["1.dcm", "2.dcm", "3.dcm"]);
  assert.equal(stats, 0);
  assert.equal((await names(vfs, ["memory:///x/1.dcm", "memory:///x/2.dcm"])).length, 2);
  assert.equal(stats, 2);
});

Deno.test("entries() of places that are the same, or in each other, gives each file once", async () => {
  await using vfs = await disks();
  const all = ["1.dcm", "2.dcm", "3.dcm"];
  assert.deepEqual(await names(vfs, ["memory:///a", "memory:///a/", "memory:///a/../a"]), all);
  assert.deepEqual(await names(vfs, ["memory:///a", "memory:///a/deep"]), all);
  assert.deepEqual(
    await names(vfs, ["memory:///a/deep/er", "memory:///a/1.dcm", "memory:///a"]),
    ["3.dcm", "1.dcm", "2.dcm"],
  );
  // A place in another one is looked at in its own turn, and so to its own depth.
  assert.deepEqual(
    await names(vfs, ["memory:///a", "memory:///a/deep/er"], { maxDepth: 1 }),
    ["1.dcm", "3.dcm"],
  );
  assert.deepEqual(
    await names(vfs, ["memory:///c.zip?time/t0", "memory:///c.zip?*.dcm"]),
    ["5.dcm", "6.dcm"],
  );
  assert.deepEqual(await names(vfs, ["memory:///b/4.dcm", "memory:///b/4.dcm"]), ["4.dcm"]);
});

testWithLinks("entries() of a folder and of a link to it gives each file once", async () => {
  await using vfs = createVfs();
  const disk = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${disk}/real`);
    await Deno.writeTextFile(`${disk}/real/1.dcm`, "1");
    await Deno.symlink("real", `${disk}/link`);
    assert.deepEqual(await names(vfs, [`${disk}/real`, `${disk}/link`]), ["1.dcm"]);
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
});

Deno.test("walk() of several places keeps out of what the caller prunes, and filters files that are named", async () => {
  await using vfs = await disks();
  const seen: string[] = [];
  for await (const [, dirs, files] of vfs.walk(["memory:///a", "memory:///b/notes.txt"])) {
    seen.push(...files.map(({ name }) => name));
    dirs.length = 0;
  }
  assert.deepEqual(seen, ["1.dcm", "notes.txt"]);
  const both = ["memory:///b/notes.txt", "memory:///b/4.dcm"];
  assert.deepEqual(await names(vfs, both, { exts: [".dcm"] }), ["4.dcm"]);
  assert.deepEqual(await names(vfs, both, { skip: [/^4/] }), ["notes.txt"]);
});

Deno.test("a list with a place that is missing fails for it before anything is given or copied", async () => {
  await using vfs = await disks();
  const list = ["memory:///a", "memory:///nowhere", "memory:///b"];
  const gone = { kind: "NotFound", url: "memory:///nowhere" };
  await assert.rejects(vfs.entries(list).next(), gone);
  for (const op of ["copy", "move", "sync", "check"] as const) {
    await assert.rejects(vfs[op](list, "memory:///out/"), gone);
  }
  assert.equal(await vfs.exists("memory:///out"), false);
  await assert.rejects(vfs.entries([]).next(), { kind: "InvalidArgument" });
});

Deno.test("copy() of several puts each under its name, and the content of an archive under the archive's", async () => {
  await using vfs = await disks();
  const report = await vfs.copy(
    ["memory:///a/deep", "memory:///b/4.dcm", "memory:///d.zip", "memory:///c.zip?time/t1"],
    "memory:///out",
  );
  assert.equal(report.done, 5);
  assert.deepEqual(
    (await Array.fromAsync(vfs.entries("memory:///out"))).filter(({ isFile }) => isFile)
      .map(({ url }) => url.slice("memory:///out/".length)),
    ["4.dcm", "d.zip", "c/time/t1/6.dcm", "deep/2.dcm", "deep/er/3.dcm"],
  );
  await vfs.copy("memory:///c.zip?time/t0", "memory:///one/");
  assert(await vfs.exists("memory:///one/c/time/t0/5.dcm"));
  await vfs.copy("memory:///c.zip?time/t0", "memory:///exact");
  assert(await vfs.exists("memory:///exact/time/t0/5.dcm"));
  const [first, ...rest] = ["memory:///b/4.dcm", "memory:///b/notes.txt"];
  assert.equal((await vfs.move([first!, ...rest], "memory:///moved")).done, 2);
  assert.equal(await vfs.exists("memory:///b/4.dcm"), false);
});

Deno.test("copy() and sync() refuse two of one name, and name both, before anything is copied", async () => {
  await using vfs = await disks();
  await vfs.writeFile("memory:///z/deep/x", "x");
  for (const op of ["copy", "sync"] as const) {
    await assert.rejects(
      vfs[op](["memory:///b", "memory:///a/deep", "memory:///z/deep"], "memory:///out/"),
      (error: Error & { kind: string }) =>
        error.kind === "InvalidArgument" && /a\/deep/.test(error.message) &&
        /z\/deep/.test(error.message),
    );
  }
  assert.equal(await vfs.exists("memory:///out"), false);
});

Deno.test("copy() of several goes on after one that fails, and tells the progress of all as one", async () => {
  await using vfs = await disks();
  await vfs.writeFile("memory:///out/deep/2.dcm", "there");
  await vfs.writeFile("memory:///out/4.dcm", "there");
  const told: Progress[] = [];
  const outcomes: string[] = [];
  const error = await vfs.copy(
    ["memory:///b/4.dcm", "memory:///a/deep", "memory:///d.zip"],
    "memory:///out",
    {
      onProgress: (progress) => told.push(progress),
      onOutcome: ({ from, result }) => outcomes.push(`${result} ${from.slice(10)}`),
    },
  ).catch((error) => error);
  assert(error instanceof TransferFailed);
  const { done, failed, problems } = error.report;
  assert.deepEqual([done, failed, problems.length], [2, 2, 2]);
  assert.deepEqual(outcomes.toSorted(), [
    "done a/deep/er/3.dcm",
    "done d.zip",
    "failed a/deep/2.dcm",
    "failed b/4.dcm",
  ]);
  const last = told.at(-1)!;
  assert.deepEqual([last.files, last.totalFiles, last.listed], [4, 4, true]);
  assert(told.every(({ listed, totalFiles }) => !listed || totalFiles === 4));
  assert(told.every(({ files }, i) => i === 0 || files >= told[i - 1]!.files));
});

Deno.test("sync() and check() of several keep each under its name, and delete nothing beside them", async () => {
  await using vfs = await disks();
  const from = ["memory:///a", "memory:///b", "memory:///c.zip"];
  await vfs.writeFile("memory:///out/mine.txt", "mine");
  await vfs.writeFile("memory:///out/b/old.txt", "old");
  const journal = "memory:///state/journal";
  const first = await vfs.sync(from, "memory:///out", { delete: true, journal });
  assert.deepEqual([first.done, first.actions.copy, first.actions.delete], [8, 7, 1]);
  assert.equal(await vfs.readTextFile("memory:///out/c/time/t1/6.dcm"), "6");
  assert.equal(await vfs.readTextFile("memory:///out/mine.txt"), "mine");
  const again = await vfs.sync(from, "memory:///out", { delete: true, journal });
  assert.deepEqual([again.done, again.kept], [0, 7]);
  assert.equal((await vfs.check(from, "memory:///out")).same, true);
  await vfs.writeFile("memory:///out/a/1.dcm", "other");
  const report = await vfs.check(from, "memory:///out");
  assert.deepEqual([report.same, report.differing, report.matching], [false, 1, 6]);
  await assert.rejects(vfs.sync(["memory:///a", "memory:///b/4.dcm"], "memory:///out"), {
    kind: "NotADirectory",
  });
});

Deno.test("sync() of several has a journal for each, where files can be told by one alone", async () => {
  await using vfs = await disks();
  const to = "zip://memory%3A%2F%2F%2Fmirror.zip/";
  const notes: string[] = [];
  const options = {
    journal: "memory:///state/journal",
    onNote: (text: string) => void notes.push(text),
  };
  assert.equal((await vfs.sync(["memory:///a", "memory:///b"], to, options)).done, 5);
  const journals = await Array.fromAsync(vfs.readDir("memory:///state"));
  assert.deepEqual(journals.map(({ name }) => name.replace(/[0-9a-f]{12}$/, "#")), [
    "journal-#",
    "journal-#",
  ]);
  // The order of the sources does not matter to them.
  const again = await vfs.sync(["memory:///b", "memory:///a"], to, options);
  assert.deepEqual([again.done, again.kept], [0, 5]);
  assert.deepEqual(notes, []);
});

Deno.test("a pattern after the plain path of a zip means its members, unless a file has that name", async () => {
  await using vfs = createVfs();
  const disk = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${disk}/x.zip`, zipOf({ "time/t0/a": "a", "time/t1/b": "b" }));
    assert.deepEqual(await names(vfs, `${disk}/x.zip?time/t0`), ["a"]);
    assert.deepEqual(await names(vfs, `${disk}/x.zip?*b`), ["b"]);
    await assert.rejects(names(vfs, `${disk}/x.zip?nope`), { kind: "NotFound" });
    if (Deno.build.os === "windows") return; // where no file has a question mark in its name
    await Deno.mkdir(`${disk}/x.zip?time/t0`, { recursive: true });
    assert.deepEqual(await names(vfs, `${disk}/x.zip?time/t0`), []);
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
});

Deno.test("sync() of several deletes no more than maxDelete in all of them together", async () => {
  await using vfs = await disks();
  const sync = (maxDelete: number) =>
    vfs.sync(["memory:///a", "memory:///b"], "memory:///out", { delete: true, maxDelete });
  await sync(0);
  for (const name of ["a/x", "a/y", "b/x", "b/y"]) await vfs.writeFile(`memory:///out/${name}`, "");
  await assert.rejects(sync(3), TransferFailed);
  assert.deepEqual(await names(vfs, "memory:///out/b"), ["4.dcm", "notes.txt", "x", "y"]);
  await vfs.writeFile("memory:///out/a/x", "");
  assert.equal((await sync(3)).actions.delete, 3);
});
