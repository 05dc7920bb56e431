import { strict as assert } from "node:assert";
import { zipSync } from "fflate";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { headerTest } from "../../cli/find/header_filter.ts";
import type { DicomHeader } from "../../formats/mod.ts";
import { medvfs, withFolder } from "./child.ts";
import { Cli, lines } from "./run_main.ts";

const SCAN = {
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
  SOPInstanceUID: "1.2.3.4",
  Modality: "MR",
  PatientName: "PHANTOM^T1",
  PatientID: "P1",
  StudyDate: "20190207",
  AccessionNumber: "A7",
  SeriesDescription: "fl3d_dynamic",
  SeriesNumber: "14",
  Rows: 192,
};

async function archive(): Promise<Cli> {
  const cli = new Cli();
  const ct = { ...SCAN, Modality: "CT", PatientName: "Doe^Jane", PatientID: "D9" };
  await cli.write({
    "a/1/ct.dcm": writeDicomFile({ ...ct, StudyDate: "20200131", SeriesNumber: "2" }),
    "a/1/mr.dcm": writeDicomFile(SCAN),
    "a/2/report.txt": "no DICOM at all",
    "a/2/.hidden.dcm": writeDicomFile({ ...SCAN, PatientID: "P2", StudyDate: "2018.05.01" }),
  });
  return cli;
}

async function find(cli: Cli, ...args: string[]): Promise<string[]> {
  const { out, err, code } = await cli.run(["find", "memory:///a", ...args]);
  assert.deepEqual([code, err], [0, ""], args.join(" "));
  return lines(out).map((line) => line.replace("memory:///a/", ""));
}

Deno.test("find without tests gives everything below, with dot names, as URLs that can be given again", async () => {
  await using cli = await archive();
  assert.deepEqual(await find(cli), [
    "1",
    "2",
    "1/ct.dcm",
    "1/mr.dcm",
    "2/.hidden.dcm",
    "2/report.txt",
  ]);
});

Deno.test("find tests names at any depth, and paths where the pattern has a slash", async () => {
  await using cli = await archive();
  assert.deepEqual(await find(cli, "*.txt"), ["2/report.txt"]);
  assert.deepEqual(await find(cli, "--name", "[cm]*.dcm"), ["1/ct.dcm", "1/mr.dcm"]);
  assert.deepEqual(await find(cli, "1/*"), ["1/ct.dcm", "1/mr.dcm"]);
  assert.deepEqual(await find(cli, "**/{mr,.hidden}.dcm"), ["1/mr.dcm", "2/.hidden.dcm"]);
  assert.deepEqual(await find(cli, "nothing"), []);
});

Deno.test("find tests kind, size and time", async () => {
  await using cli = await archive();
  assert.deepEqual(await find(cli, "--type", "d"), ["1", "2"]);
  assert.deepEqual(await find(cli, "--size", "-16"), ["2/report.txt"]);
  assert.deepEqual(await find(cli, "--size", "15"), ["2/report.txt"]);
  assert.deepEqual(await find(cli, "--size", "+1M"), []);
  assert.equal((await find(cli, "--type", "f", "--newer", "1h")).length, 4);
  assert.deepEqual(await find(cli, "--newer", "2200-01-01"), []);
});

Deno.test("find takes an attribute that is not there as empty, and none other", async () => {
  await using cli = await archive();
  const described = writeDicomFile({ ...SCAN, BodyPartExamined: "HEAD" });
  await cli.write({ "a/3/head.dcm": described });
  const [tag, top] = ["BodyPartExamined=", "memory:///a/3"];
  assert.deepEqual(await find(cli, "--tag", tag), ["1/ct.dcm", "1/mr.dcm", "2/.hidden.dcm"]);
  assert.equal((await cli.run(["find", top, "--tag", tag])).out, "");
  assert.equal((await cli.run(["find", top, "--tag", `${tag}H*`])).out, `${top}/head.dcm\n`);
});

Deno.test("headerTest() takes no longer for a pattern with many stars, whatever a file tells", async () => {
  const test = await headerTest({ patient: "*a*a*a*a*b" });
  const header = { strings: () => ["A".repeat(20_000)] } as unknown as DicomHeader;
  assert.equal(test!.passes(header), false);
});

Deno.test("find tests DICOM headers, and leaves out what is no DICOM", async () => {
  await using cli = await archive();
  assert.deepEqual(await find(cli, "--modality", "CT"), ["1/ct.dcm"]);
  assert.deepEqual(await find(cli, "--patient", "phantom*"), ["1/mr.dcm", "2/.hidden.dcm"]);
  assert.deepEqual(await find(cli, "--patient", "p2"), ["2/.hidden.dcm"]);
  assert.deepEqual(await find(cli, "--series", "14", "--modality", "MR", "--name", "mr*"), [
    "1/mr.dcm",
  ]);
  assert.deepEqual(await find(cli, "--series", "FL3D_*").then((all) => all.length), 3);
  assert.deepEqual(await find(cli, "--accession", "A?").then((all) => all.length), 3);
  assert.deepEqual(await find(cli, "--tag", "Rows=192", "--tag", "0010,0020=D*"), ["1/ct.dcm"]);
  assert.deepEqual(await find(cli, "--tag", "PatientID=*"), [
    "1/ct.dcm",
    "1/mr.dcm",
    "2/.hidden.dcm",
  ]);
});

