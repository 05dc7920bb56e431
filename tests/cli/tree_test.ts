import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import { Cli, lines } from "./run_main.ts";

async function study(): Promise<Cli> {
  const cli = new Cli();
  await cli.write({
    "t/a.json": "{}",
    "t/m/deep/x.json": "[1]",
    "t/m/y.json": "{}",
    "t/z.json": "{}",
  });
  return cli;
}

Deno.test("tree draws what is in a directory right after its line, and totals at the end", async () => {
  await using cli = await study();
  const { out, code } = await cli.run(["tree", "memory:///t"]);
  assert.equal(code, 0);
  assert.equal(
    out,
    `memory:///t
├── a.json
├── m
│   ├── deep
│   │   └── x.json
│   └── y.json
└── z.json

2 directories, 4 files
`,
  );
});

Deno.test("tree -L ends at a depth", async () => {
  await using cli = await study();
  const { out } = await cli.run(["tree", "-L", "1", "memory:///t"]);
  assert.deepEqual(lines(out).slice(1), [
    "├── a.json",
    "├── m",
    "└── z.json",
    "",
    "1 directory, 2 files",
  ]);
});

Deno.test("tree --info describes each file, aligned, in the order of names", async () => {
  await using cli = await study();
  const { out } = await cli.run(["tree", "--info", "memory:///t"]);
  assert.match(out, /^├── a\.json {2}JSON/m);
  assert.match(out, /^│ {3}│ {3}└── x\.json {2}JSON/m);
  const names = lines(out).map((line) => /\w+\.json/.exec(line)?.[0]).filter(Boolean);
  assert.deepEqual(names, ["a.json", "x.json", "y.json", "z.json"]);
});

Deno.test("tree --info keeps the order of 100 files that are described 16 at a time", async () => {
  await using cli = new Cli();
  const names = Array.from({ length: 100 }, (_, i) => String(i + 1));
  await cli.write(Object.fromEntries(names.map((name) => [`many/${name}`, "{}"])));
  const { out } = await cli.run(["tree", "--info", "memory:///many"]);
  assert.deepEqual(lines(out).slice(1, 101).map((line) => line.split(/\s+/)[1]), names);
});

Deno.test("tree --json prints records with depth and description", async () => {
  await using cli = await study();
  const { out } = await cli.run(["tree", "--json", "--info", "memory:///t"]);
  const records = lines(out).map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ depth, name }) => [depth, name]), [
    [1, "a.json"],
    [1, "m"],
    [2, "deep"],
    [3, "x.json"],
    [2, "y.json"],
    [1, "z.json"],
  ]);
  assert.match(records[0].description, /JSON/);
});

Deno.test("tree draws an empty directory, and fails with 1 for a missing one", async () => {
  await using cli = new Cli();
  await cli.vfs.mkdir("memory:///e");
  assert.equal(
    (await cli.run(["tree", "memory:///e"])).out,
    "memory:///e\n\n0 directories, 0 files\n",
  );
  assert.equal((await cli.run(["tree", "memory:///no"])).code, 1);
});

Deno.test("tree goes on when a directory cannot be listed, and ends with 4", async () => {
  await using cli = new Cli();
  const memory = memoryTransport({ tree: false });
  cli.registry.register({
    ...memory,
    schemes: ["guarded"],
    async connect(options) {
      const transport = await memory.connect(options);
      const list: typeof transport.list = (location, options) => {
        if (location.name !== "locked") return transport.list(location, options);
        throw new VfsError("PermissionDenied", { op: "list", url: location.href });
      };
      return { ...transport, list };
    },
  });
  for (const name of ["a/b", "locked/c", "z"]) await cli.vfs.writeFile(`guarded:///${name}`, "1");
  const { out, err, code } = await cli.run(["tree", "guarded:///"]);
  assert.equal(code, 4);
  assert.equal(
    out,
    `guarded:///
├── a
│   └── b
├── locked
└── z

2 directories, 2 files
`,
  );
  assert.equal(err, 'medvfs tree: Cannot list "guarded:///locked": permission denied\n');
  assert.equal((await cli.run(["ls", "-R", "guarded:///"])).code, 4);
  assert.equal((await cli.run(["du", "guarded:///"])).code, 4);
  assert.equal((await cli.run(["find", "guarded:///"])).code, 4);
  assert.equal((await cli.run(["hash", "-r", "guarded:///"])).code, 4);
  assert.equal((await cli.run(["ls", "guarded:///locked"])).code, 3);
});
