import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import { interruptible } from "./interruptible.ts";
import { Cli, lines } from "./run_main.ts";
import { testWithLinks } from "../links.ts";

async function found(cli: Cli, top: string): Promise<string[]> {
  const entries = await Array.fromAsync(cli.vfs.entries(top, { includeDirs: false }));
  return entries.map(({ url }) => url.slice(top.length + 1));
}

Deno.test("cp copies a file to a name, into a directory, or to a name with a slash", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", "d/x": "2" });
  assert.equal((await cli.run(["cp", "memory:///a", "memory:///b"])).code, 0);
  assert.equal((await cli.run(["cp", "memory:///a", "memory:///d"])).code, 0);
  assert.equal((await cli.run(["cp", "memory:///a", "memory:///new/"])).code, 0);
  assert.equal((await cli.run(["cp", "memory:///d/x", "memory:///"])).code, 0);
  assert.deepEqual(await found(cli, "memory://"), ["a", "b", "x", "d/a", "d/x", "new/a"]);
});

Deno.test("cp -r copies a directory as a name when that is free, and into it when it is there", async () => {
  await using cli = new Cli();
  await cli.write({ "s/a": "1", "s/t/b": "2" });
  const { err } = await cli.run(["cp", "-r", "memory:///s", "memory:///new"]);
  assert.match(err, /^copied 2 files, 2 bytes in \d\.\d s\n$/);
  await cli.run(["cp", "-r", "memory:///s", "memory:///new"]);
  assert.deepEqual(await found(cli, "memory:///new"), ["a", "s/a", "s/t/b", "t/b"]);
});

Deno.test("cp -r and sync say that a new folder with the name of an archive will be none, and how to make one", async () => {
  await using cli = new Cli();
  await cli.write({ "s/a": "1", "s.zip/b": "2" });
  const says = (name: string) =>
    `"${name}" becomes a folder; an archive of that name is "zip://${
      encodeURIComponent(`memory:///${name}`)
    }/"`;
  for (const verb of [["cp", "-r"], ["sync", "--journal", "none"]]) {
    const name = `${verb[0]}.ZIP`;
    const run = () => cli.run([...verb, "memory:///s", `memory:///${name}`]);
    assert.equal(lines((await run()).err)[0], says(name));
    assert.doesNotMatch((await run()).err, /folder/);
  }
  const silent = [["memory:///s/a", "memory:///c.zip"], ["memory:///s.zip", "memory:///d"]];
  for (const places of silent) {
    assert.doesNotMatch((await cli.run(["cp", "-r", ...places])).err, /folder/);
  }
  const [archive] = /zip:[^"]*/.exec(says("n.zip"))!;
  const { code, err } = await cli.run(["cp", "-r", "memory:///s", archive]);
  assert.deepEqual([code, /folder/.test(err)], [0, false]);
  assert.deepEqual(await found(cli, archive.slice(0, -1)), ["s/a"]);
});

Deno.test("cp of a directory without -r fails with 5 and says what to do", async () => {
  await using cli = new Cli();
  await cli.write({ "s/a": "1" });
  const { code, err } = await cli.run(["cp", "memory:///s", "memory:///n"]);
  assert.equal(code, 5);
  assert.match(err, /"memory:\/\/\/s": is a directory \(use -r to copy directories\)\n$/);
});

Deno.test("cp puts several sources into a directory only", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", b: "2", c: "3", "d/x": "4" });
  const sources = ["memory:///a", "memory:///b"];
  assert.equal((await cli.run(["cp", ...sources, "memory:///d"])).code, 0);
  assert.equal((await cli.run(["cp", ...sources, "memory:///c"])).code, 2);
  assert.equal((await cli.run(["cp", ...sources, "memory:///no"])).code, 2);
  assert.equal((await cli.run(["cp", ...sources, "memory:///yes/"])).code, 0);
  assert.deepEqual(await found(cli, "memory:///d"), ["a", "b", "x"]);
  assert.deepEqual(await found(cli, "memory:///yes"), ["a", "b"]);
  assert.equal((await cli.run(["cp", "memory:///a"])).code, 2);
});

