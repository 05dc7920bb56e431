import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { FetchLike, FileToPut } from "../../../vfs/transport.ts";
import { SizedBlob } from "../../../transports/xnat/sized_blob.ts";
import { type Setting, setting } from "./write_setting.ts";

const R = "P/sub1/ses1/1/R";
const NAMES = ["a", "b", "c d+e", "ü#%41"];
const ZIP = { method: "PUT", route: /medvfs-upload\.zip/ } as const;

/** Stores texts together, and tells of each path what became of it. */
async function putMany(
  { transport, at }: Setting,
  texts: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const files: FileToPut[] = Object.entries(texts).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    return { location: at(path), source: { ...sourceOfBytes(bytes), size: bytes.length } };
  });
  const told: Record<string, string> = {};
  for await (const page of transport.putMany!(files, { signal: NEVER })) {
    for (const outcome of page) {
      const path = Object.keys(texts)[files.findIndex((f) => f.location === outcome.location)]!;
      told[path] = "error" in outcome ? outcome.error.message : "stored";
    }
  }
  return told;
}

const paths = (names: readonly string[], text: string, above = R) =>
  Object.fromEntries(names.map((name) => [`${above}/${name}`, text]));
const uploads = ({ server }: Setting) =>
  server.requests.entries.filter(({ method, path }) => method === "PUT" && path.includes("/files"));

Deno.test("putMany() stores the files of a resource by one request and one list", () =>
  setting(async (s) => {
    await s.mkdir(R, true);
    s.server.requests.clear();
    const told = await putMany(s, { ...paths(NAMES, "text"), [`${R}/sub/none`]: "" });
    assert.deepEqual(Object.values(told), Array(5).fill("stored"));
    for (const name of NAMES) assert.equal(await s.text(`${R}/${name}`), "text");
    assert.equal(await s.text(`${R}/sub/none`), "");
    assert.equal(uploads(s).length, 1);
  }));

Deno.test("putMany() makes what is missing, and tells nothing of what it cannot store", () =>
  setting(async (s) => {
    await s.put(`${R}/folder/x`, "x");
    await s.put(`${R}/other/x`, "x");
    const told = await putMany(s, {
      "P/new/ses/2/R/a": "a",
      "P/new/ses/2/R/b": "b",
      "P/new/ses/2/R/b/below": "no",
      [`${R}/other`]: "no",
      [`${R}/folder/y`]: "y",
      [`${R}/folder/z`]: "z",
      [`${R}/single\\no`]: "no",
      "NONE/s/e/1/R/a": "no",
      "NONE/s/e/1/R/b": "no",
    });
    const stored = ["P/new/ses/2/R/a", "P/new/ses/2/R/b", `${R}/folder/y`, `${R}/folder/z`];
    assert.deepEqual(Object.keys(told).sort(), stored.sort());
    assert.deepEqual(await s.names("P/new/ses/2/R"), ["a", "b"]);
    assert.deepEqual(await s.names(`${R}/folder`), ["x", "y", "z"]);
  }));

Deno.test("files that are called like XNAT's own lists or locks are refused, alone and with others, and no list is lost", () =>
  setting(async (s) => {
    await s.put(`${R}/keep`, "old");
    const names = ["R_catalog.xml", "in/scan_1_catalog.xml", "in/.~lock-x"];
    const told = await putMany(s, paths(["a", "b", ...names], "text"));
    assert.deepEqual(told, { [`${R}/a`]: "stored", [`${R}/b`]: "stored" });
    for (const name of names) {
      await assert.rejects(s.put(`${R}/${name}`, "text"), {
        kind: "InvalidUrl",
        message: /its own lists and locks/,
      });
    }
    // An empty file goes as a zip too.
    await assert.rejects(s.put(`${R}/R_catalog.xml`, ""), { kind: "InvalidUrl" });
    assert.deepEqual(await s.names(R), ["a", "b", "keep"]);
  }));

