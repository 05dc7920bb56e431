import { strict as assert } from "node:assert";
import { serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/mod.ts";
import { zipOf } from "../transports/zip/_build.ts";
import { Cli, lines } from "./run_main.ts";

async function disks(): Promise<Cli> {
  const cli = new Cli();
  await cli.write({
    "a/1.dcm": "1",
    "a/deep/2.dcm": "2",
    "b/3.dcm": "3",
    "b/deep/4.dcm": "4",
    "b/notes.txt": "n",
    "c.zip": zipOf({ "time/t0/5.dcm": "5", "time/t1/6.dcm": "6" }),
  });
  return cli;
}

async function out(cli: Cli, args: string[], stdin?: string): Promise<string[]> {
  const { out, err, code } = await cli.run(args, { stdin });
  assert.deepEqual({ err, code }, { err: "", code: 0 });
  return lines(out);
}

Deno.test("commands take quoted wildcards on any scheme, and say what matches nothing", async () => {
  await using cli = await disks();
  assert.equal((await cli.run(["cat", "memory:///*/deep/*.dcm"])).out, "24");
  assert.equal((await cli.run(["cat", "memory:///{b,a}/*.dcm"])).out, "13");
  assert.deepEqual(await out(cli, ["ls", "memory:///[ab]/deep"]), [
    "memory:///a/deep:",
    "2.dcm",
    "",
    "memory:///b/deep:",
    "4.dcm",
  ]);
  const zip = "zip://memory%3A%2F%2F%2Fc.zip/time/*/5.dcm";
  assert.equal((await cli.run(["cat", zip])).out, "5");
  const none = await cli.run(["ls", "memory:///no*"]);
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(none.err, /memory:\/\/\/no\*": nothing matches/);
  const some = await cli.run(["cat", "memory:///no*", "memory:///a/1.dcm"]);
  assert.deepEqual([some.code, some.out], [4, "1"]);
});

Deno.test("a wildcard that is the very name of something means that", async () => {
  await using cli = new Cli();
  const disk = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${disk}/a[1]`, "bracket");
    await Deno.writeTextFile(`${disk}/a1`, "one");
    assert.equal((await cli.run(["cat", `${disk}/a[1]`])).out, "bracket");
    assert.equal((await cli.run(["cat", `${disk}/a[12]`])).out, "one");
    assert.deepEqual(await out(cli, ["info", "-b", `${disk}/a?`]), [
      (await cli.run(["info", "-b", `${disk}/a1`])).out.trimEnd(),
    ]);
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
});

Deno.test("rm takes names as they are, and no wildcards", async () => {
  await using cli = await disks();
  assert.equal((await cli.run(["rm", "memory:///a/*"])).code, 1);
  assert(await cli.vfs.exists("memory:///a/1.dcm"));
});

Deno.test("--from-file reads places by line or by NUL, from a file or the input", async () => {
  await using cli = await disks();
  const found = await cli.run(["find", "memory:///a", "memory:///b", "*.dcm"]);
  assert.equal((await cli.run(["cat", "--from-file", "-"], { stdin: found.out })).out, "1234");
  const nulls = await cli.run(["find", "-0", "memory:///a", "memory:///b", "*.dcm"]);
  assert.equal(
    (await cli.run(["cat", "-0", "--from-file", "-"], { stdin: nulls.out })).out,
    "1234",
  );
  const wrong = await cli.run(["cat", "--from-file", "-"], { stdin: nulls.out });
  assert.equal(wrong.code, 2);
  const nowhere = await cli.run(["cp", "--from-file", "/no/list", "memory:///out/"]);
  assert.deepEqual([nowhere.code, nowhere.out], [1, ""]);
  assert.match(
    nowhere.err,
    /^medvfs cp: Cannot read "file:\/\/\/([A-Z]:\/)?no\/list": not found$/m,
  );
  const empty = await cli.run(["ls", "--from-file", "-"], { stdin: "\n" });
  assert.deepEqual([empty.code, empty.out], [0, ""]);
  const none = await cli.run(["cat"]);
  assert.equal(none.code, 2);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "memory:///a/1.dcm\r\nmemory:///b/3.dcm");
    assert.equal(
      (await cli.run(["cp", "--from-file", file, "memory:///out/"])).code,
      0,
    );
    assert.equal(await cli.vfs.readTextFile("memory:///out/3.dcm"), "3");
    await cli.run(["rm", "--from-file", file]);
    assert.equal(await cli.vfs.exists("memory:///b/3.dcm"), false);
    assert.equal((await cli.run(["cp", "--from-file", file])).code, 2);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("find looks through several places, finds once what lies in two, and takes a pattern last", async () => {
  await using cli = await disks();
  assert.deepEqual(
    await out(cli, ["find", "memory:///a", "memory:///c.zip", "memory:///a/deep", "*.dcm"]),
    [
      "memory:///a/1.dcm",
      "zip://memory%3A%2F%2F%2Fc.zip/time/t0/5.dcm",
      "zip://memory%3A%2F%2F%2Fc.zip/time/t1/6.dcm",
      "memory:///a/deep/2.dcm",
    ],
  );
  assert.deepEqual(await out(cli, ["find", "memory:///[ab]", "deep/*"]), [
    "memory:///a/deep/2.dcm",
    "memory:///b/deep/4.dcm",
  ]);
  const { code, out: rest, err } = await cli.run([
    "find",
    "memory:///no",
    "memory:///a",
    "--name",
    "2*",
  ]);
  assert.deepEqual([code, rest], [4, "memory:///a/deep/2.dcm\n"]);
  assert.match(err, /memory:\/\/\/no/);
});

Deno.test("cp and sync of several put each under its name, and refuse two of one name", async () => {
  await using cli = await disks();
  await out(cli, ["-q", "cp", "-r", "memory:///a", "memory:///c.zip?time/t1", "memory:///out/"]);
  assert.equal(await cli.vfs.readTextFile("memory:///out/c/time/t1/6.dcm"), "6");
  for (const verb of [["cp", "-r"], ["mv"], ["sync", "--journal", "none"], ["check"]]) {
    const places = ["memory:///a/deep", "memory:///b/deep", "memory:///both/"];
    const { code, err } = await cli.run([...verb, ...places]);
    assert.equal(code, 2, verb[0]);
    assert.match(err, /a\/deep.*b\/deep|b\/deep.*a\/deep/);
  }
  assert.equal(await cli.vfs.exists("memory:///both"), false);
  const args = ["--journal", "none", "-v", "memory:///a", "memory:///b", "memory:///mirror"];
  assert.deepEqual((await cli.run(["sync", ...args])).out.split("\n").slice(0, -1).sort(), [
    "copied a/1.dcm",
    "copied a/deep/2.dcm",
    "copied b/3.dcm",
    "copied b/deep/4.dcm",
    "copied b/notes.txt",
  ]);
  assert.equal((await cli.run(["check", ...args.slice(3)])).code, 0);
});

Deno.test("show makes one sheet of a series whose slices lie in two folders and a zip", async () => {
  await using cli = new Cli();
  const zipped: Record<string, Uint8Array> = {};
  let n = 0;
  for await (const { bytes, path } of phantomStudy({ modalities: ["MR"] })) {
    if (!path.includes("2-T1")) continue;
    const name = `${9 - n % 10}${n}.dcm`;
    await cli.write({ [`whole/${name}`]: bytes });
    if (n % 3 === 0) zipped[name] = bytes;
    else await cli.write({ [`disk${n % 3}/${name}`]: bytes });
    n++;
  }
  await cli.write({ "rest.zip": zipOf(zipped) });
  const sheet = ["--size", "32", "-o"];
  assert.equal((await cli.run(["show", ...sheet, "memory:///1.png", "memory:///whole"])).code, 0);
  const places = ["memory:///disk*", "memory:///rest.zip", "memory:///disk1"];
  assert.equal((await cli.run(["show", ...sheet, "memory:///2.png", ...places])).code, 0);
  assert.deepEqual(
    await cli.vfs.readFile("memory:///2.png"),
    await cli.vfs.readFile("memory:///1.png"),
  );
});

Deno.test("find and show take a series of which one part is in a PACS and one in a folder", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using cli = new Cli();
  let n = 0;
  for await (const { bytes, path } of phantomStudy({ modalities: ["MR"] })) {
    if (!path.includes("2-T1")) continue;
    const name = `${n}.dcm`;
    await cli.write({ [`whole/${name}`]: bytes, [`${n % 2 ? "disk" : "pacs"}/${name}`]: bytes });
    n++;
  }
  const pacs = `dicom://127.0.0.1:${node.port}/NODE`;
  assert.equal((await cli.run(["-q", "cp", "-r", "memory:///pacs", pacs])).code, 0);
  const patient = `${pacs}/PHANTOM-*`;
  const found = await out(cli, ["find", patient, "memory:///disk", "--series", "2", "--type", "f"]);
  assert.equal(found.length, n);
  assert.deepEqual(await out(cli, ["ls", patient]), await out(cli, ["ls", `${pacs}/PHANTOM-1`]));
  const sheet = ["--size", "32", "-o"];
  assert.equal((await cli.run(["show", ...sheet, "memory:///1.png", "memory:///whole"])).code, 0);
  const made = await cli.run(["show", ...sheet, "memory:///2.png", patient, "memory:///disk"]);
  assert.equal(made.code, 0, made.err);
  assert.deepEqual(
    await cli.vfs.readFile("memory:///2.png"),
    await cli.vfs.readFile("memory:///1.png"),
  );
});
