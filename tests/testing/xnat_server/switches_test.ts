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
    const editable = async (user: string) =>
      JSON.parse((await ask("/xapi/users/projects", { user })).text);
    assert.deepEqual([await editable("reader"), await editable("member")], [[], ["P"]]);
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

Deno.test("xnat users: /xapi lists them for administrators, and knows groups and roles", async () => {
  await withKit(async ({ ask }) => {
    const told = async (path: string) => JSON.parse((await ask(`/xapi/users${path}`)).text);
    assert.ok((await told("")).includes("reader"));
    const profiles = (await told("/profiles")) as { username: string }[];
    assert.ok(profiles.some(({ username }) => username === "reader"));
    assert.deepEqual(await told("/reader/groups"), ["P_collaborator"]);
    assert.deepEqual(await told("/admin/roles"), ["Administrator"]);
    assert.deepEqual([await told("/reader/enabled"), await told("/reader/roles")], [true, []]);
    const status = async (path: string, init = {}) =>
      (await ask(`/xapi/users${path}`, { user: "reader", ...init })).status;
    for (const path of ["", "/profiles", "/admin", "/admin/groups"]) {
      assert.equal(await status(path), 403, path);
    }
    assert.equal(await status("/reader/nothing"), 404);
    assert.equal(await status("/reader/groups/P_owner", { method: "PUT" }), 405);
  });
});

Deno.test("xnat users: owners put users into the groups of a project, and take them out", async () => {
  await withKit(async ({ ask, rows }) => {
    const change = async (method: string, path: string, user = "admin") =>
      (await ask(`/data/projects/P/users/${path}`, { method, user })).status;
    const group = async () =>
      (await rows("/data/projects/P/users")).find(({ login }) => login === "reader")?.GROUP_ID;
    assert.equal(await change("PUT", "Members/reader", "member"), 403);
    assert.equal(await change("PUT", "Strangers/reader"), 404);
    assert.equal(await group(), "P_collaborator");
    assert.equal((await ask("/data/projects/P/users", { user: "reader" })).status, 403);
    assert.equal(await change("PUT", "Members/reader"), 200);
    assert.equal(await group(), "P_member");
    assert.equal(await change("DELETE", "P_owner/reader"), 200);
    assert.equal(await group(), "P_member");
    assert.equal(await change("DELETE", "P_member/reader"), 200);
    await ask("/data/projects/P9", { method: "PUT" });
    assert.equal(await group(), undefined);
    assert.equal((await ask("/data/projects/P", { user: "reader" })).status, 404);
  });
});

Deno.test("xnat site: its open properties are told to everybody, the others to nobody who did not log in", async () => {
  await withKit(async ({ ask }) => {
    const status = async (property: string) =>
      (await ask(`/xapi/siteConfig/${property}`, { user: null })).status;
    assert.equal(await status("buildInfo"), 200);
    assert.equal((await ask("/xapi/siteConfig/buildInfo/version")).text, "1.8.9");
    assert.equal(await status("siteId/version"), 404);
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

Deno.test("xnat config: nothing is configured, which is no project's document", async () => {
  await withKit(async ({ ask }) => {
    for (const base of ["/data/config", "/data/projects/P/config"]) {
      const path = `${base}/applet/require-date?contents=true`;
      assert.equal((await ask(path)).status, 404);
      assert.equal((await ask(path, { method: "PUT", body: "true" })).status, 405);
      const { status, text } = await ask(`${path}&accept-not-found=true`);
      assert.deepEqual([status, text], [204, ""]);
    }
  });
});
