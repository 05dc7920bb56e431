/**
 * `/data/services/import`, the prearchive and the ways from there to the archive.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { type Kit, withKit, zipped } from "./_kit.ts";

const ZIP = { "content-type": "application/zip" };

type Files = (readonly [path: string, bytes: Uint8Array<ArrayBuffer>])[];

/** Slices of the T1 series; one DICOM file twice is one too many. */
async function slices(from: number, to: number): Promise<Files> {
  const all = (await Array.fromAsync(phantomStudy({ modalities: ["MR"] })))
    .filter(({ path }) => path[2] === "2-T1").slice(from, to);
  return all.map(({ path, bytes }) => [path.join("/"), bytes]);
}

/** The same as a zip. */
async function series(from = 0, to = 3): Promise<Uint8Array<ArrayBuffer>> {
  return await zipped(await slices(from, to));
}

async function send({ ask }: Kit, query: string, body: Uint8Array<ArrayBuffer>) {
  const path = `/data/services/import?import-handler=DICOM-zip&inbody=true&${query}`;
  return await ask(path, { method: "POST", body, headers: ZIP });
}

const DEST = "dest=/archive/projects/P/subjects/phantom/experiments/mr1";
const SESSION = "/data/archive/projects/P/subjects/phantom/experiments/mr1";

Deno.test("xnat import: a zip becomes a session with scans by series", async () => {
  await withKit(async (kit) => {
    const { status, text } = await send(kit, DEST, await series());
    assert.deepEqual([status, text], [200, `${SESSION}\r\n`]);
    const { items: [item] } = await kit.json(SESSION) as { items: { data_fields: unknown }[] };
    const { modality, date, label } = item!.data_fields as Record<string, string>;
    assert.deepEqual([modality, date, label], ["MR", "2019-02-07", "mr1"]);
    const [scan] = await kit.rows(`${SESSION}/scans`);
    assert.deepEqual([scan!.ID, scan!.type, scan!.xsiType], ["2", "T1", "xnat:mrScanData"]);
    const files = await kit.rows(`${SESSION}/scans/2/resources/DICOM/files`);
    assert.equal(files.length, 3);
    assert.ok(
      files.every(({ file_format, file_content }) =>
        file_format === "DICOM" && file_content === "RAW"
      ),
    );
    const { text: catalog } = await kit.ask(`${SESSION}/scans/2/resources/DICOM`);
    assert.match(catalog, /<cat:DCMCatalog ID="\d+" UID="[\d.]+"/);
    assert.match(catalog, /xsi:type="cat:dcmEntry"/);
    assert.match(catalog, /instanceNumber="3"/);
  });
});

Deno.test("xnat import: what is added to a session that exists, and when none may be", async () => {
  await withKit(async (kit) => {
    const count = async () => (await kit.rows(`${SESSION}/scans/ALL/files`)).length;
    const status = async (query: string, from: number, to: number) =>
      (await send(kit, `${DEST}${query}`, await series(from, to))).status;
    const setCode = (code: number) =>
      kit.ask(`/data/projects/P/prearchive_code/${code}`, { method: "PUT" });
    assert.equal(await status("", 0, 2), 200);
    await setCode(0);
    assert.equal(await status("", 2, 3), 400);
    assert.equal(await count(), 2);
    // Any word is taken for leave to add, and so is a project that archives by itself.
    assert.equal(await status("&overwrite=none", 2, 3), 200);
    await setCode(4);
    assert.equal(await status("", 3, 4), 200);
    assert.equal(await count(), 4);
    assert.equal(await status("&overwrite=append", 3, 5), 400);
    assert.equal(await status("&overwrite=append&overwrite_files=true", 3, 5), 200);
    assert.equal(await count(), 5);
    assert.equal(await status("&overwrite=delete", 0, 2), 200);
    assert.equal(await count(), 5);
    // What was in conflict was joined by what came after it, and archived with it.
    assert.deepEqual(await kit.rows("/data/prearchive"), []);
  });
});

