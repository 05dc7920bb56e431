import { strict as assert } from "node:assert";
import fc from "fast-check";
import { encodeFileMeta, FormatError, readFileMeta } from "../../../formats/mod.ts";
import { writeDicomDataset, writeDicomFile } from "../../../testing/dicom_writer.ts";
import { bytes, element, SYNTAX, u32 } from "../_builder.ts";
import { hasSamples, sample, samplePaths } from "../_samples.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const DATASET = {
  SOPClassUID: CT,
  SOPInstanceUID: "2.25.77",
  PatientID: "P1",
  StudyInstanceUID: "2.25.1",
  SeriesInstanceUID: "2.25.2",
};

const uids = fc.array(fc.integer({ min: 0, max: 99999 }), { minLength: 2, maxLength: 10 })
  .map((parts) => parts.join("."));
const codes = fc.constantFrom(..."ABCXYZ_019 -".split(""));
const titles = fc.string({ unit: codes, minLength: 1, maxLength: 16 });

const fields = fc.record({
  sopClassUID: uids,
  sopInstanceUID: uids,
  implementationClassUID: uids,
  transferSyntaxUID: fc.constantFrom<string>(SYNTAX.explicit, SYNTAX.implicit, SYNTAX.jpeg),
  implementationVersionName: fc.option(titles, { nil: undefined }),
  sourceAET: fc.option(titles, { nil: undefined }),
});

Deno.test("encodeFileMeta() is read back, and ends where the dataset begins", async () => {
  await fc.assert(fc.asyncProperty(fields, async (meta) => {
    const head = encodeFileMeta(meta);
    const { sopClassUID: SOPClassUID, sopInstanceUID: SOPInstanceUID, transferSyntaxUID } = meta;
    const dataset = writeDicomDataset({ SOPClassUID, SOPInstanceUID }, { transferSyntaxUID });
    const read = await readFileMeta(bytes(head, dataset));
    assert.equal(head.length % 2, 0);
    assert.equal(read.datasetOffset, head.length);
    assert.equal(read.hasMeta, true);
    assert.equal(read.sopClassUID, meta.sopClassUID);
    assert.equal(read.sopInstanceUID, meta.sopInstanceUID);
    assert.equal(read.transferSyntaxUID, meta.transferSyntaxUID);
    const { meta: group } = read.header;
    assert.equal(group.number("FileMetaInformationGroupLength"), head.length - 144);
    assert.equal(group.string("ImplementationClassUID"), meta.implementationClassUID);
    assert.equal(
      group.string("ImplementationVersionName"),
      meta.implementationVersionName?.trim() || undefined,
    );
    assert.equal(
      group.string("SourceApplicationEntityTitle"),
      meta.sourceAET?.trim() || undefined,
    );
    assert.deepEqual(read.header.warnings, []);
  }));
});

for (
  const wrong of [
    { sopInstanceUID: "" },
    { sopClassUID: "1.2.x" },
    { transferSyntaxUID: "1".repeat(65) },
    { sourceAET: "A".repeat(17) },
    { sourceAET: "A\\B" },
    { implementationVersionName: "" },
  ]
) {
  Deno.test(`encodeFileMeta() refuses ${JSON.stringify(wrong)}`, () => {
    const meta = {
      sopClassUID: CT,
      sopInstanceUID: "2.25.77",
      transferSyntaxUID: SYNTAX.explicit,
      implementationClassUID: "2.25.3",
    };
    assert.throws(() => encodeFileMeta({ ...meta, ...wrong }), { kind: "Corrupt" });
  });
}

function metaOf(...elements: Uint8Array[]): Uint8Array {
  return bytes(new Uint8Array(128), "DICM", ...elements, writeDicomDataset(DATASET));
}

const syntaxElement = element(0x00020010, "UI", SYNTAX.explicit);
const explicit = writeDicomDataset(DATASET);
const withMeta = writeDicomFile(DATASET);

const FORMS: Readonly<Record<string, readonly [Uint8Array, offset: number, syntax: string]>> = {
  "a whole file": [withMeta, withMeta.length - explicit.length, SYNTAX.explicit],
  "group 0002 from byte 0": [
    withMeta.subarray(132),
    withMeta.length - 132 - explicit.length,
    SYNTAX.explicit,
  ],
  "a bare explicit dataset": [explicit, 0, SYNTAX.explicit],
  "a bare implicit dataset": [
    writeDicomDataset(DATASET, { transferSyntaxUID: SYNTAX.implicit }),
    0,
    SYNTAX.implicit,
  ],
  "a bare big endian dataset": [
    writeDicomDataset(DATASET, { transferSyntaxUID: SYNTAX.big }),
    0,
    SYNTAX.big,
  ],
  "a preamble and no group 0002": [metaOf(), 132, SYNTAX.explicit],
  "no group length": [metaOf(syntaxElement), 132 + syntaxElement.length, SYNTAX.explicit],
  "a group length that is too long": [
    metaOf(element(0x00020000, "UL", u32(1000)), syntaxElement),
    144 + syntaxElement.length,
    SYNTAX.explicit,
  ],
  "a group length that is too short": [
    metaOf(element(0x00020000, "UL", u32(2)), syntaxElement),
    144 + syntaxElement.length,
    SYNTAX.explicit,
  ],
  "no transfer syntax": [
    metaOf(element(0x00020002, "UI", CT)),
    132 + element(0x00020002, "UI", CT).length,
    SYNTAX.explicit,
  ],
  "an implicit dataset that is said to be explicit": [
    bytes(
      withMeta.subarray(0, withMeta.length - explicit.length),
      writeDicomDataset(DATASET, { transferSyntaxUID: SYNTAX.implicit }),
    ),
    withMeta.length - explicit.length,
    SYNTAX.implicit,
  ],
  "a deflated dataset": [
    writeDicomFile(DATASET, { transferSyntaxUID: SYNTAX.deflated }),
    writeDicomFile(DATASET, { transferSyntaxUID: SYNTAX.deflated }).length -
    writeDicomDataset(DATASET, { transferSyntaxUID: SYNTAX.deflated }).length,
    SYNTAX.deflated,
  ],
};

