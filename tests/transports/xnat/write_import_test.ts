import { strict as assert } from "node:assert";
import { phantomStudy, writeDicomFile } from "../../../testing/mod.ts";
import { importDicom } from "../../../transports/xnat/import.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import {
  collect,
  concat,
  readerOf,
  type Source,
  sourceOfBytes,
  sourceOfStream,
} from "../../../vfs/bytes/bytes.ts";
import { setting } from "./write_setting.ts";

/** The files of an MR phantom. */
async function phantom(): Promise<Source[]> {
  const files = await Array.fromAsync(phantomStudy({ modalities: ["MR"] }));
  return files.map(({ bytes }) => sourceOfBytes(new Uint8Array(bytes)));
}

const login = (origin: string) => origin.replace("//", "//admin:admin@");

Deno.test("importDicom() stores a series as one zip of known length and tells where it is", () =>
  setting(async ({ origin, server, names }) => {
    const files = await phantom();
    const [session] = await importDicom(`${login(origin)}/P/new/mr1`, files);
    assert.equal(session!.url, `${origin}/P/new/mr1`);
    assert.equal(session!.path, "/data/archive/projects/P/subjects/new/experiments/mr1");
    const scans = await names("P/new/mr1");
    let count = 0;
    for (const scan of scans) count += (await names(`P/new/mr1/${scan}/DICOM`)).length;
    assert.equal(count, files.length);
    const posts = server.requests.entries.filter(({ method }) => method === "POST");
    assert.equal(posts.length, 1);
    assert.equal(server.sessionCount <= 2, true);
  }));

Deno.test("importDicom() fails where the session is, and appends or replaces when told", () =>
  setting(async ({ origin }) => {
    const url = `${login(origin)}/P/new/mr1`;
    await importDicom(url, await phantom());
    await assert.rejects(importDicom(url, await phantom()), {
      kind: "AlreadyExists",
      message: /is there already.*"overwrite"/,
    });
    await assert.rejects(importDicom(url, await phantom(), { overwrite: "append" }), {
      kind: "AlreadyExists",
      message:
        /same instances, which overwrite "delete" replaces.*waits in the prearchive, where the next import of that study joins it/,
    });
    const [replaced] = await importDicom(url, await phantom(), { overwrite: "delete" });
    assert.equal(replaced!.url, `${origin}/P/new/mr1`);
  }));

Deno.test("importDicom() in parts adds to a session, and replaces none but the same instances", () =>
  setting(async ({ origin, names }) => {
    const url = `${login(origin)}/P/new/mr1`;
    const files = await phantom();
    await importDicom(url, files.slice(0, 3));
    await importDicom(url, files.slice(3), { overwrite: "append" });
    const count = async () => {
      const scans = await names("P/new/mr1");
      const all = await Promise.all(scans.map((scan) => names(`P/new/mr1/${scan}/DICOM`)));
      return all.flat().length;
    };
    assert.equal(await count(), files.length);
    await importDicom(url, files.slice(1, 3), { overwrite: "delete" });
    assert.equal(await count(), files.length);
  }));

Deno.test("importDicom() adds nothing to a session that is there, whatever XNAT takes for leave", () =>
  setting(async ({ origin, server }) => {
    const url = `${login(origin)}/P/new/mr1`;
    const files = await phantom();
    await importDicom(url, files.slice(0, 1));
    server.requests.clear();
    await assert.rejects(importDicom(url, files.slice(1)), { kind: "AlreadyExists" });
    assert(!server.requests.entries.some(({ method }) => method === "POST"));
  }));

Deno.test("importDicom() sends no two files of one instance that differ, since XNAT would keep the last alone", () =>
  setting(async ({ origin, names }) => {
    const files = await phantom();
    const [first, second] = files as [Source, Source];
    const bytes = await collect(first.open());
    const other = sourceOfBytes(bytes.with(-1, bytes.at(-1)! ^ 1));
    const longer = sourceOfBytes(concat([bytes, bytes.slice(-2)], bytes.length + 2));
    const streamed: Source = {
      ...other,
      open: async () => readerOf(await collect(other.open())),
    };
    for (const changed of [other, longer, streamed]) {
      await assert.rejects(importDicom(`${login(origin)}/P/bad/mr1`, [first, second, changed]), {
        kind: "InvalidArgument",
        message: /"000001.dcm" and "000003.dcm" are of one instance and differ/,
      });
    }
    await importDicom(`${login(origin)}/P/new/mr1`, [first, second, sourceOfBytes(bytes)]);
    assert.deepEqual(await names("P"), ["new", "sub1"]);
    const scans = await names("P/new/mr1");
    const all = await Promise.all(scans.map((scan) => names(`P/new/mr1/${scan}/DICOM`)));
    assert.equal(all.flat().length, 2);
  }));

Deno.test("importDicom() sends files of one UID in other series, which XNAT keeps apart", () =>
  setting(async ({ origin, names }) => {
    const files = [1, 2].map((series) =>
      sourceOfBytes(writeDicomFile({
        SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
        SOPInstanceUID: "1.2.3.4",
        StudyInstanceUID: "1.2.3",
        SeriesInstanceUID: `1.2.3.${series}`,
        SeriesNumber: series,
        InstanceNumber: 1,
        Modality: "MR",
      }))
    );
    await importDicom(`${login(origin)}/P/new/mr1`, files);
    assert.equal((await names("P/new/mr1/1/DICOM")).length, 1);
    assert.equal((await names("P/new/mr1/2/DICOM")).length, 1);
  }));

