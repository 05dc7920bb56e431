import { strict as assert } from "node:assert";
import { Cli, lines } from "./run_main.ts";

Deno.test("info prints a line per place in the order given, and goes on past a missing one", async () => {
  await using cli = new Cli();
  await cli.write({ "d/a.json": "{}", "d/s/b": "1" });
  const { out, err, code } = await cli.run([
    "info",
    "memory:///d/a.json",
    "memory:///no",
    "memory:///d",
  ]);
  assert.equal(code, 4);
  assert.match(out, /^memory:\/\/\/d\/a\.json: JSON.*\nmemory:\/\/\/d: 1 directory, 1 file\n$/);
  assert.match(err, /^medvfs info: Cannot .* "memory:\/\/\/no": not found\n$/);
});

Deno.test("info --brief leaves out the name, --json gives a record", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "1" });
  assert.equal((await cli.run(["info", "-b", "memory:///d"])).out, "0 directories, 1 file\n");
  assert.deepEqual(JSON.parse((await cli.run(["info", "--json", "memory:///d"])).out), {
    url: "memory:///d",
    description: "0 directories, 1 file",
  });
});

Deno.test("stat prints what is known, and --json the same as a record", async () => {
  await using cli = new Cli();
  await cli.write({ x: new Uint8Array(1234) });
  const { out } = await cli.run(["stat", "memory:///x"]);
  assert.match(
    out,
    /^name {5}memory:\/\/\/x\nkind {5}file\nsize {5}1234 bytes \(1\.2 kB\)\nchanged {2}\d{4}-/,
  );
  const record = JSON.parse((await cli.run(["stat", "--json", "memory:///x"])).out);
  assert.deepEqual([record.kind, record.size, record.url], ["file", 1234, "memory:///x"]);
  assert.equal((await cli.run(["stat", "memory:///no"])).code, 1);
});

Deno.test("cat writes files one after the other, or a range of each", async () => {
  await using cli = new Cli();
  await cli.write({ a: "0123456789", b: "abc" });
  const run = async (...args: string[]) => (await cli.run(["cat", ...args])).out;
  assert.equal(await run("memory:///a", "memory:///b"), "0123456789abc");
  assert.equal(await run("--range", "2-4", "memory:///a"), "234");
  assert.equal(await run("--range", "8-", "memory:///a"), "89");
  assert.equal(await run("--range", "-3", "memory:///a"), "789");
  for (const range of ["4-2", "x", "-", "1", "1-2-3"]) {
    const { code, err } = await cli.run(["cat", "--range", range, "memory:///a"]);
    assert.equal(code, 2, range);
    assert.match(err, /--range/);
  }
});

Deno.test("cat of a directory fails with 5, of a range beyond the end too", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "123" });
  assert.equal((await cli.run(["cat", "memory:///d"])).code, 5);
  assert.equal((await cli.run(["cat", "--range", "9-", "memory:///d/x"])).code, 5);
});

Deno.test("cat ends quietly with 141 when the reader of its output goes away", async () => {
  await using cli = new Cli();
  await cli.write({ big: new Uint8Array(3_000_000), other: "x" });
  const result = await cli.run(["cat", "memory:///big", "memory:///other"], { readsOnly: 0 });
  assert.deepEqual(result, { code: 141, out: "", err: "" });
});

Deno.test("ls ends quietly with 141 when the reader of its output goes away", async () => {
  await using cli = new Cli();
  const names = Array.from({ length: 3000 }, (_, i) => [`d/${"n".repeat(20)}${i}`, ""]);
  await cli.write(Object.fromEntries(names));
  const { code, err } = await cli.run(["ls", "memory:///d"], { readsOnly: 1 });
  assert.deepEqual([code, err], [141, ""]);
});

Deno.test("a command stops with 141 when the reader of its errors goes away", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  const args = ["hash", "memory:///missing", "memory:///a", "memory:///also missing"];
  assert.equal((await cli.run(args)).code, 4);
  assert.equal((await cli.run(args, { stderrIsUnread: true })).code, 141);
});

