import { strict as assert } from "node:assert";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { memberPattern } from "../../../vfs/patterns/member_pattern.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const SESSION = ["P", "sub A", "ses1"];

async function seed({ seed }: XnatServer): Promise<void> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const [scan, type] of [["1", "T1 w"], ["2", "T1/FLAIR"], ["10", ""]] as const) {
    seed.scan([...SESSION, scan], { fields: { type } });
    for (const n of [19, 20, 21]) {
      const path = [...SESSION, scan, "DICOM", `${scan}_Image_000${n}.dcm`];
      await seed.file(path, bytes(path.join("/")));
    }
    await seed.file([...SESSION, scan, "NIFTI", "deep", `${scan}.nii.gz`], bytes(scan));
  }
  await seed.file(["P", "sub A", "ses2", "1", "DICOM", "other.dcm"], bytes("other"));
}

async function withVfs(run: (vfs: Vfs, top: string) => Promise<void>): Promise<void> {
  await using server = await startXnatServer();
  await seed(server);
  await using vfs = createVfs();
  await run(vfs, `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub%20A`);
}

async function names(vfs: Vfs, url: string, maxDepth?: number): Promise<string[]> {
  const found: string[] = [];
  for await (const [, , files] of vfs.walk(url, { maxDepth })) {
    found.push(...files.map(({ name }) => name));
  }
  return found.sort();
}

/** XNAT's zip of a place, and of a subject and a session that of all their scans: only such names have types. */
async function packed(vfs: Vfs, top: string, place: string): Promise<Uint8Array<ArrayBuffer>> {
  if (place.split("/").length > 2) return await vfs.readFile(`${top}${place}?format=zip`);
  const sessions = place === "" ? ["ses1", "ses2"] : ["ses1"];
  const url = new URL(top.replace("xnat+", ""));
  const headers = { authorization: `Basic ${btoa("admin:admin")}` };
  const path =
    `/data/projects/P/subjects/sub%20A/experiments/${sessions}/scans/ALL/files?format=zip`;
  const answer = await fetch(`${url.protocol}//${url.host}${path}`, { headers });
  return new Uint8Array(await answer.arrayBuffer());
}

const PATTERNS = [
  "*.dcm",
  "*19.dcm",
  "*0[01]9.dcm",
  "*Image_0002[01].dcm",
  "*/scans/1-*",
  "*/scans/1-T1_w",
  "ses1/scans/2-T1_FLAIR/resources/DICOM/",
  "ses1/scans/10",
  "*/NIFTI/*",
  "*/deep/*.gz",
  "ses?",
  "*",
];

for (const place of ["", "/ses1", "/ses1/2", "/ses1/1/DICOM", "/ses1/10/NIFTI/deep"]) {
  for (const pattern of PATTERNS) {
    Deno.test(`walk() of "/P/sub A${place}?${pattern}" has what the pattern takes of XNAT's zip`, () =>
      withVfs(async (vfs, top) => {
        const whole = place.endsWith("deep") ? place.slice(0, -5) : place;
        const zip = await packed(vfs, top, whole);
        await vfs.writeFile("memory:///all.zip", zip);
        const isIn = memberPattern(pattern);
        const expected: string[] = [];
        for await (const { location, name, isFile } of vfs.entries("memory:///all.zip")) {
          if (isFile && isIn(location.segments.join("/"))) expected.push(name);
        }
        const url = `${top}${place}?${pattern}`;
        if (expected.length === 0) {
          const error = await names(vfs, url).catch((error: unknown) => error);
          assert(isVfsError(error) && error.kind === "NotFound", String(error));
          assert.equal(await vfs.exists(url), false);
          return;
        }
        assert.deepEqual(await names(vfs, url), expected.sort());
        assert.deepEqual(await names(vfs, url, 20), expected);
        assert.equal((await vfs.stat(url)).kind, "directory");
      }));
  }
}

Deno.test("copy() of a view copies its files, and no directories in which none is", () =>
  withVfs(async (vfs, top) => {
    await vfs.copy(`${top}/ses1?*0019.dcm`, "memory:///to");
    const found: string[] = [];
    for await (const { location } of vfs.entries("memory:///to")) {
      found.push(location.segments.slice(1).join("/"));
    }
    assert.deepEqual(found.filter((path) => path.endsWith(".dcm")).sort(), [
      "1/DICOM/1_Image_00019.dcm",
      "10/DICOM/10_Image_00019.dcm",
      "2/DICOM/2_Image_00019.dcm",
    ]);
    assert.equal(found.some((path) => path.includes("NIFTI")), false);
  }));

Deno.test("a pattern is refused for a whole project, and where something is changed", () =>
  withVfs(async (vfs, top) => {
    for (
      const wrong of [
        () => Array.fromAsync(vfs.walk(`${top.slice(0, -"/sub%20A".length)}?*.dcm`)),
        () => vfs.remove(`${top}/ses1?*.dcm`, { recursive: true }),
        () => vfs.writeFile(`${top}/ses1/1/DICOM/x.dcm?*.dcm`, new Uint8Array(1)),
      ]
    ) {
      const error = await wrong().catch((error: unknown) => error);
      assert(isVfsError(error) && error.kind === "NotSupported", String(error));
    }
    assert.equal((await names(vfs, `${top}/ses1`)).length, 12);
  }));
