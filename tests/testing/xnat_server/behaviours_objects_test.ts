/**
 * Behaviours 52 to 59, 63 and 64: making and changing objects.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { phantomStudy } from "../../../testing/phantom.ts";
import { behaviours, OCTETS, zipped } from "./_kit.ts";

/** A proxy for one request that leaves its client as soon as the body has passed. */
function impatientProxy(port: number, bodyLength: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = (async () => {
    const near = await listener.accept();
    listener.close();
    using far = await Deno.connect({ hostname: "127.0.0.1", port });
    const buffer = new Uint8Array(1 << 16);
    let request = new Uint8Array();
    const isWhole = () => {
      const head = new TextDecoder().decode(request).indexOf("\r\n\r\n");
      return head > 0 && request.length === head + 4 + bodyLength;
    };
    while (!isWhole()) {
      const count = await near.read(buffer) ?? assert.fail("half a request");
      request = Uint8Array.of(...request, ...buffer.subarray(0, count));
    }
    near.close();
    for (let at = 0; at < request.length;) at += await far.write(request.subarray(at));
    return new TextDecoder().decode(buffer.subarray(0, await far.read(buffer) ?? 0));
  })();
  return { port: (listener.addr as Deno.NetAddr).port, answer };
}

const SESSION = "/data/projects/P/subjects/sub-01/experiments/ses-01";