Deno.test("du adds up sizes per directory, deepest first", async () => {
  await using cli = new Cli();
  await cli.write({ "d/a/x": "12345", "d/a/b/y": "123", "d/z": new Uint8Array(2000) });
  assert.equal(
    (await cli.run(["du", "memory:///d"])).out,
    "3\tmemory:///d/a/b\n8\tmemory:///d/a\n2008\tmemory:///d\n",
  );
  assert.equal((await cli.run(["du", "-s", "-h", "memory:///d"])).out, "2.0 kB\tmemory:///d\n");
  const shallow = await cli.run(["du", "-d", "1", "--json", "memory:///d"]);
  assert.deepEqual(lines(shallow.out).map((line) => JSON.parse(line)), [
    { url: "memory:///d/a", size: 8, files: 2, unknown: 0 },
    { url: "memory:///d", size: 2008, files: 3, unknown: 0 },
  ]);
  assert.equal((await cli.run(["du", "memory:///d/z"])).out, "2000\tmemory:///d/z\n");
  assert.equal((await cli.run(["du", "memory:///no"])).code, 1);
});

Deno.test("hash prints known digests in the format of sha256sum, and what is no file or no directory gets a hint", async () => {
  await using cli = new Cli();
  await cli.write({ "d/abc": "abc", "d/e/empty": "" });
  const run = async (...args: string[]) => (await cli.run(["hash", ...args])).out;
  // FIPS 180-4 and RFC 1321 give these.
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
  const md5 = "900150983cd24fb0d6963f7d28e17f72";
  assert.equal(await run("memory:///d/abc"), `${sha256}  memory:///d/abc\n`);
  assert.equal(await run("--algorithm", "sha1", "memory:///d/abc"), `${sha1}  memory:///d/abc\n`);
  assert.equal(await run("--algorithm", "md5", "memory:///d/abc"), `${md5}  memory:///d/abc\n`);
  const all = lines(await run("-r", "memory:///d")).map((line) => line.slice(66));
  assert.deepEqual(all, ["memory:///d/abc", "memory:///d/e/empty"]);
  const directory = await cli.run(["hash", "memory:///d"]);
  assert.equal(directory.code, 5);
  assert.match(directory.err, /use -r/);
  assert.match((await cli.run(["dump", "memory:///d"])).err, /medvfs find -0 DIR --type f/);
  assert.match((await cli.run(["sync", "memory:///d/abc", "memory:///x"])).err, /cp copies single/);
  assert.equal((await cli.run(["hash", "--algorithm", "crc", "memory:///d"])).code, 2);
});

// On Windows no name has what is escaped.
Deno.test({
  name: "hash escapes names as sha256sum does",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using cli = new Cli();
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/a\nb\\c`, "abc");
      const { out } = await cli.run(["hash", "-r", folder]);
      assert.equal(lines(out).length, 1);
      assert.ok(out.startsWith("\\ba7816bf"));
      assert.ok(out.endsWith("/a\\nb\\\\c\n"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("schemes lists the drivers with what they can do, also as records", async () => {
  await using cli = new Cli();
  const { out, code } = await cli.run(["schemes"]);
  assert.equal(code, 0);
  assert.match(out, /^SCHEME +DRIVER +CAN +DENO PERMISSIONS\n/);
  assert.match(out, /^file: .* read range write .* --allow-read/m);
  const records = lines((await cli.run(["schemes", "--json"])).out).map((line) => JSON.parse(line));
  assert.ok(
    records.some(({ name, capabilities }) => name === "memory" && capabilities.put === "atomic"),
  );
});

Deno.test("schemes tells of a driver that cannot be loaded, lists the others and ends with 4", async () => {
  await using cli = new Cli();
  cli.registry.register({
    schemes: ["broken"],
    load: () => Promise.reject(new Error("no such module")),
  });
  const { out, err, code } = await cli.run(["schemes"]);
  assert.equal(code, 4);
  assert.match(out, /^memory:/m);
  assert.match(err, /could not be loaded/);
});
