import { strict as assert } from "node:assert";
import type { XnatFaultKind, XnatFaultMatch } from "../../../testing/xnat_server/mod.ts";
import { readerOf, type Source } from "../../../vfs/bytes/bytes.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import { until } from "../../until.ts";
import { growing, setting, sourceOf } from "./write_setting.ts";

const R = "P/sub1/ses1/1/R";
const PUT = { method: "PUT", route: /\/files\// } as const;

async function errorOf(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("resolved"), (error) => error);
  assert(isVfsError(error), String(error));
  return error;
}

/** A fault that answers 200 and does nothing. */
function answering(body: string, match: XnatFaultMatch = PUT): XnatFaultKind & XnatFaultMatch {
  const headers = { "content-type": "text/html", "content-length": String(body.length) };
  return { status: 200, body, headers, ...match };
}

const FAULTS: Record<string, [XnatFaultKind & XnatFaultMatch, VfsError["kind"]]> = {
  "a failure of the server": [{ status: 500, ...PUT }, "Unavailable"],
  "a busy proxy": [{ status: 503, ...PUT }, "Unavailable"],
  "a limit of a proxy": [{ status: 413, ...PUT }, "StorageFull"],
  "no right": [{ status: 403, ...PUT }, "PermissionDenied"],
  "a page in place of an answer": [answering("<html>oops</html>"), "Protocol"],
  "the answer of duplicates": [answering('{"duplicates":["a"]}'), "AlreadyExists"],
};

for (const [what, [fault, kind]] of Object.entries(FAULTS)) {
  Deno.test(`put() that meets ${what} leaves the old file or none, and says which`, () =>
    setting(async ({ server, put, text, names }) => {
      await put(`${R}/keep`, "old");
      // An answer that is no answer is asked for twice.
      server.faults.inject({ ...fault, times: kind === "Protocol" ? 4 : 2 });
      const first = await errorOf(put(`${R}/keep`, "new"));
      assert.equal(first.kind, kind, first.message);
      assert.equal(await text(`${R}/keep`), "old");
      const second = await errorOf(put(`${R}/fresh`, "new"));
      assert.deepEqual(await names(R), ["keep"]);
      if (kind === "AlreadyExists") return;
      assert.match(first.message, /; the old file is still there$/);
      assert.match(second.message, /; nothing is stored$/);
    }));
}

Deno.test("put() that others keep from being listed says that the new bytes are there", () =>
  setting(async ({ server, put }) => {
    await put(`${R}/keep`, "old");
    const body = "<html><h3>Another thread or process modified R_catalog.xml</h3></html>";
    server.faults.inject({ status: 500, body, times: 5, ...PUT });
    const { message } = await errorOf(put(`${R}/keep`, "new"));
    assert.match(message, /; the server lists the old file, and has the bytes of the new one/);
  }));

Deno.test("put() of many whose server goes away fails each by its own name, and says what is there", () =>
  setting(async ({ server, origin, put }) => {
    for (const name of ["a", "b", "c"]) await put(`${R}/${name}`, "old");
    const get = { method: "GET", route: /\/files/ } as const;
    server.faults.inject({ reset: true, times: 20, ...get });
    const puts = ["a", "b", "c", "d"].map((name) => errorOf(put(`${R}/${name}`, "new")));
    const errors = await Promise.all(puts);
    errors.forEach(({ url, kind, message }, i) => {
      assert.equal(url, `${origin}/${R}/${"abcd"[i]}`);
      assert(["Incomplete", "Unavailable"].includes(kind), kind);
      assert.match(message, /; (nothing was sent|(all of it was sent, and )?it is not known .+)$/);
    });
  }));

