import { strict as assert } from "node:assert";
import type { XnatLogEntry } from "../../../testing/xnat_server/mod.ts";
import { moveTree } from "../../../vfs/copy/copy.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { growing, setting } from "./write_setting.ts";

const R = "P/sub1/ses1/1/R";
const uploads = (log: readonly XnatLogEntry[]) => log.filter(({ method }) => method === "PUT");

Deno.test("put() makes subject, session, scan and resource, with types that go together", () =>
  setting(async ({ put, text, server, transport, at }) => {
    await put("P/sub2/ses2/7/NIFTI/a b/x.nii", "hello");
    assert.equal(await text("P/sub2/ses2/7/NIFTI/a b/x.nii"), "hello");
    const types = async (path: string) =>
      (await transport.stat(at(path), { signal: NEVER })).attributes?.xsiType;
    assert.equal(await types("P/sub2/ses2"), "xnat:otherDicomSessionData");
    assert.equal(await types("P/sub2/ses2/7"), "xnat:otherDicomScanData");
    await put("P/sub1/ses1/8/R/x", "1");
    assert.equal(await types("P/sub1/ses1/8"), "xnat:mrScanData");
    await put("P/.resources/DOCS/x", "project");
    await put("P/sub1/.resources/DOCS/x", "subject");
    await put("P/sub1/ses1/.resources/DOCS/x", "session");
    assert.equal(await text("P/sub1/ses1/.resources/DOCS/x"), "session");
    assert.equal(await text("P/.resources/DOCS/x"), "project");
    for (const { path } of uploads(server.requests.entries)) assert(!path.includes("%2F"), path);
  }));

Deno.test("put() makes nothing above a resource that cannot be, such as where a path of XNAT's own requests is given", () =>
  setting(async ({ put, names, server }) => {
    const { entries } = server.requests;
    await assert.rejects(put("P/sub2/ses2/scans/1/resources/R/files/x", "1"), {
      kind: "InvalidUrl",
      message: /resource that is called "1".*PROJECT\/SUBJECT\/EXPERIMENT\/SCAN\/RESOURCE/,
    });
    await assert.rejects(put("P/sub1/ses1/a;b/R/x", "1"), { kind: "InvalidUrl" });
    assert.deepEqual(await names("P"), ["sub1"]);
    assert.deepEqual(uploads(entries), []);
  }));

Deno.test("names that mean all or none to XNAT are not given, and a scan that has one does not take the others along", () =>
  setting(async ({ put, names, remove, server }) => {
    server.seed.scan(["P", "sub1", "ses1", "ALL"]);
    await assert.rejects(remove("P/sub1/ses1/ALL", true), { kind: "NotSupported" });
    assert.deepEqual(await names("P/sub1/ses1"), ["1", "ALL"]);
    for (const path of ["ses2/ALL/R/x", "ses1/NULL/R/x", "ses1/1/null/x"]) {
      await assert.rejects(put(`P/sub1/${path}`, "1"), { kind: "InvalidUrl" });
    }
  }));

Deno.test("put() stores what came of an assessor or a reconstruction, and what it was made of", () =>
  setting(async ({ put, text, names, server, remove, transport, at }) => {
    server.seed.assessor(["P", "sub1", "ses1"], "qc");
    server.seed.reconstruction(["P", "sub1", "ses1"], "rec");
    for (const place of [".assessors/qc", ".reconstructions/rec"]) {
      const path = `P/sub1/ses1/${place}`;
      await put(`${path}/OUT/x`, "out");
      assert.deepEqual(await names(path), ["OUT"]);
      await put(`${path}/.in/RAW/x`, "in");
      assert.deepEqual(await names(path), [".in", "OUT"]);
      assert.deepEqual([await text(`${path}/OUT/x`), await text(`${path}/.in/RAW/x`)], [
        "out",
        "in",
      ]);
      assert.equal((await transport.stat(at(`${path}/.in`), { signal: NEVER })).kind, "directory");
      await assert.rejects(remove(`${path}/.in`, true), { kind: "NotSupported" });
      await remove(`${path}/.in/RAW`, true);
      assert.deepEqual(await names(path), ["OUT"]);
    }
  }));

