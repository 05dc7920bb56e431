import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { phantomStudy } from "../../testing/phantom.ts";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { at, Visit } from "./kit.ts";
import { testWithLinks } from "../links.ts";

const EVIL = `<img src=x onerror=alert(1)>`;

Deno.test("list gives all entries of a directory, and says that it is at its end", async () => {
  const files = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`${i}.txt`, "x"]));
  await using visit = await Visit.begin({ ...files, "sub/a": "a" });
  const lines = await visit.lines("list");
  const rows = lines.flatMap(({ entries = [] }) => entries as Record<string, unknown>[]);
  assert.equal(rows.length, 2501);
  assert.deepEqual(lines.at(-1), { end: { isCut: false } });
  assert.deepEqual(rows.find(({ name }) => name === "7.txt")?.size, 1);
  const dirs = await visit.lines("list?dirs=1");
  assert.deepEqual(dirs, [{ entries: [{ name: "sub", isDir: true }] }, { end: { isCut: false } }]);
});

Deno.test("list stops at its limit and says so", async () => {
  await using visit = await Visit.begin({ a: "", b: "", c: "" }, { limits: { entries: 2 } });
  const lines = await visit.lines("list");
  assert.equal((lines[0]!.entries as unknown[]).length, 2);
  assert.deepEqual(lines.at(-1), { end: { isCut: true } });
});

Deno.test("an error has a status, a kind and a sentence; no stack and no credential", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" });
  const answer = await visit.ask("facts?path=nothing");
  assert.equal(answer.status, 404);
  assert.deepEqual(await answer.json(), {
    error: {
      status: 404,
      kind: "NotFound",
      message: `Cannot stat "memory:///top/nothing": not found`,
    },
  });
  // A listing has begun before it can fail: the error is its last line.
  const [line] = await visit.lines("list?path=nothing");
  assert.equal((line!.error as { kind: string }).kind, "NotFound");
  assert.deepEqual(visit.errors, []);
});

testWithLinks("no path leaves the root: dots, slashes, NULs, links", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "top"));
    await Deno.writeTextFile(join(folder, "secret.txt"), "secret");
    await Deno.writeTextFile(join(folder, "top", "a.txt"), "a");
    await Deno.symlink(join(folder, "secret.txt"), join(folder, "top", "link.txt"));
    await Deno.symlink(folder, join(folder, "top", "up"));
    await using visit = await Visit.begin({}, { where: join(folder, "top"), vfs: createVfs() });
    assert.equal(await (await visit.ask("file?path=a.txt")).text(), "a");
    const paths = [
      "..",
      "../secret.txt",
      "%2e%2e/secret.txt",
      "a.txt/../../secret.txt",
      "..%2Fsecret.txt",
      "%00",
      "a//b",
      "/etc/passwd",
      "%",
      "link.txt",
      "up/secret.txt",
      "up/top/../secret.txt",
    ];
    for (const path of paths) {
      for (const route of ["file", "facts", "line", "picture", "header", "folder"]) {
        const answer = await visit.ask(`${route}?path=${encodeURIComponent(path)}`);
        const text = await answer.text();
        assert.ok(answer.status >= 400, `${route} ${path}: ${answer.status}`);
        assert.ok(!text.includes(`secret"}`) && text !== "secret", path);
      }
    }
    const zip = new TextDecoder("latin1").decode(await (await visit.ask("folder")).bytes());
    assert.ok(!zip.includes("secret"));
    assert.match(zip, /LEFT-OUT\.txt.*Neither files nor links to files:\nlink\.txt\nup\n/s);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("downloads are saved, never shown: by type, by name, whole and in ranges", async () => {
  const names = ["page.html", "pic.svg", `${EVIL}.html`, 'späß " ; x.dcm', "..\r\nset-cookie: x"];
  const files = Object.fromEntries(names.map((name) => [encodeURIComponent(name), "0123456789"]));
  await using visit = await Visit.begin(files);
  for (const name of names) {
    const answer = await visit.ask(`file?${at(name)}`);
    assert.equal(answer.status, 200, name);
    assert.equal(await answer.text(), "0123456789");
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    const disposition = answer.headers.get("content-disposition")!;
    assert.match(
      disposition,
      /^attachment; filename="[^"\\/<>]*"(; filename\*=UTF-8''[\w.%!~*'()-]*)?$/,
    );
  }
  const part = await visit.ask("file?path=page.html", { headers: { range: "bytes=2-4" } });
  assert.deepEqual([part.status, await part.text()], [206, "234"]);
  assert.equal(part.headers.get("content-range"), "bytes 2-4/10");
  const beyond = await visit.ask("file?path=page.html", { headers: { range: "bytes=10-" } });
  assert.equal(beyond.status, 416);
  await beyond.body?.cancel();
  const head = await visit.ask("file?path=page.html", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, "10"]);
});

