import { settableClock } from "../../settable_clock.ts";
import { strict as assert } from "node:assert";
import { Secret } from "../../../vfs/credentials/credentials.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import { Catalogue } from "../../../transports/xnat/catalogue.ts";
import { XnatClient } from "../../../transports/xnat/client.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";
import { manualClock } from "../../../testing/mod.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { until } from "../../until.ts";

const WHY = { op: "list", url: "xnat://host/P", signal: NEVER };
const PASSWORD = "pass:wörd-7";
const USERS = { ann: { password: PASSWORD, admin: true } };

function clientOf(
  server: XnatServer,
  over: Partial<ConstructorParameters<typeof XnatClient>[0]> = {},
) {
  const { hostname, port } = new URL(server.url);
  return new XnatClient({
    origin: new Location({ scheme: "xnat+http", host: hostname, port: Number(port) }),
    context: new URL(server.url).pathname.replace(/\/$/, ""),
    credentials: () => Promise.resolve({ username: "ann", password: new Secret(PASSWORD) }),
    fetch: (url, init) => fetch(url, init),
    clock: systemClock,
    ...over,
  });
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("did not fail"), (e: unknown) => e);
  assert(isVfsError(error), String(error));
  assert(!`${error.message} ${JSON.stringify(error)} ${Deno.inspect(error)}`.includes(PASSWORD));
  return error;
}

Deno.test("XnatClient logs in once for parallel requests, and out on dispose, twice without harm", async () => {
  await using server = await startXnatServer({ users: USERS, contextPath: "/xnat" });
  server.seed.project("P");
  let requests = 0;
  const client = clientOf(server, {
    fetch: (url, init) => {
      requests++;
      return fetch(url, init);
    },
  });
  const all = await Promise.all(
    Array.from({ length: 8 }, () => client.rows("/data/projects", WHY)),
  );
  assert.deepEqual(all.map((rows) => rows[0]?.ID), Array(8).fill("P"));
  // The first one logs in by the way.
  assert.equal(server.requests.total("GET /JSESSION").requests, 0);
  assert.equal(requests, 8);
  assert.equal(client.logins, 1);
  assert.equal(server.sessionCount, 1);
  await client[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  assert.equal(server.sessionCount, 0);
});

Deno.test("XnatClient logs in again once, for parallel requests too, when the session has expired", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  await using client = clientOf(server);
  await client.rows("/data/projects", WHY);
  server.expireSessions();
  await Promise.all(Array.from({ length: 6 }, () => client.rows("/data/projects", WHY)));
  assert.equal(client.logins, 2);
});

for (const guise of ["401", "redirect", "page"] as const) {
  Deno.test(`XnatClient logs in again when a lost session shows as ${guise}`, async () => {
    await using server = await startXnatServer({ users: USERS });
    server.seed.project("P");
    const agent: Record<string, string> = guise === "redirect"
      ? { "user-agent": "Mozilla/5.0 (X11) Firefox/130.0" }
      : {};
    const asked: string[] = [];
    const fetched: FetchLike = (url, init) => {
      asked.push(String(url));
      return fetch(url, { ...init, headers: { ...init?.headers, ...agent } });
    };
    await using client = clientOf(server, { fetch: fetched });
    await client.rows("/data/projects", WHY);
    if (guise === "page") server.faults.inject({ loginPage: true });
    else server.expireSessions();
    asked.length = 0;
    const rows = await client.rows("/data/projects", WHY);
    assert.equal(rows.length, 1);
    assert.equal(client.logins, 2);
    assert.equal(asked.filter((url) => url.includes("/data/projects")).length, 2);
  });
}

Deno.test("XnatClient.confirm() notices that a site open to guests has forgotten the login", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.project("P");
  await using client = clientOf(server);
  assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert(await client.confirm(WHY));
  server.expireSessions();
  assert.equal((await client.rows("/data/projects", WHY)).length, 0);
  assert.equal(await client.confirm(WHY), false);
  assert.equal((await client.rows("/data/projects", WHY)).length, 1);
});