Deno.test("put() whose answer is lost looks, and finds that all is well", () =>
  setting(async ({ server, put, text }) => {
    await put(`${R}/a`, "old");
    server.faults.inject({ lostAnswer: true, ...PUT });
    // Once is enough.
    const end = server.faults.inject({ status: 503, after: 1, method: "GET", route: /\/files/ });
    await put(`${R}/a`, "new");
    end();
    assert.equal(await text(`${R}/a`), "new");
    assert.equal(server.requests.entries.filter(({ method }) => method === "PUT").length, 3);
  }));

for (const status of [400, 403, 500, 502, 504]) {
  Deno.test(`put() that is answered ${status} after it was stored looks, and finds that all is well`, async () => {
    let isBroken = false;
    const fetched: FetchLike = async (url, init) => {
      const answer = await fetch(url, init);
      if (!isBroken || init?.method !== "PUT") return answer;
      await answer.body?.cancel();
      return new Response("<html><title>Gateway</title></html>", { status });
    };
    await setting(async ({ put, text }) => {
      await put(`${R}/keep`, "old");
      isBroken = true;
      await put(`${R}/keep`, "new");
      await Promise.all(["a", "b", "c"].map((name) => put(`${R}/${name}`, name)));
      for (const name of ["a", "b", "c"]) assert.equal(await text(`${R}/${name}`), name);
      assert.equal(await text(`${R}/keep`), "new");
    }, { driver: { fetch: fetched } });
  });
}

/** The network, which lets go of a PUT after so many bytes of it. */
function breaking(bytes: number) {
  const network = { isBroken: false };
  const fetched: FetchLike = async (url, init) => {
    if (!network.isBroken || init?.method !== "PUT") return await fetch(url, init);
    const reader = new Response(init.body as BodyInit).body!.getReader();
    for (let read = 0; read < bytes;) read += (await reader.read()).value?.length ?? bytes;
    await reader.cancel();
    throw new TypeError("connection reset");
  };
  return { network, fetched };
}

Deno.test("put() that breaks off over an old file of the same size fails, and the old file is still there", async () => {
  const { network, fetched } = breaking(1_000_000);
  const large = new Uint8Array(5_000_000).fill(65);
  await setting(async ({ put, text }) => {
    await put(`${R}/large`, large);
    network.isBroken = true;
    const error = await errorOf(put(`${R}/large`, growing(large.length)));
    assert.equal(error.kind, "Unavailable");
    assert.match(error.message, /; the old file is still there$/);
    assert.equal((await text(`${R}/large`)).slice(0, 3), "AAA");
  }, { driver: { fetch: fetched } });
});

