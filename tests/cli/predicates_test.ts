import { strict as assert } from "node:assert";
import { serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { Cli, lines } from "./run_main.ts";

const NO_JOURNAL = ["--journal", "none"];
const PREDICATES = [
  ["--modality", "MR"],
  ["--modality", "O?"],
  ["--series", "AXIAL"],
  ["--series", "1"],
  ["--study", "CT HEAD"],
  ["--patient", "*HEAD"],
  ["--patient", "PHANTOM-1"],
  ["--patient", "Phantom_Head"],
  ["--study-date", "20190207"],
  ["--study-date", "-20190206"],
  ["--accession", "20190207MR"],
  ["--modality", "CT", "--series", "LOCALIZER"],
  ["--tag", "InstanceNumber=1"],
];

/** A study of MR and one of CT in folders, of one patient. */
async function inFolders(cli: Cli): Promise<void> {
  for (const modality of ["MR", "CT"] as const) {
    for await (const { path, bytes } of phantomStudy({ modalities: [modality] })) {
      await cli.write({ [`in/${modality}/${path.join("/")}`]: bytes });
    }
  }
}

/** The instances that `find` names. */
async function found(cli: Cli, url: string, predicate: readonly string[]): Promise<string[]> {
  const { code, out, err } = await cli.run(["find", url, "--type", "f", ...predicate]);
  assert.equal(code, 0, err);
  const uids = await Promise.all(
    lines(out).map(async (file) => (await cli.vfs.readDicomHeader(file)).string("SOPInstanceUID")!),
  );
  return uids.sort();
}

/** Where `sync` would file what it takes. */
async function planned(cli: Cli, layout: string, ...args: readonly string[]): Promise<string[]> {
  const all = ["sync", "-n", "--json", "--layout", layout, ...NO_JOURNAL, ...args, "memory:///out"];
  const { code, out, err } = await cli.run(all);
  assert.equal(code, 0, err);
  const outcomes = lines(out).map((line) => JSON.parse(line));
  return outcomes.filter(({ action }) => action === "copy")
    .map(({ to }) => to.replace("memory:///out/", "")).sort();
}

const synced = (cli: Cli, url: string, predicate: readonly string[]) =>
  planned(cli, "{SOPInstanceUID}", ...predicate, url);

Deno.test("find and sync by headers take the same of what an XNAT imported as of folders, and read a header of each series", async () => {
  await using cli = new Cli();
  await using server = await startXnatServer();
  server.seed.project("P");
  await inFolders(cli);
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  for (const name of ["MR", "CT"]) {
    await cli.vfs.sync(`memory:///in/${name}`, `${url}/head/${name}`, { importer: true });
  }
  const reads = () =>
    server.requests.entries.filter(({ path }) => /\/files\/.*\.dcm/.test(path)).length;
  for (const predicate of PREDICATES) {
    const expected = await found(cli, "memory:///in", predicate);
    const before = reads();
    const { code, out, err } = await cli.run(["find", url, "--type", "f", ...predicate]);
    assert.equal(code, 0, err);
    const isOfEach = predicate[0] === "--tag";
    assert.equal(reads() - before, isOfEach ? 62 : 7, predicate.join(" "));
    assert.equal(lines(out).length, expected.length, predicate.join(" "));
    assert.deepEqual(await found(cli, url, predicate), expected, predicate.join(" "));
    assert.deepEqual(await synced(cli, url, predicate), expected, predicate.join(" "));
  }
});

Deno.test("find by headers reads each file in an XNAT that was not imported, whatever its scan is called", async () => {
  await using cli = new Cli();
  await using server = await startXnatServer();
  server.seed.project("P");
  server.seed.scan(["P", "CT", "CT", "1"]);
  await inFolders(cli);
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/CT/CT/1/DICOM`;
  await cli.vfs.sync("memory:///in", url, { layout: "{SOPInstanceUID}.dcm" });
  for (const predicate of PREDICATES) {
    const expected = await found(cli, "memory:///in", predicate);
    assert.deepEqual(await found(cli, url, predicate), expected, predicate.join(" "));
  }
});

Deno.test("find and sync by what describes a series ask an archive, and read no file", async () => {
  await using cli = new Cli();
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await inFolders(cli);
  await cli.vfs.copy("memory:///in", node.url);
  const reads = () =>
    node.requests.entries.filter(({ service }) => service === "C-GET" || service === "C-MOVE")
      .length;
  for (const predicate of PREDICATES.slice(0, -1)) {
    const expected = await found(cli, "memory:///in", predicate);
    const before = reads();
    const { code, out, err } = await cli.run(["find", node.url, "--type", "f", ...predicate]);
    assert.equal(code, 0, err);
    assert.equal(reads(), before, predicate.join(" "));
    assert.equal(lines(out).length, expected.length, predicate.join(" "));
    assert.deepEqual(await found(cli, node.url, predicate), expected, predicate.join(" "));
    assert.deepEqual(await synced(cli, node.url, predicate), expected, predicate.join(" "));
  }
});

Deno.test("sync --patient finds the patient below a patient, in views and among several places", async () => {
  await using cli = new Cli();
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using other = await serveDicomNode({ aeTitle: "OTHER" });
  const people = [["P1", "Doe^Jane"], ["P2", "Roe^Ann"], ["DOE7", "Poe^Edgar"]] as const;
  for (const [seed, [patientID, patientName]] of people.entries()) {
    const study = phantomStudy({ seed: seed + 1, patientID, patientName, modalities: ["CT"] });
    for await (const { bytes } of study) {
      await cli.vfs.writeFile(node.url, bytes);
      if (patientID !== "P2") await cli.vfs.writeFile(other.url, bytes);
      await cli.write({ [`files/${patientID}`]: bytes });
      break;
    }
  }
  const patients = async (glob: string, ...sources: string[]) =>
    (await planned(cli, "{PatientID}/{SOPInstanceUID}", "--patient", glob, ...sources))
      .map((path) => path.split("/")[0]);
  assert.deepEqual(await patients("P1", `${node.url}/P1`), ["P1"]);
  assert.deepEqual(await patients("P2", `${node.url}/P1`), []);
  assert.deepEqual(await patients("doe*", `${node.url}/.studies`), ["DOE7", "P1"]);
  assert.deepEqual(await patients("roe*", `${node.url}/.by-date`), ["P2"]);
  assert.deepEqual(await patients("P?", node.url, other.url), ["P1", "P1", "P2"]);
  // By its id one, by his name another.
  assert.deepEqual(await patients("DOE*", node.url, other.url), ["DOE7", "DOE7", "P1", "P1"]);
  assert.deepEqual(await patients("DOE*", node.url, "memory:///files"), [
    "DOE7",
    "DOE7",
    "P1",
    "P1",
  ]);
  assert.deepEqual(await patients("P1", "memory:///files", `${node.url}/P1`, `${node.url}/P2`), [
    "P1",
    "P1",
  ]);
});
