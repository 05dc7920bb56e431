import { strict as assert } from "node:assert";
import { EXPLICIT_LITTLE } from "../../../formats/dicom/encoding.ts";
import { FormatError } from "../../../formats/mod.ts";
import { record } from "../../../formats/zip/write_records.ts";
import { DatasetScanner, UNDEFINED_LENGTH } from "../../../transports/dicom/store_scanner.ts";
import { concat } from "../../../vfs/bytes/bytes.ts";

/** `depth` sequences, each in an item of the one before, none of which ends. */
function nested(depth: number): Uint8Array {
  const sequence = [[2, 0x0008], [2, 0x1140], [2, 0x5153], [2, 0], [4, UNDEFINED_LENGTH]] as const;
  const item = [[2, 0xFFFE], [2, 0xE000], [4, UNDEFINED_LENGTH]] as const;
  const one = record(...sequence, ...item);
  return concat(new Array(depth).fill(one), depth * one.length);
}

Deno.test("DatasetScanner goes 64 sequences deep, and refuses what is deeper, since it keeps a note of each", () => {
  new DatasetScanner(EXPLICIT_LITTLE).push(nested(64));
  assert.throws(
    () => new DatasetScanner(EXPLICIT_LITTLE).push(nested(65)),
    (error) => error instanceof FormatError && error.kind === "LimitExceeded",
  );
});