Deno.test("put() that breaks off where the catalog has no digests is not taken for stored by its size", async () => {
  const { network, fetched } = breaking(1);
  const digestless: FetchLike = async (url, init) => {
    const answer = await fetched(url, init) as Response;
    if (!String(url).includes("/files?")) return answer;
    return new Response((await answer.text()).replace(/"digest":"[^"]*"/g, '"digest":""'), answer);
  };
  await setting(async ({ put, text }) => {
    await put(`${R}/keep`, "old");
    network.isBroken = true;
    const error = await errorOf(put(`${R}/keep`, "new"));
    assert.match(
      error.message,
      /; the old file is there, or the new one, which has the same size$/,
    );
    assert.equal(await text(`${R}/keep`), "old");
    network.isBroken = false;
    await put(`${R}/keep`, "new");
    assert.equal(await text(`${R}/keep`), "new");
  }, { driver: { fetch: digestless } });
});

Deno.test("put() logs in again when the session ends while it uploads", () =>
  setting(async ({ server, put, text }) => {
    await put(`${R}/a`, "old");
    server.faults.inject({ expire: true, ...PUT });
    await put(`${R}/a`, "new");
    server.faults.inject({ expire: true, ...PUT });
    await put(`${R}/big`, growing(5_000_000));
    server.faults.inject({ loginPage: true, ...PUT });
    await put(`${R}/b`, "b");
    assert.deepEqual([await text(`${R}/a`), await text(`${R}/b`)], ["new", "b"]);
    server.faults.inject({ expire: true, ...PUT });
    const error = await errorOf(put(`${R}/once`, growing(5_000_000, false)));
    assert.match(error.message, /cannot be read again; nothing is stored$/);
  }));

Deno.test("put() on a site that is open to guests is not taken for a guest when its session ends", () =>
  setting(async ({ server, put, text }) => {
    await put(`${R}/a`, "old");
    server.faults.inject({ expire: true, ...PUT });
    await put(`${R}/a`, "new");
    server.expireSessions();
    await put(`${R}/b`, "b");
    assert.deepEqual([await text(`${R}/a`), await text(`${R}/b`)], ["new", "b"]);
  }, { guest: true }));

Deno.test("put() and others who change the same resource all last", () =>
  setting(async ({ server, put, names, origin }) => {
    await put(`${R}/first`, "1");
    const url = `${origin.replace("xnat+", "")}/data/projects/P/subjects/sub1/experiments/ses1`;
    const foreign = async (name: string) => {
      const path = `${url}/scans/1/resources/R/files/${name}?inbody=true&overwrite=true`;
      const headers = { authorization: `Basic ${btoa("admin:admin")}` };
      const answer = await fetch(path, { method: "PUT", body: "x", headers });
      await answer.body?.cancel();
    };
    const ours = Array.from({ length: 10 }, (_, i) => `ours${i}`);
    await Promise.all([
      ...ours.map((name) => put(`${R}/${name}`, name)),
      ...Array.from({ length: 10 }, (_, i) => foreign(`theirs${i}`)),
    ]);
    const there = await names(R);
    for (const name of ours) assert(there.includes(name), name);
    assert(server.requests.count > 20);
  }));

Deno.test("put() that cannot see what is there makes nothing", () => {
  let lists = 0;
  const fetched: FetchLike = async (url, init) => {
    const isList = /\/projects\/P\/subjects\?/.test(`${url}`);
    return isList && ++lists === 2 ? new Response("", { status: 503 }) : await fetch(url, init);
  };
  return setting(async ({ put, server }) => {
    assert.equal((await errorOf(put("P/sub2/ses2/7/R/a", "a"))).kind, "Unavailable");
    assert.equal(lists, 2);
    assert.deepEqual(server.requests.entries.filter(({ method }) => method === "PUT"), []);
  }, { driver: { fetch: fetched } });
});

Deno.test("put() by a user who may only read fails, and says why", async () => {
  const users = {
    admin: { password: "admin", admin: true },
    ann: { password: "pw", rights: { P: "read" } },
  } as const;
  await setting(async ({ server, put, remove }) => {
    await server.seed.file(["P", "sub1", "ses1", "1", "R", "a"], new Uint8Array([1]));
    const error = await errorOf(put(`${R}/b`, "new"));
    assert.equal(error.kind, "PermissionDenied", error.message);
    assert.match(error.message, /stored nothing; the user has probably no right/);
    assert.equal((await errorOf(put(`${R}/a`, "new"))).kind, "PermissionDenied");
    assert.equal((await errorOf(remove(`${R}/a`))).kind, "PermissionDenied");
    assert.equal((await errorOf(put("P/sub1/ses1/1/NEW/b", "x"))).kind, "PermissionDenied");
  }, { users, user: "ann:pw" });
});

Deno.test("put() that is overtaken by another client of the same name wins, and nothing is removed", () => {
  let overtaken = 0;
  return setting(async ({ put, text }) => {
    await put(`${R}/a`, "ours");
    assert.equal(await text(`${R}/a`), "ours");
    assert.equal(overtaken, 1);
  }, {
    driver: {
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        if (init?.method === "PUT" && url.includes("/files/a?") && overtaken++ === 0) {
          const other = await fetch(url, { ...init, body: "theirs" });
          await other.body?.cancel();
        } else if (init?.method === "PUT" && url.includes("/files/a?")) overtaken--;
        return answer;
      },
    },
  });
});