for (const [name, [file, offset, syntax]] of Object.entries(FORMS)) {
  Deno.test(`readFileMeta() finds the dataset in ${name}`, async () => {
    const meta = await readFileMeta(file);
    assert.equal(meta.datasetOffset, offset);
    assert.equal(meta.transferSyntaxUID, syntax);
    assert.equal(meta.sopClassUID, CT);
    assert.equal(meta.sopInstanceUID, "2.25.77");
  });
}

Deno.test("readFileMeta() prefers the dataset's instance, and reads on to `until`", async () => {
  const { header, sopInstanceUID } = await readFileMeta(
    bytes(
      encodeFileMeta({
        sopClassUID: CT,
        sopInstanceUID: "9.9",
        transferSyntaxUID: SYNTAX.explicit,
        implementationClassUID: "2.25.3",
      }),
      explicit,
    ),
    { until: 0x0020000E },
  );
  assert.equal(sopInstanceUID, "2.25.77");
  assert.equal(header.string("SeriesInstanceUID"), "2.25.2");
  assert.equal(header.string("PatientID"), "P1");
});

async function kindOf(file: Uint8Array): Promise<string> {
  try {
    await readFileMeta(file);
    return "none";
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    return error.kind;
  }
}

const wrongUid = { ...DATASET, SOPInstanceUID: "1.2/../3" };
const REFUSED: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  "text": [new TextEncoder().encode("this is no image at all, but a long text"), "NotSupported"],
  "nothing": [new Uint8Array(0), "NotSupported"],
  "a file that ends behind group 0002": [
    withMeta.subarray(0, withMeta.length - explicit.length),
    "Corrupt",
  ],
  "a file that is cut in SOPInstanceUID": [
    withMeta.subarray(0, withMeta.length - explicit.length + 45),
    "Corrupt",
  ],
  "a dataset without SOP class": [writeDicomDataset({ SOPInstanceUID: "1.2" }), "Corrupt"],
  "a dataset without SOP instance": [
    writeDicomDataset({ SOPClassUID: CT, PatientID: "P" }),
    "Corrupt",
  ],
  "a UID that is none": [writeDicomDataset(wrongUid), "Corrupt"],
  "an implicit dataset that is said to be compressed": [
    bytes(
      encodeFileMeta({
        sopClassUID: CT,
        sopInstanceUID: "1.2",
        transferSyntaxUID: SYNTAX.jpeg,
        implementationClassUID: "2.25.3",
      }),
      writeDicomDataset(DATASET, { transferSyntaxUID: SYNTAX.implicit }),
    ),
    "Corrupt",
  ],
};

for (const [name, [file, kind]] of Object.entries(REFUSED)) {
  Deno.test(`readFileMeta() refuses ${name} as ${kind}`, async () => {
    assert.equal(await kindOf(file), kind);
  });
}

Deno.test("readFileMeta() throws nothing but FormatError for damaged files", async () => {
  const files = Object.values(FORMS).map(([file]) => file);
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), fc.nat(), damage, async (file, cut, changes) => {
      const damaged = file.slice(0, cut % (file.length + 1));
      for (const [at, value] of changes) if (damaged.length) damaged[at % damaged.length] = value;
      await kindOf(damaged);
    }),
    { numRuns: 500 },
  );
});

Deno.test("readFileMeta() reads no more of a large file than the start", async () => {
  const file = writeDicomFile({ ...DATASET, PixelData: new Uint8Array(1 << 20) });
  let end = 0;
  const read = (from: number, to: number) => {
    end = Math.max(end, to);
    return Promise.resolve(file.subarray(from, to));
  };
  await readFileMeta({ size: file.length, read });
  assert.ok(end <= 16 * 1024, String(end));
});

Deno.test({
  name: "readFileMeta() reads the real files, or says what is wrong with them",
  ignore: !hasSamples,
  fn: async () => {
    const refused: string[] = [];
    for (const path of samplePaths("pydicom/")) {
      const file = sample(path);
      const kind = await kindOf(file);
      if (kind !== "none") refused.push(`${path.slice("pydicom/".length)} ${kind}`);
    }
    assert.deepEqual(refused, [
      "dicomdir/DICOMDIR-nooffset Corrupt", // an item goes past the end
      "empty_charset_LEI.dcm Corrupt", // the others have no class
      "meta_missing_tsyntax.dcm Corrupt",
      "nested_priv_SQ.dcm Corrupt",
    ]);
  },
});
