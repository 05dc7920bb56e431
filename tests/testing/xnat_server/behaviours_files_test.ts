/**
 * Behaviours 8 to 18, 59 to 62, 71 and 76: writing and deleting.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { behaviours, type Kit, OCTETS } from "./_kit.ts";

const files = (E: string) => `/data/experiments/${E}/scans/1/resources/DICOM/files`;

async function names({ rows, E }: Kit, path = files(E)): Promise<string[]> {
  return (await rows(path)).map(({ URI }) => URI!.split("/files/")[1]!).sort();
}

behaviours({
  8: {
    title: "PUT of a file that exists answers 200 with duplicates and changes nothing",
    run: async ({ put, ask, E }) => {
      const { status, text, headers } = await put(`${files(E)}/1.dcm`, "other", OCTETS);
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(text), { duplicates: ["1.dcm"] });
      assert.match(headers.get("content-type")!, /^text\/html/);
      assert.equal((await ask(`${files(E)}/1.dcm`)).text, "first");
      assert.equal((await put(`${files(E)}/1.dcm?overwrite=true`, "other", OCTETS)).text, "");
      assert.equal((await ask(`${files(E)}/1.dcm`)).text, "other");
    },
  },
  9: {
    title: "PUT of a file by a user who may only read answers 200 and stores nothing",
    run: async (kit) => {
      const { status, text } = await kit.ask(`${files(kit.E)}/new.dcm`, {
        method: "PUT",
        user: "reader",
        body: "x",
        headers: OCTETS,
      });
      assert.deepEqual([status, text], [200, ""]);
      assert.deepEqual(await names(kit), ["1.dcm", "sub/2.dcm"]);
    },
  },
  10: {
    title: "DELETE of a file takes all whose paths start alike",
    run: async (kit) => {
      const { put, ask, E } = kit;
      for (const name of ["scan1", "scan10.dcm", "scan1/x.dcm", "other"]) {
        assert.equal((await put(`${files(E)}/${name}`, "x", OCTETS)).status, 200);
      }
      assert.equal((await ask(`${files(E)}/scan1`, { method: "DELETE" })).status, 200);
      assert.deepEqual(await names(kit), ["1.dcm", "other", "sub/2.dcm"]);
      assert.equal((await ask(`${files(E)}/nope`, { method: "DELETE" })).status, 404);
    },
  },
  11: {
    title: "DELETE of files without a path takes them all",
    run: async (kit) => {
      assert.equal((await kit.ask(files(kit.E), { method: "DELETE" })).status, 200);
      assert.deepEqual(await names(kit), []);
    },
  },
  12: {
    title: "an empty file is 500 as a raw body and fine as multipart",
    run: async (kit) => {
      const { put, E } = kit;
      assert.equal((await put(`${files(E)}/empty?inbody=true`, "", OCTETS)).status, 500);
      const form = new FormData();
      form.append("file", new Blob([]), "empty");
      assert.equal((await put(`${files(E)}/empty`, form)).status, 200);
      assert.deepEqual(await names(kit), ["1.dcm", "empty", "sub/2.dcm"]);
    },
  },
  13: {
    title: "a body of unknown length is 500, unless it is a zip",
    run: async (kit) => {
      const { put, E } = kit;
      const body = () => new Blob(["abc"]).stream();
      assert.equal((await put(`${files(E)}/c?inbody=true`, body(), OCTETS)).status, 500);
      const zip = { "content-type": "application/zip" };
      assert.equal((await put(`${files(E)}/c.zip?inbody=true`, body(), zip)).status, 200);
      assert.deepEqual(await names(kit), ["1.dcm", "c.zip", "sub/2.dcm"]);
    },
  },
  14: {
    title: "JSON and gzip need inbody=true",
    run: async (kit) => {
      const { put, E } = kit;
      for (const type of ["application/json", "application/gzip"]) {
        const headers = { "content-type": type };
        assert.equal((await put(`${files(E)}/j`, "{}", headers)).status, 400);
        assert.equal((await put(`${files(E)}/${type}?inbody=true`, "{}", headers)).status, 200);
      }
      assert.equal((await put(`${files(E)}/u`, new Uint8Array(3))).status, 400);
      assert.ok(!(await names(kit)).includes("j"));
    },
  },
  15: {
    title: "a body typed as a form is 500 without inbody",
    run: async ({ put, E }) => {
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      assert.equal((await put(`${files(E)}/f`, "a=b", headers)).status, 500);
    },
  },
  16: {
    title: "a plus stays one, unless the path has an escaped blank",
    run: async (kit) => {
      const { put, ask, E } = kit;
      await put(`${files(E)}/a+b.nii`, "plus", OCTETS);
      assert.equal((await ask(`${files(E)}/a+b.nii`)).text, "plus");
      await put(`${files(E)}/a%20x+y.txt`, "blank", OCTETS);
      assert.deepEqual(await names(kit), ["1.dcm", "a x y.txt", "a+b.nii", "sub/2.dcm"]);
      await put(`${files(E)}/a%20b%2Bc`, "both", OCTETS);
      assert.ok((await names(kit)).includes("a b+c"));
    },
  },
  17: {
    title: "escapes other than blank and plus stay in the name",
    run: async (kit) => {
      const { put, ask, E } = kit;
      await put(`${files(E)}/x%5B1%5D.dcm`, "brackets", OCTETS);
      assert.ok((await names(kit)).includes("x%5B1%5D.dcm"));
      assert.equal((await ask(`${files(E)}/x%5B1%5D.dcm`)).text, "brackets");
    },
  },
  18: {
    title: "URIs are not escaped",
    run: async (kit) => {
      const { put, ask, E, server } = kit;
      await put(`${files(E)}/a%20b`, "blank", OCTETS);
      const path = ["P", "sub-01", "ses-01", "1", "DICOM", "c#d%e"];
      await server.seed.file(path, new TextEncoder().encode("odd"));
      assert.deepEqual(await names(kit), ["1.dcm", "a b", "c#d%e", "sub/2.dcm"]);
      assert.equal((await ask(`${files(E)}/c#d%e`)).status, 404);
      assert.equal((await ask(`${files(E)}/c%23d%25e`)).text, "odd");
    },
  },
  60: {
    title: "DELETE of an experiment leaves its files on the disk, where a refresh finds them",
    run: async ({ ask, put, rows, E }) => {
      await ask(`/data/experiments/${E}`, { method: "DELETE" });
      assert.equal((await ask(`/data/experiments/${E}`)).status, 404);
      const base = "/data/projects/P/subjects/sub-01/experiments/ses-01";
      const { text: id } = await put(`${base}?xsiType=xnat:mrSessionData`);
      await put(`${base}/scans/1?xsiType=xnat:mrScanData`);
      await put(`${base}/scans/1/resources/DICOM`);
      assert.deepEqual(await rows(`${base}/scans/1/resources/DICOM/files`), []);
      const resource = `/archive/experiments/${id}/scans/1/resources/DICOM`;
      const query = `resource=${resource}&options=append,populateStats`;
      const done = await ask(`/data/services/refresh/catalog?${query}`, { method: "POST" });
      assert.equal(done.status, 200);
      assert.equal((await rows(`${base}/scans/1/resources/DICOM/files`)).length, 2);
    },
  },
  61: {
    title: "members may PUT files but not DELETE them",
    run: async (kit) => {
      const { ask, E } = kit;
      const member = { user: "member", headers: OCTETS };
      const put = await ask(`${files(E)}/m`, { ...member, method: "PUT", body: "x" });
      assert.equal(put.status, 200);
      assert.ok((await names(kit)).includes("m"));
      assert.equal((await ask(`${files(E)}/m`, { ...member, method: "DELETE" })).status, 403);
      const owner = { user: "owner", method: "DELETE" };
      assert.equal((await ask(`${files(E)}/m`, owner)).status, 200);
    },
  },
  62: {
    title: "two PUTs at a time into a new resource make two of the same label",
    run: async ({ hold, rows, E }) => {
      const base = `/data/experiments/${E}/resources/NEW`;
      const first = await hold(`${base}/files/a`, "aa");
      const second = await hold(`${base}/files/b`, "bb");
      assert.equal((await first()).status, 200);
      assert.equal((await second()).status, 200);
      const found = await rows(`/data/experiments/${E}/resources`);
      assert.deepEqual(found.map(({ label }) => label), ["NEW", "NEW"]);
      assert.equal((await rows(`${base}/files`)).length, 2);
    },
  },
  71: {
    title: "GET and DELETE of a file in the user's cache act on its folder",
    run: async ({ put, rows, ask }) => {
      const folder = "/data/user/cache/resources/X/files";
      await put(`${folder}/a.zip`, "a", OCTETS);
      await put(`${folder}/b.zip`, "b", OCTETS);
      const found = await rows(`${folder}/a.zip`);
      assert.deepEqual(found.map(({ Name }) => Name), ["a.zip", "b.zip"]);
      assert.equal((await ask(`${folder}/a.zip`, { method: "DELETE" })).status, 200);
      assert.equal((await ask(`${folder}/b.zip`)).status, 404);
    },
  },
  76: {
    title: "PUTs at a time into one resource lose the race for its catalog",
    run: async (kit) => {
      const { hold, put, E } = kit;
      const slow = await hold(`${files(E)}/slow`, "ss");
      assert.equal((await put(`${files(E)}/quick`, "q", OCTETS)).status, 200);
      const lost = await slow();
      assert.equal(lost.status, 500);
      assert.match(lost.text, /Another thread or process modified/);
      const listed = ["1.dcm", "quick", "sub/2.dcm"];
      assert.deepEqual(await names(kit), listed);
      const again = await put(`${files(E)}/slow`, "ss", OCTETS);
      assert.deepEqual([again.status, again.text], [200, '{"duplicates":["slow"]}']);
      assert.deepEqual(await names(kit), listed);
      await put(`${files(E)}/slow?overwrite=true`, "ss", OCTETS);
      assert.deepEqual(await names(kit), ["1.dcm", "quick", "slow", "sub/2.dcm"]);
    },
  },
});