Deno.test("put() that finds other bytes twice is an error, and they are left, since they may be somebody else's", () =>
  setting(async ({ put, text, origin }) => {
    const error = await errorOf(put(`${R}/a`, "right"));
    assert.equal(error.kind, "Corrupt");
    assert.match(error.message, /MD5 [0-9a-f]{32} instead of [0-9a-f]{32}; that is there now$/);
    assert.equal(await text(`${R}/a`), "wrong");
    assert(!error.message.includes("admin"), origin);
  }, {
    driver: {
      fetch: async (url, init) => {
        const isUpload = init?.method === "PUT" && url.includes("/files/a?");
        if (!isUpload) return await fetch(url, init);
        const sent = await new Response(init.body).text();
        const body = new TextEncoder().encode(sent.replace("right", "wrong"));
        return await fetch(url, { ...init, body });
      },
    },
  }));

Deno.test("an aborted put() settles soon and leaves the old file", () =>
  setting(async ({ transport, at, put, text }) => {
    await put(`${R}/a`, "old");
    const abort = new AbortController();
    const source = growing(1_000_000_000);
    let last: Promise<void> | undefined;
    let reads = 0;
    const slow: Source = {
      ...source,
      open: async () => {
        const reader = readerOf(await source.open());
        const pause = () => last = new Promise((resolve) => setTimeout(resolve, 5));
        return { ...reader, read: async () => (reads++, await pause(), await reader.read()) };
      },
    };
    const writing = transport.put!(at(`${R}/a`), slow, { signal: abort.signal });
    await until(() => reads > 5);
    const start = performance.now();
    abort.abort();
    const error = await errorOf(writing);
    assert.equal(error.kind, "Aborted");
    assert.match(error.message, /the old file is still there$/);
    assert(performance.now() - start < 10_000);
    assert.equal(await text(`${R}/a`), "old");
    await last;
  }));

