import { strict as assert } from "node:assert";
import { exists, walk } from "@std/fs";
import { dirname, fromFileUrl, join, relative, SEPARATOR, toFileUrl } from "@std/path";
import { filledDocuments } from "../dev/documents.ts";

const ROOT = new URL("../", import.meta.url);

Deno.test("README and CONTRIBUTING show the drivers and the example as they are now", async () => {
  for (const [path, text] of await filledDocuments()) {
    const now = await Deno.readTextFile(new URL(path, ROOT));
    assert.equal(squash(now), squash(text), `${path} is out of date, run: deno task docs:fill`);
  }
});

Deno.test("documents name modules that are there, and link to what is there", async () => {
  const skip = [/node_modules/, /[\\/]\.(?!ci)/, /docs[\\/]api/];
  const modules: string[] = [];
  const documents: string[] = [];
  for await (const { path } of walk(fromFileUrl(ROOT), { exts: [".ts", ".md"], skip })) {
    (path.endsWith(".md") ? documents : modules).push(path);
  }
  assert(documents.length > 10);
  const missing: string[] = [];
  for (const document of documents) {
    const folder = dirname(document);
    const text = await Deno.readTextFile(document);
    for (const [, name] of text.matchAll(/`([a-z][a-z0-9_/]*\.ts)`/g)) {
      const end = `/${name}`;
      const isThere = modules.some((path) => path.replaceAll(SEPARATOR, "/").endsWith(end));
      if (!isThere) missing.push(`${document}: ${name}`);
    }
    for (const [, link] of text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)) {
      const target = link!.startsWith("/") ? new URL(`.${link}`, ROOT) : join(folder, link!);
      if (!await exists(target)) missing.push(`${document}: ${link}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("the page of a room names all that is in it", async () => {
  const rooms = (await publishedModules()).map((path) => dirname(path));
  const missing: string[] = [];
  let pages = 0;
  for (const room of new Set(rooms.flatMap((room) => [room, dirname(room)]))) {
    const page = new URL(`${room}/README.md`, ROOT);
    if (room === "." || !await exists(page)) continue;
    pages++;
    const text = await Deno.readTextFile(page);
    const names = [...text.matchAll(/`([\w*/-]+(?:\.ts|\/))`|\]\(([\w-]+\/)/g)].map(([, a, b]) =>
      a ?? b!
    );
    const isNamed = (entry: string) =>
      names.some((name) => patternOf(name).test(entry) || name.startsWith(entry));
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${room}/`, ROOT))) {
      const entry = isDirectory ? `${name}/` : name;
      const isRoom = isDirectory && rooms.some((each) => `${each}/`.startsWith(`${room}/${entry}`));
      const isFile = name.endsWith(".ts") && name !== "mod.ts";
      if ((isRoom || isFile) && !isNamed(entry)) missing.push(`${room}: ${entry}`);
    }
  }
  assert(pages > 15, `${pages} pages`);
  assert.equal(missing.length, 0, `name it in the README.md of its folder: ${missing.join(", ")}`);
});

Deno.test("every published module says in its first lines what it holds", async () => {
  const silent: string[] = [];
  for (const path of await publishedModules()) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (!/^\/\*\*(?:(?!\*\/).)*@module\s*\*\//s.test(text)) silent.push(path);
  }
  assert.deepEqual(silent, []);
});

Deno.test("README shows the two commands, and both are tasks", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  for (const task of ["demo", "test"]) {
    assert.match(readme, new RegExp(`^npx -y deno@2\\.9\\.5 task ${task} `, "m"));
    assert(task in tasks);
  }
});

Deno.test("the driver of CONTRIBUTING has 60 lines at the most, and serves its files", async () => {
  const documents = await filledDocuments();
  const code = /```ts ignore\nimport (.*?)```/s.exec(documents.get("CONTRIBUTING.md")!);
  assert(code);
  assert(code[1]!.split("\n").length <= 60, `${code[1]!.split("\n").length} lines`);
  const { stdout, success } = await deno("run", "--no-prompt", "examples/greeting_driver.ts");
  assert(success);
  assert.equal(stdout, "de.txt Guten Tag\nen.txt Hello\n");
});

Deno.test("an example runs under exactly the permissions that README tells, and not with less", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.writeTextFile(`${folder}/a.json`, '{"a": 1}');
    const example = "examples/first.ts";
    const read = `--allow-read=${folder}`;
    const { stdout, success } = await deno("run", "--no-prompt", read, example, folder);
    assert(success);
    assert.match(stdout, /0 folders, 1 files\n {2}a\.json: JSON/);

    const denied = await deno("run", "--no-prompt", example, folder);
    assert(!denied.success);
    assert.match(denied.stderr, /needs --allow-read=/);

    const code = `
      import { writeFile } from "@medvfs/vfs";
      await writeFile(Deno.args[0] + "/new/b.txt", "b");
      console.log(await Deno.readTextFile(Deno.args[0] + "/new/b.txt"));
    `;
    const write = `--allow-write=${folder}`;
    const script = new URL("permissions_script.ts", `${toFileUrl(folder)}/`);
    await Deno.writeTextFile(script, code);
    const wrote = await deno(
      "run",
      "--no-prompt",
      "--config=deno.json",
      read,
      write,
      script.href,
      folder,
    );
    assert(wrote.success, wrote.stderr);
    assert.equal(wrote.stdout, "b\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The modules that JSR gets, by path from the root. */
async function publishedModules(): Promise<string[]> {
  const { publish } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const excluded: string[] = publish.exclude;
  const root = fromFileUrl(ROOT);
  const entries = walk(root, { exts: [".ts"], skip: [/node_modules/, /[\\/]\./] });
  const paths = (await Array.fromAsync(entries)).map(({ path }) =>
    relative(root, path).replaceAll(SEPARATOR, "/")
  );
  return paths.filter((path) => !excluded.some((each) => path.startsWith(`${each}/`))).sort();
}

/** A name in a page, in which stars stand for what they do in a shell. */
function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replace(".", "\\.").replaceAll("*", "[^/]*")}$`);
}

/** Without the blanks and dashes by which the formatter pads tables. */
function squash(text: string): string {
  return text.replace(/ +/g, " ").replace(/-{3,}/g, "---");
}

async function deno(
  ...args: string[]
): Promise<{ stdout: string; stderr: string; success: boolean }> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { stdout: text.decode(stdout), stderr: text.decode(stderr), success };
}
