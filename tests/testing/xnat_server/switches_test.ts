/**
 * What clients ask beside the lists: users and sessions by `/xapi`, and the switches of lists and files.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { withKit, zipped } from "./_kit.ts";

Deno.test("xnat users: /xapi tells who one is and what one may read, and ends sessions", async () => {
  await withKit(async ({ ask }) => {
    const reader = { user: "reader" };
    assert.equal((await ask("/xapi/users/username", reader)).text, "reader");
    assert.equal(JSON.parse((await ask("/xapi/users/profile", reader)).text).username, "reader");
    assert.equal((await ask("/xapi/users/nobody")).status, 404);
    assert.deepEqual(JSON.parse((await ask("/xapi/users/projects", reader)).text), ["P"]);
    const allowed = JSON.parse((await ask("/xapi/access/projects", reader)).text);
    assert.deepEqual(allowed.map(({ ID }: { ID: string }) => ID), ["P"]);

    const cookie = (await ask("/data/JSESSION", reader)).headers.getSetCookie()[0]!.split(";")[0]!;
    const who = () => ask("/data/auth", { user: null, headers: { cookie } });
    assert.equal((await who()).text, "User 'reader' is logged in");
    const end = (user: string) => ask("/xapi/users/active/reader", { method: "DELETE", user });
    assert.equal((await end("member")).status, 403);
    assert.equal((await who()).status, 200);
    assert.equal((await end("admin")).status, 200);
    assert.equal((await who()).status, 401);
  });
});

Deno.test("xnat site: its open properties are told to everybody, the others to nobody who did not log in", async () => {
  await withKit(async ({ ask }) => {
    const status = async (property: string) =>
      (await ask(`/xapi/siteConfig/${property}`, { user: null })).status;
    assert.equal(await status("buildInfo"), 200);
    assert.equal(await status("siteId"), 200);
    assert.equal(await status("requireLogin"), 401);
  });
});

Deno.test("xnat projects: with a switch the list has other columns, and those that one has a role in", async () => {
  await withKit(async ({ rows }) => {
    const shown = await rows("/data/projects?accessible=true", { user: "reader" });
    assert.deepEqual(shown.map(({ id }) => id), ["P"]);
    assert.equal(shown[0]!.ID, undefined);
  });
});

Deno.test("xnat files: one by its index, their places on the server, and what a zip holds", async () => {
  await withKit(async ({ ask, rows, server, E }) => {
    const list = `/data/experiments/${E}/scans/1/resources/DICOM/files`;
    const scan = ["P", "sub-01", "ses-01", "1", "DICOM"];
    // By its index a file is given where a filter is, too.
    assert.equal((await ask(`${list}?index=0&file_content=RAW`)).text, "first");
    const [file] = await rows(`${list}?locator=absolutePath`);
    assert.match(file!.absolutePath!, /^\/.*\/P\/arc001\/ses-01\/SCANS\/1\/DICOM\/1\.dcm$/);
    assert.equal(file!.URI, undefined);
    const inner = new TextEncoder().encode("inner");
    await server.seed.file([...scan, "all.zip"], await zipped([["in.txt", inner]]));
    assert.deepEqual(await rows(`${list}/all.zip?listContents=true`), [
      { "File Name": "in.txt", Size: "5" },
    ]);
    assert.equal((await ask(`${list}/all.zip!/in.txt`)).text, "inner");
  });
});
