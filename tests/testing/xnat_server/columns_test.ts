import { strict as assert } from "node:assert";
import { withKit } from "./_kit.ts";

const SUBJECTS = "/data/projects/P/subjects";
const EXPERIMENTS = "/data/projects/P/experiments";

Deno.test("xnat columns: one that only sessions have leaves out what is none, unless a type is named", async () => {
  await withKit(async ({ rows, server }) => {
    server.seed.session(["P", "sub-01", "form"], { xsiType: "xnat:subjectVariablesData" });
    const labels = async (query: string) =>
      (await rows(`${EXPERIMENTS}?${query}`)).map(({ label }) => label).sort();
    assert.deepEqual(await labels("columns=label,date"), ["form", "ses-01"]);
    assert.deepEqual(await labels("columns=label,modality"), ["ses-01"]);
    assert.deepEqual(await labels("columns=label&modality=MR"), ["ses-01"]);
    assert.deepEqual(
      await labels("columns=label,modality&xsiType=xnat:subjectAssessorData"),
      ["form", "ses-01"],
    );
  });
});

Deno.test("xnat columns: experiments of all types, with their scans, and assessors with their sessions", async () => {
  await withKit(async ({ rows, server, E }) => {
    server.seed.session(["P", "sub-01", "form"], { xsiType: "xnat:subjectVariablesData" });
    server.seed.assessor(["P", "sub-01", "ses-01"], "qc");
    const scan = "xnat:imageSessionData/scans/scan/ID";
    const of = "xnat:imageAssessorData/imageSession_ID";
    const query = `xsiType=xnat:experimentData&columns=label,subject_ID,${scan},${of}`;
    const found = (await rows(`${EXPERIMENTS}?${query}`)).map((row) =>
      [row.label, row.subject_ID !== "", row[scan.toLowerCase()], row[of.toLowerCase()]].join(" ")
    );
    assert.deepEqual(found.sort(), [
      "form true  ",
      `qc false  ${E}`,
      "ses-01 true 1 ",
      "ses-01 true 2 ",
    ]);
    const none = await rows(`${SUBJECTS}/sub-01/experiments?${query}`);
    assert.equal(none.some(({ label }) => label === "qc"), false);
  });
});

const UNKNOWN = {
  "a field that the type does not have": "xnat:experimentData/nothing",
  "a field of a descendant": "xnat:experimentData/resources/resource/format",
  "scans from what is no session": "xnat:imageScanData/ID",
};

for (const [what, column] of Object.entries(UNKNOWN)) {
  Deno.test(`xnat columns: ${what} makes a list of experiments nothing, status 200`, async () => {
    await withKit(async ({ ask }) => {
      for (const form of ["json", "xml"]) {
        const { status, text } = await ask(`${EXPERIMENTS}?format=${form}&columns=ID,${column}`);
        assert.deepEqual([status, text], [200, ""]);
      }
    });
  });
}

Deno.test("xnat columns: a list of subjects fails for what cannot be joined", async () => {
  await withKit(async ({ ask }) => {
    const { status } = await ask(`${SUBJECTS}?format=json&columns=ID,xnat:subjectData/nothing`);
    assert.equal(status, 500);
    const site = await ask("/data/experiments?format=json&columns=ID,xnat:experimentData/nothing");
    assert.equal(site.status, 500);
  });
});

Deno.test("xnat columns: the label of a share is not in the list of all experiments", async () => {
  await withKit(async ({ rows, server }) => {
    server.seed.project("OTHER");
    server.seed.share(["P", "sub-01", "ses-01"], "OTHER", "there");
    const list = "/data/projects/OTHER/experiments?columns=label,project";
    assert.equal((await rows(list))[0]!.label, "there");
    assert.deepEqual(
      (await rows(`${list}&xsiType=xnat:experimentData`)).map((
        { label, project },
      ) => [label, project]),
      [["ses-01", "P"]],
    );
  });
});

Deno.test("xnat columns: a list of several types tells the type and the project of each, unasked", async () => {
  await withKit(async ({ rows }) => {
    const [mixed] = await rows("/data/experiments?columns=ID");
    assert.deepEqual([mixed!.xsiType, mixed!.project], ["xnat:mrSessionData", "P"]);
    const [single] = await rows("/data/experiments?columns=ID&xsiType=xnat:mrSessionData");
    assert.equal("xsiType" in single!, false);
  });
});

Deno.test("xnat columns: what dax asks of the sessions of a type", async () => {
  await withKit(async ({ rows, E }) => {
    const type = "xnat:mrsessiondata";
    const own = ["age", "meta/last_modified", "original"].map((path) => `${type}/${path}`);
    const [row] = await rows(
      `${EXPERIMENTS}?xsiType=${type}&columns=ID,subject_ID,modality,xsiType,label,${own}`,
    );
    assert.deepEqual(own.filter((key) => !(key in row!)), []);
    assert.equal(row!.ID, E);
  });
});

Deno.test("xnat columns: scans with what their session tells, as yaxil asks", async () => {
  await withKit(async ({ rows, server, E }) => {
    const session = ["P", "sub-01", "ses-01"];
    server.seed.session(session, { fields: { operator: "somebody" } });
    server.seed.scan([...session, "9"], { xsiType: "xnat:scScanData" });
    server.seed.scan([...session, "1"], { fields: { "xnat:mrScanData/parameters/fov/x": "256" } });
    const operators = async (type: string, of: string) =>
      (await rows(`/data/experiments/${E}/scans?columns=ID,${type}/id,${of}/operator`)).map((row) =>
        `${row.ID} ${row[`${type}/id`]} ${row[`${of}/operator`]}`
      ).sort();
    const both = ["1 1 somebody", "2 2 somebody"];
    assert.deepEqual(await operators("xnat:mrscandata", "xnat:mrsessiondata"), both);
    assert.deepEqual(await operators("xnat:scscandata", "xnat:imagesessiondata"), [
      "9 9 somebody",
    ]);
    // The session is of another kind.
    assert.deepEqual(await operators("xnat:scscandata", "xnat:ctsessiondata"), ["9 9 "]);
    const path = "xnat:mrscandata/parameters/fov/x";
    const widths = await rows(`/data/experiments/${E}/scans?columns=ID,${path}`);
    assert.deepEqual(widths.map((row) => row[path]).sort(), ["", "256"]);
  });
});

const FAILING = {
  "without the id of scans": "scans?columns=type",
  "with the id as another type has it": "scans?columns=xnat:mrScanData/ID",
  "of a field that scans do not have": "scans?columns=ID,xnat:mrScanData/nothing",
  "of a field that sessions do not have": "scans?columns=ID,xnat:mrSessionData/nothing",
  "without the id of reconstructions": "reconstructions?columns=type",
};

for (const [what, list] of Object.entries(FAILING)) {
  Deno.test(`xnat columns: a list of columns ${what} fails`, async () => {
    await withKit(async ({ ask, E }) => {
      assert.equal((await ask(`/data/experiments/${E}/${list}&format=json`)).status, 500);
    });
  });
}