Deno.test("importDicom() into the prearchive gives a path and no URL", () =>
  setting(async ({ origin, names }) => {
    const files = await phantom();
    const [session] = await importDicom(`${login(origin)}/P`, files, { destination: "prearchive" });
    assert.match(session!.path, /^\/data\/prearchive\/projects\/P\//);
    assert.equal(session!.url, undefined);
    assert.deepEqual(await names("P"), ["sub1"]);
  }));

Deno.test("importFiles() imports the others of a file that XNAT cannot read", () =>
  setting(async ({ transport, at, names }) => {
    const [first] = await phantom();
    const broken = writeDicomFile({
      SOPInstanceUID: "1.2.3.4",
      StudyInstanceUID: "1.2.3",
      SeriesInstanceUID: "1.2.3.1",
    });
    const sources = [sourceOfBytes(broken), first!].map((source, i) => ({
      ...source,
      name: `${i}`,
    }));
    const [session] = await transport.importFiles!(at("P/new/mr3"), sources, { signal: NEVER });
    assert.deepEqual(session!.segments, ["P", "new", "mr3"]);
    assert.equal((await names("P/new/mr3/1/DICOM")).length, 1);
  }));

Deno.test("importDicom() takes sources of unknown size, and refuses what is no DICOM", () =>
  setting(async ({ origin }) => {
    const url = `${login(origin)}/P/new/mr2`;
    const sources = (await Array.fromAsync(phantomStudy({ modalities: ["MR"] }))).map(({ bytes }) =>
      sourceOfStream(new Blob([new Uint8Array(bytes)]).stream())
    );
    assert.equal((await importDicom(url, sources)).length, 1);
    const text = sourceOfBytes(new TextEncoder().encode("no image"));
    await assert.rejects(importDicom(`${login(origin)}/P/x/y`, [text]), {
      kind: "InvalidArgument",
    });
    await assert.rejects(importDicom(url, []), { kind: "InvalidArgument" });
    await assert.rejects(importDicom(`${url}/1`, sources), { kind: "InvalidArgument" });
  }));

Deno.test("importDicom() whose answer is lost says that it may have been done", () =>
  setting(async ({ origin, server }) => {
    server.faults.inject({ lostAnswer: true, method: "POST" });
    await assert.rejects(importDicom(`${login(origin)}/P/new/mr1`, await phantom()), {
      status: "permanent",
      message: /the import may still come to its end/,
    });
    await assert.rejects(importDicom(`${login(origin)}/NOPE`, await phantom()), {
      kind: "NotFound",
    });
  }));

Deno.test("importDicom() with a source that fails imports nothing, and gives its error", () =>
  setting(async ({ origin, names }) => {
    const boom = new Error("boom");
    const broken: Source = { size: 10, replayable: true, open: () => Promise.reject(boom) };
    const error = await importDicom(`${login(origin)}/P/new/mr1`, [...await phantom(), broken])
      .catch((error) => error);
    assert.equal(error.cause, boom, String(error));
    assert.deepEqual(await names("P"), ["sub1"]);
  }));

Deno.test("importDicom() of a file that has another size than told, or changes while it is sent, imports nothing and says which", () =>
  setting(async ({ origin, names }) => {
    const long = new Uint8Array((16 << 20) + 2);
    let opened = 0;
    const changing: Source = {
      size: long.length,
      replayable: true,
      open() {
        long[0] = opened++;
        return Promise.resolve(new Uint8Array(long));
      },
    };
    const sized = (size: number, bytes: number): Source => ({
      size,
      replayable: true,
      open: () => Promise.resolve(new Uint8Array(bytes)),
    });
    const odd: [Source, RegExp][] = [
      [sized(10, 12), /a file changed: "0000[0-9]+.dcm" has 12 bytes, not 10/],
      [sized(12, 10), /a file changed: "0000[0-9]+.dcm" has 10 bytes, not 12/],
      [sized(long.length, long.length - 2), /a file changed: .* has 16777216 bytes/],
      [changing, /a file changed: "0000[0-9]+.dcm" changed meanwhile/],
    ];
    for (const [source, message] of odd) {
      const files = [...await phantom(), source];
      const importing = importDicom(`${login(origin)}/P/new/mr1`, files);
      await assert.rejects(importing, { kind: "Incomplete", message });
    }
    assert.equal(opened, 2);
    assert.deepEqual(await names("P"), ["sub1"]);
  }));

Deno.test("importDicom() may be tried again when the server has no time for it, not when a proxy gave up on it", () =>
  setting(async ({ origin, server }) => {
    for (const [status, wanted] of [[503, "temporary"], [502, "permanent"], [504, "permanent"]]) {
      server.faults.inject({ status: status as number, route: /import/, method: "POST" });
      const importing = importDicom(`${login(origin)}/P/new/mr${status}`, await phantom());
      await assert.rejects(importing, { status: wanted });
    }
  }));
