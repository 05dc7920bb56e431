/**
 * Search, tokens, bulk downloads, access and the forms of answers.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import fc from "fast-check";
import { bytesSource } from "../../../formats/mod.ts";
import { zipMembers } from "../../../testing/xnat_server/packing/zip_reader.ts";
import { untar } from "../../../testing/xnat_server/packing/tar.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { seededRandom } from "../../../testing/random.ts";
import { type Answer, type Kit, OCTETS, withKit } from "./_kit.ts";

async function members({ bytes }: Answer): Promise<string[]> {
  const found = await zipMembers({ ...bytesSource(bytes), size: bytes.length });
  return found.map(({ path }) => path).sort();
}

Deno.test("xnat users: guests see no users, and who cannot read a project none of its members, nor those who left", async () => {
  await withKit(async (kit) => {
    const { ask, put, server } = kit;
    const status = async (path: string, user: string | null) => (await ask(path, { user })).status;
    assert.equal(await status("/data/users", null), 403);
    const path = "/data/projects/P/users/member/member";
    await put("/data/projects/P/accessibility/protected");
    assert.equal(await status(path, "stranger"), 403);
    assert.equal(await status(path, "reader"), 200);
    await ask(path, { method: "DELETE" });
    server.seed.project("NEXT");
    const { text } = await ask("/data/projects/P/users?format=csv");
    assert.doesNotMatch(text, /P_member/);
  }, { guest: true });
});

Deno.test("xnat: words that all objects of JavaScript know are none of XNAT's", async () => {
  await withKit(async ({ ask, put, server }) => {
    server.seed.user("constructor", { password: "constructor" });
    server.seed.user("toString", { password: "toString" });
    await put("/data/projects/P/accessibility/public");
    const user = "constructor";
    const name = "/data/projects/P/resources/PROTOCOL/files/a.constructor";
    await put(`${name}?inbody=true`, "1", OCTETS);
    const headers = { accept: "constructor" };
    for (
      const path of [
        name,
        "/data/projects?format=constructor",
        "/data/projects?accessible=true&format=json",
        "/data/projects/P/subjects?columns=ID,constructor,toString&format=json",
        "/data/projects/P/prearchive_code",
      ]
    ) {
      const { status, text } = await ask(path, { user, headers });
      assert(status < 500, `${path}: ${status} ${text}`);
      assert.doesNotMatch(text, /native code/, path);
    }
  });
});

Deno.test("xnat lists: the same rows as JSON, CSV, XML and HTML", async () => {
  await withKit(async ({ ask, put }) => {
    await put('/data/projects/P/subjects/a"b,c');
    const list = "/data/projects/P/subjects?columns=label";
    const json = await ask(`${list}&format=json`);
    assert.match(json.text, /^\{"ResultSet":\{"Result":\[\{.*\}\], "totalRecords": "2"\}\}$/);
    assert.equal(json.headers.get("content-length"), null);
    const csv = await ask(`${list}&format=csv`);
    assert.equal(csv.headers.get("content-type"), "text/csv");
    const lines = csv.text.split("\n");
    assert.equal(lines[0], "label,URI");
    assert.match(lines[2]!, /^"a""b,c",\/data\/subjects\/XNAT_S\d{5}$/);
    const xml = await ask(list, { headers: { accept: "text/xml" } });
    assert.match(xml.text, /<ResultSet totalRecords="2"><results><columns><column>label</);
    assert.match(xml.text, /<cell>a"b,c<\/cell>/);
    assert.match((await ask(`${list}&format=html`)).text, /^<table class="x_rs_t">/);
    const empty = await ask("/data/projects/P2/subjects?format=csv&columns=ID,label");
    assert.equal(empty.text, "ID,label,URI\n");
  });
});

Deno.test("xnat lists: filters, joins and types", async () => {
  await withKit(async ({ rows, server, E }) => {
    server.seed.session(["P", "sub-02", "ct"], { xsiType: "xnat:ctSessionData" });
    const labels = async (query: string) =>
      (await rows(`/data/projects/P/experiments?${query}`)).map(({ label }) => label);
    assert.deepEqual(await labels("label=ses*"), ["ses-01"]);
    assert.deepEqual(await labels("label=%25t"), ["ct"]);
    assert.deepEqual(await labels("label=ct,ses-01"), ["ses-01", "ct"]);
    assert.deepEqual(await labels("xsiType=xnat:ctSessionData"), ["ct"]);
    const columns =
      "ID,xnat:imagescandata/id,xnat:imagescandata/type,xnat:imagescandata/file/label";
    const joined = await rows(
      `/data/experiments?project=P&xsiType=xnat:imageSessionData&columns=${columns}`,
    );
    assert.deepEqual(
      joined.filter(({ ID }) => ID === E).map((row) => [
        row["xnat:imagescandata/id"],
        row["xnat:imagescandata/type"],
        row["xnat:imagescandata/file/label"],
      ]),
      [["1", "T1", "DICOM"], ["1", "T1", "NIFTI"], ["2", "T2 w", "DICOM"]],
    );
  });
});

Deno.test("xnat lists: shuffle changes the order and nothing else", async () => {
  await withKit(async ({ ask, server }) => {
    for (let i = 0; i < 30; i++) server.seed.subject(["P", `s${i}`]);
    const list = async () => (await ask("/data/projects/P/subjects?format=json")).text;
    const [first, second] = [await list(), await list()];
    assert.notEqual(first, second);
    const labels = (text: string) =>
      JSON.parse(text).ResultSet.Result.map(({ label }: { label: string }) => label).sort();
    assert.deepEqual(labels(first), labels(second));
  }, { shuffle: true, random: seededRandom(3) });
});

Deno.test("xnat archives: structures, tar and compression hold the same files", async () => {
  await withKit(async ({ ask, server, E }) => {
    const qc = server.seed.assessor(["P", "sub-01", "ses-01"], "qc");
    const path = ["P", "sub-01", "ses-01", ".assessors", "qc", "OUT", "q.txt"];
    await server.seed.file(path, new Uint8Array(9), { resourceAt: 5 });
    const all = `/data/experiments/${E}/files?all=true`;
    const plain = await members(await ask(`${all}&format=zip`));
    assert.ok(plain.includes(`ses-01/assessors/${qc}/out/resources/OUT/files/q.txt`));
    assert.ok(plain.includes("ses-01/scans/2/resources/DICOM/files/3.dcm"));
    const typed = await members(await ask(`/data/experiments/${E}/scans/ALL/files?format=zip`));
    assert.ok(typed.includes("ses-01/scans/2-T2_w/resources/DICOM/files/3.dcm"));
    const own = await ask(`/data/experiments/${E}/assessors/qc/files?format=zip`);
    assert.deepEqual(await members(own), ["qc/out/resources/OUT/files/q.txt"]);
    assert.equal(plain.length, 5);
    assert.deepEqual(await members(await ask(`${all}&format=zip&compression=6`)), plain);
    const simple = await members(await ask(`${all}&format=zip&structure=simplified`));
    assert.ok(simple.includes("ses-01/scans/1/DICOM/sub/2.dcm"));
    const improved = await ask(
      `${all}&format=zip&structure=improved&projectIncludedInPath=true`,
    );
    assert.ok((await members(improved)).includes("scans/2_T2 w/DICOM/3.dcm"));
    const tar = await ask(`${all}&format=tar`);
    assert.deepEqual([...untar(tar.bytes)].map((each) => each.path).sort(), plain);
    const disposition = tar.headers.get("content-disposition");
    assert.equal(disposition, 'attachment; filename="ses-01.tar"');
    const zipped = await ask(`${all}&format=tar.gz`);
    const gunzip = new Blob([zipped.bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(gunzip).arrayBuffer());
    assert.deepEqual([...untar(bytes)].map((each) => each.path).sort(), plain);
  });
});

Deno.test("xnat assessors: a document in a form makes one, once, with the id that it says", async () => {
  await withKit(async ({ ask, rows, E }) => {
    const document = `<xnat:QCManualAssessment xmlns:xnat="http://nrg.wustl.edu/xnat" ID="QC_1"
      project="P" label="one"><xnat:imageSession_ID>${E}</xnat:imageSession_ID>
      <xnat:rater>me</xnat:rater></xnat:QCManualAssessment>`;
    const post = () => {
      const body = new FormData();
      body.append("file", new Blob([document]), "assessment.xml");
      return ask(`/data/experiments/${E}/assessors`, { method: "POST", body });
    };
    assert.equal((await post()).status, 200);
    assert.equal((await post()).status, 409);
    const path = "xnat:qcmanualassessordata/rater";
    const found = await rows(`/data/experiments/${E}/assessors?columns=ID,label,${path}`);
    assert.deepEqual(found.map((row) => [row.ID, row.label, row[path]]), [["QC_1", "one", "me"]]);
  });
});

Deno.test("xnat tokens: an alias logs in until it is invalidated", async () => {
  await withKit(async ({ ask }) => {
    const token = JSON.parse((await ask("/data/services/tokens/issue", { user: "reader" })).text);
    const headers = { authorization: `Basic ${btoa(`${token.alias}:${token.secret}`)}` };
    const who = () => ask("/data/auth", { user: null, headers });
    assert.equal((await who()).text, "User 'reader' is logged in");
    const check = `/data/services/tokens/validate/${token.alias}/${token.secret}`;
    assert.deepEqual(JSON.parse((await ask(check)).text), { valid: "reader" });
    await ask(`/data/services/tokens/invalidate/${token.alias}/${token.secret}`);
    assert.equal((await who()).status, 401);
  });
});

Deno.test("xnat tokens: those of others are for administrators", async () => {
  await withKit(async ({ ask }) => {
    const { alias, secret } = JSON.parse(
      (await ask("/data/services/tokens/issue", { user: "reader" })).text,
    );
    const status = async (user: string, path: string) =>
      (await ask(`/data/services/tokens/${path}`, { user })).status;
    const shown = async (user: string, path: string) =>
      JSON.parse((await ask(`/data/services/tokens/${path}`, { user })).text) as unknown;
    for (const operation of ["validate", "invalidate"]) {
      assert.equal(await status("owner", `${operation}/${alias}/${secret}`), 403);
    }
    assert.equal(await status("owner", "show/user/reader"), 403);
    assert.deepEqual(await shown("owner", "show"), []);
    for (const [user, path] of [["reader", "show"], ["admin", "show/user/reader"]] as const) {
      assert.deepEqual(await shown(user, path).then((all) => (all as []).length), 1);
    }
    assert.deepEqual(await shown("reader", `invalidate/${alias}/${secret}`), { result: "OK" });
    assert.deepEqual(await shown("reader", "show"), []);
    assert.equal(await status("reader", "other"), 400);
  });
});

Deno.test("xnat users: sessions are listed and ended, by oneself and by administrators", async () => {
  await withKit(async ({ ask }) => {
    const id = (await ask("/data/JSESSION", { user: "reader" })).text;
    const active = "/xapi/users/active/reader";
    assert.equal((await ask(active, { user: "owner" })).status, 403);
    assert((JSON.parse((await ask(active)).text) as string[]).includes(id));
    assert((JSON.parse((await ask(active, { method: "DELETE" })).text) as string[]).includes(id));
    assert.equal((await ask(active)).status, 304);
    const headers = { cookie: `JSESSIONID=${id}` };
    assert.equal((await ask("/data/projects/P", { user: null, headers })).status, 401);
  });
});

Deno.test("xnat site: its configuration is not changed, and by others than administrators never", async () => {
  await withKit(async ({ ask }) => {
    const post = async (user: string, path: string) =>
      (await ask(path, { user, method: "POST", body: "{}" })).status;
    assert.equal(await post("reader", "/xapi/siteConfig"), 403);
    assert.equal(await post("reader", "/xapi/siteConfig/siteId"), 403);
    assert.equal(await post("admin", "/xapi/siteConfig"), 405);
  });
});

Deno.test("xnat login: twenty wrong passwords lock a user out", async () => {
  await withKit(async ({ ask }) => {
    const headers = { authorization: `Basic ${btoa("reader:wrong")}` };
    for (let i = 0; i < 20; i++) await ask("/data/projects", { user: null, headers });
    assert.equal((await ask("/data/projects", { user: "reader" })).status, 401);
    assert.equal((await ask("/data/projects", { user: "owner" })).status, 200);
  });
});

const SEARCH = `<xdat:search xmlns:xdat="http://nrg.wustl.edu/security">
<xdat:root_element_name>xnat:mrSessionData</xdat:root_element_name>
<xdat:search_field><xdat:element_name>xnat:mrSessionData</xdat:element_name>
<xdat:field_ID>LABEL</xdat:field_ID></xdat:search_field>
<xdat:search_where method="AND"><xdat:criteria>
<xdat:schema_field>xnat:mrSessionData/project</xdat:schema_field>
<xdat:comparison_type>=</xdat:comparison_type><xdat:value>P</xdat:value></xdat:criteria>
</xdat:search_where></xdat:search>`;

Deno.test("xnat search: a document finds rows, and a kept one is paged", async () => {
  await withKit(async ({ ask, server, rows }) => {
    for (const label of ["b", "a"]) server.seed.session(["P", "x", label]);
    server.seed.session(["P2", "y", "elsewhere"]);
    const post = (query: string, body = SEARCH) =>
      ask(`/data/search?${query}`, { method: "POST", body });
    const { ResultSet } = JSON.parse((await post("format=json&cache=true")).text);
    assert.equal(ResultSet.totalRecords, "3");
    assert.equal(ResultSet.rootElementName, "xnat:mrSessionData");
    const page = await rows(`/data/search/${ResultSet.ID}?limit=2&sortBy=label`);
    assert.deepEqual(page.map(({ label }) => label), ["a", "b"]);
    assert.equal((await post("format=json", "<broken")).status, 422);
  });
});

Deno.test("xnat download: an order by /xapi is delivered as a zip", async () => {
  await withKit(async ({ ask, E }) => {
    const post = (order: unknown) =>
      ask("/xapi/archive/downloadwithsize", {
        method: "POST",
        body: JSON.stringify(order),
        headers: { "content-type": "application/json" },
      });
    assert.equal((await post({ sessions: [E] })).status, 204);
    const answer = await post({ sessions: [E], projectIds: ["P"], scan_formats: ["DICOM"] });
    const { id, size, resourceCount } = JSON.parse(answer.text);
    assert.deepEqual([size, resourceCount], [16, 2]);
    const zip = await ask(`/xapi/archive/download/${encodeURIComponent(id)}/zip`);
    assert.equal((await members(zip)).length, 3);
  });
});

Deno.test("xnat rights: accessibility decides what strangers see", async () => {
  await withKit(async ({ ask, rows, put, E }) => {
    const listed = async () =>
      (await rows("/data/projects", { user: "stranger" })).map(({ ID }) => ID);
    const read = async () => (await ask(`/data/experiments/${E}`, { user: "stranger" })).status;
    assert.deepEqual([await listed(), await read()], [[], 404]);
    await put("/data/projects/P/accessibility/protected");
    assert.deepEqual([await listed(), await read()], [["P"], 404]);
    const subjects = await ask("/data/projects/P/subjects", { user: "stranger" });
    assert.equal(subjects.status, 403);
    await put("/data/projects/P/accessibility/public");
    assert.deepEqual([await listed(), await read()], [["P"], 200]);
    const change = { user: "stranger", method: "PUT" };
    assert.equal((await ask("/data/projects/P/subjects/new", change)).status, 403);
  });
});

Deno.test("xnat reconstructions: made, listed, filled", async () => {
  await withKit(async ({ put, rows, E }) => {
    const path = `/data/experiments/${E}/reconstructions/r1`;
    assert.equal((await put(`${path}?xnat:reconstructedImageData/type=mean`)).status, 200);
    const [row] = await rows(`/data/experiments/${E}/reconstructions`);
    assert.deepEqual([row!.ID, row!.type], ["r1", "mean"]);
    await put(`${path}/in/resources/I/files/i`, "in", OCTETS);
    await put(`${path}/out/resources/O/files/o`, "out", OCTETS);
    const [file] = await rows(`${path}/files`);
    assert.match(file!.URI!, new RegExp(`^${path}/out/resources/\\d+/files/o$`));
    assert.equal((await rows(`${path}/in/files`)).length, 1);
  });
});

async function roundTrip({ put, ask, rows, E }: Kit, name: string, body: Uint8Array<ArrayBuffer>) {
  const path = `/data/experiments/${E}/resources/R/files/${encodeURIComponent(name)}`;
  assert.equal((await put(`${path}?overwrite=true`, body, OCTETS)).status, 200);
  assert.deepEqual((await ask(path)).bytes, body);
  const [first] = await rows(`/data/experiments/${E}/resources/R/files`);
  assert.equal(first!.Size, String(body.length));
  await ask(`/data/experiments/${E}/resources/R/files`, { method: "DELETE" });
}

Deno.test("xnat files: what is stored is read again, whatever bytes and plain name", async () => {
  await withKit(async (kit) => {
    const name = fc.stringMatching(/^[A-Za-z0-9._ +-]{1,20}$/)
      .filter((each) => !/^\.+$|\.(zip|jar|rar|ear|gar|mrb)/i.test(each));
    const body = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    await fc.assert(
      fc.asyncProperty(name, body, (name, bytes) => roundTrip(kit, name, new Uint8Array(bytes))),
      { numRuns: 40 },
    );
  });
});

Deno.test("xnat dicomdump: the header of a scan as a table, by element if asked", async () => {
  await withKit(async ({ rows, ask, server, E }) => {
    const [id] = await server.seed.dicom("D", phantomStudy({ modalities: ["MR"] }));
    const src = `/archive/projects/D/experiments/${id}`;
    const all = await rows(`/data/services/dicomdump?src=${src}`);
    const modality = all.find(({ tag1 }) => tag1 === "(0008,0060)");
    assert.deepEqual({ ...modality }, {
      tag1: "(0008,0060)",
      tag2: "",
      vr: "CS",
      value: "MR",
      desc: "Modality",
    });
    const some = await rows(
      `/data/services/dicomdump?src=${src}&field=PatientID&field=00080060`,
    );
    assert.deepEqual(some.map(({ tag1 }) => tag1).sort(), ["(0008,0060)", "(0010,0020)"]);
    assert.equal((await ask("/data/services/dicomdump")).status, 400);
    // What frametree-xnat asks of the addresses that newer xnatpy gives.
    const unknown = [`/archive/experiments/${id}`, `/projects/D/experiments/${id}`];
    for (const each of [...unknown, `/archive/projects/P/experiments/${E}/scans/nothing`]) {
      assert.equal((await ask(`/data/services/dicomdump?src=${each}`)).status, 404, each);
    }
    const last = (await rows(`/data/experiments/${id}/scans/1/files`)).at(-1)!.Name;
    const file = `${src}/scans/1/resources/DICOM/files/${last}&field=SOPInstanceUID`;
    const other = `${src}/scans/1&field=SOPInstanceUID`;
    const uid = async (of: string) =>
      (await rows(`/data/services/dicomdump?src=${of}`)).map(({ value }) => value);
    assert.notDeepEqual(await uid(file), await uid(other));
  });
});

Deno.test("xnat refresh: by /xapi a catalog loses what the disk has not, and gets what it lacks", async () => {
  await withKit(async ({ ask, rows, server, E }) => {
    const scan = `/data/experiments/${E}/scans/1`;
    const list = `${scan}/resources/DICOM/files`;
    const names = async () => (await rows(list)).map(({ Name }) => Name).sort();
    const path = ["P", "sub-01", "ses-01", "1", "DICOM", "gone.dcm"];
    await server.seed.file(path, new Uint8Array([1]), { missing: true });
    const before = await names();
    assert.ok(before.includes("gone.dcm"));
    const refresh = (operations: string, body: unknown, user?: string) =>
      ask(`/xapi/archive/catalogs/refresh${operations}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
        ...(user && { user }),
      });
    const resource = `/archive/experiments/${E}/scans/1/resources/DICOM`;
    assert.equal((await refresh("/append", [resource])).status, 200);
    assert.deepEqual(await names(), before);
    assert.equal((await refresh("", [resource], "reader")).status, 403);
    assert.equal((await refresh("", [resource])).status, 200);
    assert.deepEqual(await names(), before.filter((name) => name !== "gone.dcm"));
    assert.equal((await refresh("", resource)).status, 400);
    assert.equal((await refresh("", [`${resource}S`])).status, 404);
    const hollow = server.seed.session(["P", "sub-01", "hollow"]);
    assert.equal((await refresh("", [`/archive/experiments/${hollow}`])).status, 200);
  });
});

Deno.test("xnat schemas: each one that is listed is there, with the types of sessions", async () => {
  await withKit(async ({ ask }) => {
    const names: string[] = JSON.parse((await ask("/xapi/schemas")).text);
    const texts = await Promise.all(names.map((name) => ask(`/xapi/schemas/${name}`)));
    assert.ok(texts.every(({ status, text }) => status === 200 && /<xs:schema[\s>]/.test(text)));
    assert.ok(texts.some(({ text }) => text.includes('name="mrSessionData"')));
    assert.equal((await ask("/xapi/schemas/nope")).status, 404);
  });
});

Deno.test("xnat roi: what refers to series that are not in the session is refused, and frames without a segment", async () => {
  await withKit(async ({ ask }) => {
    const put = async (type: string, more: object) => {
      const body = writeDicomFile({ SOPInstanceUID: "1.2", Modality: type, ...more });
      const path = `/xapi/roi/projects/P/sessions/ses-01/collections/c?type=${type}&overwrite=true`;
      return (await ask(path, { method: "PUT", body, headers: OCTETS })).status;
    };
    const series = [{ SeriesInstanceUID: "1.2.404" }];
    assert.equal(await put("SEG", { ReferencedSeriesSequence: series }), 422);
    const study = [{ RTReferencedSeriesSequence: series }];
    const frameOfReference = [{ RTReferencedStudySequence: study }];
    const drawn = { ReferencedFrameOfReferenceSequence: frameOfReference };
    assert.equal(await put("RTSTRUCT", drawn), 422);
    const SegmentIdentificationSequence = [{ ReferencedSegmentNumber: 1 }];
    const shared = {
      SharedFunctionalGroupsSequence: [{ SegmentIdentificationSequence }],
      PerFrameFunctionalGroupsSequence: [{}],
    };
    assert.equal(await put("SEG", shared), 500);
    const own = { PerFrameFunctionalGroupsSequence: [{ SegmentIdentificationSequence }] };
    assert.equal(await put("SEG", own), 201);
  });
});

Deno.test("xnat roi: SEG and RTSTRUCT are stored, listed, read, replaced when told, and deleted", async () => {
  await withKit(async ({ ask }) => {
    const base = "/xapi/roi/projects/P/sessions/ses-01/collections";
    const put = (type: string, bytes: Uint8Array<ArrayBuffer>, more = "") =>
      ask(`${base}/${type}_1?type=${type}${more}`, { method: "PUT", body: bytes, headers: OCTETS });
    for (const type of ["SEG", "RTSTRUCT"]) {
      const object = (uid: string) =>
        writeDicomFile({
          SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
          SOPInstanceUID: uid,
          Modality: type,
        });
      assert.equal((await put(type, object("1.2"))).status, 201);
      assert.equal((await put(type, object("1.2.3"))).status, 409);
      assert.equal((await put(type, object("1.2.3"), "&overwrite=true")).status, 200);
      assert.deepEqual((await ask(`${base}/${type}_1`)).bytes, object("1.2.3"));
    }
    const list: { name: string; collectionType: string }[] = JSON.parse((await ask(base)).text);
    assert.deepEqual(list.map(({ name, collectionType }) => [name, collectionType]), [
      ["SEG_1", "SEG"],
      ["RTSTRUCT_1", "RTSTRUCT"],
    ]);
    assert.equal((await ask(`${base}/SEG_1`, { method: "DELETE" })).status, 200);
    assert.equal((await ask(`${base}/SEG_1`)).status, 404);
  });
});