Deno.test("cp replaces, and -n leaves what is there", async () => {
  await using cli = new Cli();
  await cli.write({ a: "new", b: "old" });
  const kept = await cli.run(["cp", "-n", "-v", "memory:///a", "memory:///b"]);
  assert.deepEqual([kept.code, await cli.vfs.readTextFile("memory:///b")], [0, "old"]);
  assert.match(kept.out, /^memory:\/\/\/a -> memory:\/\/\/b \(skipped: exists\)\n$/);
  assert.equal((await cli.run(["cp", "memory:///a", "memory:///b"])).code, 0);
  assert.equal(await cli.vfs.readTextFile("memory:///b"), "new");
});

Deno.test("cp with a missing source copies the others and ends with 4; alone it ends with 1", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", "d/x": "1" });
  const { code, err } = await cli.run(["cp", "memory:///no", "memory:///a", "memory:///d"]);
  assert.equal(code, 4);
  assert.match(err, /^medvfs cp: Cannot stat "memory:\/\/\/no": not found\ncopied 1 file/);
  assert.equal((await cli.run(["cp", "memory:///no", "memory:///d"])).code, 1);
});

Deno.test("cp that is interrupted tells how much was copied, and of how much where progress is shown", async () => {
  for (const stderrIsTerminal of [true, false]) {
    await using cli = new Cli();
    const { signal } = await interruptible(cli, 5);
    const args = ["cp", "-r", "--concurrency", "1", "cut://h/s", "memory:///n"];
    const { code, err } = await cli.run(args, { signal, stderrIsTerminal });
    assert.equal(code, 130);
    const of = stderrIsTerminal ? " of 5" : "";
    assert.match(err, new RegExp(`interrupted: copied 2${of} files, 4 bytes in \\d\\.\\d s\n$`));
    assert(!err.includes("failed"), err);
  }
});

Deno.test("cp that is interrupted tells no total while other sources wait, and nothing with --quiet", async () => {
  for (const more of [[], ["--quiet"]]) {
    await using cli = new Cli();
    const { signal } = await interruptible(cli, 5);
    await cli.write({ x: "1" });
    const args = [
      "cp",
      "-r",
      "--concurrency",
      "1",
      ...more,
      "cut://h/s",
      "memory:///x",
      "memory:///n/",
    ];
    const { code, err } = await cli.run(args, { signal, stderrIsTerminal: true });
    assert.equal(code, 130);
    if (more.length > 0) assert.equal(err, "");
    else assert.match(err, /interrupted: copied 2 files, 4 bytes in/);
  }
});

Deno.test("cp --json that is interrupted ends with the report of what was copied", async () => {
  await using cli = new Cli();
  const { signal } = await interruptible(cli, 5);
  const args = ["cp", "-r", "--json", "--concurrency", "1", "cut://h/s", "memory:///n"];
  const { code, out } = await cli.run(args, { signal, stderrIsTerminal: true });
  assert.equal(code, 130);
  const { elapsedMs, ...report } = JSON.parse(lines(out).at(-1)!).report;
  assert(elapsedMs >= 0);
  const counts = { done: 2, skipped: 0, failed: 0, bytes: 4 };
  assert.deepEqual(report, { interrupted: true, total: 5, ...counts });
});

Deno.test("cp --json prints each outcome and the report", async () => {
  await using cli = new Cli();
  await cli.write({ "s/a": "1", "s/b": "22" });
  const { out } = await cli.run(["cp", "-r", "--json", "memory:///s", "memory:///n"]);
  const records = lines(out).map((line) => JSON.parse(line));
  assert.deepEqual(records.slice(0, 2).map(({ to, result, bytes }) => [to, result, bytes]).sort(), [
    ["memory:///n/a", "done", 1],
    ["memory:///n/b", "done", 2],
  ]);
  const { elapsedMs, ...report } = records[2].report;
  assert.deepEqual(report, { done: 2, skipped: 0, failed: 0, bytes: 3 });
  assert.ok(elapsedMs >= 0);
});

