/** What servers, proxies and people do wrong: each is a typed error that says what to do, and holds no credential. */

import { strict as assert } from "node:assert";
import { issueToken } from "../../../transports/xnat/alias_token.ts";
import type { XnatClient } from "../../../transports/xnat/client.ts";
import {
  startXnatServer,
  type XnatServer,
  type XnatServerOptions,
} from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import { SizedBlob } from "../../../transports/xnat/sized_blob.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";

const BYTES = Uint8Array.from({ length: 50_000 }, (_, i) => i * i % 251);
const SECRET = "S3CRET";
const FILE = "P/s/e/1/R/f";

interface Place {
  readonly server: XnatServer;
  readonly vfs: Vfs;
  /** `xnat+http://…/`, as the user `ann`. */
  readonly top: string;
}

type Change = (url: string, answer: Response) => Response | Promise<Response>;

async function place(
  work: (place: Place) => Promise<void>,
  { change, ...options }: XnatServerOptions & { change?: Change } = {},
): Promise<void> {
  const users = {
    ann: { password: SECRET, admin: true },
    bob: { password: SECRET },
    ...options.users,
  };
  await using server = await startXnatServer({ ...options, users });
  await server.seed.file(FILE.split("/"), BYTES);
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    return change ? await change(url, answer) : answer;
  };
  await using vfs = createVfs({ layers: { retry: false } });
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  await work({ server, vfs, top: `xnat+http://ann:${SECRET}@127.0.0.1:${server.port}/` });
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("did not fail"), (error: unknown) => error);
  assert(isVfsError(error), String(error));
  assert(!`${Deno.inspect(error)} ${JSON.stringify(error)}`.includes(SECRET), "a credential");
  return error;
}

Deno.test("a token that has ended is Unauthenticated, and says to check it", () =>
  place(async ({ server, vfs, top }) => {
    const headers = { authorization: `Basic ${btoa(`ann:${SECRET}`)}` };
    const issued = await fetch(`${server.url}/data/services/tokens/issue`, { headers });
    const { alias, secret } = await issued.json();
    const at = top.replace(`ann:${SECRET}`, `${alias}:${secret}`);
    assert.deepEqual(await vfs.readFile(at + FILE), BYTES);
    const ended = await fetch(
      `${server.url}/data/services/tokens/invalidate/${alias}/${secret}`,
      { headers },
    );
    await ended.body?.cancel();
    server.expireSessions();
    const error = await failure(vfs.readFile(at + FILE));
    assert.equal(error.kind, "Unauthenticated");
    assert.match(error.message, /check user, password or token/);
    assert(!Deno.inspect(error).includes(secret));
  }));

Deno.test("a project that the user may not see is NotFound, one that he may not read is PermissionDenied", () =>
  place(async ({ server, vfs, top }) => {
    server.seed.project("P", { accessibility: "private" });
    const bob = top.replace("ann", "bob");
    assert.equal((await failure(vfs.readFile(bob + FILE))).kind, "NotFound");
    assert.equal((await failure(vfs.readDir(`${bob}P`).next())).kind, "NotFound");
    server.seed.project("P", { accessibility: "protected" });
    const error = await failure(vfs.readDir(`${bob}P?refresh=true`).next());
    assert.equal(error.kind, "PermissionDenied");
    assert.match(error.message, /ask an owner/);
  }));

Deno.test("a page in place of a list or of content is Protocol, and quotes what the page says", () =>
  place(async ({ server, vfs, top }) => {
    await vfs.stat(`${top}P`);
    const body = "<html><body><h3>Down for repair</h3></body></html>";
    const headers = { "content-type": "text/html" };
    for (const route of [/scans|experiments$/, /files\/f/]) {
      const take = server.faults.inject({ status: 200, body, headers, route, times: Infinity });
      const error = await failure(vfs.readFile(`${top}${FILE}?refresh=true`));
      assert.equal(error.kind, "Protocol", String(error));
      assert.match(error.message, /Down for repair/);
      take();
    }
  }));

Deno.test("a page in place of the head of a file tells no size", () =>
  place(async ({ server, vfs, top }) => {
    const { size } = await vfs.stat(top + FILE);
    server.faults.inject({ loginPage: true, method: "HEAD" });
    assert.equal((await vfs.stat(top + FILE)).size, size);
    server.faults.inject({ loginPage: true, method: "HEAD", times: Infinity });
    assert.equal((await failure(vfs.stat(top + FILE))).kind, "Protocol");
  }));