Deno.test("xnat import: an instance is known by its UID, and keeps the name it is sent with unless it is to be renamed", async () => {
  await withKit(async (kit) => {
    const all = await slices(0, 3);
    const sent = async (n: number, name: string, query: string) =>
      (await send(kit, `${DEST}${query}`, await zipped([[`in/${name}`, all[n]![1]]]))).status;
    const names = async () =>
      (await kit.rows(`${SESSION}/scans/ALL/files`)).map(({ Name }) => Name!).sort();
    assert.equal(await sent(0, "a.dcm", ""), 200);
    assert.deepEqual(await names(), ["a.dcm"]);
    assert.equal(await sent(1, "a.dcm", "&overwrite=append"), 400);
    assert.equal(await sent(1, "a.dcm", "&overwrite=delete"), 400);
    // It would be joined by all that comes.
    const [waits] = await kit.rows("/data/prearchive");
    assert.equal(waits!.status, "CONFLICT");
    assert.equal((await kit.ask(`/data${waits!.url}`, { method: "DELETE" })).status, 200);
    assert.equal(await sent(0, "b.dcm", "&overwrite=delete"), 200);
    assert.deepEqual(await names(), ["b.dcm"]);
    assert.equal(await sent(1, "b.dcm", "&overwrite=append&rename=true"), 200);
    const [renamed, kept] = await names();
    assert.match(renamed!, /^[0-9.]+-[0-9]+-[0-9]+-[0-9a-f]{7}\.dcm$/);
    assert.equal(kept, "b.dcm");
  });
});

Deno.test("xnat import: nothing is merged with a session of another kind, subject or study", async () => {
  const image = (changes: Record<string, string>) =>
    writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
      SOPInstanceUID: `1.2.3.${JSON.stringify(changes).length}`,
      StudyInstanceUID: "1.2.3",
      SeriesInstanceUID: "1.2.3.1",
      SeriesNumber: "1",
      Modality: "MR",
      ...changes,
    });
  const sent = async (kit: Kit, changes: Record<string, string>, dest = DEST) => {
    const body = await zipped([["a.dcm", image(changes)]]);
    const query = `import-handler=SI&inbody=true&${dest}&overwrite=append&overwrite_files=true`;
    const request = { method: "POST", body, headers: ZIP };
    const { status, text } = await kit.ask(`/data/services/import?${query}`, request);
    return status === 200 ? status : /session (\w+) via archive/.exec(text)?.[1];
  };
  await withKit(async (kit) => {
    assert.equal(await sent(kit, {}), 200);
    assert.equal(await sent(kit, { Modality: "SR" }), "modality");
    assert.equal(await sent(kit, { StudyInstanceUID: "1.2.4" }), "UID");
    assert.equal(await sent(kit, {}, DEST.replace("phantom", "other")), "subject");
    assert.equal(await sent(kit, { SeriesInstanceUID: "1.2.3.2" }), 200);
    const scans = await kit.rows(`${SESSION}/scans`);
    assert.deepEqual(scans.map(({ ID }) => ID), ["1", "1-MR1"]);
    assert.equal((await kit.rows(`${SESSION}/scans/ALL/files`)).length, 2);
  });
});

Deno.test("xnat import: what is no DICOM, no zip, or not allowed is refused", async () => {
  await withKit(async (kit) => {
    const body = new TextEncoder().encode("no zip");
    const unknown = "/data/services/import?import-handler=nope";
    assert.equal((await kit.ask(unknown, { method: "POST", body, headers: ZIP })).status, 404);
    const path = `/data/services/import?import-handler=DICOM-zip&inbody=true&${DEST}`;
    const options = { method: "POST", body: await series(), headers: ZIP };
    assert.equal((await kit.ask(path, { ...options, user: "reader" })).status, 403);
    assert.equal((await kit.ask(path, { ...options, user: "stranger" })).status, 404);
  });
});

