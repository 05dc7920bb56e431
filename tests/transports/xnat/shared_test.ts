import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { setting } from "./write_setting.ts";

const SESSION = ["P", "sub1", "ses1"];

Deno.test("remove() below a session that is shared into the project leaves all there, and tells the URL that removes it", () =>
  setting(async ({ server, origin, put, names, remove, text }) => {
    server.seed.reconstruction(SESSION, "rec");
    server.seed.assessor(SESSION, "qc");
    const all = [
      ...[1, 2, 3].map((i) => `1/R/${i}.dcm`),
      ...[".resources/N/x", ".reconstructions/rec/O/x", ".assessors/qc/O/x"],
    ];
    for (const file of all) await put(`P/sub1/ses1/${file}`, file);
    server.seed.subject(["Q", "other"]);
    server.seed.share(SESSION, "Q");
    const [subject] = (await names("Q")).filter((name) => name !== "other");
    const shared = `Q/${subject}/ses1`;
    const home = `${origin}/P/${subject}/${server.seed.session(SESSION)}`;
    server.requests.clear();
    const objects = ["1", "1/R", ".resources/N", ".reconstructions/rec", ".assessors/qc/O"];
    await Promise.all([...all, ...objects, ".assessors/qc"].map(async (below) => {
      await assert.rejects(remove(`${shared}/${below}`, true), {
        kind: "NotSupported",
        detail: { instead: `${home}/${below}` },
        message: /is of the project P, .*; remove it by xnat/,
      });
    }));
    const { entries } = server.requests;
    assert.equal(entries.filter(({ method }) => method === "DELETE").length, 0);
    const looks = entries.filter(({ path, query }) =>
      path.endsWith("/Q/experiments") && query.includes(server.seed.session(SESSION))
    );
    assert.equal(looks.length, 1);
    for (const file of all) assert.equal(await text(`P/sub1/ses1/${file}`), file);
    await put(`${shared}/1/R/1.dcm`, "new");
    assert.equal(await text("P/sub1/ses1/1/R/1.dcm"), "new");
    await remove(new URL(`${home}/1/R/1.dcm`).pathname.slice(1));
    await remove(shared, true);
    assert.deepEqual(await names("P/sub1/ses1/1/R"), ["2.dcm", "3.dcm"]);
    assert.deepEqual(await names("Q"), ["other"]);
  }));

Deno.test("move() out of a session that is shared into the project copies none of its files, and tells where they are of", () =>
  setting(async ({ server, origin, put, names, text }) => {
    server.seed.assessor(SESSION, "qc");
    const below = ["1/R/a/b", ".resources/N/x", ".assessors/qc/O/x"];
    for (const path of below) await put(`P/sub1/ses1/${path}`, path);
    server.seed.subject(["Q", "other"]);
    server.seed.share(SESSION, "Q");
    const [subject] = (await names("Q")).filter((name) => name !== "other");
    await using vfs = createVfs();
    const url = origin.replace("//", "//admin:admin@");
    server.requests.clear();
    const sources = [`${url}/Q/${subject}/ses1`, `${url}/Q/${subject}/ses1/1/R/a/b`];
    for (const from of sources) {
      await assert.rejects(vfs.move(from, "memory:///to"), (error: Error) => {
        assert.match(
          error.message,
          /nothing was copied, .* is of the project P, .*; copy it instead/,
        );
        return true;
      });
    }
    assert.ok(await nothing(vfs.entries("memory:///", { includeDirs: false })));
    const { entries } = server.requests;
    assert.deepEqual(entries.filter(({ method }) => method === "DELETE"), []);
    const isRead = (entry: typeof entries[number]) =>
      entry.method === "GET" && /\/files\/|zip/.test(entry.path + entry.query);
    assert.deepEqual(entries.filter(isRead), []);
    for (const path of below) assert.equal(await text(`P/sub1/ses1/${path}`), path);
    const report = await vfs.move(`${url}/P/sub1/ses1/1/R`, "memory:///own");
    assert.equal(report.done, 1);
    assert.equal(await vfs.readTextFile("memory:///own/a/b"), "1/R/a/b");
  }));

async function nothing(items: AsyncIterable<unknown>): Promise<boolean> {
  return (await Array.fromAsync(items)).length === 0;
}