Deno.test("putMany() sends no zip where XNAT would list the files by their paths on the server", () =>
  setting(async (s) => {
    for (const resource of ["P/sub1/größe/1/R", "P/sub1/ses1/.resources/größe"]) {
      await s.mkdir(resource, true);
      assert.deepEqual(await putMany(s, { [`${resource}/a`]: "a", [`${resource}/b`]: "b" }), {});
      await s.put(`${resource}/a`, "a");
      assert.deepEqual(await s.names(resource), ["a"]);
    }
  }));

Deno.test("a file that needs a zip is refused where XNAT would list it by its path on the server, and the others stay", () =>
  setting(async (s) => {
    const at = "P/sub1/größe/1/R";
    await s.put(`${at}/a`, "a");
    for (const [name, content] of [["empty", ""], ["ä.txt", "x"], ["a", ""]] as const) {
      await assert.rejects(s.put(`${at}/${name}`, content), {
        kind: "NotSupported",
        message: /letters beyond ASCII/,
      });
    }
    assert.deepEqual(await s.names(at), ["a"]);
    assert.equal(await s.text(`${at}/a`), "a");
  }));

Deno.test("putMany() goes by the names of folders on the server, not by those in the URL", () =>
  setting(async (s) => {
    // Sessions are in no folder of their subject.
    await s.mkdir("P/größe/ses2/1/R", true);
    const files = (above: string) => paths(["a", "b"], "text", above);
    assert.equal(Object.keys(await putMany(s, files("P/größe/ses2/1/R"))).length, 2);
    assert.equal(uploads(s).length, 1);
    const id = s.server.seed.session(["P", "sub1", "länge"]);
    await s.mkdir(`P/sub1/${id}/1/R`, true);
    await s.mkdir("P/größe/.resources/R", true);
    s.server.requests.clear();
    assert.deepEqual(await putMany(s, files(`P/sub1/${id}/1/R`)), {});
    assert.deepEqual(await putMany(s, files("P/größe/.resources/R")), {});
    assert.equal(uploads(s).length, 0);
  }));

Deno.test("putMany() leaves one that fits alone to be stored alone", () =>
  setting(async (s) => {
    await s.mkdir(R, true);
    s.server.requests.clear();
    assert.deepEqual(await putMany(s, { [`${R}/a`]: "a" }), {});
    assert.equal(uploads(s).length, 0);
  }));

Deno.test("putMany() of files none of which can be read sends nothing", () =>
  setting(async (s) => {
    await s.mkdir(R, true);
    s.server.requests.clear();
    const open = () => Promise.reject(new Error("gone"));
    const files = NAMES.map((name) => ({
      location: s.at(`${R}/${name}`),
      source: { size: 1, replayable: true, open },
    }));
    assert.deepEqual(await Array.fromAsync(s.transport.putMany!(files, { signal: NEVER })), []);
    assert.equal(uploads(s).length, 0);
  }));

Deno.test("putMany() whose answer is lost looks, and finds that all is well", () =>
  setting(async (s) => {
    await putMany(s, paths(NAMES, "old"));
    s.server.faults.inject({ lostAnswer: true, ...ZIP });
    const told = await putMany(s, paths(NAMES, "new"));
    assert.deepEqual(Object.values(told), Array(4).fill("stored"));
    assert.equal(uploads(s).length, 2);
    for (const name of NAMES) assert.equal(await s.text(`${R}/${name}`), "new");
  }));

Deno.test("putMany() whose zip is refused leaves each to be stored alone", () =>
  setting(async (s) => {
    await putMany(s, paths(NAMES, "old"));
    for (const status of [400, 403, 413, 500]) {
      s.server.faults.inject({ status, ...ZIP });
      assert.deepEqual(await putMany(s, paths(NAMES, "new")), {});
    }
    for (const name of NAMES) assert.equal(await s.text(`${R}/${name}`), "old");
  }));

Deno.test("putMany() leaves a zip that failed to whoever reads it still", () => {
  let refused: Blob | undefined;
  const refusing: FetchLike = async (url, init) => {
    if (refused || !ZIP.route.test(`${url}`)) return await fetch(url, init);
    refused = init!.body as Blob;
    return new Response("", { status: 500 });
  };
  return setting(async (s) => {
    await s.mkdir(R, true);
    assert.deepEqual(await putMany(s, paths(NAMES, "first")), {});
    await putMany(s, paths(NAMES, "other"));
    const sent = await new Response(refused!.stream()).text();
    assert.deepEqual([sent.includes("first"), sent.includes("other")], [true, false]);
  }, { driver: { fetch: refusing } });
});

