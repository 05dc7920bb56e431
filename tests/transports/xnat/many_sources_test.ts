import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs, TransferFailed, type Vfs } from "../../../mod.ts";
import { Cli } from "../../cli/run_main.ts";

/** A server with 100 files of so many milliseconds ago in so many resources, and their URLs. */
async function seeded(
  resources: number,
  age = 60_000,
): Promise<{ server: XnatServer; urls: string[] }> {
  const clock = manualClock({ start: Date.now() - age });
  const server = await startXnatServer({ clock });
  const urls: string[] = [];
  for (let scan = 1; scan <= resources; scan++) {
    server.seed.scan(["P", "s", "e", `${scan}`], { fields: { type: "T1" } });
    for (let file = 1; file <= 100 / resources; file++) {
      const path = ["P", "s", "e", `${scan}`, "DICOM", `${scan}-${file}.dcm`] as const;
      await server.seed.file(path, new TextEncoder().encode(`${scan} ${file}`.repeat(1000)));
      urls.push(`xnat+http://admin:admin@127.0.0.1:${server.port}/${path.join("/")}`);
    }
  }
  await clock.advance(age);
  server.requests.clear();
  return { server, urls };
}

/** How many requests `action` takes, the logout among them. */
async function requests(
  { server }: Awaited<ReturnType<typeof seeded>>,
  action: (vfs: Vfs) => Promise<unknown>,
): Promise<number> {
  await using vfs = createVfs();
  server.requests.clear();
  await action(vfs);
  await vfs.close();
  return server.requests.count;
}

async function failure(run: Promise<unknown>): Promise<TransferFailed> {
  const error = await run.then(() => undefined, (error: unknown) => error);
  assert(error instanceof TransferFailed, String(error));
  return error;
}

Deno.test("copy() of 100 files of one resource takes five requests, of ten resources 23, in any order", async () => {
  for (const [resources, expected] of [[1, 5], [10, 23]] as const) {
    const s = await seeded(resources);
    await using _ = s.server;
    // Those of one resource apart from each other.
    const mixed = s.urls.toSorted((a, b) =>
      Number(/\d+(?=\.dcm)/.exec(a)) - Number(/\d+(?=\.dcm)/.exec(b))
    );
    for (const urls of [s.urls, mixed, [...s.urls, ...s.urls]]) {
      const count = await requests(s, async (vfs) => {
        const { done, bytes } = await vfs.copy(urls, "memory:///to");
        assert.deepEqual([done, bytes], [100, bytes]);
        assert.equal(await vfs.readTextFile("memory:///to/1-3.dcm"), "1 3".repeat(1000));
      });
      assert.equal(count, expected);
    }
  }
});

Deno.test("cp of 100 named files asks for no head, names those that are missing and copies the others", async () => {
  const s = await seeded(1);
  await using _ = s.server;
  await using cli = new Cli();
  const gone = `${s.urls[0]}.gone`;
  const { code, err } = await cli.run([
    "cp",
    ...s.urls.slice(1),
    gone,
    s.urls[7]!,
    "memory:///to/",
  ]);
  assert.equal(code, 4);
  assert.match(err, /Cannot stat "[^"]*1-1\.dcm\.gone": not found\n.*copied 99 files.*1 failed\n$/);
  assert.equal(s.server.requests.total("HEAD").requests, 0);
  assert.equal(s.server.requests.count, 5);
});

Deno.test("statEach() tells of each by the list of its resource, and alone where there are few", async () => {
  const s = await seeded(10);
  await using _ = s.server;
  const gone = `${s.urls[0]}.gone`;
  const count = await requests(s, async (vfs) => {
    const seen = await vfs.statEach([...s.urls, gone, "no-scheme://x", s.urls[0]!]);
    const infos = seen.map((each) =>
      each.status === "fulfilled" ? each.value.kind : each.reason.kind
    );
    const files = Array.from(s.urls, () => "file");
    assert.deepEqual(infos, [...files, "NotFound", "NotSupported", "file"]);
  });
  assert.equal(count, 13);
  const all = await requests(s, async (vfs) => {
    const seen = await vfs.statEach(s.urls, { detail: true });
    assert(seen.every((each) => each.status === "fulfilled" && each.value.mtime));
  });
  assert.equal(all, 112);
  const few = await requests(s, async (vfs) => {
    const [seen] = await vfs.statEach(s.urls.slice(0, 4));
    assert(seen?.status === "fulfilled" && seen.value.mtime);
  });
  assert.equal(few, 7);
});

