/** What proxies before an XNAT do to requests and answers. With real ones: tests/interop/xnat_proxies_test.ts. */

import { strict as assert } from "node:assert";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { XnatClient } from "../../../transports/xnat/client.ts";
import { Cookies } from "../../../transports/xnat/cookies.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { Secret } from "../../../vfs/credentials/credentials.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import { setting } from "./write_setting.ts";

const WHY = { op: "list", url: "xnat://host/P", signal: NEVER };
const R = "P/sub1/ses1/1/R";
type Init = NonNullable<Parameters<FetchLike>[1]>;

function clientOf(server: XnatServer, fetch: FetchLike): XnatClient {
  return new XnatClient({
    origin: parseLocation(server.url.replace("http", "xnat+http")).location,
    credentials: () => Promise.resolve({ username: "admin", password: new Secret("admin") }),
    fetch,
    clock: systemClock,
  });
}

function refusal(status: number, headers: Record<string, string> = {}): Promise<Response> {
  return Promise.resolve(new Response("<html><h1>a proxy</h1></html>", { status, headers }));
}

/** `answer` with a header besides. */
function withCookie(answer: Response, cookie: string): Response {
  const headers = new Headers(answer.headers);
  headers.append("set-cookie", cookie);
  return new Response(answer.body, { status: answer.status, headers });
}

Deno.test("XnatClient sends back the cookies of a balancer, by which it finds the machine that has the session", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  let turn = 0;
  const balancer: FetchLike = async (url, init: Init = {}) => {
    const { cookie = "" } = init.headers ?? {};
    // A machine that does not have the session refuses it.
    if (cookie.includes("JSESSIONID") && !cookie.includes(`ROUTE=m${turn}`)) return refusal(401);
    turn++;
    return withCookie(await fetch(url, init), `ROUTE=m${turn}; Path=/; Secure`);
  };
  await using client = clientOf(server, balancer);
  for (let i = 0; i < 3; i++) assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert.equal(client.logins, 1);
});

Deno.test("Cookies keeps what is set until it is taken back, whatever the dates, and nothing of XNAT's own", () => {
  const cookies = new Cookies();
  assert.equal(cookies.header(), undefined);
  cookies.note(
    'JSESSIONID=1; Path=/, A=x; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure, B="q=1", ' +
      'SESSION_EXPIRATION_TIME="1,900000"; Version=1, C=',
    Date.UTC(2026, 0),
  );
  assert.equal(cookies.header("JSESSIONID=1"), 'JSESSIONID=1; A=x; B="q=1"; C=');
  cookies.note("A=x; Expires=Wed, 21 Oct 2026 07:28:00 GMT, C=; Max-Age=0", Date.UTC(2027, 0));
  assert.equal(cookies.header(), 'B="q=1"');
  cookies.note(`L=${"x".repeat(5000)}`, 0);
  for (let i = 0; i < 100; i++) cookies.note(`N${i}=1`, 0);
  assert.equal(cookies.header()!.split("; ").length, 32);
});

Deno.test("XnatClient sends the password with each request where a proxy asks for it, too", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  let refused = 0;
  const proxy: FetchLike = (url, init) => {
    if (init?.headers?.authorization) return fetch(url, init);
    refused++;
    return refusal(401, { "www-authenticate": 'Basic realm="hospital"' });
  };
  await using client = clientOf(server, proxy);
  for (let i = 0; i < 3; i++) assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert.equal(refused, 2);
  assert.equal(server.sessionCount, 2);
});

Deno.test("XnatClient sends the password with all requests that a proxy refused at once", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  const proxy: FetchLike = (url, init) =>
    init?.headers?.authorization ? fetch(url, init) : refusal(401);
  await using client = clientOf(server, proxy);
  const ask = () => client.rows("/data/projects", WHY);
  await ask();
  for (const rows of await Promise.all(Array.from({ length: 8 }, ask))) {
    assert.equal(rows.length, 1);
  }
});