Deno.test("cp, mv and rm count a place that fails as a whole, and have a record of it", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", b: "2", c: "3", "n/z": "" });
  for (
    const [verb, ...places] of [["cp", "a", "no", "n/"], ["mv", "b", "no", "n/"], ["rm", "c", "no"]]
  ) {
    const urls = places.map((name) => `memory:///${name}`);
    const { code, out, err } = await cli.run([verb!, "--json", ...urls]);
    assert.equal(code, 4);
    const records = lines(out).map((line) => JSON.parse(line));
    const { report } = records.at(-1);
    const [done, failure] = records.slice(0, -1).sort((a, b) => a.result < b.result ? -1 : 1);
    assert.equal(done.result, "done");
    assert.deepEqual([failure.from, failure.result], ["memory:///no", "failed"]);
    assert.equal(failure.error.kind, "NotFound");
    assert.deepEqual([report.done, report.failed], [1, 1]);
    if (verb !== "rm") assert.match(err, /1 (file|item), .* 1 failed/);
  }
  const none = await cli.run(["rm", "-f", "--json", "memory:///no"]);
  assert.equal(none.code, 0);
  assert.equal(JSON.parse(none.out).report.failed, 0);
  const refused = await cli.run(["rm", "-r", "--json", "memory:///"]);
  assert.equal(refused.code, 2);
  assert.match(JSON.parse(lines(refused.out)[0]!).error.message, /too much at once/);
});

Deno.test("cp --quiet says nothing", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  assert.deepEqual(await cli.run(["cp", "-q", "memory:///a", "memory:///b"]), {
    code: 0,
    out: "",
    err: "",
  });
});