Deno.test("putMany() that a proxy or the network breaks says of each what is there", () =>
  setting(async (s) => {
    await putMany(s, paths(["a", "b"], "old"));
    for (const fault of [{ status: 503 }, { reset: true }] as const) {
      s.server.faults.inject({ ...fault, ...ZIP });
      const told = await putMany(s, paths(["a", "b", "c"], "new"));
      if ("reset" in fault && Object.values(told).every((each) => each === "stored")) continue;
      for (const name of ["a", "b"]) {
        assert.match(told[`${R}/${name}`]!, /; the old file is still there$/);
      }
      assert.match(told[`${R}/c`]!, /; nothing is stored$/);
    }
  }));

/** The network, which breaks off in the middle of a zip. */
const breaking: FetchLike = async (url, init) => {
  const { body } = init ?? {};
  if (!(body instanceof Blob) || body.size < 2_000_000) return await fetch(url, init);
  let left = body.size / 2;
  const cut = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left > 0) controller.enqueue(chunk);
      else controller.error(new Error("cut"));
    },
  });
  const stream = () => body.stream().pipeThrough(cut);
  return await fetch(url, { ...init, body: new SizedBlob(body.size, stream) });
};

Deno.test("putMany() whose zip breaks off leaves the old files", () =>
  setting(async (s) => {
    const texts = (text: string) => paths(["a", "b", "c"], text.repeat(900_000));
    for (const [path, text] of Object.entries(texts("o"))) await s.put(path, text);
    const told = await putMany(s, texts("n"));
    for (const [path, text] of Object.entries(texts("o"))) {
      assert.match(told[path]!, /; the old file is there, or the new one|; the old file is still/);
      assert(await s.text(path) === text, path);
    }
  }, { driver: { fetch: breaking } }));

Deno.test("putMany() whose zip is too large for a proxy leaves no doubt about what is there", () =>
  setting(async (s) => {
    await s.mkdir(R, true);
    s.server.faults.inject({ status: 413, ...ZIP });
    assert.deepEqual(await putMany(s, paths(["a", "b"], "new")), {});
    s.server.faults.inject({ status: 503, times: 9, method: "GET" });
    const options = { signal: NEVER, refresh: true };
    await assert.rejects(Array.fromAsync(s.transport.list(s.at(R), options)));
    await assert.rejects(s.put(`${R}/a`, "new"), /; nothing was sent$/);
  }));

Deno.test("putMany() that cannot look afterwards says of each that it is not known what is there", () =>
  setting(async (s) => {
    await putMany(s, paths(["a", "b"], "old"));
    s.server.faults.inject({ status: 503, ...ZIP });
    s.server.faults.inject({ status: 503, times: 9, method: "GET", route: /\/files/ });
    const told = await putMany(s, paths(["a", "b"], "new"));
    for (const message of Object.values(told)) {
      assert.match(message, /it is not known what is there/);
    }
    assert.equal(Object.keys(told).length, 2);
  }));

Deno.test("putMany() to a server that says yes and stores nothing tells of nothing", () =>
  setting(async (s) => {
    await s.put(`${R}/a`, "old");
    const headers = { "content-type": "text/plain", "content-length": "0" };
    s.server.faults.inject({ status: 200, body: "", headers, ...ZIP });
    assert.deepEqual(await putMany(s, paths(["a", "b", "c"], "new")), {});
  }));

Deno.test("putMany() into a resource that has the name of a file stores nothing beside that file", () =>
  setting(async (s) => {
    await s.put(`${R}/a`, "old");
    await putMany(s, { "P/sub1/ses1/1/a/x": "x", "P/sub1/ses1/1/a/y": "y" });
    assert.deepEqual(await s.names(R), ["a"]);
    assert.equal(await s.text(`${R}/a`), "old");
  }));