Deno.test("a directory comes as ZIP, its names safe for whoever unpacks it", async () => {
  await using visit = await Visit.begin({ "sub/a.txt": "a", "sub/b%2F..%2F..%2Fevil": "b" });
  const answer = await visit.ask("folder?path=sub");
  assert.match(answer.headers.get("content-disposition")!, /^attachment; filename="sub\.zip"$/);
  const text = new TextDecoder("latin1").decode(await answer.bytes());
  assert.match(text, /sub\/a\.txt/);
  assert.match(text, /sub\/b_\.\._\.\._evil/);
  assert.equal(await visit.status(visit.ask("folder?path=sub/a.txt")), 422);
});

Deno.test("files whose names are one once they are safe are two in a ZIP", async () => {
  const spellings = ["\u00e9.txt", "e\u0301.txt", "d\u00e9/x", "de\u0301/x"].map(encodeURI);
  const names = [...spellings, "a%3Ab/x", "a%3Fb/x", "a_b/x"].sort();
  await using visit = await Visit.begin(Object.fromEntries(names.map((name) => [name, name])));
  const zip = new Uint8Array(await (await visit.ask("folder")).bytes());
  await visit.vfs.writeFile("memory:///all.zip", zip);
  await using mount = await visit.vfs.mount("memory:///all.zip");
  const found = await Array.fromAsync(mount.vfs.entries(mount.root, { includeDirs: false }));
  const texts = await Promise.all(found.map(({ url }) => mount.vfs.readTextFile(url)));
  assert.deepEqual(texts.sort(), names);
});

Deno.test("hostile text in names and headers comes as JSON, as text", async () => {
  const bytes = writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID: "1.2.3",
    PatientName: EVIL,
    StudyDescription: `</script>${EVIL}`,
  });
  await using visit = await Visit.begin({ [encodeURIComponent(EVIL)]: bytes });
  const answer = await visit.ask(`header?${at(EVIL)}`);
  assert.equal(answer.headers.get("content-type"), "application/json");
  const { rows } = await answer.json();
  const named = (name: string) => rows.find((row: { name: string }) => row.name === name).value;
  assert.equal(named("PatientName"), EVIL);
  assert.equal(named("StudyDescription"), `</script>${EVIL}`);
});

Deno.test("picture shows the frame and window asked for, thumbnail nothing where there is no image", async () => {
  const files: Record<string, Uint8Array> = {};
  for await (const { path, bytes } of phantomStudy({ modalities: ["MR"] })) {
    files[path.slice(1).join("/")] = bytes;
  }
  await using visit = await Visit.begin({ ...files, "notes.txt": "x", "evil.svg": "<svg/>" });
  const cine = Object.keys(files).find((path) => path.includes("CINE"))!;
  const about = async (query: string) => {
    const answer = await visit.ask(`picture?${at(...cine.split("/"))}${query}`);
    assert.equal(answer.headers.get("content-type"), "image/png");
    await answer.body?.cancel();
    return JSON.parse(answer.headers.get("medvfs-picture")!);
  };
  assert.deepEqual(
    { ...await about("&frame=3&center=100&width=50") },
    {
      frame: 3,
      frames: 12,
      rows: 128,
      columns: 128,
      window: { center: 100, width: 50 },
      isGrey: true,
      modality: "OT",
    },
  );
  assert.equal((await about("")).frame, 7);
  const path = at(...cine.split("/"));
  const status = (route: string) => visit.status(visit.ask(route));
  assert.equal(await status(`picture?${path}&frame=13`), 422);
  assert.equal(await status(`picture?${path}&frame=x`), 422);
  assert.equal(await status(`picture?${path}&center=1`), 422);
  assert.equal(await status(`picture?${path}&center=1&width=0`), 422);
  assert.equal(await status(`picture?${path}&size=100000`), 422);
  assert.equal(await status("picture?path=notes.txt"), 501);
  assert.equal(await status(`thumbnail?${path}`), 200);
  assert.equal(await status("thumbnail?path=notes.txt"), 204);
  assert.equal(await status("thumbnail?path=evil.svg"), 204);
  assert.deepEqual(visit.errors, []);
});

