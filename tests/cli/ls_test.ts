import { strict as assert } from "node:assert";
import { Cli, lines } from "./run_main.ts";

Deno.test("ls prints the names of a directory, sorted, numerically where all are numbers", async () => {
  await using cli = new Cli();
  await cli.write({ "d/10": "x", "d/9": "x", "e/b": "x", "e/.hidden": "x" });
  assert.deepEqual(await cli.run(["ls", "memory:///d"]), { code: 0, out: "9\n10\n", err: "" });
  assert.equal((await cli.run(["ls", "memory:///e"])).out, ".hidden\nb\n");
});

Deno.test("ls -l aligns size, time, kind and name, and -h writes sizes for people", async () => {
  await using cli = new Cli();
  await cli.write({ "d/big": new Uint8Array(12_345), "d/sub/x": "1" });
  const { out } = await cli.run(["ls", "-l", "memory:///d"]);
  assert.match(
    out,
    /^12345 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}file {2}big\n {4}- {2}.{10,16} +dir {3}sub\n$/,
  );
  assert.match((await cli.run(["ls", "-lh", "memory:///d"])).out, /^12 kB .* big\n/);
});

Deno.test("ls names files given, then titles directories when they are several", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "1", "f": "1" });
  const { out, code } = await cli.run(["ls", "memory:///d", "memory:///f"]);
  assert.equal(code, 0);
  assert.equal(out, "memory:///f\n\nmemory:///d:\nx\n");
});

Deno.test("ls lists a zip as tree and find do, and -d the zip itself", async () => {
  await using cli = new Cli();
  await cli.write({ "d/f": "1" });
  await cli.vfs.writeFile("zip://memory%3A%2F%2F%2Fd%2Fa.zip/sub/x", "1");
  const run = async (...args: string[]) => {
    const { code, out, err } = await cli.run(["ls", ...args]);
    assert.equal(code, 0, err);
    return out;
  };
  assert.equal(await run("memory:///d/a.zip"), "sub\n");
  assert.equal(await run("-R", "memory:///d/a.zip").then((out) => lines(out).at(-1)), "x");
  assert.equal(
    await run("memory:///d/f", "memory:///d/a.zip"),
    "memory:///d/f\n\nmemory:///d/a.zip:\nsub\n",
  );
  assert.equal(
    await run("-d", "memory:///d/a.zip", "memory:///d"),
    "memory:///d/a.zip\nmemory:///d\n",
  );
  assert.equal(await run("memory:///d"), "a.zip\nf\n");
  const { out } = await cli.run(["find", "memory:///d/a.zip", "--type", "f"]);
  assert.match(out, /a\.zip\/sub\/x\n$/);
});

Deno.test("a damaged archive ends what looks into it with 5, and with 4 beside a place that is whole", async () => {
  await using cli = new Cli();
  await cli.write({ "d/a.zip": "no zip", "e/f": "1" });
  for (const command of ["find", "tree", "ls"]) {
    const alone = await cli.run([command, "memory:///d/a.zip"]);
    assert.equal(alone.code, 5, command);
    assert.match(alone.err, /it is no zip, or it was cut off\n$/);
    const both = await cli.run([command, "memory:///d/a.zip", "memory:///e"]);
    assert.deepEqual([both.code, /\bf\n/.test(both.out)], [4, true], command);
  }
});

Deno.test("ls -R titles every directory below by what can be given again", async () => {
  await using cli = new Cli();
  await cli.write({ "d/a b/x": "1", "d/y": "1" });
  const { out } = await cli.run(["ls", "-R", "memory:///d"]);
  assert.equal(out, "memory:///d:\na b\ny\n\nmemory:///d/a%20b:\nx\n");
  const [, , , , title] = lines(out);
  assert.equal((await cli.run(["ls", title!.slice(0, -1)])).out, "x\n");
});

Deno.test("ls --json prints a record per line with size and ISO dates", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "123", "d/s/y": "1" });
  const { out } = await cli.run(["ls", "--json", "-R", "memory:///d"]);
  const records = lines(out).map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ name, kind, url }) => [name, kind, url]), [
    ["s", "directory", "memory:///d/s"],
    ["x", "file", "memory:///d/x"],
    ["y", "file", "memory:///d/s/y"],
  ]);
  assert.equal(records[1].size, 3);
  assert.equal(new Date(records[1].mtime).toISOString(), records[1].mtime);
});

Deno.test("ls of what is not there fails with 1, and with 4 when another place is there", async () => {
  await using cli = new Cli();
  await cli.write({ "d/x": "1" });
  const missing = await cli.run(["ls", "memory:///no"]);
  assert.deepEqual(missing, {
    code: 1,
    out: "",
    err: 'medvfs ls: Cannot stat "memory:///no": not found\n',
  });
  assert.equal((await cli.run(["ls", "memory:///no", "memory:///d"])).code, 4);
});

Deno.test("ls escapes control characters of names on a terminal and keeps them in a pipe", async () => {
  await using cli = new Cli();
  const name = "evil\x1b[2J\n\u202e";
  await cli.write({ [`d/${encodeURIComponent(name)}`]: "1" });
  const terminal = await cli.run(["ls", "memory:///d"], { stdoutIsTerminal: true });
  assert.equal(terminal.out, "evil\\x1b[2J\\x0a\\u202e\n");
  assert.equal((await cli.run(["ls", "memory:///d"])).out, `${name}\n`);
});

for (
  const args of [["hash", "-r"], ["find"], ["tree"], ["du"], [
    "hash",
    "-r",
    "--json",
  ]]
) {
  Deno.test(`${args.join(" ")} shows names of others harmlessly on a terminal`, async () => {
    await using cli = new Cli();
    const name = encodeURIComponent("evil\x1b]0;x\x07\u202e");
    await cli.write({ [`d/${name}/${name}`]: "1" });
    const { out, err } = await cli.run([...args, "memory:///d"], { stdoutIsTerminal: true });
    assert.match(out + err, /evil/);
    // deno-lint-ignore no-control-regex -- these are what must not be there
    assert.doesNotMatch(out + err, /\x1b\]|\x07/);
  });
}

Deno.test("ls colours directories on a terminal only, and not with NO_COLOR", async () => {
  await using cli = new Cli();
  await cli.write({ "d/s/x": "1" });
  const args = ["ls", "memory:///d"];
  const coloured = await cli.run(args, { stdoutIsTerminal: true });
  assert.equal(coloured.out, "\x1b[34ms\x1b[0m\n");
  assert.equal((await cli.run(args, { stdoutIsTerminal: true, noColor: true })).out, "s\n");
  assert.equal((await cli.run(args)).out, "s\n");
});