Deno.test("what a server repeats of a login is in no error, and what else it says is", () => {
  const basic = btoa(`ann:${SECRET}`);
  const says = `no room for ${SECRET} (${basic})`;
  const change: Change = async (url, answer) => {
    if (!url.includes(isPage ? "/files/" : "/data/")) return answer;
    await answer.body?.cancel();
    const headers = { "content-type": isPage ? "text/html" : "text/plain" };
    const page = `<html><title>${says}</title></html>`;
    return new Response(isPage ? page : says, { status: isPage ? 200 : 400, headers });
  };
  let isPage = false;
  return place(async ({ vfs, top }) => {
    for (isPage of [false, true]) {
      const error = await failure(vfs.readFile(top + FILE));
      assert.match(error.message, /no room for … \(…\)/);
      assert(!Deno.inspect(error, { depth: 9 }).includes(basic));
    }
  }, { change });
});

Deno.test("what a server repeats of a login when it makes nothing is in no error", () =>
  place(async ({ server, vfs, top }) => {
    const body = `no room for ${SECRET}, ${SECRET}`;
    server.faults.inject({ status: 200, body, route: /subjects\/new$/, method: "PUT" });
    const error = await failure(vfs.mkdir(`${top}P/new`));
    assert.match(error.message, /did not make the subject: no room for …, …$/);
  }));

Deno.test("a password that a page of a server holds with its entities is in no error", () => {
  const password = `a"b<c>&'d`;
  const escaped = "a&quot;b&lt;c&gt;&amp;&#39;d";
  return place(async ({ server, vfs }) => {
    const body = `<html><h3>no room for ${escaped}</h3></html>`;
    server.faults.inject({ status: 400, body, route: /files/, times: Infinity });
    const user = `odd:${encodeURIComponent(password)}`;
    const error = await failure(
      vfs.readFile(`xnat+http://${user}@127.0.0.1:${server.port}/${FILE}`),
    );
    assert.match(error.message, /no room for …$/);
  }, { users: { odd: { password, admin: true } } });
});

Deno.test("a password too short to be one leaves what the server says as it is", () => {
  const says = "no room for a file that large";
  const change: Change = async (url, answer) => {
    if (!url.includes("/files/")) return answer;
    await answer.body?.cancel();
    return new Response(says, { status: 400, headers: { "content-type": "text/plain" } });
  };
  return place(async ({ server, vfs }) => {
    for (const password of ["a", "roo"]) {
      const at = `xnat+http://${password}:${password}@127.0.0.1:${server.port}/${FILE}`;
      const error = await failure(vfs.readFile(at));
      assert.equal(error.detail?.text, says);
    }
  }, {
    change,
    users: { a: { password: "a", admin: true }, roo: { password: "roo", admin: true } },
  });
});

Deno.test("a page of tags that have no end is quoted at once", () => {
  let page = "";
  const headers = { "content-type": "text/html" };
  const change: Change = async (url, answer) => {
    if (!url.includes("/files/")) return answer;
    await answer.body?.cancel();
    return new Response(page, { headers });
  };
  return place(async ({ vfs, top }) => {
    for (const tags of ["<h3>", "<title>", "<h3>x</h3><"]) {
      page = `<html>${tags}${tags.repeat(200_000)}`;
      const error = await failure(vfs.readFile(top + FILE));
      assert.equal(error.kind, "Protocol", error.message);
      assert(error.message.length < 600);
    }
  }, { change });
});

Deno.test("half a table is Incomplete in every list, and never an empty one", () =>
  place(async ({ server, vfs, top }) => {
    await vfs.stat(`${top}P`);
    const rows = "<columns><column>ID</column></columns>\n<rows><row><cell>1</cell></row>\n";
    const halves = [
      ...["subjects", "files"].map((route) => [route, '{"ResultSet":{"Result":[{"ID":"1"']),
      ["subjects", '{"ResultSet":{"Result":[{"ID":"1"}'],
      ["experiments", "<ResultSet><results><colum"],
      ["experiments", `<ResultSet><results>${rows}`],
      ["experiments", `<ResultSet><results>${rows}<row><cell>`],
    ];
    for (const [route, body] of halves) {
      const take = server.faults.inject({
        status: 200,
        body,
        route: new RegExp(`/${route}$`),
        times: Infinity,
      });
      const walking = Array.fromAsync(vfs.walk(`${top}P?refresh=true`));
      assert.equal((await failure(walking)).kind, "Incomplete", route);
      take();
    }
  }));

const LENGTHS = {
  "too large": [60_000, "Incomplete"],
  "too small": [40_000, "ConditionFailed"],
} as const;

for (const [what, [length, kind]] of Object.entries(LENGTHS)) {
  const change: Change = (url, answer) => {
    if (!/files\/f$/.test(url)) return answer;
    const headers = new Headers(answer.headers);
    headers.set("content-length", String(length));
    return new Response(answer.body, { headers });
  };
  Deno.test(`content with a length that is ${what} is an error, never fewer or more bytes`, () =>
    place(async ({ vfs, top }) => {
      const error = await failure(vfs.readFile(top + FILE));
      assert(["Incomplete", "Corrupt", "Protocol", kind].includes(error.kind), String(error));
    }, { change }));
}