testWithLinks("mv moves a link that leads nowhere", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.symlink("missing", `${folder}/a`);
    assert.equal((await cli.run(["mv", `${folder}/a`, `${folder}/b`])).code, 0);
    await Deno.writeTextFile(`${folder}/x`, "1");
    assert.equal((await cli.run(["mv", `${folder}/b`, `${folder}/x`, `${folder}/d/`])).code, 0);
    assert.equal(await Deno.readLink(`${folder}/d/b`), "missing");
    assert.equal((await cli.run(["mv", `${folder}/d/b`, "memory:///b"])).code, 1);
    assert.equal(await Deno.readLink(`${folder}/d/b`), "missing");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWithLinks("cp notes the links that it skips, and -L copies what they lead to", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/s`);
    await Deno.writeTextFile(`${folder}/s/x`, "1");
    await Deno.symlink("x", `${folder}/s/link`);
    const { err, code } = await cli.run(["cp", "-r", `${folder}/s`, `${folder}/t`]);
    assert.equal(code, 0);
    assert.ok(err.includes(`skipped ${folder}/s/link: a symbolic link\n`));
    assert.ok(/copied 1 file, .*, 1 skipped\n$/.test(err));
    assert.equal((await cli.run(["cp", "-rL", `${folder}/s`, `${folder}/u`])).code, 0);
    assert.equal(await Deno.readTextFile(`${folder}/u/link`), "1");
    assert.ok((await Deno.lstat(`${folder}/u/link`)).isFile);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cp from a disk and back is identical", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    const bytes = crypto.getRandomValues(new Uint8Array(50_000));
    await cli.write({ "s/a b%23%25": bytes, "s/ü/.dot": "1" });
    assert.equal((await cli.run(["cp", "-r", "memory:///s", `${folder}/`])).code, 0);
    assert.equal((await cli.run(["cp", "-r", `${folder}/s`, "memory:///back"])).code, 0);
    const digests = async (top: string) =>
      lines((await cli.run(["hash", "-r", top])).out).map((line) => line.replace(top, ""));
    assert.deepEqual(await digests("memory:///back"), await digests("memory:///s"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("mv renames, moves into a directory, and keeps what -n protects", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", "d/x": "2", "s/y": "3", keep: "4" });
  assert.equal((await cli.run(["mv", "memory:///a", "memory:///b"])).code, 0);
  assert.equal((await cli.run(["mv", "memory:///b", "memory:///d"])).code, 0);
  const shown = await cli.run(["mv", "-v", "memory:///s", "memory:///d"]);
  assert.equal(shown.out, "memory:///s -> memory:///d/s\n");
  assert.equal((await cli.run(["mv", "-n", "memory:///d/x", "memory:///keep"])).code, 0);
  assert.equal(await cli.vfs.readTextFile("memory:///keep"), "4");
  assert.equal((await cli.run(["mv", "memory:///d/x", "memory:///keep"])).code, 0);
  assert.deepEqual(await found(cli, "memory://"), ["keep", "d/b", "d/s/y"]);
  assert.equal(await cli.vfs.readTextFile("memory:///keep"), "2");
  assert.equal((await cli.run(["mv", "memory:///no", "memory:///d"])).code, 1);
});

Deno.test("mv does not mix a directory into one that is there", async () => {
  await using cli = new Cli();
  await cli.write({ "s/y": "1", "d/s/z": "2" });
  const { code, err } = await cli.run(["mv", "memory:///s", "memory:///d"]);
  assert.equal(code, 5);
  assert.match(err, /already exists/);
  assert.deepEqual(await found(cli, "memory://"), ["d/s/z", "s/y"]);
});

Deno.test("mv between drivers removes what it copied", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    await cli.write({ "s/y": "1", "s/t/z": "2" });
    assert.equal((await cli.run(["mv", "memory:///s", `${folder}/`])).code, 0);
    assert.equal(await Deno.readTextFile(`${folder}/s/t/z`), "2");
    assert.equal(await cli.vfs.exists("memory:///s/y"), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rm counts and records a place that is no URL, without the password in it", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  const wrong = "memory://joe:s3cret@host:port/x";
  const { code, out, err } = await cli.run(["rm", "--json", "", wrong, "memory:///a"]);
  const records = lines(out).map((line) => JSON.parse(line));
  const failed = records.filter(({ result }) => result === "failed");
  assert.equal(code, 4);
  assert.equal(failed.length, 2);
  assert.equal(failed[0].from, "");
  assert.deepEqual([records.at(-1).report.done, records.at(-1).report.failed], [1, 2]);
  assert.doesNotMatch(out + err, /s3cret/);
});

Deno.test("rm removes files, wants -r for what is in a directory, and -f for what is not there", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", "d/x": "2", "d/y": "3" });
  assert.equal((await cli.run(["rm", "memory:///a"])).code, 0);
  const full = await cli.run(["rm", "memory:///d"]);
  assert.equal(full.code, 5);
  assert.match(full.err, /directory not empty \(use -r/);
  assert.equal((await cli.run(["rm", "memory:///a"])).code, 1);
  assert.deepEqual(await cli.run(["rm", "-f", "memory:///a"]), { code: 0, out: "", err: "" });
  assert.equal((await cli.run(["rm", "-r", "memory:///d"])).code, 0);
  assert.deepEqual(await found(cli, "memory://"), []);
});

Deno.test("rm of many in a zip stores it once, and tells of each place as it was typed", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    const zip = `zip://${encodeURIComponent(`${toFileUrl(folder)}/a.zip`)}`;
    for (const name of ["a", "b", "c", "d/x", "kept"]) {
      await cli.vfs.writeFile(`${zip}/${name}`, "");
    }
    await Deno.mkdir(`${folder}/d/e`, { recursive: true });
    await Deno.writeTextFile(`${folder}/d/e/f`, "");
    const inZip = ["a", "no", "b", "a", "d", "c"].map((name) => `${zip}/${name}`);
    const args = ["rm", "-v", "--verbose", ...inZip, `${folder}/./d/`, `${folder}/d`];
    const { code, out, err } = await cli.run([...args, "-r"]);
    assert.equal(code, 4);
    const told = [...["a", "b", "d", "c"].map((name) => `${zip}/${name}`)];
    assert.deepEqual(lines(out), [`${folder}/./d/e/f`, ...told]);
    const stored = lines(err).filter((line) => /^write file:.*a\.zip/.test(line));
    assert.equal(stored.length, 1, err);
    assert.equal(
      lines(err).filter((line) => /not found/.test(line) && /^medvfs rm/.test(line)).length,
      3,
    );
    assert.match(err, /removed 5 items in .*, 3 failed/);
    const { code: forced, out: record } = await cli.run([
      "rm",
      "-f",
      "--json",
      `${zip}/no`,
      `${zip}/kept`,
    ]);
    assert.equal(forced, 0);
    const [{ from, result }, { report }] = lines(record).map((line) => JSON.parse(line));
    assert.deepEqual([from, result], [`${zip}/kept`, "done"]);
    assert.deepEqual([report.done, report.failed], [1, 0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cp and mv of many into a zip and out of it store it once, and tell of each place as it was typed", async () => {
  await using cli = new Cli();
  const folder = await Deno.makeTempDir();
  try {
    const writes = (err: string) => lines(err).filter((line) => /^write file:/.test(line)).length;
    for (const verb of ["cp", "mv"]) {
      const zip = `zip://${encodeURIComponent(`${toFileUrl(folder)}/${verb}.zip`)}`;
      await cli.write({ a: "1", b: "22", "d/x": "3", "n/a": "old" });
      const places = ["a", "no", "b", "d"].map((name) => `memory:///${name}`);
      const flags = verb === "cp" ? ["-r", "-v"] : ["-v"];
      const { code, out, err } = await cli.run([verb, ...flags, "--verbose", ...places, `${zip}/`]);
      assert.equal(code, 4);
      assert.equal(writes(err), 1, err);
      assert.deepEqual(
        lines(out).sort(),
        ["a", "b", "d/x"].map((name) => `memory:///${name} -> ${zip}/${name}`),
      );
      assert.match(err, /(copied 3 files|moved 3 items), 4 bytes in .*, 1 failed/);
      const inZip = ["a", "b", "d"].map((name) => `${zip}/${name}`);
      // What is there is replaced.
      const back = await cli.run([verb, ...flags, "--verbose", ...inZip, "memory:///n"]);
      assert.equal(back.code, 0, back.err);
      // One is replaced, and others are not there.
      assert.equal(writes(back.err), verb === "cp" ? 0 : 2, back.err);
      assert.equal(await cli.vfs.readTextFile("memory:///n/a"), "1");
      await cli.vfs.remove("memory:///n", { recursive: true });
      const left = await Array.fromAsync(cli.vfs.readDir(`${zip}/`));
      assert.equal(left.length, verb === "cp" ? 3 : 0);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cp of more places than one transfer takes tells of all as one", async () => {
  await using cli = new Cli();
  const list = await Deno.makeTempFile();
  try {
    const places = Array.from({ length: 10_001 }, (_, i) => `memory:///from/${i}`);
    for (const place of places) await cli.vfs.writeFile(place, "x");
    await Deno.writeTextFile(list, places.join("\n"));
    const { code, out } = await cli.run(["cp", "--json", "--from-file", list, "memory:///to/"]);
    assert.equal(code, 0);
    const { report } = JSON.parse(lines(out).at(-1)!);
    assert.deepEqual([report.done, report.failed, report.bytes], [10_001, 0, 10_001]);
    assert.equal((await found(cli, "memory:///to")).length, 10_001);
  } finally {
    await Deno.remove(list);
  }
});

Deno.test("rm names each place that failed, and those that are refused keep no others back", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  const missing = Array.from({ length: 12 }, (_, i) => `memory:///no${i}`);
  const { code, err } = await cli.run(["rm", ...missing, "memory:///", "memory:///a"]);
  assert.equal(code, 4);
  for (const url of [...missing, "memory:///"]) assert(err.includes(`"${url}"`), url);
  assert.deepEqual(await found(cli, "memory://"), []);
});

Deno.test("rm refuses the root of a host and dots", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "1" });
  for (const place of ["memory:///", "memory://", "/", ".", "..", "memory:///d/..", "./"]) {
    const { code, err } = await cli.run(["rm", "-rf", place]);
    assert.equal(code, 2, place);
    assert.match(err, /refused/);
  }
  assert.deepEqual(await found(cli, "memory://"), ["d/x"]);
});