Deno.test("put() of a subject's first resource shows in the list of the subject at once", () =>
  setting(async ({ put, names }) => {
    assert.deepEqual(await names("P/sub1"), ["ses1"]);
    await put("P/sub1/.resources/DOCS/x", "1");
    assert.deepEqual(await names("P/sub1"), [".resources", "ses1"]);
  }));

Deno.test("put() makes objects of the types that the driver is told, or none", async () => {
  const create = { session: "xnat:ctSessionData", scan: "xnat:ctScanData" };
  await setting(async ({ put, transport, at }) => {
    await put("P/sub2/ses2/7/R/x", "1");
    const info = await transport.stat(at("P/sub2/ses2/7"), { signal: NEVER });
    assert.equal(info.attributes?.xsiType, "xnat:ctScanData");
  }, { driver: { create } });
  await setting(async ({ put, names, mkdir }) => {
    await assert.rejects(put("P/sub2/ses2/7/R/x", "1"), { kind: "NotFound" });
    await assert.rejects(put("P/sub1/ses1/1/NEW/x", "1"), { kind: "NotFound" });
    assert.deepEqual(await names("P"), ["sub1"]);
    // Who asks for a folder asks for what it is in.
    await mkdir("P/sub1/ses1/1/NEW/deep", true);
    assert.deepEqual(await names("P/sub1/ses1/1"), ["NEW"]);
  }, { driver: { create: false } });
});

Deno.test("put() makes no project, and no file where XNAT keeps none", () =>
  setting(async ({ put }) => {
    await assert.rejects(put("Q/sub/ses/1/R/x", "1"), { kind: "NotFound" });
    await put(`${R}/x`, "1");
    await assert.rejects(put(R, "1"), { kind: "IsADirectory" });
    await assert.rejects(put("P/sub1/ses1/1/file.dcm", "1"), { kind: "NotSupported" });
    await assert.rejects(put("P/sub1/ses1/1/2024/x", "1"), { kind: "InvalidUrl" });
    await assert.rejects(put(`${R}/a\\b`, "1"), { kind: "InvalidUrl" });
  }));

Deno.test("put() of many at once makes one of each object, and all files last", () =>
  setting(async ({ put, names, text, server }) => {
    const paths = Array.from({ length: 12 }, (_, i) => `P/new/ses/${i % 2}/R/f${i}`);
    await Promise.all(paths.map((path) => put(path, path)));
    assert.deepEqual(await names("P/new"), ["ses"]);
    assert.deepEqual(await names("P/new/ses"), ["0", "1"]);
    assert.deepEqual(await names("P/new/ses/0"), ["R"]);
    for (const path of paths) assert.equal(await text(path), path);
    assert.equal(server.requests.entries.filter(({ status }) => status >= 500).length, 0);
  }));

Deno.test("put() sends large content with its length, as it is read, and tells its MD5", () =>
  setting(async ({ put, server, transport, at }) => {
    const size = 9_000_001;
    for (const replayable of [true, false]) await put(`${R}/big`, growing(size, replayable));
    const unknown = { ...growing(size), size: undefined };
    const info = await put(`${R}/unknown`, unknown) as {
      size?: number;
      digests?: { md5?: string };
    };
    assert.equal(info.size, size);
    assert.match(info.digests?.md5 ?? "", /^[0-9a-f]{32}$/);
    assert.equal((await transport.stat(at(`${R}/big`), { signal: NEVER })).size, size);
    await put(`${R}/büg`, growing(17_000_000));
    assert.equal((await transport.stat(at(`${R}/büg`), { signal: NEVER })).size, 17_000_000);
    assert.equal(uploads(server.requests.entries).filter(({ status }) => status >= 400).length, 0);
  }));