Deno.test("facts tell the format by content, and whether there is an image", async () => {
  const report = writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.88.11",
    SOPInstanceUID: "1.2.3",
    Modality: "SR",
  });
  const image = (await Array.fromAsync(phantomStudy({ modalities: ["CT"] })))[0]!.bytes;
  const files = { "a.png": report, "b.txt": image, "c.dcm": "text", "d.dcm": "" };
  await using visit = await Visit.begin({ ...files, "sub/x": "" });
  const factsOf = async (path: string) => {
    const { kind, format, isImage } = await (await visit.ask(`facts?path=${path}`)).json();
    return [kind, format, isImage];
  };
  assert.deepEqual(await factsOf("a.png"), ["file", "dicom", false]);
  assert.deepEqual(await factsOf("b.txt"), ["file", "dicom", true]);
  assert.deepEqual(await factsOf("c.dcm"), ["file", "text", false]);
  assert.deepEqual(await factsOf("d.dcm"), ["file", "empty", false]);
  assert.deepEqual(await factsOf("sub"), ["directory", undefined, undefined]);
});

Deno.test("a PNG is shown by its content, up to the limit; what only calls itself one is not", async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3);
  const files = { "a.html": png, "b.png": "<script>alert(1)</script>" };
  await using visit = await Visit.begin(files);
  const answer = await visit.ask("picture?path=a.html");
  assert.equal(answer.headers.get("content-type"), "image/png");
  assert.deepEqual(await answer.bytes(), png);
  assert.equal(await visit.status(visit.ask("picture?path=b.png")), 501);
  await using strict = await Visit.begin(files, { limits: { pictureBytes: 10 } });
  assert.equal(await strict.status(strict.ask("picture?path=a.html")), 501);
});

Deno.test("series gives the images of a directory in slice order, grouped, with their frames", async () => {
  const files: Record<string, Uint8Array> = { "x/notes.txt": new TextEncoder().encode("x") };
  let count = 0;
  // Names in the reverse order, so that they cannot be what sorts.
  for await (const { path, bytes } of phantomStudy({ modalities: ["MR"] })) {
    if (/T1|CINE/.test(path[2]!)) files[`x/${999 - count++}.dcm`] = bytes;
  }
  await using visit = await Visit.begin(files);
  const { end } = (await visit.lines(`series?${at("x", "990.dcm")}`)).at(-1) as {
    end: { series: { title: string; images: { name: string; frames: number }[] }[] };
  };
  assert.deepEqual(end.series.map(({ title, images }) => [title, images.length]), [
    ["MR T1", 16],
    ["OT CINE", 1],
  ]);
  assert.deepEqual(end.series[0]!.images.map(({ name }) => name), [
    ...Array.from({ length: 16 }, (_, i) => `${999 - i}.dcm`),
  ]);
  assert.equal(end.series[1]!.images[0]!.frames, 12);
});

Deno.test("series of too many files is of those around the one that is shown", async () => {
  const files: Record<string, Uint8Array> = {};
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    if (path[2] === "2-AXIAL") files[path[3]!] = bytes;
  }
  await using visit = await Visit.begin(files, { limits: { images: 4 } });
  const namesAround = async (name: string) => {
    const { end } = (await visit.lines(`series?${at(name)}`)).at(-1) as {
      end: { isCut: boolean; series: { images: { name: string }[] }[] };
    };
    assert.equal(end.isCut, true);
    return end.series[0]!.images.map(({ name }) => Number(/\d+/.exec(name)![0])).sort((a, b) =>
      a - b
    );
  };
  assert.deepEqual(await namesAround("Image_00001.dcm"), [1, 2, 3, 4]);
  assert.deepEqual(await namesAround("Image_00008.dcm"), [6, 7, 8, 9]);
  assert.deepEqual(await namesAround("Image_00016.dcm"), [13, 14, 15, 16]);
});

Deno.test("a root that is one file is shown alone, and has no folder", async () => {
  await using visit = await Visit.begin({ "one.txt": "1", "two.txt": "2" });
  const { vfs } = visit;
  await using single = await Visit.begin({}, { vfs, where: "memory:///top/one.txt" });
  assert.equal((await (await single.ask("root")).json()).isDirectory, false);
  assert.equal(await (await single.ask("file")).text(), "1");
  assert.equal(await single.status(single.ask("file?path=../two.txt")), 422);
  assert.equal(await single.status(single.ask("series")), 403);
});