Deno.test("names that lead out of a folder fail list and walk, and nothing is written", () =>
  place(async ({ server, vfs, top }) => {
    const names = [["..", "up"], ["", "etc", "passwd"], [".", "x"], ["a", "", "b"]];
    for (const [i, path] of names.entries()) {
      await server.seed.file(["P", "s", "e", "1", `EVIL${i}`, ...path], BYTES);
      const at = `${top}P/s/e/1/EVIL${i}?refresh=true`;
      assert.equal((await failure(vfs.readDir(at).next())).kind, "Protocol", path.join("/"));
    }
    assert.equal((await failure(Array.fromAsync(vfs.walk(`${top}P`)))).kind, "Protocol");
    await vfs.copy(`${top}P/s/e/1`, "memory:///copy").catch(() => {});
    for await (const entry of vfs.entries("memory:///")) {
      assert(entry.url.startsWith("memory:///copy"), entry.url);
    }
  }));

Deno.test("rows that come twice are shown once", () =>
  place(async ({ vfs, top }) => {
    for (const maxDepth of [undefined, 20]) {
      const urls: string[] = [];
      for await (const { url } of vfs.entries(top, { maxDepth })) urls.push(url);
      assert.deepEqual(urls.map((url) => url.split("/").at(-1)), ["P", "s", "e", "1", "R", "f"]);
    }
    assert.deepEqual(await vfs.readFile(top + FILE), BYTES);
  }, {
    async change(url, answer) {
      if (!url.includes("format=json")) return answer;
      const document = await answer.json();
      const { Result } = document.ResultSet;
      document.ResultSet.Result = [...Result, ...Result];
      return new Response(JSON.stringify(document), { headers: answer.headers });
    },
  }));

/** A way to a port that can be cut. */
function wayTo(port: number): { port: number; cut(): void } {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const ends = new Set<Deno.TcpConn>();
  let isCut = false;
  const close = () => {
    for (const end of ends) {
      try {
        end.close();
      } catch {
        // It has ended by itself.
      }
    }
  };
  (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ port, hostname: "127.0.0.1" });
      for (const end of [near, far]) ends.add(end);
      // It may have been cut while this one was on its way.
      if (isCut) return close();
      near.readable.pipeTo(far.writable).catch(() => {});
      far.readable.pipeTo(near.writable).catch(() => {});
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    cut() {
      isCut = true;
      listener.close();
      close();
    },
  };
}

Deno.test(
  "a server that goes away while it is read, written to or listed is an error that says so",
  {
    sanitizeResources: false,
  },
  () =>
    place(async ({ server, vfs }) => {
      for (const what of ["read", "written", "listed"]) {
        const way = wayTo(server.port);
        const top = `xnat+http://ann:${SECRET}@127.0.0.1:${way.port}/`;
        await vfs.stat(top + FILE);
        server.requests.clear();
        let sent = 0;
        const slow = new SizedBlob(6_553_600, () =>
          new ReadableStream({
            async pull(controller) {
              await new Promise((resolve) => setTimeout(resolve, 5));
              sent += 65_536;
              controller.enqueue(new Uint8Array(65_536));
              if (sent === 6_553_600) controller.close();
            },
          }));
        if (what === "read") server.faults.inject({ stall: 10_000, route: /files\/f/ });
        const work = what === "read"
          ? vfs.readFile(top + FILE)
          : what === "written"
          ? vfs.writeFile(`${top}P/s/e/1/R/g`, slow)
          : Promise.resolve();
        const failed = what === "listed" ? undefined : failure(work);
        const isUnderWay = () =>
          what === "read"
            ? server.faults.pending === 0
            : server.requests.entries.some(({ method }) => method === "PUT");
        if (failed) await until(isUnderWay);
        way.cut();
        server.faults.clear();
        if (failed) {
          const error = await failed;
          assert(["Incomplete", "Unavailable"].includes(error.kind), String(error));
          assert.equal(error.status, "temporary", String(error));
          if (what === "written") assert.match(error.message, /not known what is there now/);
        }
        const listing = await failure(vfs.readDir(`${top}P?refresh=true`).next());
        assert.deepEqual([listing.kind, listing.status], ["Unavailable", "temporary"]);
        assert.match(listing.message, /check host and port/);
      }
    }),
);

Deno.test("issueToken(): an end that no calendar has is none; login ended with 'Invalid time value'", async () => {
  const answer = { alias: "a", secret: "s", estimatedExpirationTime: 1e300 };
  const client = { json: () => Promise.resolve(answer) } as Partial<XnatClient> as XnatClient;
  const options = { op: "log in to", url: "xnat://h/", signal: new AbortController().signal };
  assert.equal((await issueToken(client, options)).expires, undefined);
});
