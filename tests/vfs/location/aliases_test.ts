import { strict as assert } from "node:assert";
import { Aliases } from "../../../vfs/location/aliases.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { parseLocation } from "../../../vfs/location/location.ts";

const aliases = new Aliases({
  "dicom://pacs": "dicom://WS1@pacs.example.org:104/ARCHIVE",
  "dicom://pacs/today": "dicom://pacs.example.org:104/ARCHIVE/.by-date/2024/06/15?Modality=MR",
  "data://x": "/data/x",
});

const MEANT: Readonly<Record<string, string>> = {
  "dicom://pacs": "dicom://pacs.example.org:104/ARCHIVE",
  "dicom://pacs/": "dicom://pacs.example.org:104/ARCHIVE",
  "dicom://pacs/P%2F1/": "dicom://pacs.example.org:104/ARCHIVE/P%2F1/",
  "dicom://pacs/P?Modality=CT": "dicom://pacs.example.org:104/ARCHIVE/P?Modality=CT",
  "dicom://pacs/today": "dicom://pacs.example.org:104/ARCHIVE/.by-date/2024/06/15?Modality=MR",
  "dicom://pacs/todays": "dicom://pacs.example.org:104/ARCHIVE/todays",
  "dicom://pacs:104/P": "dicom://pacs:104/P",
  "dicoms://pacs/P": "dicoms://pacs/P",
  "dicom://pacs.example.org/P": "dicom://pacs.example.org/P",
  // On Windows a path without a drive is of the current one.
  "data://x/a": parseLocation("/data/x/a").location.href,
};

for (const [url, meant] of Object.entries(MEANT)) {
  Deno.test(`Aliases.resolve() takes "${url}" for "${meant}"`, () => {
    assert.equal(aliases.resolve(parseLocation(url)).location.href, meant);
  });
}

Deno.test("Aliases.resolve() prefers the user who is named with the alias", () => {
  const userOf = (url: string) => aliases.resolve(parseLocation(url)).credentials?.username;
  assert.equal(userOf("dicom://pacs/P"), "WS1");
  assert.equal(userOf("dicom://WS2@pacs/P"), "WS2");
  assert.equal(userOf("dicom://other/P"), undefined);
});

Deno.test("Vfs with aliases gives results by the URLs that are meant", async () => {
  await using vfs = createVfs({ aliases: { "memory://in": "memory:///deep/er" } });
  await vfs.writeFile("memory://in/a/b.txt", "hello");
  assert.equal(await vfs.readTextFile("memory:///deep/er/a/b.txt"), "hello");
  const urls: string[] = [];
  for await (const [root, , files] of vfs.walk("memory://in")) {
    urls.push(root, ...files.map(({ url }) => url));
  }
  assert.deepEqual(urls, [
    "memory:///deep/er",
    "memory:///deep/er/a",
    "memory:///deep/er/a/b.txt",
  ]);
  const found: string[] = [];
  for await (const { url } of vfs.glob("memory://in/*/b.*")) found.push(url);
  assert.deepEqual(found, ["memory:///deep/er/a/b.txt"]);
  await vfs.copy("memory://in/a", "memory://in/c");
  await using mount = await vfs.mount("memory://in/c");
  assert.equal(mount.root.href, "memory:///deep/er/c");
  assert.equal(await mount.isFile("b.txt"), true);
});

Deno.test("Vfs refuses a malformed alias when it is made", () => {
  const kind = "InvalidUrl";
  assert.throws(() => createVfs({ aliases: { "dicom://[": "memory:///" } }), { kind });
  assert.throws(() => createVfs({ aliases: { "dicom://a": "dicom://a/ARCHIVE" } }), { kind });
});