Deno.test("mkdir makes a directory, and -p all above it", async () => {
  await using cli = new Cli();
  assert.equal((await cli.run(["mkdir", "memory:///a"])).code, 0);
  assert.equal((await cli.run(["mkdir", "memory:///a"])).code, 5);
  const deep = await cli.run(["mkdir", "memory:///b/c"]);
  assert.equal(deep.code, 1);
  assert.match(deep.err, /use -p/);
  assert.equal((await cli.run(["mkdir", "-p", "memory:///b/c", "memory:///a"])).code, 0);
  assert.equal(await cli.vfs.isDirectory("memory:///b/c"), true);
});

Deno.test("cp of one file that cannot be stored ends with the code of its error", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1", b: "2", "d/x": "3" });
  const memory = memoryTransport();
  cli.registry.register({
    ...memory,
    schemes: ["readonly"],
    connect: async (options) => ({
      ...await memory.connect(options),
      put: ({ href }) =>
        Promise.reject(new VfsError("PermissionDenied", { op: "write", url: href })),
    }),
  });
  const one = await cli.run(["cp", "memory:///a", "readonly:///a"]);
  assert.equal(one.code, 3);
  const message = 'Cannot write "readonly:///a": permission denied';
  assert.equal(one.err, `medvfs cp: "memory:///a": ${message}\n`);
  assert.equal((await cli.run(["cp", "memory:///a", "memory:///b", "readonly:///"])).code, 3);
  const many = await cli.run(["cp", "-r", "--json", "memory:///d", "readonly:///d"]);
  assert.equal(JSON.parse(lines(many.out)[0]!).error.kind, "PermissionDenied");
});