Deno.test("XnatClient doubts its login after a pause of more than a minute, a failure of the server and a lost connection", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  const clock = manualClock();
  let isLost = false;
  const fetched: FetchLike = (url, init) =>
    isLost ? Promise.reject(new TypeError("connection lost")) : fetch(url, init);
  await using client = clientOf(server, { clock, fetch: fetched });
  const rows = () => client.rows("/data/projects", WHY);
  await rows();
  for (const [ms, isLong] of [[60_000, false], [60_000, false], [60_001, true]] as const) {
    await clock.advance(ms);
    await rows();
    assert.equal(client.isDoubtful, isLong);
  }
  const end = server.faults.inject({ status: 500, route: "/projects", times: Infinity });
  const confirmed = async () => await client.confirm(WHY) && !client.isDoubtful;
  assert(await confirmed());
  await failure(rows());
  assert(client.isDoubtful);
  end();
  assert(await confirmed());
  isLost = true;
  await failure(rows());
  assert(client.isDoubtful);
  isLost = false;
});

Deno.test("XnatClient.confirm() leaves a doubt that came up while the server was asked", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.project("P");
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    if (!url.endsWith("/data/auth") || !init?.headers?.cookie) return answer;
    asked.resolve();
    await go.promise;
    return answer;
  };
  await using client = clientOf(server, { fetch: fetched });
  const rows = () => client.rows("/data/projects", WHY);
  await rows();
  const confirmed = client.confirm(WHY);
  await asked.promise;
  server.faults.inject({ status: 503, route: "/projects" });
  await failure(rows());
  go.resolve();
  assert.equal(await confirmed, true);
  assert(client.isDoubtful);
  assert.equal(await client.confirm(WHY), true);
  assert(!client.isDoubtful);
});

Deno.test("XnatClient asks again who it is when the one who asked for all has given up", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.project("P");
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let isHeld = true;
  const fetched: FetchLike = async (url, init) => {
    if (url.endsWith("/data/auth") && isHeld) {
      isHeld = false;
      asked.resolve();
      await go.promise;
      init?.signal?.throwIfAborted();
    }
    return await fetch(url, init);
  };
  await using client = clientOf(server, { fetch: fetched });
  await client.rows("/data/projects", WHY);
  const abort = new AbortController();
  const first = failure(client.confirm({ ...WHY, signal: abort.signal }));
  await asked.promise;
  const second = client.confirm(WHY);
  abort.abort();
  go.resolve();
  assert.equal((await first).kind, "Aborted");
  assert.equal(await second, true);
});

Deno.test("XnatClient does not take a 404 for missing when an open site forgot the login", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.project("P");
  await using client = clientOf(server);
  await client.rows("/data/projects", WHY);
  server.expireSessions();
  assert.deepEqual(await client.rows("/data/projects/P/subjects", WHY), []);
  assert.equal(client.logins, 2);
  const error = await failure(client.rows("/data/projects/NOPE/subjects", WHY));
  assert.equal(error.kind, "NotFound");
});

Deno.test("XnatClient does not take a failure for the server's when an open site forgot the login", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.session(["P", "s", "e"], {});
  await using client = clientOf(server);
  const [row] = await client.rows("/data/projects/P/experiments", WHY);
  server.expireSessions();
  // For a session that is not to be seen XNAT fails over a null.
  assert.deepEqual(await client.rows(`/data/experiments/${row!.ID}/files`, WHY), []);
  assert.equal(client.logins, 2);
  server.faults.inject({ status: 500, route: /files/ });
  const error = await failure(client.rows(`/data/experiments/${row!.ID}/files`, WHY));
  assert.equal(error.kind, "Unavailable");
  assert.equal(client.logins, 2);
});

Deno.test("Catalogue does not believe a list that was asked under a login which others have replaced", async () => {
  await using server = await startXnatServer({ users: USERS, guest: true });
  server.seed.project("P");
  let held: Promise<void> | undefined;
  const asked = Promise.withResolvers<void>();
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init as RequestInit);
    if (!url.includes("/data/projects?") || !held) return answer;
    const hold = held;
    held = undefined;
    asked.resolve();
    await hold;
    return answer;
  };
  await using client = clientOf(server, { fetch: fetched });
  const catalogue = new Catalogue({ client, clock: systemClock, ttlMs: 0 });
  assert.equal((await catalogue.projects(WHY)).length, 1);
  const release = Promise.withResolvers<void>();
  held = release.promise;
  server.expireSessions();
  const listing = catalogue.projects(WHY);
  await asked.promise;
  assert.equal(await client.confirm(WHY), false);
  release.resolve();
  assert.equal((await listing).length, 1);
});

