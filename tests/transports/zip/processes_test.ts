import { fromFileUrl, toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { isTemporaryName } from "../../../transports/file/temporaries.ts";

const CHILD = fromFileUrl(new URL("copy_child.ts", import.meta.url));
const FILES = 40;
const content = (name: string) => seededBytes(Number(name.replace(/\D/g, "")), 700_000);

/** A folder with files to copy, and the URL of a zip beside it. */
async function prepare(prefix: string) {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-zip-" });
  for (const name of ["in", "out"]) await Deno.mkdir(`${folder}/${name}`);
  for (let i = 0; i < FILES; i++) {
    await Deno.writeFile(`${folder}/in/${prefix}${i}`, content(`${i}`));
  }
  const url = `zip://${encodeURIComponent(`${toFileUrl(folder)}/out/a.zip`)}`;
  const names = () => Array.from(Deno.readDirSync(`${folder}/out`), ({ name }) => name);
  const sizeOf = (name: string) => {
    try {
      return Deno.statSync(`${folder}/out/${name}`).size;
    } catch {
      // It has become the zip, or was swept.
      return -1;
    }
  };
  return {
    ...{ folder, url, names },
    /** Bytes of what is made, other than what was there `before`. */
    underWay: (before: readonly string[]) =>
      Math.max(-1, ...names().filter((name) => !before.includes(name)).map(sizeOf)),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function start(from: string, url: string): Deno.ChildProcess {
  const args = ["run", "-A", "--no-prompt", "--no-check", CHILD, from, url];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
}

/** The names in a zip, all of whose members are as they should be. */
async function checked(url: string): Promise<string[]> {
  await using vfs = createVfs();
  if (!await vfs.exists(url)) return [];
  const names: string[] = [];
  for await (const { name, url: at } of vfs.entries(url, { includeDirs: false })) {
    assert.deepEqual(await vfs.readFile(at), content(name));
    names.push(name);
  }
  return names;
}

// What killed programs leave stays for a day on Windows.
Deno.test({
  name: "copy() into a zip that is killed leaves the zip as it was, and the next one clears up",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using s = await prepare("f");
    {
      await using vfs = createVfs();
      await vfs.writeFile(`${s.url}/old1`, content("1"));
    }
    let left = 0;
    for (const mib of [0, 5, 12, 20]) {
      const before = s.names();
      const child = start(`${s.folder}/in`, s.url);
      const reader = child.stdout.getReader();
      await reader.read();
      let isOver = false;
      const over = child.status.then(() => isOver = true);
      while (!isOver && s.underWay(before) <= mib * 2 ** 20) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (!isOver) child.kill("SIGKILL");
      await Promise.all([over, reader.cancel(), child.stderr.cancel()]);
      const names = await checked(s.url);
      assert([1, FILES + 1].includes(names.length), `${names.length} members`);
      const litter = s.names().filter((name) => name !== "a.zip");
      assert(litter.every(isTemporaryName), litter.join());
      left += litter.length;
    }
    assert(left > 0, "nothing was under way when it was killed");
    const { code, stderr } = await start(`${s.folder}/in`, s.url).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal((await checked(s.url)).length, FILES + 1);
    assert.deepEqual(s.names(), ["a.zip"]);
  },
});

Deno.test("copy() of several processes at once into one zip loses nothing", async () => {
  await using a = await prepare("a");
  await using b = await prepare("b");
  await using c = await prepare("c");
  const copies = [a, b, c].map(async ({ folder }) => {
    const { code, stderr } = await start(`${folder}/in`, a.url).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  });
  await Promise.all(copies);
  assert.equal((await checked(a.url)).length, 3 * FILES);
  assert.deepEqual(a.names(), ["a.zip"]);
});
