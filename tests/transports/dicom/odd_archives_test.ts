import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { type DatasetInput, writeDicomDataset } from "../../../testing/dicom_writer.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import {
  type Query,
  serveDicom,
  ServiceFailed,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport, type DicomTransportOptions } from "../../../transports/dicom/mod.ts";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { Vfs, type VfsOptions } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";

type Answer = (
  level: string,
  keys: ReturnType<typeof parseDicomHeader>,
) => Iterable<DatasetInput> | number;

/** An archive that answers what it likes, and counts how often it is asked. */
function oddArchive(
  answer: Answer,
  { driver = {}, layers = {} }: {
    driver?: DicomTransportOptions;
    layers?: VfsOptions["layers"];
  } = {},
) {
  const asked: string[] = [];
  const server = serveDicom({
    aeTitle: "ODD",
    hostname: "127.0.0.1",
    port: 0,
    async *find({ identifier, transferSyntaxUID }: Query) {
      const keys = parseDicomHeader(identifier, { transferSyntaxUID });
      const level = keys.string("QueryRetrieveLevel")!;
      asked.push(level);
      const answers = await Promise.resolve(answer(level, keys));
      if (typeof answers === "number") {
        const failure = { code: answers, meaning: "test" };
        throw new ServiceFailed("Unexpected", { op: "x", url: "" }, failure);
      }
      const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
      for (const each of answers) {
        yield writeDicomDataset(each, {
          transferSyntaxUID: isImplicit ? "1.2.840.10008.1.2" : undefined,
        });
      }
    },
  });
  const registry = builtinRegistry();
  registry.register(dicomTransport(driver), { override: true });
  const vfs = new Vfs({ registry, layers: { retry: false, ...layers } });
  return {
    asked,
    vfs,
    url: `dicom://127.0.0.1:${server.port}/ODD`,
    async names(path = "") {
      return await Array.fromAsync(vfs.readDir(this.url + path), ({ name }) => name);
    },
    async [Symbol.asyncDispose]() {
      await vfs[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

const STUDY = { PatientID: "P", StudyInstanceUID: "1.2.3" };

Deno.test("promise 8: UIDs that are none fail the listing as Protocol, quoted", async () => {
  for (const uid of ["..", "../../etc/passwd", "*", "a", ""]) {
    await using odd = oddArchive(() => [{ ...STUDY, StudyInstanceUID: { vr: "UI", value: uid } }]);
    await assert.rejects(odd.names("/P"), (error) => {
      assert(isVfsError(error) && error.kind === "Protocol", `${error}`);
      return error.message.includes(JSON.stringify(uid));
    });
  }
});

Deno.test("promise 8: PatientIDs that would leave a folder are coded", async () => {
  const ids = ["..", ".", "../../x", "C:\\x", "a/b", ".by-date", "%2E"];
  await using odd = oddArchive(() =>
    ids.map((PatientID) => ({ PatientID: { vr: "LT", value: PatientID } }))
  );
  const names = await odd.names();
  assert.equal(new Set(names).size, ids.length);
  for (const name of names) assert.match(name, /^[^./\\][^/\\]*$/);
});

Deno.test("dimse 41: each level is asked with all unique keys above it", async () => {
  const seen: Record<string, (string | undefined)[]> = {};
  await using odd = oddArchive((level, keys) => {
    seen[level] = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID"].map((k) => keys.string(k));
    return [{ ...STUDY, SeriesInstanceUID: "1.2.3.4", SOPInstanceUID: "1.2.3.4.5" }];
  });
  await Array.fromAsync(odd.vfs.walk(odd.url));
  assert.deepEqual(seen.STUDY, ["P", undefined, undefined]);
  assert.deepEqual(seen.SERIES, ["P", "1.2.3", undefined]);
  assert.deepEqual(seen.IMAGE, ["P", "1.2.3", "1.2.3.4"]);
});

Deno.test("dimse 45: keys that an archive leaves out are absent, and what it has no value for is null", async () => {
  await using odd = oddArchive(() => [{ ...STUDY, AccessionNumber: "" }]);
  const { attributes } = await odd.vfs.stat(`${odd.url}/P/1.2.3`);
  assert.deepEqual(attributes, {
    PatientID: "P",
    StudyInstanceUID: "1.2.3",
    AccessionNumber: null,
  });
});

Deno.test("an answer that comes twice is listed once", async () => {
  await using odd = oddArchive((level) =>
    level === "SERIES"
      ? [{ SeriesInstanceUID: "1.2.3.4" }, { SeriesInstanceUID: "1.2.3.4" }]
      : [STUDY, STUDY]
  );
  assert.deepEqual(await odd.names("/P"), ["1.2.3"]);
  assert.deepEqual(await odd.names("/P/1.2.3"), ["1.2.3.4"]);
  assert.deepEqual(await odd.names(), ["P"]);
});

Deno.test("an archive that ignores keys, or compares in any case, lists nothing wrong", async () => {
  await using odd = oddArchive(() => [STUDY, { PatientID: "p", StudyInstanceUID: "1.2.4" }]);
  assert.deepEqual(await odd.names("/P"), ["1.2.3"]);
  assert.deepEqual(await odd.names("/p"), ["1.2.4"]);
  await assert.rejects(odd.names("/Q"), (error) => isVfsError(error) && error.kind === "NotFound");
});

Deno.test("studies of an archive without ModalitiesInStudy are filtered by their series", async () => {
  await using odd = oddArchive((level, keys) => {
    if (level === "STUDY") return [STUDY, { PatientID: "Q", StudyInstanceUID: "1.2.4" }];
    const Modality = keys.string("StudyInstanceUID") === "1.2.3" ? "CT" : "MR";
    return [{ SeriesInstanceUID: "1.2.3.4", Modality }];
  });
  assert.deepEqual(await odd.names("?Modality=MR"), ["Q"]);
  assert.deepEqual(await odd.names("/.studies?Modality=CT"), ["1.2.3"]);
});

Deno.test("an empty patient, study or series is an empty directory, and the walk goes on (D4)", async () => {
  await using odd = oddArchive((level, keys) => {
    const isEmpty = (keys.string("PatientID") ?? "") === "EMPTY";
    if (level === "PATIENT") {
      const all = [{ PatientID: "EMPTY" }, { PatientID: "P" }];
      return keys.has("PatientID") && keys.string("PatientID") ? all.slice(isEmpty ? 0 : 1) : all;
    }
    if (level === "STUDY") return isEmpty ? [] : [STUDY];
    if (level === "SERIES") return [{ SeriesInstanceUID: "1.2.3.4" }];
    return [];
  });
  const steps = await Array.fromAsync(odd.vfs.walk(odd.url));
  assert.deepEqual(steps.map(([root]) => root.slice(odd.url.length)), [
    "",
    "/EMPTY",
    "/P",
    "/P/1.2.3",
    "/P/1.2.3/1.2.3.4",
  ]);
});

Deno.test("dimse 37: a series or an image level that is limited is Incomplete, never a part", async () => {
  for (const limited of ["SERIES", "IMAGE"]) {
    await using odd = oddArchive((level) =>
      level === limited
        ? 0xA700
        : [{ ...STUDY, SeriesInstanceUID: "1.2.3.4", SOPInstanceUID: "1.2.3.4.5" }]
    );
    await assert.rejects(
      Array.fromAsync(odd.vfs.walk(odd.url)),
      (error) => isVfsError(error) && error.kind === "Incomplete" && error.status === "permanent",
    );
  }
});

Deno.test("a round number of instances that is less than the series has is Incomplete", async () => {
  const images = Array.from({ length: 100 }, (_, i) => ({ SOPInstanceUID: `1.2.3.4.${i}` }));
  for (
    const [NumberOfSeriesRelatedInstances, isWhole] of [[150, false], [100, true], [
      undefined,
      true,
    ]] as const
  ) {
    await using odd = oddArchive((level) =>
      level === "IMAGE"
        ? images
        : [{ ...STUDY, SeriesInstanceUID: "1.2.3.4", NumberOfSeriesRelatedInstances }]
    );
    const listing = odd.names("/P/1.2.3/1.2.3.4");
    if (isWhole) assert.equal((await listing).length, 100);
    else await assert.rejects(listing, (e) => isVfsError(e) && e.kind === "Incomplete");
  }
});

Deno.test("patients that are limited are found by their studies", async () => {
  const all = Array.from({ length: 30 }, (_, i) => ({
    PatientID: `P${i}`,
    StudyInstanceUID: `1.2.${i}`,
    StudyDate: `201902${String(i % 28 + 1).padStart(2, "0")}`,
  }));
  await using odd = oddArchive((level, keys) => {
    const [from = "", to = from] = (keys.string("StudyDate") ?? "00000000-99999999").split("-");
    const hits = all.filter(({ StudyDate }) => StudyDate >= from && StudyDate <= (to || "9"));
    return level === "PATIENT" || hits.length > 10 ? 0xA700 : hits;
  });
  assert.equal((await odd.names()).length, 30);
});

Deno.test("what was listed is believed for a few seconds, and asked again then", async () => {
  const clock = manualClock({ start: Date.UTC(2026, 0, 1) });
  await using odd = oddArchive(() => [STUDY], { layers: { clock, timeout: false } });
  await odd.names("/P");
  await odd.vfs.stat(`${odd.url}/P/1.2.3`);
  assert.deepEqual(odd.asked, ["STUDY"]);
  await clock.advance(5_000);
  await odd.vfs.stat(`${odd.url}/P/1.2.3`);
  assert.deepEqual(odd.asked, ["STUDY", "STUDY"]);
});

Deno.test("dimse 39: names of patients are decoded by the character set of each answer", async () => {
  const name = {
    vr: "PN",
    value: Uint8Array.of(
      0x59,
      0x61,
      0x6D,
      0x61,
      0x64,
      0x61,
      0x5E,
      0x54,
      0x3D,
      0x1B,
      0x24,
      0x42,
      0x3B,
      0x33,
      0x45,
      0x44,
      0x1B,
      0x28,
      0x42,
    ),
  };
  const latin = { vr: "PN", value: Uint8Array.of(0x4D, 0xFC, 0x6C, 0x6C, 0x65, 0x72) };
  await using odd = oddArchive(() => [
    {
      PatientID: "A",
      PatientName: name,
      SpecificCharacterSet: { vr: "CS", value: "\\ISO 2022 IR 87" },
    },
    { PatientID: "B", PatientName: latin, SpecificCharacterSet: "ISO_IR 100" },
  ]);
  const labels = await Array.fromAsync(odd.vfs.readDir(odd.url), ({ label }) => label);
  assert.deepEqual(labels, ["Yamada^T=山田", "Müller"]);
});

Deno.test("walk() meets each directory and file once where an archive answers once for each instance below", async () => {
  const answers = [1, 1, 2, 1, 2].map((n) => ({
    ...STUDY,
    SeriesInstanceUID: `1.2.3.${n}`,
    SOPInstanceUID: `1.2.3.4.${n}`,
  }));
  await using odd = oddArchive(() => answers);
  const walked: string[] = [];
  for await (const { url } of odd.vfs.entries(odd.url)) walked.push(url.slice(odd.url.length));
  assert.deepEqual(walked.sort(), [
    "/P",
    "/P/1.2.3",
    "/P/1.2.3/1.2.3.1",
    "/P/1.2.3/1.2.3.1/1.2.3.4.1",
    "/P/1.2.3/1.2.3.2",
    "/P/1.2.3/1.2.3.2/1.2.3.4.2",
  ]);
});

Deno.test("dimse 38: a query of which enough has come is cancelled, and the archive stops", async () => {
  const most = 50_000;
  let given = 0;
  let isStopped = false;
  function* studies() {
    try {
      while (given < most) yield { ...STUDY, StudyInstanceUID: `1.2.${++given}` };
    } finally {
      isStopped = true;
    }
  }
  // By this clock no time passes in which an archive that goes on would be left.
  await using odd = oddArchive(studies, { layers: { clock: manualClock() } });
  await assert.rejects(odd.vfs.stat(`${odd.url}/P/1.2.*`), /several studies fit/);
  await until(() => isStopped);
  assert(given < most, `${given} answers`);
});

Deno.test("a listing that is longer than what is read ahead keeps no association from who asks while it goes on", async () => {
  const patients = Array.from({ length: 2_555 }, (_, i) => ({ PatientID: `P${i}` }));
  await using odd = oddArchive(
    (_, keys) => keys.string("PatientID") ? [{ PatientID: "P0" }] : patients,
    { driver: { poolSize: 1, listingTtlMs: 0 } },
  );
  let count = 0;
  for await (const { url } of odd.vfs.readDir(odd.url)) {
    if (count++ === 0) assert.equal((await odd.vfs.stat(url)).kind, "directory");
  }
  assert.equal(count, 2_555);
});