Deno.test("find takes a study date, or a range with either end open", async () => {
  await using cli = await archive();
  assert.deepEqual(await find(cli, "--study-date", "20190207"), ["1/mr.dcm"]);
  assert.deepEqual(await find(cli, "--study-date", "20190101-20191231"), ["1/mr.dcm"]);
  assert.deepEqual(await find(cli, "--study-date", "20190208-"), ["1/ct.dcm"]);
  assert.deepEqual(await find(cli, "--study-date", "-20181231"), ["2/.hidden.dcm"]);
});

Deno.test("find --info and --json describe what was found", async () => {
  await using cli = await archive();
  const [line] = await find(cli, "--modality", "CT", "--info");
  assert.match(line!, /^1\/ct\.dcm: CT .*Doe\^Jane/);
  const { out } = await cli.run(["find", "memory:///a", "--json", "--info", "--modality", "CT"]);
  const record = JSON.parse(out);
  assert.deepEqual([record.name, record.kind, record.url], [
    "ct.dcm",
    "file",
    "memory:///a/1/ct.dcm",
  ]);
  assert.match(record.description, /Doe\^Jane/);
  assert.equal(typeof record.size, "number");
});

Deno.test("find -0 ends names with NUL", async () => {
  await using cli = await archive();
  const { out } = await cli.run(["find", "-0", "memory:///a", "*.txt"]);
  assert.equal(out, "memory:///a/2/report.txt\0");
});

Deno.test("find names a damaged file, gives the others and ends with 4", async () => {
  await using cli = await archive();
  const whole = writeDicomFile({ ...SCAN, StudyDescription: "x".repeat(60) });
  await cli.write({ "a/3/cut.dcm": whole.slice(0, -13) });
  const { code, out, err } = await cli.run(["find", "memory:///a", "--modality", "CT"]);
  assert.equal(code, 4);
  assert.equal(out, "memory:///a/1/ct.dcm\n");
  assert.match(err, /^medvfs find: "memory:\/\/\/a\/3\/cut\.dcm" is damaged: .*\n$/);
});

Deno.test("find takes dates as DICOM and as others write them, and the last days", async () => {
  await using cli = await archive();
  const today = new Date(Date.now() - 12 * 3_600_000).toISOString().slice(0, 10);
  await cli.write({
    "a/3/new.dcm": writeDicomFile({ ...SCAN, StudyDate: today.replaceAll("-", "") }),
  });
  for (const dates of ["20200101-20200201", "2020-01-01..2020-02-01", "2020-01-31"]) {
    assert.deepEqual(await find(cli, "--study-date", dates), ["1/ct.dcm"]);
  }
  for (const dates of ["7d", "1w", `${today}..`]) {
    assert.deepEqual(await find(cli, "--study-date", dates), ["3/new.dcm"]);
  }
  assert.equal((await find(cli, "--study-date", "9999w")).length, 4);
});

Deno.test("find refuses wrong values with 2, and a missing top with 1", async () => {
  await using cli = await archive();
  const wrong = [
    ["--tag", "Modality"],
    ["--tag", "NoSuchKeyword=1"],
    ["--study-date", "2019"],
    ["--size", "big"],
    ["--newer", "yesterday"],
    ["--newer", "2024-13-45"],
    ["--newer", "31 January 2024"],
    ["--type", "x"],
    ["--type", "d", "--modality", "MR"],
    ["-0", "--json"],
  ];
  for (const args of wrong) {
    const { code, out, err } = await cli.run(["find", "memory:///a", ...args]);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, /^medvfs find: /);
  }
  assert.equal((await cli.run(["find", "memory:///no"])).code, 1);
});

Deno.test("dump shows elements as lines, chosen ones, or DICOM JSON", async () => {
  await using cli = await archive();
  const file = "memory:///a/1/mr.dcm";
  const { out, code } = await cli.run(["dump", file]);
  assert.equal(code, 0);
  assert.match(out, /^\(0010,0010\) PN +10 {2}PHANTOM\^T1 {2}PatientName$/m);
  const two = await cli.run(["dump", "--tag", "PatientName", "--tag", "00080060", file]);
  assert.deepEqual(lines(two.out).map((line) => line.split(/ +/).at(-1)), [
    "PatientName",
    "Modality",
  ]);
  const json = JSON.parse((await cli.run(["dump", "--json", file])).out);
  assert.deepEqual(json["00100010"], { vr: "PN", Value: [{ Alphabetic: "PHANTOM^T1" }] });
  const chosen = await cli.run(["dump", "--json", "--tag", "Modality", file]);
  assert.deepEqual(JSON.parse(chosen.out), { "00080060": { vr: "CS", Value: ["MR"] } });
});