interface Sent {
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly type?: string;
  readonly query?: string;
  readonly status: number;
  readonly scans: number;
}

const others = async (name: string, bytes: Uint8Array<ArrayBuffer>) =>
  await zipped([...await slices(0, 2), [name, bytes]]);
const text = new TextEncoder().encode("text");

const SENT: Readonly<Record<string, Sent>> = {
  "what has no members imports nothing and says so by nothing": {
    body: () => Promise.resolve(text),
    status: 200,
    scans: 0,
  },
  "a zip in a zip is unpacked": {
    body: async () => await zipped([["x/a.zip", await series(0, 2)]]),
    status: 200,
    scans: 1,
  },
  "a file that is no DICOM ends it": {
    body: () => others("b.txt", text),
    status: 400,
    scans: 0,
  },
  "a file that is no DICOM is left out when told": {
    body: () => others("b.txt", text),
    query: "&Ignore-Unparsable=true",
    status: 200,
    scans: 1,
  },
  "files of which none is DICOM are refused, although told": {
    body: () => zipped([["b.txt", text], ["c.txt", text]]),
    query: "&Ignore-Unparsable=true",
    status: 400,
    scans: 0,
  },
  "a gzipped file in it ends it": {
    body: () => others("b.dcm.gz", text),
    status: 400,
    scans: 0,
  },
  "a body of a type that names no archive is refused": {
    body: () => series(0, 2),
    type: "application/octet-stream",
    status: 400,
    scans: 0,
  },
  "a zip that is cut is refused": {
    body: async () => (await series(0, 2)).slice(0, 20_000),
    status: 400,
    scans: 0,
  },
};

for (const [what, { body, type, query = "", status, scans }] of Object.entries(SENT)) {
  Deno.test(`xnat import: ${what}`, async () => {
    await withKit(async (kit) => {
      const path = `/data/services/import?import-handler=DICOM-zip&inbody=true&${DEST}${query}`;
      const headers = type === undefined ? ZIP : { "content-type": type };
      const answer = await kit.ask(path, { method: "POST", body: await body(), headers });
      assert.equal(answer.status, status);
      assert.equal(answer.text.startsWith(SESSION), scans > 0);
      if (scans > 0) assert.equal((await kit.rows(`${SESSION}/scans`)).length, scans);
    });
  });
}

Deno.test("xnat prearchive: a session is listed, read, moved and archived", async () => {
  await withKit(async (kit) => {
    const { ask, rows } = kit;
    const { text } = await send(kit, "PROJECT_ID=P&EXPT_LABEL=waits", await series());
    const url = text.trim();
    assert.match(url, /^\/data\/prearchive\/projects\/P\/\d{8}_\d{9}\/waits$/);
    const [row] = await rows("/data/prearchive/projects/P");
    assert.deepEqual(
      [row!.name, row!.status, row!.url, row!.scan_date],
      ["waits", "RECEIVING", url.replace("/data", ""), "2019-02-07"],
    );
    assert.deepEqual((await rows(`${url}/scans`)).map(({ ID }) => ID), ["2"]);
    const [resource] = await rows(`${url}/scans/2/resources`);
    assert.deepEqual([resource!.label, resource!.file_count], ["DICOM", "3"]);
    const [file] = await rows(`${url}/scans/2/resources/DICOM/files`);
    assert.equal((await ask(file!.URI!)).bytes.length, Number(file!.Size));

    const moved = await ask(`${url}?action=move&newProject=P2`, { method: "POST" });
    assert.match(moved.text, /\/prearchive\/projects\/P2\//);
    const src = encodeURIComponent(moved.text.trim());
    const path = `/data/services/archive?src=${src}&subject=s9&session=arrived`;
    const archived = await ask(path, { method: "POST" });
    assert.equal(
      archived.text.trim(),
      "/data/archive/projects/P2/subjects/s9/experiments/arrived",
    );
    assert.equal((await rows(`${archived.text.trim()}/scans/2/files`)).length, 3);
    assert.deepEqual(await rows("/data/prearchive"), []);
  });
});

Deno.test("xnat prearchive: objects that come one by one are ready after five quiet minutes", async () => {
  const clock = manualClock({ start: Date.UTC(2024, 0, 1) });
  await withKit(async (kit) => {
    await kit.put("/data/projects/P/prearchive_code/0");
    for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) {
      const path = "/data/services/import?import-handler=gradual-DICOM&inbody=true&PROJECT_ID=P";
      const headers = { "content-type": "application/dicom" };
      const { status } = await kit.ask(path, { method: "POST", body: bytes, headers });
      assert.equal(status, 200);
    }
    const states = async () => (await kit.rows("/data/prearchive")).map(({ status }) => status);
    assert.deepEqual(await states(), ["RECEIVING"]);
    await clock.advance(301_000);
    assert.deepEqual(await states(), ["READY"]);
    const [row] = await kit.rows("/data/prearchive");
    assert.equal((await kit.ask(`/data${row!.url}`, { method: "DELETE" })).status, 200);
    assert.deepEqual(await states(), []);
  }, { clock });
});

