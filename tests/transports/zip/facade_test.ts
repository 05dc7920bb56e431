import { strict as assert } from "node:assert";
import {
  createVfs,
  isVfsError,
  parseLocation,
  type VfsError,
  type WalkStep,
} from "../../../mod.ts";
import { locationWithin } from "../../../vfs/location/nested_location.ts";
import { zipOf } from "./_build.ts";

const FILES = {
  "time/time00/Image_00019.dcm": "a",
  "time/time01/Image_00020.dcm": "b",
  "readme.txt": "c",
};

async function filesOf(steps: AsyncIterable<WalkStep>) {
  const names: string[] = [];
  for await (const [, , files] of steps) names.push(...files.map(({ name }) => name));
  return names;
}

Deno.test("walk() of file.zip?PATTERN gives the members that match, whose URLs can be opened", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///d/file.ZIP", zipOf(FILES));
  const entries = await Array.fromAsync(
    vfs.entries("memory:///d/file.ZIP?*0.dcm", { includeDirs: false }),
  );
  assert.deepEqual(entries.map(String), [
    "zip://memory%3A%2F%2F%2Fd%2Ffile.ZIP/time/time01/Image_00020.dcm?*0.dcm",
  ]);
  assert.equal(await vfs.readTextFile(entries[0]!.url), "b");
  await assert.rejects(filesOf(vfs.walk("memory:///d/file.ZIP?no*")), { kind: "NotFound" });
});

Deno.test("mount() of a zip gives its content, and of a zip in a zip too", async () => {
  await using vfs = createVfs();
  const inner = zipOf({ "deep/x": "deep" }, { deflated: true });
  await vfs.writeFile("memory:///d/a.zip", zipOf({ ...FILES, "in/b.zip": inner }));
  await using outside = await vfs.mount("memory:///d/a.zip");
  assert.equal(outside.name, "zip");
  assert.deepEqual(await filesOf(outside.walk("time")), ["Image_00019.dcm", "Image_00020.dcm"]);
  await using within = await vfs.mount(outside.locate("in/b.zip"));
  assert.deepEqual(await filesOf(within.walk()), ["x"]);
  const handle = await within.open("deep/x");
  assert.equal(await new Response(handle.readable).text(), "deep");
  assert.throws(() => within.locate("../x"), { kind: "InvalidUrl" });
  await assert.rejects(vfs.mount("memory:///d/none.zip"), { kind: "NotFound" });
});

Deno.test("mount() of a folder named like a zip stays a folder", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///folder.zip/x", "x");
  await using mount = await vfs.mount("memory:///folder.zip");
  assert.equal(mount.name, "memory");
});

Deno.test("copy() out of a zip writes the same bytes", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///a.zip", zipOf(FILES, { deflated: true }));
  const from = locationWithin("zip", parseLocation("memory:///a.zip").location);
  const report = await vfs.copy(from, "memory:///out");
  assert.equal(report.done, 3);
  assert.equal(await vfs.readTextFile("memory:///out/time/time01/Image_00020.dcm"), "b");
});

Deno.test("parseLocation() takes credentials out of the URL of an archive, however deep", () => {
  const deep = (inner: string) => `zip://${encodeURIComponent(inner)}/x`;
  const once = deep("https://ann:s3cret@host/a.zip");
  for (const url of [once, deep(once)]) {
    const { location, credentials } = parseLocation(url);
    assert.equal(credentials?.username, "ann");
    assert(!/ann|s3cret/.test(location.href), location.href);
    assert(!/s3cret/.test(JSON.stringify(credentials)));
    assert.equal(parseLocation(location.href).location.href, location.href);
  }
});

Deno.test("errors about malformed URLs of archives hold no credentials", () => {
  const inner = encodeURIComponent("https://zoe:qu/qu@qy@host/a.zip");
  const urls = [
    `zip://${inner}/a#b`,
    `zip://${encodeURIComponent(`zip://${inner}/b`)}:1/a#b`,
    `zip://${inner}/a//b`,
    `zip://${encodeURIComponent("https://zoe:qu@ho st/")}/`,
  ];
  for (const url of urls) {
    assert.throws(() => parseLocation(url), (error: VfsError) => {
      assert.equal(error.kind, "InvalidUrl");
      assert(!/zoe|qu|qy/.test(error.url), error.url);
      assert(!/zoe|qu|qy/.test(error.message), error.message);
      return true;
    });
  }
});

Deno.test("parseLocation() leaves names in the URL of an archive as they are", () => {
  const { location } = parseLocation("zip://memory%3A%2F%2F%2Fa%2540b.zip/c%40d");
  assert.equal(location.href, "zip://memory%3A%2F%2F%2Fa%2540b.zip/c%40d");
  assert.deepEqual(location.segments, ["c@d"]);
  assert.throws(() => parseLocation("zip://memory%3A%2F%2F%2Fa.zip:80/"), { kind: "InvalidUrl" });
});

Deno.test("a URL of zip: without an archive, and one in no known scheme, are refused", async () => {
  await using vfs = createVfs();
  await assert.rejects(vfs.stat("zip:///a"), { kind: "InvalidUrl" });
  await assert.rejects(vfs.stat("zip://host/a"), { kind: "InvalidUrl" });
  await assert.rejects(vfs.stat("zip://nope%3A%2F%2Fa/a"), { kind: "NotSupported" });
});

Deno.test("zip move() by a pattern takes what it finds, and remove() by one nothing: the rest of a folder is not meant", async () => {
  await using vfs = createVfs();
  const content = zipOf({ "t/a.dcm": "a", "t/b.txt": "b", "c.dcm": "c" });
  await vfs.writeFile("memory:///a.zip", content);
  const zip = "zip://memory%3A%2F%2F%2Fa.zip";
  for (const place of [`${zip}/?t`, `${zip}/t?*.dcm`]) {
    for (const recursive of [false, true]) {
      await assert.rejects(
        vfs.remove(place, { recursive }),
        (error) => isVfsError(error) && /NotSupported|NotEmpty/.test(error.kind),
      );
    }
  }
  assert.deepEqual(await vfs.readFile("memory:///a.zip"), content);
  await vfs.move(`${zip}/t?*.dcm`, "memory:///out");
  assert.equal(await vfs.readTextFile("memory:///out/a.dcm"), "a");
  const left = await Array.fromAsync(
    vfs.entries(zip),
    ({ location }) => location.segments.join("/"),
  );
  assert.deepEqual(left.sort(), ["c.dcm", "t", "t/b.txt"]);
});
