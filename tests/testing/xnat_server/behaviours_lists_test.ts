/**
 * Behaviours 33 to 43, 67, 74 and 75: lists and documents.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { behaviours, OCTETS, withKit } from "./_kit.ts";

/** Sixty subjects in a project of their own. */
function many(
  { server }: { server: { seed: { subject(path: string[]): string } } },
  count: number,
) {
  for (let i = 0; i < count; i++) server.seed.subject(["M", `s${String(i).padStart(3, "0")}`]);
}

behaviours({
  33: {
    title: "a list of files tells no totalRecords, and sizes are texts",
    run: async ({ json, rows, server, E }) => {
      const path = `/data/experiments/${E}/scans/1/files`;
      const { ResultSet } = await json(path) as { ResultSet: Record<string, unknown> };
      assert.deepEqual(Object.keys(ResultSet), ["Columns", "Result", "title"]);
      assert.equal((await rows(path))[0]!.Size, "5");
      const file = ["P", "sub-01", "ses-01", "1", "DICOM", "old.dcm"];
      await server.seed.file(file, new Uint8Array(4), { bare: true });
      const old = (await rows(path)).find(({ Name }) => Name === "old.dcm")!;
      assert.deepEqual([old.Size, old.digest], ["", ""]);
    },
  },
  34: {
    title: "a list of resources has neither URI nor ID",
    run: async ({ json, E }) => {
      const path = `/data/experiments/${E}/scans/1/resources?columns=ID,URI,label,xsiType`;
      const { ResultSet } = await json(path) as {
        ResultSet: { Result: Record<string, string>[]; title: string };
      };
      const [row] = ResultSet.Result;
      assert.equal(ResultSet.title, "Resources");
      assert.ok(!("ID" in row!) && !("URI" in row!));
      assert.match(row!.xnat_abstractresource_id!, /^\d+$/);
      assert.deepEqual([row!.category, row!.cat_id, row!.cat_desc], ["scans", "1", "T1"]);
    },
  },
  35: {
    title: "counts of a resource are empty after an upload with update-stats=false",
    run: async ({ put, rows, E }) => {
      const base = `/data/experiments/${E}/resources`;
      await put(`${base}/R/files/a?update-stats=false`, "abc", OCTETS);
      const counts = async (query = "") => {
        const [row] = await rows(`${base}${query}`);
        return [row!.file_count, row!.file_size];
      };
      assert.deepEqual(await counts(), ["", ""]);
      assert.deepEqual(await counts("?cache_file_stats=true"), ["1", "3"]);
      await put(`${base}/R/files/b?update-stats=false`, "abc", OCTETS);
      assert.deepEqual(await counts(), ["1", "3"]);
    },
  },
  36: {
    title: "a limit takes totalRecords away",
    run: async ({ json, server }) => {
      many({ server }, 12);
      const { ResultSet } = await json("/data/projects/M/subjects?limit=10") as {
        ResultSet: { Result: unknown[] };
      };
      assert.deepEqual(Object.keys(ResultSet), ["Result"]);
      assert.equal(ResultSet.Result.length, 10);
    },
  },
  37: {
    title: "an offset alone makes pages of 100",
    run: async ({ rows, server }) => {
      many({ server }, 160);
      assert.equal((await rows("/data/projects/M/subjects?offset=50")).length, 100);
      assert.equal((await rows("/data/projects/M/subjects?offset=100")).length, 60);
      assert.equal((await rows("/data/projects/M/subjects?limit=*")).length, 160);
    },
  },
  38: {
    title: "rows are cut first and sorted inside of the page",
    run: async ({ rows, server }) => {
      for (const label of ["c", "b", "a"]) server.seed.subject(["M", label]);
      const page = await rows("/data/projects/M/subjects?limit=2&sortBy=label");
      assert.deepEqual(page.map(({ label }) => label), ["b", "c"]);
      const all = await rows("/data/projects/M/subjects?sortBy=label&sortOrder=DESC");
      assert.deepEqual(all.map(({ label }) => label), ["c", "b", "a"]);
    },
  },
  39: {
    title: "unknown columns are left out, xpaths come back as their shortcuts, or in lower case",
    run: async ({ rows, S }) => {
      const own = ["xnat:subjectassessordata/subject_id", "xnat:experimentData/Date"];
      const columns = ["foo", "label", ...own, "xnat:mrSessionData/subject_ID"].join(",");
      const [row] = await rows(`/data/projects/P/experiments?columns=${columns}`);
      assert.ok(!("foo" in row!));
      assert.equal(row!.label, "ses-01");
      assert.equal(row!.subject_ID, S);
      assert.equal(row!["xnat:mrsessiondata/subject_id"], S);
      assert.ok("date" in row! && own.every((each) => !(each.toLowerCase() in row!)));
    },
  },
  40: {
    title: "an ISO date as a filter is misread, an American one works",
    run: async ({ rows }) => {
      const count = async (date: string) =>
        (await rows(`/data/projects/P/experiments?date=${date}`)).length;
      assert.equal(await count("2020-01-31"), 0);
      assert.equal(await count("01/31/2020"), 1);
      assert.equal(await count("01/01/2020-12/31/2020"), 1);
      assert.equal(await count("01/01/2021-12/31/2021"), 0);
    },
  },
  41: {
    title: "a list of experiments tells the subject only when asked",
    run: async ({ rows, S }) => {
      const [plain] = await rows("/data/projects/P/experiments");
      assert.deepEqual(
        Object.keys(plain!).sort(),
        [
          "ID",
          "URI",
          "date",
          "insert_date",
          "label",
          "project",
          "xnat:subjectassessordata/id",
          "xsiType",
        ],
      );
      const [asked] = await rows(
        "/data/projects/P/experiments?columns=ID,subject_ID,subject_label",
      );
      assert.deepEqual([asked!.subject_ID, asked!.subject_label], [S, "sub-01"]);
    },
  },
  42: {
    title: "a shared session has the label of the share; DELETE there ends the share only",
    run: async ({ put, rows, ask, E }) => {
      const base = "/data/projects/P/subjects/sub-01/experiments/ses-01";
      assert.equal((await put(`${base}/projects/P2?label=L2`)).status, 200);
      assert.equal((await put(`${base}/projects/P2?label=L2`)).status, 409);
      const [row] = await rows("/data/projects/P2/experiments");
      assert.deepEqual(
        [row!.label, row!.project, row!.URI],
        ["L2", "P2", `/data/experiments/${E}`],
      );
      assert.equal(
        (await ask("/data/projects/P2/experiments/L2", { method: "DELETE" })).status,
        200,
      );
      assert.deepEqual(await rows("/data/projects/P2/experiments"), []);
      assert.equal((await rows("/data/projects/P/experiments")).length, 1);
      await ask("/data/projects/P/experiments/ses-01", { method: "DELETE" });
      assert.deepEqual(await rows("/data/projects/P/experiments"), []);
    },
  },
  43: {
    title: "an item for */* is an HTML page",
    run: async ({ ask, E }) => {
      const { headers, text } = await ask(`/data/experiments/${E}`, { headers: { accept: "*/*" } });
      assert.match(headers.get("content-type")!, /^text\/html/);
      assert.match(text, /^<!DOCTYPE html>/);
      const json = { accept: "application/json" };
      assert.ok(JSON.parse((await ask(`/data/experiments/${E}`, { headers: json })).text).items);
    },
  },
  67: {
    title: "/data/version is 404, the version is in buildInfo",
    run: async ({ ask }) => {
      const { status, text } = await ask("/data/version");
      assert.equal(status, 404);
      assert.match(text, /<h3>/);
      const info = await ask("/xapi/siteConfig/buildInfo", { user: null });
      assert.equal(JSON.parse(info.text).version, "1.8.9");
    },
  },
  74: {
    title: "a session that is renamed keeps its URIs by id",
    run: async ({ put, ask, rows, E }) => {
      const scan = "/data/projects/P/subjects/sub-01/experiments/ses-01/scans/1";
      const [row] = await rows(`/data/experiments/${E}/scans/1/resources/NIFTI/files`);
      assert.equal((await put(`/data/projects/P/experiments/ses-01?label=ses-02`)).status, 200);
      assert.equal((await ask(`${scan}?format=json`)).status, 404);
      assert.equal((await ask(row!.URI!)).text, "nifti");
      const { text } = await ask(`/data/experiments/${E}?format=json`);
      assert.ok(text.includes("/arc001/ses-02/SCANS/1/NIFTI"));
    },
  },
  75: {
    title: "timestamps have no zone",
    run: async ({ rows }) => {
      const [row] = await rows("/data/projects/P/experiments?columns=insert_date,last_modified");
      assert.match(row!.insert_date!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,3}$/);
      assert.match(row!.last_modified!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,3}$/);
    },
  },
});

Deno.test("xnat 36: before 1.8.9 a limit is ignored", async () => {
  await withKit(async ({ server, json }) => {
    many({ server }, 12);
    const { ResultSet } = await json("/data/projects/M/subjects?limit=10") as {
      ResultSet: { Result: unknown[]; totalRecords: string };
    };
    assert.deepEqual([ResultSet.Result.length, ResultSet.totalRecords], [12, "12"]);
  }, { version: "1.8.8" });
});