Deno.test("XnatClient follows a redirect with its own password, whatever else the address says", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  const location = `${server.url.replace("://", "://other:wrong@")}/data/projects`;
  const asked: string[] = [];
  const proxy: FetchLike = (url, init) => {
    asked.push(url);
    return asked.length === 1 ? refusal(302, { location }) : fetch(url, init);
  };
  await using client = clientOf(server, proxy);
  assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert.deepEqual(asked.slice(1), [`${server.url}/data/projects`]);
});

const REDIRECTS = {
  "https://xnat.example.org:8443/data/projects?format=json": [
    "Protocol",
    /another origin, "https:.*"; write "xnat:\/\/xnat\.example\.org:8443"$/,
  ],
  "http://other.example/context/data/projects": [
    "Protocol",
    /write "xnat\+http:\/\/other\.example\/~context"$/,
  ],
  "https://sso.example.org/login?to=/data/projects": [
    "Unauthenticated",
    /a page of "https:\/\/sso\.example\.org", .*; ask its administrator to let programs through/,
  ],
  "/oauth2/sign_in": ["Unauthenticated", /a proxy does that wants a login of its own/],
} as const;

for (const [location, [kind, message]] of Object.entries(REDIRECTS)) {
  Deno.test(`XnatClient says what a redirect to ${location} means, and does not follow it`, async () => {
    await using server = await startXnatServer();
    const asked: string[] = [];
    const proxy: FetchLike = (url) => {
      asked.push(url);
      return refusal(302, { location });
    };
    await using client = clientOf(server, proxy);
    await assert.rejects(client.rows("/data/projects", WHY), { kind, message });
    assert.deepEqual(asked, [`${server.url}/data/projects?format=json`]);
  });
}

Deno.test("XnatClient does not advise to do without TLS where https leads to http", async () => {
  await using client = new XnatClient({
    origin: parseLocation("xnat://xnat.example.org").location,
    credentials: () => Promise.resolve(undefined),
    fetch: () => refusal(302, { location: "http://xnat.example.org/data/projects" }),
    clock: systemClock,
  });
  const message =
    /redirects to "http:\/\/xnat\.example\.org", without TLS; .* its own address is https/;
  await assert.rejects(client.rows("/data/projects", WHY), { kind: "Protocol", message });
});

Deno.test("XnatClient logs in again when XNAT leads to its login at the address by which a proxy knows it", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  await using client = clientOf(server, (url, init) => fetch(url, init));
  await client.rows("/data/projects", WHY);
  const location = "http://tomcat.internal:8080/app/template/Login.vm";
  server.faults.inject({ status: 302, headers: { location }, route: "/projects" });
  assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert.equal(client.logins, 2);
});

/** A proxy that takes bodies of so many bytes and refuses all larger ones. */
function limited(bytes: number): { readonly fetch: FetchLike; refused: number } {
  const proxy = {
    refused: 0,
    fetch: async (url: string, init?: Init) => {
      const { body } = init ?? {};
      const size = body instanceof Blob ? body.size : body?.length ?? 0;
      if (size <= bytes) return await fetch(url, init);
      proxy.refused++;
      return await refusal(413);
    },
  };
  return proxy;
}

Deno.test("putMany() makes its zips smaller when a proxy refuses them, and finds that out once", () => {
  const proxy = limited(1024 * 1024);
  return setting(async ({ at, transport, names, server, mkdir }) => {
    await mkdir(R, true);
    server.requests.clear();
    const store = async (prefix: string) => {
      const files = Array.from({ length: 40 }, (_, i) => ({
        location: at(`${R}/${prefix}${i}`),
        source: { ...sourceOfBytes(new Uint8Array(100_000).fill(i)), size: 100_000 },
      }));
      const told = await Array.fromAsync(transport.putMany!(files, { signal: NEVER }));
      assert.equal(told.flat().filter((each) => "stored" in each).length, 40);
    };
    await store("a");
    await store("b");
    assert.equal(proxy.refused, 1);
    assert.equal((await names(R)).length, 80);
    assert.equal(server.requests.entries.filter(({ method }) => method === "PUT").length, 10);
  }, { driver: { fetch: proxy.fetch } });
});