Deno.test("XnatClient tells a wrong password at once, and does not try it again and again", async () => {
  await using server = await startXnatServer({ users: USERS });
  await using client = clientOf(server, {
    credentials: () => Promise.resolve({ username: "ann", password: new Secret("wrong") }),
  });
  for (let i = 0; i < 5; i++) {
    const error = await failure(client.rows("/data/projects", WHY));
    assert.equal(error.kind, "Unauthenticated");
    assert.match(error.message, /check user, password or token/);
  }
  assert.equal(server.requests.count, 1);
});

Deno.test("XnatClient tries a refused password again after half a minute, and another one at once, before a change too", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  const clock = manualClock();
  let password = "wrong";
  await using client = clientOf(server, {
    clock,
    credentials: () => Promise.resolve({ username: "ann", password: new Secret(password) }),
  });
  const put = () => client.text("PUT", "/data/projects/P/subjects/s", WHY);
  const refused = async (count: number) => {
    assert.equal((await failure(put())).kind, "Unauthenticated");
    assert.equal(server.requests.count, count);
  };
  await refused(1);
  await clock.advance(29_999);
  await refused(1);
  await clock.advance(1);
  await refused(2);
  password = "as wrong";
  await refused(3);
  await refused(3);
  password = PASSWORD;
  await put();
  assert.equal(client.logins, 1);
});

Deno.test("XnatClient tells that a password has expired, or an account is not active, by one request", async () => {
  for (
    const [state, message] of [
      [{ passwordExpired: true }, /the password has expired/],
      [{ disabled: "inactive" }, /the account is not active any more/],
    ] as const
  ) {
    await using server = await startXnatServer({
      users: { ann: { password: PASSWORD, ...state } },
    });
    await using client = clientOf(server);
    const error = await failure(client.rows("/data/projects", WHY));
    assert.deepEqual([error.kind, error.status], ["Unauthenticated", "permanent"]);
    assert.match(error.message, message);
    assert.equal(server.requests.count, 1);
    assert.match((await failure(client.text("PUT", "/data/projects/P", WHY))).message, message);
  }
});

Deno.test("XnatClient says that a login may be refused for too many sessions", async () => {
  await using server = await startXnatServer({ users: USERS, sessionsPerUser: 1 });
  await using first = clientOf(server);
  await first.rows("/data/projects", WHY);
  await using second = clientOf(server);
  const { kind, message } = await failure(second.rows("/data/projects", WHY));
  assert.equal(kind, "Unauthenticated");
  assert.match(message, /or has too many sessions/);
});

Deno.test("XnatClient tells a guest to log in where guests get nothing", async () => {
  await using server = await startXnatServer({ users: USERS });
  await using client = clientOf(server, { credentials: () => Promise.resolve(undefined) });
  const error = await failure(client.rows("/data/projects", WHY));
  assert.equal(error.kind, "Unauthenticated");
  assert.match(error.message, /XNAT_USER/);
});

const ANSWERS = [
  [400, "InvalidArgument", "permanent"],
  [403, "PermissionDenied", "permanent"],
  [404, "NotFound", "permanent"],
  [409, "AlreadyExists", "permanent"],
  [413, "StorageFull", "permanent"],
  [500, "Unavailable", "temporary"],
  [501, "NotSupported", "permanent"],
  [503, "Unavailable", "temporary"],
] as const;

Deno.test("XnatClient gives each status its kind of error", async () => {
  await using server = await startXnatServer({ users: USERS });
  await using client = clientOf(server);
  await client.rows("/data/projects", WHY);
  for (const [status, kind, lasting] of ANSWERS) {
    server.faults.inject({ status, route: "/projects" });
    const error = await failure(client.rows("/data/projects", WHY));
    assert.deepEqual([error.kind, error.status, error.detail?.http], [kind, lasting, status]);
    assert.match(error.message, /^Cannot list "xnat:\/\/host\/P": /);
  }
});

