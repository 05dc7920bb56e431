import { strict as assert } from "node:assert";
import { deflateRawSync } from "node:zlib";
import { writeDicomDataset } from "../../../testing/mod.ts";
import { type ChunkReader, collect } from "../../../vfs/bytes/bytes.ts";
import { FormatError } from "../../../formats/mod.ts";
import { deflatedChecked } from "../../../transports/dicom/store_deflated.ts";
import { DatasetScanner } from "../../../transports/dicom/store_scanner.ts";

const ENCODING = { explicit: true, littleEndian: true };
const DATASET = writeDicomDataset({ PatientID: "P", PixelData: new Uint8Array(100_000) });

function inPieces(bytes: Uint8Array<ArrayBuffer>, length: number): ChunkReader {
  let at = 0;
  return {
    read: () => Promise.resolve(at < bytes.length ? bytes.slice(at, at += length) : undefined),
    close: () => Promise.resolve(),
  };
}

const checked = async (bytes: Uint8Array<ArrayBuffer>, length: number) => {
  const reader = await deflatedChecked(inPieces(bytes, length), new DatasetScanner(ENCODING));
  try {
    return await collect(reader);
  } finally {
    if (!(reader instanceof Uint8Array)) await reader.close();
  }
};

Deno.test("deflatedChecked() lets pass what is whole, with and without a byte that makes it even", async () => {
  const packed = deflateRawSync(DATASET);
  for (const padding of [0, 1, 2]) {
    const bytes = new Uint8Array([...packed, ...new Uint8Array(padding)]);
    for (const length of [1, packed.length, 64_000]) {
      assert.deepEqual(await checked(bytes, length), bytes, `${padding} in ${length}`);
    }
  }
});

Deno.test("deflatedChecked() is Corrupt for a stream without its end, and for one whose dataset has none", async () => {
  const isCorrupt = (error: unknown) => error instanceof FormatError && error.kind === "Corrupt";
  const packed = new Uint8Array(deflateRawSync(DATASET));
  for (const length of [1, 64_000]) {
    await assert.rejects(checked(packed.slice(0, -2), length), isCorrupt);
    const inner = new Uint8Array(deflateRawSync(DATASET.subarray(0, -10)));
    await assert.rejects(checked(inner, length), isCorrupt);
  }
});
