import { strict as assert } from "node:assert";
import { LEAST } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { TransportDriver } from "../../vfs/transport.ts";
import { memoryVfs, rejects } from "./_fakes.ts";

/** A read-only driver as somebody else would write it: greetings for everybody, by language. */
function greetings(): TransportDriver {
  const words: Record<string, string> = { de: "Hallo", en: "Hello", nb: "Hei" };
  const text = ({ segments: [language = "", file], href }: Location, op: string) => {
    const word = words[language];
    if (word !== undefined && file === "world.txt") return `${word}, world`;
    throw new VfsError("NotFound", { op, url: href });
  };
  const isDirectory = ({ segments: [language, file] }: Location) =>
    file === undefined && (language === undefined || language in words);
  return {
    name: "greetings",
    description: "Greetings in several languages",
    authors: "A third party",
    version: "0.1.0",
    url: "https://example.org/greetings",
    schemes: ["hello"],
    capabilities: LEAST,
    permissions: "",
    connect: () => ({
      capabilities: LEAST,
      // deno-lint-ignore require-await
      async stat(at) {
        if (isDirectory(at)) return { kind: "directory" };
        return { kind: "file", size: text(at, "stat").length };
      },
      async *list(at) {
        await Promise.resolve();
        if (!isDirectory(at)) throw new VfsError("NotFound", { op: "list", url: at.href });
        if (at.segments.length > 0) yield [{ name: "world.txt", kind: "file" }];
        else yield Object.keys(words).map((name) => ({ name, kind: "directory" }));
      },
      // deno-lint-ignore require-await
      async get(at) {
        if (isDirectory(at)) throw new VfsError("IsADirectory", { op: "read", url: at.href });
        const body = new TextEncoder().encode(text(at, "read"));
        return { info: { kind: "file", size: body.length }, offset: 0, body };
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  };
}

Deno.test("a third party's driver of a page is registered by one call, and everything works on it", async () => {
  await using vfs = memoryVfs();
  vfs.register(greetings());
  assert.deepEqual(vfs.schemes(), ["hello", "memory"]);
  assert.equal((await vfs.about("hello")).name, "greetings");
  assert.equal(await vfs.readTextFile("hello://x/de/world.txt"), "Hallo, world");
  const range = { start: 7, end: 9 };
  assert.equal(
    new TextDecoder().decode(await vfs.readFile("hello://x/en/world.txt", { range })),
    "wo",
  );
  assert.equal((await Array.fromAsync(vfs.walk("hello://x"))).length, 4);
  const globbed = await Array.fromAsync(vfs.glob("hello://x/{de,nb}/*.txt"), String);
  assert.deepEqual(globbed, ["hello://x/de/world.txt", "hello://x/nb/world.txt"]);
  assert.equal(await vfs.info("hello://x/de"), "0 directories, 1 file");
  assert.equal(await vfs.exists("hello://x/fr"), false);
  assert.equal((await vfs.copy("hello://x", "memory:///all")).done, 3);
  assert.equal(await vfs.readTextFile("memory:///all/nb/world.txt"), "Hei, world");
  await rejects(vfs.readFile("hello://x/de"), "IsADirectory");
  await rejects(vfs.writeFile("hello://x/de/new", ""), "NotSupported");
  await rejects(vfs.remove("hello://x/de"), "NotSupported");
  await rejects(vfs.move("hello://x/de", "memory:///moved"), "NotSupported");
  assert.equal(await vfs.exists("memory:///moved"), false);
});