Deno.test("remove() of what the list of a moment ago tells looks whether it is there still", () =>
  setting(async ({ server, put, names, remove, origin }) => {
    const send = async (method: string, path: string) => {
      const headers = { authorization: `Basic ${btoa("admin:admin")}` };
      const url = origin.replace("xnat+", "") + path;
      const answer = await fetch(url, { method, headers });
      assert.ok(answer.ok, await answer.text());
    };
    await put("P/sub1/ses1/1/R/x", "1");
    server.seed.share(SESSION, "Q");
    const id = server.seed.session(SESSION);
    const [subject] = await names("Q");
    assert.deepEqual(await names(`Q/${subject}`), ["ses1"]);
    await send("DELETE", `/data/projects/Q/experiments/${id}`);
    // XNAT does that any number of times.
    await send("DELETE", `/data/projects/Q/experiments/${id}`);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await assert.rejects(remove(`Q/${subject}/ses1`, true), { kind: "NotFound" });
    assert.deepEqual(await names("P/sub1/ses1/1/R"), ["x"]);
  }));

Deno.test("remove() below a subject that is shared into the project leaves its files there", () =>
  setting(async ({ server, put, remove, text, origin }) => {
    await put("P/sub1/.resources/N/x", "subject");
    server.seed.project("Q");
    const headers = { authorization: `Basic ${btoa("admin:admin")}` };
    const url = `${origin.replace("xnat+", "")}/data/projects/P/subjects/sub1/projects/Q`;
    await (await fetch(url, { method: "PUT", headers })).body?.cancel();
    for (const below of [".resources/N/x", ".resources/N"]) {
      await assert.rejects(remove(`Q/sub1/${below}`, true), {
        kind: "NotSupported",
        message: /the subject is of the project P/,
      });
    }
    assert.equal(await text("P/sub1/.resources/N/x"), "subject");
    await remove("Q/sub1", true);
    await remove("P/sub1/.resources/N/x");
  }));

Deno.test("remove() takes no assessor away in whose folder the files of another one may lie", () =>
  setting(async ({ server, remove, names, origin }) => {
    const headers = { authorization: `Basic ${btoa("admin:admin")}` };
    const base = origin.replace("xnat+", "");
    server.seed.project("Q");
    const theirs = server.seed.assessor(SESSION, "qc");
    const session = server.seed.session(SESSION);
    const move = `${base}/data/experiments/${session}/assessors/${theirs}/projects/Q?primary=true`;
    await (await fetch(move, { method: "PUT", headers })).body?.cancel();
    const own = server.seed.assessor(SESSION, "qc");
    server.seed.assessor(SESSION, theirs);
    server.seed.assessor(SESSION, "free");
    const place = "P/sub1/ses1/.assessors";
    const before = await names(place);
    assert.equal(before.length, 4);
    for (const name of [own, before.find((each) => ![own, theirs, "free"].includes(each))!]) {
      await assert.rejects(remove(`${place}/${name}`, true), {
        kind: "NotSupported",
        message: /has the same label, or that for its id/,
      });
    }
    await remove(`${place}/free`, true);
    assert.equal((await names(place)).length, 3);
  }));

Deno.test("remove() takes no subject away whose sessions are of other projects, nor a session with assessors of others", () =>
  setting(async ({ server, put, remove, names, text, origin }) => {
    const send = async (method: string, path: string) => {
      const headers = { authorization: `Basic ${btoa("admin:admin")}` };
      const answer = await fetch(`${origin.replace("xnat+", "")}${path}`, { method, headers });
      assert.ok(answer.ok, await answer.text());
    };
    server.seed.subject(["P", "alone"]);
    server.seed.project("Q");
    server.seed.assessor(SESSION, "qc");
    server.seed.share(SESSION, "Q");
    const id = server.seed.session(SESSION);
    await send("PUT", `/data/experiments/${id}/assessors/qc/projects/Q?primary=true`);
    await send("PUT", "/data/projects/P/subjects/alone/projects/Q");
    // The subject looks empty in its own project.
    await send(
      "PUT",
      "/data/projects/Q/subjects/alone/experiments/qses?xsiType=xnat:mrSessionData",
    );
    await put("Q/alone/qses/1/R/x", "1");
    for (const recursive of [false, true]) {
      await assert.rejects(remove("P/alone", recursive), {
        kind: "NotSupported",
        message: /is of the project "Q", which would lose it/,
      });
    }
    assert.equal(await text("Q/alone/qses/1/R/x"), "1");
    assert.deepEqual(await names("P"), ["alone", "sub1"]);
    await put("P/sub1/ses1/1/R/x", "1");
    for (const place of ["P/sub1/ses1", "P/sub1"]) {
      await assert.rejects(remove(place, true), {
        kind: "NotSupported",
        message: /is of the project "Q"/,
      });
    }
    assert.equal(await text("P/sub1/ses1/1/R/x"), "1");
    await send("DELETE", "/data/projects/Q/experiments/qses?removeFiles=true");
    await remove("P/alone");
    assert.deepEqual(await names("P"), ["sub1"]);
  }));