Deno.test("putMany() twice at once for the same files leaves those of one of them", () =>
  setting(async (s) => {
    const texts = ["one", "two", "three"];
    const told = await Promise.all(texts.map((text) => putMany(s, paths(NAMES, text))));
    for (const each of told) assert.deepEqual(Object.values(each), Array(4).fill("stored"));
    const found = new Set(await Promise.all(NAMES.map((name) => s.text(`${R}/${name}`))));
    assert.equal(found.size, 1);
    assert(texts.includes([...found][0]!));
  }));

Deno.test("a file that a zip stored whose answer was 500 is not said to be missing, whatever fails then", () => {
  const broken: FetchLike = async (url, init) => {
    const answer = await fetch(url, init as RequestInit);
    if (!url.includes("/medvfs-upload.zip")) return answer;
    await answer.body?.cancel();
    return new Response("<html><title>Oops</title></html>", { status: 500 });
  };
  return setting(async (s) => {
    const name = `${R}/a`;
    const lists = { method: "GET", route: /\/files/ } as const;
    const alone = () => s.put(name, "new").then(() => "stored", ({ message }) => message);
    await s.put(name, "old");
    s.server.faults.inject({ status: 503, ...lists });
    assert.deepEqual(await putMany(s, paths(["a", "b"], "new")), {});
    s.server.faults.inject({ status: 503, ...lists });
    assert.match(await alone(), /; it is not known what is there now$/);
    s.server.faults.inject({ status: 403, method: "PUT" });
    assert.equal(await alone(), "stored");
    await s.put(`${R}/other`, "x");
    s.server.faults.inject({ status: 403, method: "PUT" });
    assert.match(await alone(), /; the old file is still there$/);
  }, { driver: { fetch: broken } });
});

Deno.test("putMany() that cannot find out what is there tells each of its own, and that nothing was sent", () =>
  setting(async (s) => {
    await s.mkdir(R, true);
    for (const route of [/\/files/, /\/experiments/]) {
      await Array.fromAsync(s.transport.list(s.at("P"), { signal: NEVER, refresh: true }));
      s.server.faults.inject({ status: 503, method: "GET", times: 9, route });
      const told = await putMany(s, paths(["a", "b"], "new"));
      s.server.faults.clear();
      assert.deepEqual(Object.keys(told), [`${R}/a`, `${R}/b`]);
      for (const [path, message] of Object.entries(told)) {
        assert(message.includes(`${path}": `), message);
        assert.match(message, /; nothing was sent$/);
      }
    }
  }));

Deno.test("putMany() that is aborted while the server stores tells what is there, or leaves it open", async () => {
  let abort = new AbortController();
  let isDown = false;
  const aborting: FetchLike = async (url, init) => {
    if (!url.includes("/medvfs-upload.zip")) {
      if (isDown && abort.signal.aborted) return new Response(null, { status: 503 });
      return await fetch(url, init as RequestInit);
    }
    await (await fetch(url, { ...init, signal: undefined } as RequestInit)).text();
    abort.abort();
    throw abort.signal.reason;
  };
  await setting(async (s) => {
    await s.mkdir(R, true);
    const files = ["a", "b"].map((name) => ({
      location: s.at(`${R}/${name}`),
      source: { ...sourceOfBytes(new Uint8Array([1])), size: 1 },
    }));
    const told = async () => {
      abort = new AbortController();
      const pages = s.transport.putMany!(files, { signal: abort.signal });
      return (await Array.fromAsync(pages)).flat();
    };
    for (const outcome of await told()) assert("stored" in outcome && outcome.stored.size === 1);
    isDown = true;
    const outcomes = await told();
    assert.equal(outcomes.length, 2);
    for (const outcome of outcomes) {
      assert("error" in outcome && outcome.error.kind === "Aborted");
      assert.match(outcome.error.message, /; it is not known what is there now/);
    }
    isDown = false;
    s.server.faults.inject({ status: 503, method: "GET", route: /\/files/ });
    await assert.rejects(s.put(`${R}/a`, "x"), /; it is not known what is there now$/);
  }, { driver: { fetch: aborting } });
});
