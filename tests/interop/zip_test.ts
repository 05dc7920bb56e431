import { strict as assert } from "node:assert";
import { createVfs } from "../../mod.ts";
import { seededBytes } from "../../testing/random.ts";
import { memberPattern } from "../../vfs/patterns/member_pattern.ts";
import { type Peer, peerTest } from "./peers.ts";

const PYTHON: Peer = {
  name: "Python",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import zipfile, tarfile"],
};
const INFO_ZIP: Peer = { name: "Info-ZIP", command: ["zip"], probe: ["-v"] };
const TAR: Peer = { name: "tar", command: ["tar"], probe: ["--version"] };
const SCRIPT = new URL("./archives_python.py", import.meta.url).pathname;

const FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "empty": new Uint8Array(),
  "größe/日本 1.dcm": seededBytes(1, 100_000),
  "zeros.bin": new Uint8Array(1_000_000),
  [`${"deep/".repeat(12)}a rather long name, with a comma and ${"more ".repeat(12)}.txt`]: //
    seededBytes(2, 3),
};

async function compare(make: (folder: string, target: string) => Promise<unknown>, name: string) {
  const folder = await Deno.makeTempDir();
  try {
    await using vfs = createVfs();
    for (const [path, bytes] of Object.entries(FILES)) {
      await vfs.writeFile(`${folder}/in/${path}`, bytes);
    }
    await make(`${folder}/in`, `${folder}/${name}`);
    await using mount = await vfs.mount(`${folder}/${name}`);
    const found = new Map<string, Uint8Array>();
    for await (const entry of mount.entries("", { includeDirs: false })) {
      const path = entry.location.segments.join("/");
      found.set(path, await vfs.readFile(entry.location));
    }
    assert.deepEqual([...found.keys()].sort(), Object.keys(FILES).sort());
    for (const [path, bytes] of Object.entries(FILES)) {
      assert.deepEqual(found.get(path), bytes, path);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const kind of ["stored", "deflated", "deflated-stream", "stored-stream", "deflated-zip64"]) {
  await peerTest(PYTHON, `zip of Python, ${kind}, is read byte by byte`, async (run) => {
    await compare((folder, target) => run(SCRIPT, kind, folder, target), "a.zip");
  });
}

for (const kind of ["tar-gnu-plain", "tar-pax-plain", "tar-pax-w:gz"]) {
  await peerTest(PYTHON, `tar of Python, ${kind}, is read byte by byte`, async (run) => {
    await compare((folder, target) => run(SCRIPT, kind, folder, target), "a.tar.gz");
  });
}

await peerTest(INFO_ZIP, "zip of Info-ZIP is read byte by byte", async () => {
  await compare((folder, target) => inFolder(folder, "zip", "-qr", target, "."), "a.zip");
});

await peerTest(INFO_ZIP, "zip that Info-ZIP wrote to a pipe is read byte by byte", async () => {
  const piped = (folder: string, target: string) =>
    inFolder(folder, "sh", "-c", 'zip -qr - . | cat > "$1"', "sh", target);
  await compare(piped, "a.zip");
});

for (const format of ["gnu", "pax", "posix", "oldgnu"]) {
  await peerTest(TAR, `tar of GNU tar, ${format}, is read byte by byte`, async () => {
    const make = (folder: string, target: string) =>
      inFolder(folder, "tar", `--format=${format}`, "-czf", target, ".");
    await compare(make, "a.tgz");
  });
}

await peerTest(PYTHON, "patterns for members are those of fnmatchcase", async (run) => {
  const code = `
import fnmatch, json, random
random.seed(7)
rows = []
for _ in range(20000):
    pattern = "".join(random.choices("ab[]!-*?^\\\\/\u00e9\u{1d11e}z", k=random.randint(1, 8)))
    name = "".join(random.choices("ab]!-^\\\\/\u00e9\u{1d11e}z[", k=random.randint(1, 6)))
    plain = pattern[:-1] if pattern.endswith("/") else pattern
    isin = fnmatch.fnmatchcase(name, plain) or fnmatch.fnmatchcase(name, plain + "/*")
    rows.append([pattern, name, isin])
print(json.dumps(rows))`;
  const rows: [string, string, boolean][] = JSON.parse(await run("-c", code));
  assert(rows.filter(([, , isIn]) => isIn).length > 100);
  for (const [pattern, name, isIn] of rows) {
    assert.equal(memberPattern(pattern)(name), isIn, JSON.stringify([pattern, name]));
  }
});

const UNZIP: Peer = { name: "unzip", command: ["unzip"], probe: ["-v"] };

async function written(check: (path: string) => Promise<unknown>) {
  const folder = await Deno.makeTempDir();
  try {
    await using vfs = createVfs();
    const path = `${folder}/a.zip`;
    const url = `zip://${encodeURIComponent(`file://${path}`)}`;
    for (const [name, bytes] of Object.entries(FILES)) await vfs.writeFile(`${url}/${name}`, bytes);
    const stream = new Blob([seededBytes(3, 5_000_000)]).stream();
    await vfs.writeFile(`${url}/streamed`, stream);
    // What deflates, what is taken out, and what gets another name.
    await vfs.writeFile(`${url}/rows`, new Blob([new Uint8Array(5_000_000)]).stream());
    await vfs.writeFile(`${url}/gone/1`, "gone");
    await vfs.remove(`${url}/gone`, { recursive: true });
    await vfs.writeFile(`${url}/old name`, "renamed");
    await vfs.move(`${url}/old name`, `${url}/neuer Name für es`);
    await check(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await peerTest(UNZIP, "zip that was written member by member is whole for unzip", async (run) => {
  await written((path) => run("-tq", path));
});

await peerTest(PYTHON, "zip that was written member by member is whole for Python", async (run) => {
  await written(async (path) => {
    const code = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); " +
      "assert z.testzip() is None; print(*sorted(z.namelist()), sep='\\n')";
    const names = (await run("-X", "utf8", "-c", code, path)).trim().split("\n");
    const more = ["streamed", "rows", "neuer Name für es"];
    assert.deepEqual(names.sort(), [...Object.keys(FILES), ...more].sort());
  });
});

async function inFolder(cwd: string, program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd }).output();
  assert(success, new TextDecoder().decode(stderr));
}
