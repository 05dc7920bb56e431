/**
 * The header scanner against pydicom, on the phantom and on the files that pydicom brings along.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { ensureDir } from "@std/fs";
import { FormatError, readDicomHeader, readFileMeta } from "../../formats/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { peerTest, PYDICOM } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("pydicom_json.py", import.meta.url));

interface JsonElement {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
  BulkDataURI?: string;
}
type Json = Record<string, JsonElement>;

/** The DICOM JSON model of each file that pydicom reads without a warning. */
async function read(
  run: (...args: string[]) => Promise<string>,
  folder: string,
): Promise<Record<string, Json>> {
  return JSON.parse(await run(SCRIPT, folder));
}

/**
 * Levels what PS3.18 §F.2 leaves open or pydicom does otherwise: empty values, padding, group
 * lengths, bulk data; and private attributes, of which pydicom has a dictionary.
 */
function levelled(json: Json): Json {
  const kept: Json = {};
  for (const [tag, { vr, Value = [], ...bulk }] of Object.entries(json)) {
    const isPrivate = "13579BDF".includes(tag[3]!);
    if (isPrivate || tag.endsWith("0000") || Object.keys(bulk).length > 0) continue;
    const values = Value.map((value) => vr === "SQ" ? levelled(value as Json) : trimmed(value));
    kept[tag] = values.every((value) => value === null) ? { vr } : { vr, Value: values };
  }
  return kept;
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trimEnd() || null : value;
}

/** Compares all elements and returns their number. */
async function compare(said: Record<string, Json>): Promise<number> {
  let elements = 0;
  for (const [path, theirs] of Object.entries(said)) {
    // What is left of a truncated element is a matter of taste.
    if (path.endsWith("rtplan_truncated.dcm")) continue;
    const header = await readDicomHeader(await Deno.readFile(path));
    const expected = levelled(theirs);
    const actual = levelled(header.toJSON() as Json);
    assert.deepEqual(actual, expected, path);
    elements += Object.keys(expected).length;
  }
  return elements;
}

const SYNTAXES = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"];

await peerTest(PYDICOM, "phantomStudy() reads the same by pydicom", async (run) => {
  const root = await Deno.makeTempDir();
  try {
    for (const transferSyntaxUID of SYNTAXES) {
      for await (const { path, bytes } of phantomStudy({ transferSyntaxUID })) {
        const file = join(root, transferSyntaxUID, ...path);
        await ensureDir(dirname(file));
        await Deno.writeFile(file, bytes);
      }
    }
    const said = await read(run, root);
    assert.equal(Object.keys(said).length, 3 * 62);
    assert.ok(await compare(said) > 3 * 62 * 40);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

await peerTest(PYDICOM, "readDicomHeader() agrees with pydicom on its own files", async (run) => {
  const where = "import pydicom.data as d; print(d.__path__[0], end='')";
  const said = await read(run, await run("-c", where));
  assert.ok(Object.keys(said).length > 50);
  assert.ok(await compare(said) > 1000);
});

const META_SCRIPT = fromFileUrl(new URL("pydicom_meta.py", import.meta.url));

interface MetaOfFile {
  transferSyntaxUID: string | null;
  sopClassUID: string | null;
  sopInstanceUID: string | null;
  datasetOffset: number;
}

await peerTest(PYDICOM, "readFileMeta() agrees with pydicom on its own files", async (run) => {
  const where = await run("-c", "import pydicom.data as d; print(d.__path__[0], end='')");
  const said: Record<string, MetaOfFile> = JSON.parse(await run(META_SCRIPT, where));
  let compared = 0;
  for (const [path, theirs] of Object.entries(said)) {
    try {
      const meta = await readFileMeta(await Deno.readFile(path));
      assert.equal(meta.datasetOffset, theirs.datasetOffset, path);
      assert.equal(meta.sopInstanceUID, theirs.sopInstanceUID, path);
      assert.equal(meta.sopClassUID, theirs.sopClassUID, path);
      if (theirs.transferSyntaxUID) {
        assert.equal(meta.transferSyntaxUID, theirs.transferSyntaxUID, path);
      }
      compared++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      // Damaged, or of no class or instance. One starts with a stray byte; DCMTK refuses that too.
      assert.equal(error.kind, path.endsWith("/no_meta.dcm") ? "NotSupported" : "Corrupt", path);
    }
  }
  assert.ok(compared > 50, `${compared} files`);
});
