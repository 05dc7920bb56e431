import { strict as assert } from "node:assert";
import { moveTree } from "../../../vfs/copy/copy.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import { type Setting, setting } from "./write_setting.ts";

const R = "P/sub1/ses1/1/R";
const DELETE = { method: "DELETE", route: /\/files\// } as const;

/** Has files of these names in the resource, by another client than that of the test. */
async function fill({ server }: Setting, ...names: string[]): Promise<void> {
  for (const name of names) {
    await server.seed.file([...R.split("/"), ...name.split("/")], new TextEncoder().encode(name));
  }
}

/** What became of removals that begin at once, each as `name`, or `name: kind of its error`. */
async function together(
  { at, transport }: Setting,
  names: readonly string[],
  options: { readonly signal?: AbortSignal; readonly recursive?: boolean } = {},
): Promise<string[]> {
  return await Promise.all(
    names.map((name) =>
      transport.remove!(at(`${R}/${name}`), { signal: NEVER, ...options }).then(
        () => name,
        (error) => {
          assert(isVfsError(error), String(error));
          assert(decodeURIComponent(error.url).endsWith(`/${name}`), error.message);
          return `${name}: ${error.kind} ${/; (it is .*)$/.exec(error.message)?.[1] ?? ""}`.trim();
        },
      )
    ),
  );
}

function deletes({ server }: Setting): number {
  return server.requests.total("DELETE").requests;
}

function lists({ server }: Setting): number {
  const { entries } = server.requests;
  return entries.filter(({ method, path }) => method === "GET" && /\/files$/.test(path)).length;
}

Deno.test("a resource whose number another one has for a label is listed and read alone, and not changed", () =>
  setting(async ({ server, put, remove, names, text, transport, at }) => {
    const scan = ["P", "sub1", "ses1", "1"];
    const encode = (content: string) => new TextEncoder().encode(content);
    await server.seed.file([...scan, "R", "own.txt"], encode("own"));
    const number = String(server.seed.resource(scan, "R"));
    await server.seed.file([...scan, number, "other.txt"], encode("other"));
    const other = server.seed.resource(scan, number);
    const refusal = { kind: "NotSupported", message: /another resource here has the label/ };
    assert.deepEqual(await names("P/sub1/ses1/1"), ["R", `${other}`].sort());
    assert.deepEqual(await names("P/sub1/ses1/1/R"), ["own.txt"]);
    await assert.rejects(put("P/sub1/ses1/1/R/other.txt", "new"), refusal);
    await assert.rejects(remove("P/sub1/ses1/1/R/own.txt"), refusal);
    const options = { signal: NEVER };
    // A move would copy it first.
    await assert.rejects(transport.checkRemoval!(at("P/sub1/ses1/1/R/own.txt"), options), refusal);
    await transport.checkRemoval!(at(`P/sub1/ses1/1/${other}/other.txt`), options);
    await assert.rejects(remove("P/sub1/ses1/1/R", true), refusal);
    assert.equal(await text(`P/sub1/ses1/1/${other}/other.txt`), "other");
    assert.equal(await text("P/sub1/ses1/1/R/own.txt"), "own");
    // The other one has a number of its own.
    await put(`P/sub1/ses1/1/${other}/other.txt`, "new");
    await remove(`P/sub1/ses1/1/${other}`, true);
    assert.deepEqual(await names("P/sub1/ses1/1/R"), ["own.txt"]);
  }));

Deno.test("remove() takes no resource away whose files are another one's of the same label, too", () =>
  setting(async ({ server, remove, names, text }) => {
    const scan = ["P", "sub1", "ses1", "1"];
    await server.seed.file([...scan, "DICOM", "1.dcm"], new TextEncoder().encode("1"));
    const first = server.seed.resource(scan, "DICOM");
    const second = server.seed.resource(scan, "DICOM", { again: true });
    const other = server.seed.resource([...scan.slice(0, 3), "2"], "DICOM");
    for (const number of [first, second]) {
      await assert.rejects(remove(`P/sub1/ses1/1/${number}`, true), {
        kind: "NotSupported",
        message: /one catalog/,
      });
    }
    assert.equal(await text(`P/sub1/ses1/1/${first}/1.dcm`), "1");
    // What is in them goes as ever, and then one after the other.
    await remove(`P/sub1/ses1/1/${second}/1.dcm`);
    for (const number of [second, first]) await remove(`P/sub1/ses1/1/${number}`);
    assert.deepEqual(await names("P/sub1/ses1/1"), []);
    await remove(`P/sub1/ses1/2/${other}`, true);
  }));

Deno.test("remove() of many at once takes one list before and one behind, and each alone of those like it", () =>
  setting(async (s) => {
    const gone = ["a.1", "a-1", "s1", "s+1", "d/x.dcm", "x$1"];
    const kept = ["a_1", "a 1", "ab1", "s1.dcm", "s10", "d/x.dcm2", "d/xXdcm", "x.1"];
    await fill(s, ...gone, ...kept);
    s.server.requests.clear();
    assert.deepEqual(await together(s, gone), gone);
    assert.equal(deletes(s), gone.length);
    assert.equal(lists(s), 2);
    assert.deepEqual(await s.names(R), ["a 1", "a_1", "ab1", "d", "s1.dcm", "s10", "x.1"]);
    assert.deepEqual(await s.names(`${R}/d`), ["x.dcm2", "xXdcm"]);
  }));

Deno.test("remove() of many at once tells each of its own failure, and removes the others", () =>
  setting(async (s) => {
    await fill(s, "a", "b", "c", "d/x", "e/y", "f", "s^", "s_");
    s.server.faults.inject({ status: 403, ...DELETE, route: /\/files\/b/ });
    s.server.faults.inject({ lostAnswer: true, ...DELETE, route: /\/files\/c/ });
    s.server.faults.inject({ status: 503, ...DELETE, route: /\/files\/f/ });
    const names = ["a", "b", "c", "d", "e/y", "f", "gone", "s^", "a/x"];
    assert.deepEqual(await together(s, names), [
      "a",
      "b: PermissionDenied it is still there",
      "c",
      "d: NotEmpty",
      "e/y",
      "f: Unavailable it is still there",
      "gone: NotFound",
      "s^: NotSupported",
      "a/x: NotFound",
    ]);
    assert.deepEqual(await s.names(R), ["b", "d", "f", "s^", "s_"]);
    assert.deepEqual(await together(s, ["d", "b"], { recursive: true }), ["d", "b"]);
    assert.deepEqual(await s.names(R), ["f", "s^", "s_"]);
  }));

Deno.test("remove() of one file twice at once does not tell that it is missing when the server did not remove it", () =>
  setting(async (s) => {
    await fill(s, "a", "b");
    s.server.faults.inject({ status: 200, body: "", ...DELETE, times: 2 });
    assert.deepEqual(await together(s, ["a", "a"]), ["a: Unavailable", "a: Unavailable"]);
    assert.deepEqual(await together(s, ["a", "a", "b"]), ["a", "a: NotFound", "b"]);
  }));

Deno.test("remove() of many at once that the server refuses takes one list before and one behind", () =>
  setting(async (s) => {
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    await fill(s, ...names);
    s.server.faults.inject({ status: 403, ...DELETE, times: Infinity });
    s.server.requests.clear();
    const refused = names.map((name) => `${name}: PermissionDenied it is still there`);
    assert.deepEqual(await together(s, names), refused);
    assert.deepEqual([deletes(s), lists(s)], [20, 2]);
  }));

Deno.test("remove() that is aborted while it waits with others sends nothing, and ends none of them", async () => {
  // While another one is removed, and while the list is asked, for the first of them.
  for (
    const [what, order] of [[/DELETE .*b/, ["a", "b", "c"]], [/GET .*\/files(\?|$)/, [
      "c",
      "b",
      "a",
    ]]]
  ) {
    const abort = new AbortController();
    let isReady = false;
    const fetched: FetchLike = async (url, init) => {
      if (isReady && (what as RegExp).test(`${init?.method} ${url}`)) abort.abort();
      return await fetch(url, init);
    };
    await setting(async (s) => {
      await fill(s, "a", "b", "c", "d");
      await s.names(R);
      isReady = true;
      const each = await Promise.all(
        [...order as string[], "d"].map((name) =>
          together(s, [name], name === "c" ? { signal: abort.signal } : {})
        ),
      );
      assert.deepEqual(each.flat().sort(), ["a", "b", "c: Aborted", "d"]);
      assert.deepEqual(await s.names(R), ["c"]);
      assert.equal(deletes(s), 3);
    }, { driver: { fetch: fetched } });
  }
});

Deno.test("remove() of many on a slow server looks again for what others store like one of them", async () => {
  let isSlow = true;
  let s: Setting | undefined;
  const fetched: FetchLike = async (url, init) => {
    if (init?.method === "DELETE" && isSlow) {
      isSlow = false;
      await fill(s!, "bX1");
      await new Promise((resolve) => setTimeout(resolve, 1_050));
    }
    return await fetch(url, init);
  };
  await setting(async (setting) => {
    s = setting;
    await fill(s, "a", "b.1", "c");
    assert.deepEqual(await together(s, ["a", "b.1", "c"]), ["a", "b.1", "c"]);
    assert.deepEqual(await s.names(R), ["bX1"]);
  }, { driver: { fetch: fetched } });
});

Deno.test("remove() finds what others have stored since all was listed", () =>
  setting(async (s) => {
    await fill(s, "a");
    assert.deepEqual(await s.names(R), ["a"]);
    assert.deepEqual(await s.names("P/sub1/ses1"), ["1"]);
    await fill(s, "b");
    assert.deepEqual(await together(s, ["b"]), ["b"]);
    s.server.seed.scan(["P", "sub1", "ses1", "2"]);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await s.remove("P/sub1/ses1/2");
    assert.deepEqual(await s.names("P/sub1/ses1"), ["1"]);
  }));

Deno.test("move() of many small files keeps what changed after it was read, by the list before their removal", async () => {
  let s: Setting | undefined;
  let isChanged = false;
  const fetched: FetchLike = async (url, init) => {
    if (init?.method === "PUT" && String(url).includes("/files/") && !isChanged) {
      isChanged = true;
      await s!.server.seed.file([...R.split("/"), "b"], new TextEncoder().encode("another"));
    }
    return await fetch(url, init);
  };
  await setting(async (setting) => {
    s = setting;
    await fill(s, "a", "b", "c", "e");
    const place = (path: string) => ({ transport: s!.transport, location: s!.at(path) });
    const outcomes: string[] = [];
    const moving = moveTree(place(R), place("P/sub1/ses1/1/TO"), () => assert.fail("no archive"), {
      onOutcome: ({ from, error }) => void outcomes.push(error?.message ?? from.slice(-1)),
    });
    await assert.rejects(moving, { kind: "PartialFailure" });
    assert.equal(await s.text("P/sub1/ses1/1/TO/b"), "b");
    assert.equal(outcomes.length, 4);
    const [told] = outcomes.filter((each) => each.length > 1);
    assert.match(told!, /R\/b": it changed after it was read, so both are kept$/);
    assert.deepEqual([await s.names(R), await s.text(`${R}/b`)], [["b"], "another"]);
    assert.deepEqual(await s.names("P/sub1/ses1/1/TO"), ["a", "b", "c", "e"]);
    assert.equal(s.server.requests.total("HEAD").requests, 0);
  }, { driver: { fetch: fetched } });
});