Deno.test("XnatClient passes on how long a busy server asks to wait", async () => {
  await using server = await startXnatServer({ users: USERS });
  await using client = clientOf(server);
  server.faults.inject({ status: 429, route: "/projects", headers: { "retry-after": "7" } });
  const error = await failure(client.rows("/data/projects", WHY));
  assert.deepEqual([error.kind, error.status, error.retryAfterMs], [
    "RateLimited",
    "temporary",
    7000,
  ]);
});

Deno.test("XnatClient takes half a JSON, a dropped connection and another document for what they are", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.session(["P", "S", "E"]);
  await using client = clientOf(server);
  server.faults.inject({ cut: 20, route: "/projects" });
  assert.equal((await failure(client.rows("/data/projects", WHY))).kind, "Incomplete");
  server.faults.inject({ reset: true, route: "/projects" });
  assert.equal((await failure(client.rows("/data/projects", WHY))).status, "temporary");
  const wrong = await failure(client.rows("/data/projects/P/experiments/E/scans", WHY));
  assert.equal(wrong.kind, "Protocol");
  server.faults.inject({ status: 200, body: '{"ResultSet":{"Result":[', route: "/projects" });
  assert.equal((await failure(client.rows("/data/projects", WHY))).kind, "Incomplete");
});

Deno.test("XnatClient quotes nothing of what was to be a list, whatever it is instead", async () => {
  await using server = await startXnatServer({ users: USERS });
  await using client = clientOf(server);
  await client.rows("/data/projects", WHY);
  const rows = (text: string) => `{"ResultSet":{"Result":[${text}]}}`;
  const bodies = [`DOE^JANE,${PASSWORD}`, `{"DOE^JANE`, rows(`{"a":DOE^JANE}`), `{"a":DOE^JANE}`];
  for (const body of bodies) {
    for (const read of [client.rows, client.json]) {
      server.faults.inject({ status: 200, body, route: "/projects" });
      const error = await failure(read.call(client, "/data/projects", WHY));
      assert(["Protocol", "Incomplete"].includes(error.kind), error.kind);
      assert.doesNotMatch(Deno.inspect(error, { depth: 9 }), /DOE|JANE/);
    }
  }
});

Deno.test("XnatClient keeps no answer that is larger than told", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  await using client = clientOf(server, { maxAnswer: 50 });
  const error = await failure(client.rows("/data/projects", WHY));
  assert.equal(error.kind, "Protocol");
});

Deno.test("XnatClient says what to do when a certificate is not trusted or nobody listens", async () => {
  await using server = await startXnatServer({ users: USERS, tls: true });
  const { location } = parseLocation(`xnat://127.0.0.1:${server.port}`);
  await using client = clientOf(server, { origin: location, context: "" });
  const error = await failure(client.rows("/data/projects", WHY));
  assert.deepEqual([error.kind, error.status], ["Unavailable", "permanent"]);
  assert.match(error.message, /certificate is not trusted .*caCerts/);
  const { port } = server;
  await server.close();
  const gone = parseLocation(`xnat+http://127.0.0.1:${port}`).location;
  await using nobody = clientOf(server, { origin: gone, context: "" });
  const refused = await failure(nobody.rows("/data/projects", WHY));
  assert.deepEqual([refused.kind, refused.status], ["Unavailable", "temporary"]);
  assert.match(refused.message, /check host and port/);
});

Deno.test("XnatClient lets others log in when the request that was to do so is given up or fails", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  for (const ending of ["given up", "failed"]) {
    const abort = new AbortController();
    let isFirst = true;
    const fetched: FetchLike = (url, init) => {
      if (!isFirst) return fetch(url, init);
      isFirst = false;
      if (ending === "failed") return Promise.resolve(new Response(null, { status: 503 }));
      queueMicrotask(() => abort.abort());
      return new Promise((_, reject) =>
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")))
      );
    };
    await using client = clientOf(server, { fetch: fetched });
    const first = failure(client.rows("/data/projects", { ...WHY, signal: abort.signal }));
    const second = client.rows("/data/projects", WHY);
    await first;
    assert.equal((await second).length, 1);
    assert.equal(client.logins, 1);
  }
});

Deno.test("XnatClient logs in by itself where an answer brings no session", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    if (url.includes("JSESSION")) return answer;
    const headers = new Headers(answer.headers);
    headers.delete("set-cookie");
    return new Response(answer.body, { status: answer.status, headers });
  };
  await using client = clientOf(server, { fetch: fetched });
  for (let i = 0; i < 2; i++) assert.equal((await client.rows("/data/projects", WHY)).length, 1);
  assert.equal(server.requests.total("GET /JSESSION").requests, 1);
});