Deno.test("putMany() leaves files to be stored alone where a proxy refuses the smallest zips", () => {
  const proxy = limited(200_000);
  return setting(async ({ at, transport, put, mkdir }) => {
    await mkdir(R, true);
    const files = Array.from({ length: 40 }, (_, i) => ({
      location: at(`${R}/${i}`),
      source: { ...sourceOfBytes(new Uint8Array(100_000)), size: 100_000 },
    }));
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await Array.fromAsync(transport.putMany!(files, { signal: NEVER })), []);
    }
    assert.equal(proxy.refused, 2);
    await put(`${R}/0`, new Uint8Array(100_000));
    await assert.rejects(put(`${R}/large`, new Uint8Array(300_000)), {
      kind: "StorageFull",
      message: /ask its administrator to raise that limit \(client_max_body_size in nginx/,
    });
  }, { driver: { fetch: proxy.fetch } });
});

/** nginx before Tomcat, as `proxy_pass` with a path has it: what need not be escaped is not, and `[` is refused then. */
const unescaping: FetchLike = (url, init) => {
  const [, start, path, query = ""] = /^([^?]*?:\/\/[^/]*)([^?]*)(\?.*)?$/.exec(url)!;
  const written = decodeURIComponent(path!)
    .replace(/[^!-~]|["#%<>?^`{|}\\]/gu, (c) => encodeURIComponent(c));
  if (/[[\];]/.test(written)) return refusal(400);
  return fetch(start + written + query, init);
};

// To tell "a+b" from "a b" in a DELETE takes brackets, so the one goes before the other.
const NAMES = [
  "a b+c",
  "a b",
  "a+b",
  "all *",
  "no! c",
  "100%",
  "a b%20+",
  "x[1] y",
  "d+/e f+;g",
  "1.dcm",
  "ü ;+",
];

Deno.test("put(), get() and remove() mean the same file when a proxy unescapes its path", () =>
  setting(async ({ put, text, remove, names }) => {
    for (const name of NAMES) {
      await put(`${R}/${name}`, name);
      // What Tomcat would refuse can be stored and removed all the same.
      if (!/[[;]/.test(name)) assert.equal(await text(`${R}/${name}`), name);
    }
    assert.equal((await names(R)).length, NAMES.length);
    for (const name of NAMES) await remove(`${R}/${name}`);
    assert.deepEqual(await names(R), []);
  }, { driver: { fetch: unescaping } }));

/** Apache unescapes and escapes again; a plus it leaves, which XNAT takes for a blank then. */
const apache: FetchLike = (url, init) => {
  const { origin, pathname, search } = new URL(url);
  const path = decodeURIComponent(pathname)
    .replace(/[^\w~$.+!*'(),;:@&=/-]/gu, (c) => encodeURIComponent(c));
  return fetch(origin + path + search, init);
};

const NEIGHBOURS = [["a+b", "a b"], ["a b", "a+b"], ["+/x", " /x"], ["a++", "a +"]] as const;

for (const [name, neighbour] of NEIGHBOURS) {
  Deno.test(`remove() of "${name}" leaves "${neighbour}" behind Apache`, () =>
    setting(async ({ put, text, remove }) => {
      await put(`${R}/${neighbour}`, "neighbour");
      await put(`${R}/${name}`, "it");
      await remove(`${R}/${name}`);
      assert.equal(await text(`${R}/${neighbour}`), "neighbour");
      await assert.rejects(text(`${R}/${name}`), { kind: "NotFound" });
    }, { driver: { fetch: apache } }));
}
