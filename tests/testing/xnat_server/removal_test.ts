/**
 * What DELETE takes and what it leaves: shares, neighbours, paths that go on where no route does.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { withKit } from "./_kit.ts";

const SUBJECT = "/data/projects/P/subjects/sub-01";
const SESSION = `${SUBJECT}/experiments/ses-01`;
const QC = "xsiType=xnat:qcManualAssessorData";

Deno.test("xnat removal: a path that goes on where no route does changes nothing", async () => {
  await withKit(async ({ ask, rows, E }) => {
    await ask(`${SESSION}/assessors/qc?${QC}`, { method: "PUT" });
    const paths = [
      "/data/projects/P/experiments/ses-01/scans/1",
      "/data/projects/P/experiments/ses-01/assessors/qc",
      "/data/projects/P/nothing",
      `${SUBJECT}/nothing`,
      `${SESSION}/scans/1/nothing`,
      `${SESSION}/assessors/qc/nothing`,
    ];
    for (const path of paths) {
      for (const method of ["DELETE", "PUT"]) {
        const { status } = await ask(`${path}?xnat:mrScanData/type=x&${QC}`, { method });
        assert.equal(status, 400, `${method} ${path}`);
      }
    }
    assert.equal((await rows("/data/projects")).length, 2);
    assert.equal((await rows(`/data/experiments/${E}/scans`)).length, 2);
    assert.equal((await rows(`/data/experiments/${E}/assessors`)).length, 1);
  });
});

Deno.test("xnat removal: an assessor leaves a project that it is shared into, and stays in its own", async () => {
  await withKit(async ({ put, ask, rows, E }) => {
    const { text: id } = await put(`${SESSION}/assessors/qc?${QC}`);
    const item = `/data/experiments/${E}/assessors/${id}`;
    const where = async () => (await rows(`${item}/projects`)).map(({ ID, label }) => [ID, label]);
    assert.deepEqual(await where(), [["P", "qc"]]);
    assert.equal((await put(`${SESSION}/projects/P2`)).status, 200);
    assert.equal((await put(`${item}/projects/P2?label=other`)).status, 200);
    assert.deepEqual(await where(), [["P", "qc"], ["P2", "other"]]);
    assert.equal((await ask(`${item}/projects/P2`, { method: "DELETE" })).status, 200);
    assert.deepEqual(await where(), [["P", "qc"]]);
    await put(`${item}/projects/P2`);
    const shared = `/data/projects/P2/experiments/${id}`;
    assert.equal((await ask(shared, { method: "DELETE" })).status, 200);
    assert.deepEqual(await where(), [["P", "qc"]]);
    // Without a project it is gone for good, and so it is where the project is its own.
    assert.equal((await ask(`${item}/projects/P`, { method: "DELETE" })).status, 200);
    assert.equal((await ask(item)).status, 404);
  });
});

Deno.test("xnat removal: an assessor is of the project through which it was made", async () => {
  await withKit(async ({ put, rows, E }) => {
    await put(`${SUBJECT}/projects/P2`);
    await put(`${SESSION}/projects/P2`);
    const shared = "/data/projects/P2/subjects/sub-01/experiments/ses-01";
    assert.equal((await put(`${shared}/assessors/qc?${QC}`)).status, 201);
    const [made] = await rows(`/data/experiments/${E}/assessors`);
    assert.equal(made!.project, "P2");
  });
});

Deno.test("xnat removal: a subject leaves a project with its experiments, unless one is of that project", async () => {
  await withKit(async ({ put, ask, rows }) => {
    await put(`${SUBJECT}/projects/P2?label=S2`);
    await put(`${SESSION}/projects/P2?label=E2`);
    const shared = "/data/projects/P2/subjects/S2";
    assert.equal((await ask(`${shared}?removeFiles=true`, { method: "DELETE" })).status, 200);
    assert.deepEqual(await rows("/data/projects/P2/experiments"), []);
    assert.equal((await rows("/data/projects/P/experiments")).length, 1);
    await put(`${SUBJECT}/projects/P2?label=S2`);
    await put(`${shared}/experiments/own?xsiType=xnat:mrSessionData`);
    assert.equal((await ask(shared, { method: "DELETE" })).status, 403);
    // What another project owns stays when the subject goes from its own.
    assert.equal((await ask(SUBJECT, { method: "DELETE" })).status, 200);
    const left = await rows("/data/experiments");
    assert.deepEqual(left.map(({ label, project }) => [label, project]), [["own", "P2"]]);
  });
});

Deno.test("xnat removal: a project takes its shares along, and nothing of others", async () => {
  await withKit(async ({ put, ask, rows, S }) => {
    await put(`${SUBJECT}/projects/P2`);
    await put(`${SESSION}/projects/P2`);
    await ask("/data/projects/P2?removeFiles=true", { method: "DELETE" });
    assert.deepEqual((await rows(`/data/subjects/${S}/projects`)).map(({ ID }) => ID), ["P"]);
    assert.equal((await rows(`${SESSION}/scans/1/files`)).length, 3);
  });
});

Deno.test("xnat sharing: to change the project that an object is of takes the right to delete it", async () => {
  await withKit(async ({ ask, server, E }) => {
    server.seed.project("P", { members: { mover: "edit" } });
    server.seed.project("P2", { members: { mover: "delete" } });
    server.seed.user("mover", { password: "mover" });
    const move = (path: string) =>
      ask(`${path}/projects/P2?primary=true`, { method: "PUT", user: "mover" });
    for (
      const path of [
        `/data/projects/P/subjects/sub-01/experiments/${E}`,
        "/data/projects/P/subjects/sub-01",
      ]
    ) {
      assert.equal((await move(path)).status, 403);
    }
    server.seed.project("P", { members: { mover: "delete" } });
    assert.equal((await move(`/data/projects/P/subjects/sub-01/experiments/${E}`)).status, 200);
  });
});