Deno.test("put() that is aborted once all was sent resolves when the new file is there, and says what may be there otherwise", async () => {
  for (const digests of [true, false]) {
    let abort = new AbortController();
    let isKept = true;
    const late: FetchLike = async (url, init) => {
      if (init?.method === "PUT" && url.includes("/files/")) {
        if (isKept) await (await fetch(url, { ...init, signal: undefined } as RequestInit)).text();
        else await new Response(init.body as BodyInit).bytes();
        abort.abort();
        throw abort.signal.reason;
      }
      const answer = await fetch(url, init as RequestInit);
      if (digests || !url.includes("/files?")) return answer;
      const rows = await answer.text();
      return new Response(rows.replace(/"digest":"[^"]*"/g, '"digest":""'), answer);
    };
    await setting(async ({ transport, at }) => {
      const put = (name: string, content: string) => {
        abort = new AbortController();
        const source = sourceOf(content);
        return transport.put!(at(`${R}/${name}`), source, { signal: abort.signal });
      };
      const said = async (name: string, content: string) =>
        (await errorOf(put(name, content))).message.split("; ").at(-1);
      assert.equal((await put("a", "old")).size, 3);
      if (digests) assert.equal((await put("a", "new")).size, 3);
      else {
        const either = "the old file is there, or the new one, which has the same size";
        assert.equal(await said("a", "new"), either);
      }
      isKept = false;
      assert.equal(
        await said("b", "new"),
        "nothing is stored, unless the server stores the new one yet",
      );
      assert.equal(
        await said("a", "other"),
        "the old file is still there, unless the server stores the new one yet",
      );
    }, { driver: { fetch: late } });
  }
});

Deno.test("an aborted put() has ended with its source, whatever the network still asks for", async () => {
  let asked: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const hanging: FetchLike = async (url, init) => {
    if (!(init?.body instanceof Blob)) return await fetch(url, init as RequestInit);
    asked = init.body.stream().getReader();
    await asked.read();
    return await new Promise((_, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  await setting(async ({ transport, at }) => {
    let reads = 0;
    const source = growing(20_000_000);
    const counted: Source = {
      ...source,
      open: async () => {
        const reader = readerOf(await source.open());
        return { ...reader, read: () => (reads++, reader.read()) };
      },
    };
    const abort = new AbortController();
    const writing = transport.put!(at(`${R}/a`), counted, { signal: abort.signal });
    // Until the network has one chunk, and two are read ahead.
    do await new Promise((resolve) => setTimeout(resolve, 20)); while (reads < 3);
    abort.abort();
    await errorOf(writing);
    const before = reads;
    for (let i = 0; i < 5; i++) await asked?.read().catch(() => {});
    assert.equal(reads, before);
  }, { driver: { fetch: hanging } });
});

Deno.test("remove() from what is removed as a whole meanwhile has done its work", () => {
  let isGone = false;
  const fetched: FetchLike = async (url, init) => {
    if (isGone) return new Response("", { status: 404 });
    isGone = init?.method === "DELETE";
    return await fetch(url, init);
  };
  return setting(async ({ put, remove }) => {
    await put(`${R}/a`, "a");
    await remove(`${R}/a`);
    isGone = false;
  }, { driver: { fetch: fetched } });
});

Deno.test("remove() that is refused or lost says so or looks", () =>
  setting(async ({ server, put, remove, names }) => {
    for (const name of ["a", "b", "c"]) await put(`${R}/${name}`, name);
    const match = { method: "DELETE", route: /\/files\// };
    server.faults.inject({ status: 403, ...match });
    assert.equal((await errorOf(remove(`${R}/a`))).kind, "PermissionDenied");
    server.faults.inject(answering("", match));
    assert.match((await errorOf(remove(`${R}/a`))).message, /did not remove it/);
    assert.deepEqual(await names(R), ["a", "b", "c"]);
  }));

/** The network, which loses the answers to requests of a method from when it is told. */
function losing(method: string) {
  const network = { isLost: false };
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    if (!network.isLost || init?.method !== method) return answer;
    await answer.body?.cancel();
    throw new TypeError("connection reset");
  };
  return { network, fetched };
}

Deno.test("remove() of an object that is refused says so; one whose answer is lost is looked for anew", () => {
  const { network, fetched } = losing("DELETE");
  return setting(async ({ server, put, remove, names }) => {
    await put(`${R}/a`, "a");
    server.faults.inject({ status: 403, method: "DELETE" });
    assert.equal((await errorOf(remove("P/sub1/ses1/1", true))).kind, "PermissionDenied");
    network.isLost = true;
    assert.deepEqual(await names("P/sub1/ses1"), ["1"]);
    assert.equal((await errorOf(remove(R, true))).kind, "Unavailable");
    assert.deepEqual(await names("P/sub1/ses1/1"), []);
    assert.equal((await errorOf(remove("P/sub1/ses1/1", true))).kind, "Unavailable");
    assert.deepEqual(await names("P/sub1/ses1"), []);
  }, { driver: { fetch: fetched } });
});

Deno.test("mkdir() whose answer is lost fails, and what it made is listed at once", () => {
  const { network, fetched } = losing("PUT");
  return setting(async ({ server, mkdir, names }) => {
    const levels = ["Q", "P/sub2", "P/sub1/ses2", "P/sub1/ses1/2", "P/sub1/ses1/1/R"];
    network.isLost = true;
    for (const path of levels) {
      const parent = path.split("/").slice(0, -1).join("/");
      const before = await names(parent);
      const error = await errorOf(mkdir(path));
      assert.equal(error.kind, "Unavailable", path);
      assert.deepEqual(await names(parent), [...before, path.split("/").at(-1)!].sort());
    }
    const puts = server.requests.entries.filter(({ method }) => method === "PUT");
    assert.equal(puts.length, levels.length);
  }, { driver: { fetch: fetched } });
});