Deno.test("xnat import: a file of the user's cache is imported by src", async () => {
  await withKit(async (kit) => {
    await kit.put("/data/user/cache/resources/U/files/a.zip", await series(), ZIP);
    const src = "src=/user/cache/resources/U/files/a.zip";
    const path = `/data/services/import?import-handler=DICOM-zip&${src}&${DEST}`;
    const { status, text } = await kit.ask(path, { method: "POST" });
    assert.deepEqual([status, text.trim()], [200, SESSION]);
  });
});

Deno.test("xnat prearchive: what comes in parts joins the session with its study and name only", async () => {
  await withKit(async (kit) => {
    const count = async (session: string) =>
      (await kit.rows(`${session}/scans/2/resources/DICOM/files`)).length;
    const at = "dest=/prearchive/projects/P&session=mr1";
    const { text: first } = await send(kit, at, await series(0, 3));
    const { text: second } = await send(kit, at, await series(2, 5));
    assert.equal(second, first);
    assert.equal(await count(first.trim()), 5);
    const [[, body]] = await slices(0, 1) as [Files[number]];
    const path = "/data/services/import?import-handler=gradual-DICOM&inbody=true&PROJECT_ID=P";
    const headers = { "content-type": "application/dicom" };
    const more = await kit.ask(`${path}&EXPT_LABEL=mr2`, { method: "POST", body, headers });
    assert.match(more.text, /\/mr2\r\n$/);
    assert.deepEqual([await count(first.trim()), await count(more.text.trim())], [5, 1]);
  });
});

Deno.test("xnat prearchive: zips that come at once make one session, whatever their files are called", async () => {
  await withKit(async (kit) => {
    const all = (await Array.fromAsync(phantomStudy({ modalities: ["MR"] })))
      .map(({ bytes }) => bytes);
    const zips = await Promise.all(
      [0, 1, 2, 3].map((zip) =>
        zipped(all.filter((_, at) => at % 4 === zip).map((bytes, at) => [`in/${at}.dcm`, bytes]))
      ),
    );
    const sent = await Promise.all(
      zips.map(async (body) =>
        (await send(kit, "dest=/prearchive/projects/P&session=mr1", body)).text.trim()
      ),
    );
    assert.equal(new Set(sent).size, 1);
    const stored: string[] = [];
    for (const { ID } of await kit.rows(`${sent[0]}/scans`)) {
      for (const { URI } of await kit.rows(`${sent[0]}/scans/${ID}/resources/DICOM/files`)) {
        stored.push((await kit.ask(URI!)).bytes.toHex());
      }
    }
    assert.deepEqual(stored.sort(), all.map((bytes) => bytes.toHex()).sort());
  });
});

