import { strict as assert } from "node:assert";
import { describeFile, parseDicomHeader, readDicomHeader } from "../../../formats/mod.ts";
import { hasSamples, sample, samplePaths } from "../_samples.ts";

const ignore = !hasSamples;
const CHARSETS = "pydicom/charset/";

/** Names as pydicom publishes them with its character set files. */
const NAMES: Readonly<Record<string, string>> = {
  "chrArab.dcm": "قباني^لنزار",
  "chrFren.dcm": "Buc^Jérôme",
  "chrFrenMulti.dcm": "Buc^Jérôme",
  "chrGerm.dcm": "Äneas^Rüdiger",
  "chrGreek.dcm": "Διονυσιος",
  "chrH31.dcm": "Yamada^Tarou=山田^太郎=やまだ^たろう",
  "chrH32.dcm": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
  "chrHbrw.dcm": "שרון^דבורה",
  "chrI2.dcm": "Hong^Gildong=洪^吉洞=홍^길동",
  "chrJapMulti.dcm": "やまだ^たろう",
  "chrJapMultiExplicitIR6.dcm": "やまだ^たろう",
  "chrKoreanMulti.dcm": "김희중",
  "chrRuss.dcm": "Люкceмбypг",
  "chrX1.dcm": "Wang^XiaoDong=王^小東=",
  "chrX2.dcm": "Wang^XiaoDong=王^小东=",
};

for (const [name, expected] of Object.entries(NAMES)) {
  Deno.test({
    name: `string() reads the name in ${name}`,
    ignore,
    fn: () => {
      const header = parseDicomHeader(sample(CHARSETS + name));
      assert.equal(header.string("PatientName"), expected);
      assert.deepEqual(header.warnings, []);
    },
  });
}

for (const name of ["chrSQEncoding.dcm", "chrSQEncoding1.dcm"]) {
  Deno.test({
    name: `string() reads the name inside of a sequence in ${name}`,
    ignore,
    fn: () => {
      const header = parseDicomHeader(sample(CHARSETS + name));
      const [item] = header.sequence("RequestedProcedureCodeSequence");
      const expected = "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう";
      assert.equal(item?.string("PatientName"), expected);
    },
  });
}

const LINES: Readonly<Record<string, string>> = {
  "CT_small.dcm": "CT 128x128 16-bit #1 2004-01-19 CompressedSamples^CT1",
  "ExplVR_LitEndNoMeta.dcm": "RTPLAN #1 2015-05-15",
  "JPEG2000.dcm": "NM 1024x256 16-bit #1 2004-08-26 CompressedSamples^NM1",
  "MR_small.dcm": "MR 64x64 16-bit #1 2004-08-26 CompressedSamples^MR1",
  "MR_small_RLE.dcm": "MR 64x64 16-bit #1 2004-08-26 CompressedSamples^MR1",
  "MR_small_bigendian.dcm": "MR 64x64 16-bit #1 2004-08-26 CompressedSamples^MR1",
  "MR_small_implicit.dcm": "MR 64x64 16-bit #1 2004-08-26 CompressedSamples^MR1",
  "badVR.dcm": "RTDOSE 10x10 32-bit BEAM RELATIVE #1 2003-08-05 Lastname^Firstname",
  "image_dfl.dcm": "OT 512x512 8-bit",
  "rtdose.dcm": "RTDOSE 10x10 15 frames 32-bit BEAM RELATIVE #1 2003-08-05 Lastname^Firstname",
  "rtplan.dcm": "RTPLAN Plan1 1 beam 1 fraction group #2 2003-07-16 Last^First^mid^pre",
  "rtplan_truncated.dcm": "RTPLAN Plan1 1 beam 1 fraction group #2 2003-07-16 " +
    "Last^First^mid^pre (truncated at byte 2092)",
  "rtstruct.dcm": "RTSTRUCT sep30 3 structures #1 Test^Phantom30sep",
  "dicomdir/DICOMDIR": "DICOMDIR 2 patients, 6 studies, 13 series, 31 instances",
  "dicomdir/DICOMDIR-bigEnd": "DICOMDIR 2 patients, 6 studies, 13 series, 31 instances",
  "dicomdir/DICOMDIR-implicit": "DICOMDIR 2 patients, 6 studies, 13 series, 31 instances",
};

for (const [name, expected] of Object.entries(LINES)) {
  Deno.test({
    name: `describeFile() describes ${name}`,
    ignore,
    fn: async () => {
      assert.equal(await describeFile(sample(`pydicom/${name}`)), expected);
    },
  });
}

Deno.test({
  name: "describeFile() describes every DICOM sample as such",
  ignore,
  fn: async () => {
    const paths = samplePaths("pydicom/");
    assert.ok(paths.length > 70);
    for (const path of paths) {
      const line = await describeFile(sample(path));
      assert.match(line, /^(DICOM|DICOMDIR|CR|CT|MR|NM|OT|RT[A-Z]+|SR)\b/, path);
      assert.ok(line.length < 160, line);
    }
  },
});

Deno.test({
  name: "readDicomHeader() finds no damage in samples that have none",
  ignore,
  fn: async () => {
    const damaged = [
      "pydicom/dicomdir/DICOMDIR-nooffset",
      "pydicom/rtplan_truncated.dcm",
    ];
    for (const path of samplePaths("pydicom/")) {
      const header = await readDicomHeader(sample(path));
      for (const element of header) element.value;
      assert.equal(header.damage !== undefined, damaged.includes(path), path);
    }
  },
});

Deno.test({
  name: "readDicomHeader() reads nested private sequences and UN sequences",
  ignore,
  fn: async () => {
    const nested = await readDicomHeader(sample("pydicom/nested_priv_SQ.dcm"));
    const [outer] = nested.sequence("00010001");
    const [inner] = outer?.sequence("00010001") ?? [];
    const text = new TextDecoder().decode(inner?.element("00010001")?.bytes);
    assert.equal(text, "Double Nested SQ");
    const unknown = await readDicomHeader(sample("pydicom/UN_sequence.dcm"));
    const [item] = unknown.sequence("4453100C");
    const [series] = item?.sequence("ReferencedSeriesSequence") ?? [];
    assert.match(series?.string("SeriesInstanceUID") ?? "", /^1\.2\.840\.113619/);
  },
});