Deno.test("dump --csv makes a table with a row per file, whatever is in a value", async () => {
  await using cli = await archive();
  const PatientName = 'Doe^"Jane", PhD';
  await cli.write({ "a,b.dcm": writeDicomFile({ ...SCAN, PatientName, ImageType: ["A", "B"] }) });
  const columns = ["PatientName", "ImageType", "0008,0060", "BodyPartExamined"];
  const args = ["dump", "--csv", ...columns.flatMap((name) => ["--tag", name])];
  const { code, out, err } = await cli.run([...args, "memory:///a/1/mr.dcm", "memory:///a,b.dcm"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(
    out,
    'file,PatientName,ImageType,"0008,0060",BodyPartExamined\n' +
      "memory:///a/1/mr.dcm,PHANTOM^T1,,MR,\n" +
      '"memory:///a,b.dcm","Doe^""Jane"", PhD",A\\B,MR,\n',
  );
  assert.equal((await cli.run(["dump", "--csv", "memory:///a/1/mr.dcm"])).code, 2);
  assert.equal((await cli.run([...args, "--json", "memory:///a/1/mr.dcm"])).code, 2);
});

Deno.test("dump --csv makes a value that a spreadsheet would compute a text, and leaves numbers as they are", async () => {
  await using cli = await archive();
  const SpecificCharacterSet = "ISO_IR 192";
  const values = {
    PatientID: "=HYPERLINK(0)",
    PatientName: "@SUM^A",
    StudyDescription: '-1+cmd|" /C calc"!A0',
    SeriesDescription: "＝1",
    BodyPartExamined: "+A1",
    RescaleIntercept: "-1024",
    TimezoneOffsetFromUTC: "+0100",
    ImageOrientationPatient: ["-1", "0", "0", "0", "-.5E-3", "0"],
    Manufacturer: "-",
  };
  await cli.write({ "=1.dcm": writeDicomFile({ ...SCAN, SpecificCharacterSet, ...values }) });
  const columns = Object.keys(values).flatMap((name) => ["--tag", name]);
  const { out } = await cli.run(["dump", "--csv", ...columns, "memory:///=1.dcm"]);
  assert.deepEqual(out.split("\n")[1]!.split(","), [
    "memory:///=1.dcm",
    "'=HYPERLINK(0)",
    "'@SUM^A",
    `"'-1+cmd|"" /C calc""!A0"`,
    "'＝1",
    "'+A1",
    "-1024",
    "+0100",
    "-1\\0\\0\\0\\-.5E-3\\0",
    "'-",
  ]);
});

Deno.test("dump fails with 5 for what is no DICOM or damaged, with 2 for an unknown keyword", async () => {
  await using cli = await archive();
  assert.equal((await cli.run(["dump", "memory:///a/2/report.txt"])).code, 5);
  await cli.write({
    cut: writeDicomFile({ ...SCAN, StudyDescription: "x".repeat(60) }).slice(0, -13),
  });
  const { code, out, err } = await cli.run(["dump", "memory:///cut"]);
  assert.equal(code, 5);
  assert.match(out, /PatientName|Modality/);
  assert.match(err, /^medvfs dump: Cannot read "memory:\/\/\/cut": Data ends in the middle/);
  assert.equal((await cli.run(["dump", "--tag", "Nope", "memory:///cut"])).code, 2);
  assert.equal((await cli.run(["dump", "memory:///no"])).code, 1);
});

Deno.test("find takes an archive as its last place, where one has that name", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/e`);
    await Deno.writeTextFile(`${folder}/e/b.zip`, "");
    await Deno.writeTextFile(`${folder}/a.zip`, "no zip");
    const run = async (...args: string[]) => {
      const child = medvfs(["-A"], ["find", ...args], { cwd: folder });
      const { code, stdout } = await child.output();
      return [code, new TextDecoder().decode(stdout)];
    };
    // It is looked into, and damaged.
    assert.deepEqual(await run("e", "a.zip"), [4, "e/b.zip\n"]);
    assert.deepEqual(await run("e", "b.zip"), [0, "e/b.zip\n"]);
    assert.deepEqual(await run("e", "c.zip"), [0, ""]);
  }));

Deno.test("find prints what is in a zip on a disk as URLs that can be given to the next command, as the help says", async () => {
  await using cli = await archive();
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  try {
    await Deno.writeFile(`${folder}/a.zip`, zipSync({ "d/f": new TextEncoder().encode("text") }));
    const { out } = await cli.run(["find", `${folder}/a.zip`, "--type", "f"]);
    assert.match(out, /^zip:\/\/file%3A.*a\.zip\/d\/f\n$/);
    assert.equal((await cli.run(["cat", out.trimEnd()])).out, "text");
    const help = (await cli.run(["--help"])).out.replace(/\s+/g, " ");
    assert.match(help, /as they were typed, and what is in a zip or tar as a URL/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