Deno.test("xnat prearchive: a project of code 4 archives by itself what nobody commits, unless it is a conflict", async () => {
  const clock = manualClock({ start: Date.UTC(2024, 0, 1) });
  await withKit(async (kit) => {
    const at = "PROJECT_ID=P&SUBJECT_ID=phantom&EXPT_LABEL=mr1";
    const waiting = async () =>
      (await kit.rows("/data/prearchive")).map(({ status, autoarchive }) => [status, autoarchive]);
    await send(kit, at, await series(0, 2));
    assert.deepEqual(await waiting(), [["RECEIVING", "AutoArchive"]]);
    await clock.advance(300_000);
    assert.equal((await kit.rows(`${SESSION}/scans/2/files`)).length, 2);
    assert.deepEqual(await waiting(), []);
    await send(kit, at, await series(1, 3));
    await clock.advance(300_000);
    assert.deepEqual(await waiting(), [["CONFLICT", "AutoArchive"]]);
    await kit.put("/data/projects/P/prearchive_code/5");
    await send(kit, at, await series(2, 4));
    await clock.advance(300_000);
    assert.deepEqual(await waiting(), []);
    assert.equal((await kit.rows(`${SESSION}/scans/2/files`)).length, 4);
  }, { clock });
});

Deno.test("xnat prearchive: a session that is committed is archived by the code of its project, or as the request says", async () => {
  const cases = [["0", "", 200, "READY"], ["0", "&AA=true", 301, ""], ["4", "", 301, ""]] as const;
  for (const [code, said, status, state] of cases) {
    await withKit(async (kit) => {
      await kit.put(`/data/projects/P/prearchive_code/${code}`);
      const { text } = await send(kit, "PROJECT_ID=P&EXPT_LABEL=mr1", await series());
      const path = `${text.trim()}?action=commit${said}`;
      const answer = await kit.ask(path, { method: "POST" });
      assert.equal(answer.status, status);
      const left = (await kit.rows("/data/prearchive")).map((row) => row.status);
      assert.deepEqual(left, state ? [state] : []);
      assert.equal(answer.text.startsWith("/data/archive/"), status === 301);
    });
  }
});

Deno.test("xnat import: the importer of sessions asks the project where nothing is said", async () => {
  await withKit(async (kit) => {
    const sent = async (query: string) => {
      const path = `/data/services/import?inbody=true&project=P&subject=s&session=${query}`;
      return (await kit.ask(path, { method: "POST", body: await series(), headers: ZIP })).text;
    };
    assert.match(await sent("a"), /^\/data\/archive\//);
    assert.match(await sent("b&AA=false"), /^\/data\/prearchive\//);
    await kit.put("/data/projects/P/prearchive_code/0");
    assert.match(await sent("c"), /^\/data\/prearchive\//);
  });
});

Deno.test("xnat prearchive: what the uploader sent, or what is not to be committed, waits for somebody", async () => {
  for (const said of ["SOURCE=uploader", "prevent_auto_commit=true"]) {
    const clock = manualClock({ start: Date.UTC(2024, 0, 1) });
    await withKit(async (kit) => {
      await send(kit, `PROJECT_ID=P&EXPT_LABEL=mr1&${said}`, await series());
      await clock.advance(600_000);
      const [row] = await kit.rows("/data/prearchive");
      const { status, SOURCE, prevent_auto_commit } = row!;
      assert.deepEqual(
        [status, SOURCE, prevent_auto_commit],
        ["RECEIVING", ...said.startsWith("S") ? ["uploader", "false"] : ["", "true"]],
      );
    }, { clock });
  }
});

Deno.test("xnat prearchive: /services/archive hears its form as it hears its query", async () => {
  await withKit(async (kit) => {
    const { text } = await send(kit, "PROJECT_ID=P&EXPT_LABEL=mr1", await series());
    const form = new URLSearchParams({ src: text.trim(), subject: "told", session: "named" });
    const archived = await kit.ask("/data/services/archive", {
      method: "POST",
      body: String(form),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    assert.equal(
      archived.text.trim(),
      "/data/archive/projects/P/subjects/told/experiments/named",
    );
  });
});