behaviours({
  52: {
    title: "PUT of a scan is 200 without a body, new or not",
    run: async ({ put, rows }) => {
      for (let i = 0; i < 2; i++) {
        const { status, text } = await put(`${SESSION}/scans/9?xsiType=xnat:mrScanData&type=T1`);
        assert.deepEqual([status, text], [200, ""]);
      }
      assert.deepEqual((await rows(`${SESSION}/scans`)).map(({ ID }) => ID), ["1", "2", "9"]);
    },
  },
  53: {
    title: "a field of another type is left out without a word",
    run: async ({ put, rows }) => {
      const { status } = await put(`${SESSION}/scans/1?xnat:ctScanData/note=lost`);
      assert.equal(status, 200);
      assert.equal((await rows(`${SESSION}/scans`))[0]!.note, "");
      await put(`${SESSION}/scans/1?xnat:mrScanData/note=kept`);
      assert.equal((await rows(`${SESSION}/scans`))[0]!.note, "kept");
      const other = await put(`${SESSION}/scans/1?xsiType=xnat:ctScanData`);
      assert.equal(other.status, 409);
    },
  },
  54: {
    title: "a new scan needs a type, and one that is not abstract",
    run: async ({ put }) => {
      assert.equal((await put(`${SESSION}/scans/9?type=T1`)).status, 417);
      assert.equal((await put(`${SESSION}/scans/9?xsiType=xnat:imageScanData`)).status, 400);
    },
  },
  55: {
    title: "ids of projects: deleted ones 403, odd ones 417, titles in use 409",
    run: async ({ put, ask }) => {
      assert.equal((await put("/data/projects/GONE")).status, 200);
      assert.equal((await ask("/data/projects/GONE", { method: "DELETE" })).status, 200);
      assert.equal((await put("/data/projects/GONE")).status, 403);
      assert.equal((await put("/data/projects/my%20proj")).status, 417);
      assert.equal((await put("/data/projects/NEW?xnat:projectData/name=p2")).status, 409);
      assert.equal((await put("/data/projects/ONE?alias=also")).status, 200);
      for (const path of ["also", "NEW?alias=ALSO", "NEW?alias=one", "NEW?name=also"]) {
        assert.equal((await put(`/data/projects/${path}`)).status, 409, path);
      }
    },
  },
  56: {
    title: "PUT of a subject with another label renames it",
    run: async ({ put, rows, S }) => {
      const { status, text } = await put("/data/projects/P/subjects/sub-01?label=other&gender=F");
      assert.deepEqual([status, text], [200, ""]);
      const list = "/data/projects/P/subjects?columns=ID,label,gender";
      const [row] = await rows(list);
      assert.deepEqual([row!.ID, row!.label, row!.gender], [S, "other", "M"]);
      // What comes with a label is lost.
      await put("/data/projects/P/subjects/other?label=other&gender=F");
      assert.equal((await rows(list))[0]!.gender, "M");
      await put(`${SESSION.replace("sub-01", "other")}?label=ses-02&date=02/02/2022`);
      const [session] = await rows("/data/projects/P/experiments");
      assert.deepEqual([session!.label, session!.date], ["ses-02", "2020-01-31"]);
      assert.equal((await put("/data/projects/P/subjects/third")).status, 201);
      assert.equal((await put("/data/projects/P/subjects/third?label=other")).status, 409);
    },
  },
  57: {
    title: "PUT of an experiment makes an unknown subject",
    run: async ({ ask, put, rows }) => {
      const list =
        "/data/projects/P/subjects/fresh/experiments?label=e1&xsiType=xnat:mrSessionData";
      assert.equal((await ask(list, { method: "POST" })).status, 404);
      const path = "/data/projects/P/subjects/fresh/experiments/e2?xsiType=xnat:ctSessionData";
      const { status, text } = await put(path);
      assert.equal(status, 201);
      assert.match(text, /^XNAT_E\d{5}$/);
      const labels = (await rows("/data/projects/P/subjects")).map(({ label }) => label);
      assert.deepEqual(labels, ["sub-01", "fresh"]);
    },
  },
  58: {
    title: "POST to a list answers with an absolute URL of the site",
    options: { siteUrl: "https://elsewhere.example" },
    run: async ({ ask }) => {
      const post = () => ask("/data/projects/P/subjects?label=posted", { method: "POST" });
      const { status, text } = await post();
      assert.equal(status, 200);
      assert.match(text, /^https:\/\/elsewhere\.example\/data\/subjects\/XNAT_S\d{5}$/);
      assert.equal((await post()).status, 409);
    },
  },
  59: {
    title: "a field that an XML document lacks stays, unless allowDataDeletion=true",
    run: async ({ put, json, S }) => {
      const xml = (inner: string) =>
        `<xnat:Subject project="P" xmlns:xnat="http://nrg.wustl.edu/xnat">${inner}</xnat:Subject>`;
      const path = `/data/projects/P/subjects/${S}`;
      const type = { "content-type": "text/xml" };
      const demographics = "<xnat:demographics><xnat:yob>1970</xnat:yob></xnat:demographics>";
      assert.equal((await put(path, xml(demographics), type)).status, 200);
      assert.match(JSON.stringify(await json(path)), /"gender":"M".*"yob":1970/);
      await put(`${path}?allowDataDeletion=true`, xml(demographics), type);
      assert.ok(!JSON.stringify(await json(path)).includes("gender"));
      assert.equal((await put(path, "<xnat:Subject>", type)).status, 422);
    },
  },
  63: {
    title: "an import is finished, though a proxy closes the connection before the answer",
    run: async ({ server, rows }) => {
      const [{ bytes } = assert.fail()] = await Array.fromAsync(phantomStudy());
      const body = await zipped([["1.dcm", bytes]]);
      const proxy = impatientProxy(server.port, body.length);
      const query = `import-handler=DICOM-zip&inbody=true&dest=${SESSION.slice(5)}-63`;
      const url = `http://127.0.0.1:${proxy.port}/data/services/import?${query}`;
      const headers = {
        authorization: `Basic ${btoa("admin:admin")}`,
        "content-type": "application/zip",
      };
      await assert.rejects(fetch(url, { method: "POST", body, headers }), TypeError);
      assert.match(await proxy.answer, /^HTTP\/1\.1 200 /);
      assert.equal((await rows(`${SESSION}-63/scans/ALL/files`)).length, 1);
    },
  },
  64: {
    title: "an import with overwrite=append and prearchive_code=1 is 400",
    run: async ({ ask }) => {
      const query = "import-handler=DICOM-zip&PROJECT_ID=P&overwrite=append&prearchive_code=1";
      const path = `/data/services/import?${query}&inbody=true`;
      const { status } = await ask(path, { method: "POST", body: "x", headers: OCTETS });
      assert.equal(status, 400);
    },
  },
});