Deno.test("XnatClient ends the login that it makes when everybody who waits has given up", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.faults.inject({ stall: 0, route: "/JSESSION" });
  await using client = clientOf(server);
  const abort = new AbortController();
  const asking = failure(client.text("PUT", "/data/projects/P", { ...WHY, signal: abort.signal }));
  setTimeout(() => abort.abort(), 20);
  assert.equal((await asking).kind, "Aborted");
  assert.deepEqual(await client.rows("/data/projects", WHY), []);
});

Deno.test("XnatClient ends a login that is under way when it is closed", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.faults.inject({ stall: 0, route: "/JSESSION" });
  const client = clientOf(server);
  const asking = failure(client.isGuest(WHY));
  await until(() => server.requests.count === 1);
  await client[Symbol.asyncDispose]();
  assert.equal((await asking).kind, "Aborted");
});

Deno.test("XnatClient logs in again where a stranger's session comes with what a stranger may see", async () => {
  await using server = await startXnatServer({ users: USERS });
  server.seed.project("P");
  let isForgotten = false;
  const fetched: FetchLike = async (url, init) => {
    if (!isForgotten) return await fetch(url, init);
    isForgotten = false;
    const headers = { "set-cookie": "JSESSIONID=0123456789ABCDEF0123456789ABCDEF; Path=/" };
    return Response.json({ ResultSet: { Result: [] } }, { headers });
  };
  await using client = clientOf(server, { fetch: fetched });
  await client.rows("/data/projects", WHY);
  isForgotten = true;
  assert.deepEqual((await client.rows("/data/projects", WHY)).map(({ ID }) => ID), ["P"]);
  assert.equal(client.logins, 2);
});

Deno.test("XnatClient says why it cannot log in", async () => {
  const kinds: unknown[] = [];
  for (
    const answer of [
      () => new Response("busy", { status: 503, headers: { "retry-after": "7" } }),
      () => new Response("Welcome"),
    ]
  ) {
    await using client = new XnatClient({
      origin: new Location({ scheme: "xnat", host: "host" }),
      credentials: () => Promise.resolve({ username: "ann", password: new Secret(PASSWORD) }),
      fetch: () => Promise.resolve(answer()),
      clock: systemClock,
    });
    const { kind, status, message } = await failure(client.text("PUT", "/data/projects/P", WHY));
    kinds.push([kind, status, /gave no session/.test(message)]);
  }
  assert.deepEqual(kinds, [["Unavailable", "temporary", false], ["Protocol", "permanent", true]]);
  await using client = new XnatClient({
    origin: new Location({ scheme: "xnat", host: "host" }),
    credentials: () => Promise.resolve({ username: "ann" }),
    fetch: () => assert.fail("asked"),
    clock: systemClock,
  });
  const error = await failure(client.text("GET", "/data/projects", WHY));
  assert.match(error.message, /there is no password for the user "ann"/);
});

Deno.test("XnatClient tries a refused password again after half a minute, also when the clock was set back", async () => {
  await using server = await startXnatServer({ users: USERS });
  const clock = settableClock();
  const login = { username: "ann", password: new Secret("wrong") };
  await using client = clientOf(server, { clock, credentials: () => Promise.resolve(login) });
  const refused = async () => void await failure(client.rows("/data/projects", WHY));
  await refused();
  clock.set(-6 * 3_600_000);
  await clock.advance(30_000);
  await refused();
  assert.equal(server.requests.count, 2);
});

Deno.test("XnatClient doubts its login after a pause in which the clock was set back, or the machine slept", async () => {
  await using server = await startXnatServer({ users: USERS });
  const clock = settableClock();
  await using client = clientOf(server, { clock });
  const rows = () => client.rows("/data/projects", WHY);
  await rows();
  clock.set(-6 * 3_600_000);
  await clock.advance(60_001);
  await rows();
  assert(client.isDoubtful);
  assert(await client.confirm(WHY) && !client.isDoubtful);
  clock.set(60_001);
  await rows();
  assert(client.isDoubtful);
});