Deno.test("put() of a source that breaks or lies leaves the old file", () =>
  setting(async ({ put, text }) => {
    await put(`${R}/a`, "old");
    for (const size of [8_999_999, 9_000_001]) {
      await assert.rejects(put(`${R}/a`, { ...growing(9_000_000), size }), (error: Error) => {
        assert.match(error.message, /gave \d+ bytes of \d+/);
        return true;
      });
      assert.equal(await text(`${R}/a`), "old");
    }
  }));

Deno.test("remove() takes one file and none that begins like it", () =>
  setting(async ({ put, remove, names }) => {
    const all = [
      "s",
      "s1",
      "s10.dcm",
      "s1.dcm",
      "s1xdcm",
      "s1[a]",
      "s1a",
      "s1^",
      "a+b",
      "a b",
      "ä",
    ];
    for (const name of all) await put(`${R}/${name}`, name);
    const left = [...all];
    for (const name of ["s1", "s", "s1.dcm", "a b", "a+b", "ä"]) {
      await remove(`${R}/${name}`);
      left.splice(left.indexOf(name), 1);
      assert.deepEqual(await names(R), left.toSorted(), name);
    }
    // These two cannot be told apart from others by the patterns that Tomcat lets through.
    await put(`${R}/s1_`, "x");
    await assert.rejects(remove(`${R}/s1^`), { kind: "NotSupported", message: /"s1[a_]" too/ });
    assert.deepEqual(await names(R), [...left, "s1_"].toSorted());
  }));

Deno.test("remove() of a folder takes what is below it, and only when asked", () =>
  setting(async ({ put, remove, names }) => {
    for (const path of ["d/x", "d/e/y", "dd/x", "d.txt"]) await put(`${R}/${path}`, path);
    await assert.rejects(remove(`${R}/d`), { kind: "NotEmpty" });
    await remove(`${R}/d`, true);
    assert.deepEqual(await names(R), ["d.txt", "dd"]);
    await assert.rejects(remove(`${R}/d`, true), { kind: "NotFound" });
  }));

Deno.test("remove() of what was empty a moment ago asks whether it still is", () =>
  setting(async ({ server, remove, names }) => {
    assert.deepEqual(await names("P/sub1/ses1/1"), []);
    await server.seed.file(["P", "sub1", "ses1", "1", "R", "theirs"], new Uint8Array(1));
    await assert.rejects(remove("P/sub1/ses1/1"), { kind: "NotEmpty" });
  }));

Deno.test("remove() takes an object that is empty, or with all below when asked, never a project", () =>
  setting(async ({ put, remove, names, mkdir }) => {
    await put("P/sub1/ses1/1/R/x", "1");
    await put("P/sub1/ses1/10/R/x", "1");
    for (const path of ["P/sub1", "P/sub1/ses1", "P/sub1/ses1/1", R]) {
      await assert.rejects(remove(path), { kind: "NotEmpty" });
    }
    await remove("P/sub1/ses1/1", true);
    assert.deepEqual(await names("P/sub1/ses1"), ["10"]);
    await remove("P/sub1/ses1/10/R", true);
    await remove("P/sub1/ses1/10");
    await remove("P/sub1", true);
    assert.deepEqual(await names("P"), []);
    for (const path of ["P", "NOPE"]) {
      await assert.rejects(remove(path, true), { kind: "NotSupported" });
    }
    await mkdir("P/sub3/ses", true);
    await assert.rejects(remove("P/sub3/ses/.assessors", true), { kind: "NotSupported" });
  }));

Deno.test("remove() of a shared experiment takes it out of that project alone", () =>
  setting(async ({ server, remove, names, put }) => {
    await put(`${R}/x`, "1");
    server.seed.subject(["Q", "other"]);
    server.seed.share(["P", "sub1", "ses1"], "Q");
    const [subject] = (await names("Q")).filter((name) => name !== "other");
    if (subject) await remove(`Q/${subject}/ses1`, true);
    assert.deepEqual(await names("P/sub1"), ["ses1"]);
  }));