Deno.test("copy() of many names a file that went since the folder was listed, and finds one that came", async () => {
  const s = await seeded(1);
  await using _ = s.server;
  const clock = manualClock({ start: Date.now() });
  await using vfs = createVfs({ layers: { clock } });
  const [first, ...others] = s.urls as [string, ...string[]];
  await vfs.statEach(s.urls);
  await using another = createVfs();
  await another.remove(first);
  await another.writeFile(`${first}.new`, "new");
  // A list is believed for a second where it tells that something is missing.
  await clock.advance(1_001);
  const { report } = await failure(vfs.copy([...s.urls, `${first}.new`], "memory:///to"));
  assert.deepEqual([report.done, report.failed], [others.length + 1, 1]);
  assert.equal(report.problems[0]!.error?.kind, "NotFound");
  assert.equal(new URL(report.problems[0]!.from).pathname, new URL(first).pathname);
});

Deno.test("remove() of 100 files takes as many DELETEs, and a list for every four of them, of ten resources few more", async () => {
  for (const [resources, most] of [[1, 35], [10, 65]] as const) {
    const s = await seeded(resources);
    await using _ = s.server;
    const count = await requests(s, async (vfs) => {
      assert.equal((await vfs.remove(s.urls)).done, 100);
    });
    assert.equal(s.server.requests.total("DELETE").requests, 101);
    assert(count - 100 <= most, `${count}`);
    await using vfs = createVfs();
    const top = s.urls[0]!.replace(/P[/].*/, "P");
    assert.deepEqual(await Array.fromAsync(vfs.entries(top, { includeDirs: false })), []);
  }
});

Deno.test("move() of 100 files takes a few lists and zips besides the DELETEs, also of files that are young", async () => {
  for (const age of [60_000, 0]) {
    const s = await seeded(1, age);
    await using _ = s.server;
    const count = await requests(s, async (vfs) => {
      assert.equal((await vfs.move(s.urls, "memory:///to")).done, 100);
    });
    assert.equal(s.server.requests.total("DELETE").requests, 101);
    assert(count - 100 <= 37, `${count}`);
  }
});

Deno.test("ls, du and hash of 100 named files ask for no head, and tell what a stat of each would", async () => {
  const s = await seeded(10);
  await using _ = s.server;
  const gone = `${s.urls[0]}.gone`;
  for (const [args, expected] of [[["ls"], 14], [["du"], 14], [["hash"], 114]] as const) {
    await using cli = new Cli();
    s.server.requests.clear();
    const { code, out, err } = await cli.run([...args, gone, ...s.urls]);
    assert.equal(s.server.requests.total("HEAD").requests, 0);
    assert(s.server.requests.count <= expected, `${args} ${s.server.requests.count}`);
    assert.deepEqual([code, err.match(/1-1\.dcm\.gone": not found/g)?.length], [4, 1]);
    const lines = out.trimEnd().split("\n");
    assert.equal(lines.length, 100);
    const size = String("10 10".length * 1000);
    const last = { ls: "", du: `${size}\t`, hash: `${await sha256("10 10".repeat(1000))}  ` };
    assert.equal(lines[99], `${last[args[0]]}${s.urls[99]!.replace("admin:admin@", "")}`);
  }
});

Deno.test("stat and ls -l of many named files tell the time of each, in their order", async () => {
  const s = await seeded(10);
  await using _ = s.server;
  for (
    const [args, name] of [[["stat", "--json"], /"url":"([^"]*)"/], [["ls", "-l"], /\S+$/]] as const
  ) {
    await using cli = new Cli();
    const { out } = await cli.run([...args, ...s.urls, ...s.urls]);
    const lines = out.trimEnd().split("\n");
    const names = lines.map((line) => name.exec(line)!.at(-1)!);
    const urls = s.urls.map((url) => url.replace("admin:admin@", ""));
    assert.deepEqual(names, [...urls, ...urls]);
    assert(lines.every((line) => /20[0-9]{2}-[0-9]{2}-[0-9]{2}/.test(line)), lines[0]);
  }
});

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