Deno.test("remove() of a shared assessor takes it out of that project alone", () =>
  setting(async ({ server, origin, remove, names }) => {
    const session = ["P", "sub1", "ses1"];
    const id = server.seed.assessor(session, "qc");
    server.seed.subject(["Q", "other"]);
    server.seed.share(session, "Q");
    const authorization = `Basic ${btoa("admin:admin")}`;
    const send = async (method: string, path: string) => {
      const url = origin.replace("xnat+", "") + path;
      const answer = await fetch(url, { method, headers: { authorization } });
      assert.ok(answer.ok, await answer.text());
    };
    const [subject] = (await names("Q")).filter((name) => name !== "other");
    const shared = `Q/${subject}/ses1/.assessors/qc`;
    // It is seen with its session, and is not in this project.
    await assert.rejects(remove(shared, true), { kind: "NotSupported" });
    await send(
      "PUT",
      `/data/experiments/${server.seed.session(session)}/assessors/${id}/projects/Q`,
    );
    await remove(shared, true);
    assert.deepEqual(await names("P/sub1/ses1/.assessors"), ["qc"]);
    await remove("P/sub1/ses1/.assessors/qc", true);
    await assert.rejects(remove("P/sub1/ses1/.assessors/qc", true), { kind: "NotFound" });
  }));

Deno.test("mkdir() makes objects at every level, and says what is in the way", () =>
  setting(async ({ mkdir, names, put }) => {
    await mkdir("Q");
    await assert.rejects(mkdir("Q"), { kind: "AlreadyExists" });
    await mkdir("Q", true);
    await assert.rejects(mkdir("Q/s/e"), { kind: "NotFound" });
    await mkdir("Q/s/e/1/R/deep/er", true);
    assert.deepEqual(await names("Q/s/e/1"), ["R"]);
    await mkdir("Q/s/e/2");
    assert.deepEqual(await names("Q/s/e"), ["1", "2"]);
    await put("Q/s/e/1/R/f", "x");
    await assert.rejects(mkdir("Q/s/e/1/R/f", true), { kind: "AlreadyExists" });
    await assert.rejects(mkdir("Q/s/e/.assessors/qc", true), { kind: "NotSupported" });
    await assert.rejects(mkdir("Q/s/e/3/a,b", true), { kind: "InvalidUrl" });
  }));

Deno.test("put() leaves a session of another subject alone, whose label it would take", () =>
  setting(async ({ put, names, server }) => {
    await put("P/sub1/ses1/1/R/f", "x");
    const before = server.requests.entries.length;
    await assert.rejects(put("P/sub2/ses1/1/R/f", "x"), { kind: "AlreadyExists" });
    const changes = server.requests.entries.slice(before).filter(({ path, method }) =>
      method === "PUT" && path.includes("/experiments/")
    );
    assert.deepEqual(changes, []);
    assert.deepEqual(await names("P/sub1/ses1/1"), ["R"]);
  }));

Deno.test("move() to another name of the same file loses nothing, alone and in a folder", () =>
  setting(async ({ put, text, server, transport, at }) => {
    server.seed.scan(["P", "sub1", "ses1", "2"], { fields: { type: "T1w" } });
    const names = ["a.txt", "b.txt"];
    for (const name of names) await put(`P/sub1/ses1/2/R/${name}`, name);
    const place = (path: string) => ({ transport, location: at(path) });
    const find = () => Promise.reject(new Error("it needs no other place"));
    for (const [from, to] of [["2", "T1w"], ["T1w", "2"]]) {
      for (const below of ["R/a.txt", "R"]) {
        const [a, b] = [`P/sub1/ses1/${from}/${below}`, `P/sub1/ses1/${to}/${below}`];
        const moving = moveTree(place(a), place(b), find, { existing: "replace" });
        await assert.rejects(moving, {
          kind: below === "R" ? "PartialFailure" : "InvalidArgument",
        });
        for (const name of names) assert.equal(await text(`P/sub1/ses1/2/R/${name}`), name);
      }
    }
    await moveTree(place("P/sub1/ses1/2/R/a.txt"), place("P/sub1/ses1/1/R/a.txt"), find);
    assert.equal(await text("P/sub1/ses1/1/R/a.txt"), "a.txt");
  }));
