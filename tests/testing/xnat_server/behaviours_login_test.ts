/**
 * Behaviours 46 to 51, 73, 79 and 80: who one is, and what one may.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { type Answer, behaviours, type Kit } from "./_kit.ts";

const MOZILLA = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0";
const clock = manualClock({ start: Date.UTC(2024, 0, 1) });

function cookieOf({ headers }: Answer): string {
  const id = headers.getSetCookie().find((each) => each.startsWith("JSESSIONID="));
  assert.ok(id, "no session cookie");
  return id.split(";")[0]!;
}

/** A session's cookie. */
async function login({ ask }: Kit, user = "admin"): Promise<string> {
  return cookieOf(await ask("/data/JSESSION", { user }));
}

behaviours({
  46: {
    title: "an expired session on an open site sees public rows only",
    options: { guest: true, clock },
    run: async (kit) => {
      const { server, rows } = kit;
      server.seed.project("OPEN", { accessibility: "public" });
      const headers = { cookie: await login(kit) };
      const list = () => rows("/data/projects", { user: null, headers });
      assert.deepEqual((await list()).map(({ ID }) => ID), ["P2", "P", "OPEN"]);
      await clock.advance(16 * 60_000);
      assert.deepEqual((await list()).map(({ ID }) => ID), ["OPEN"]);
      assert.equal((await kit.ask("/data/projects/P", { user: null, headers })).status, 404);
    },
  },
  47: {
    title: "an expired session is 401 for programs and a login page for browsers",
    run: async (kit) => {
      const { server, ask } = kit;
      const cookie = await login(kit);
      assert.equal((await ask("/data/projects", { user: null, headers: { cookie } })).status, 200);
      assert.equal(server.expireSessions("admin") > 0, true);
      const gone = await ask("/data/projects", { user: null, headers: { cookie } });
      assert.equal(gone.status, 401);
      assert.match(gone.headers.get("www-authenticate")!, /^Basic realm="XNAT"/);
      assert.match(gone.text, /^<!doctype html>/);
      const headers = { cookie, "user-agent": MOZILLA };
      const moved = await ask("/data/projects", { user: null, headers });
      assert.equal(moved.status, 302);
      const page = await ask(moved.headers.get("location")!, { user: null, headers });
      assert.equal(page.status, 200);
      assert.match(page.text, /BEGIN xnat-templates\/screens\/Login\.vm/);
    },
  },
  48: {
    title: "a browser's PUT without the CSRF token is 500",
    run: async (kit) => {
      const { ask } = kit;
      const answer = await ask("/data/JSESSION?CSRF=true");
      const token = answer.text.split("XNAT_CSRF=")[1]!;
      const headers = { cookie: cookieOf(answer), "user-agent": MOZILLA };
      const put = (query: string) =>
        ask(`/data/projects/P/subjects/new${query}`, { user: null, method: "PUT", headers });
      assert.equal((await put("")).status, 500);
      assert.equal((await put(`?XNAT_CSRF=${token}`)).status, 201);
      const plain = { cookie: headers.cookie, "user-agent": "python-requests/2.31" };
      const path = "/data/projects/P/subjects/other";
      const exempt = await ask(path, { user: null, method: "PUT", headers: plain });
      assert.equal(exempt.status, 201);
    },
  },
  49: {
    title: "a client that drops cookies runs into the limit of sessions",
    options: { sessionsPerUser: 3 },
    run: async (kit) => {
      for (let i = 0; i < 3; i++) assert.equal((await kit.ask("/data/projects")).status, 200);
      assert.equal((await kit.ask("/data/projects")).status, 401);
    },
  },
  50: {
    title: "the session's id changes at login",
    options: { guest: true },
    run: async ({ ask }) => {
      const before = cookieOf(await ask("/data/JSESSION", { user: null }));
      const logged = await ask("/data/JSESSION", { headers: { cookie: before } });
      const after = cookieOf(logged);
      assert.notEqual(after, before);
      const who = async (cookie: string) =>
        (await ask("/data/auth", { user: null, headers: { cookie } })).text;
      assert.equal(await who(after), "User 'admin' is logged in");
      assert.equal(await who(before), "User 'guest' is logged in");
    },
  },
  51: {
    title: "a private project is 404 for strangers and 401 for nobody",
    run: async ({ ask }) => {
      for (const path of ["/data/projects/P", "/data/projects/P/subjects/sub-01"]) {
        assert.equal((await ask(path, { user: "stranger" })).status, 404);
        assert.equal((await ask(path, { user: null })).status, 401);
      }
      assert.equal(
        (await ask("/data/projects/P", { user: "reader", method: "DELETE" })).status,
        403,
      );
    },
  },
  73: {
    title: "changes need a reason where the site asks for one",
    options: { requireReason: true },
    run: async ({ ask, put }) => {
      assert.equal((await put("/data/projects/P/subjects/x")).status, 403);
      assert.equal((await put("/data/projects/P/subjects/x?event_reason=test")).status, 201);
      assert.equal((await ask("/data/projects/P/subjects/x", { method: "DELETE" })).status, 403);
    },
  },
  79: {
    title: "the cookie alone authenticates a PUT",
    run: async (kit) => {
      const { ask, E } = kit;
      const headers = { cookie: await login(kit), "content-type": "application/octet-stream" };
      const path = `/REST/experiments/${E}/scans/1/resources/AI/files/label.nii.gz?overwrite=true` +
        "&description=x&content=model&format=nii";
      const stored = await ask(path, { user: null, method: "PUT", body: "label", headers });
      assert.equal(stored.status, 200);
      assert.equal((await ask(path.split("?")[0]!, { user: null, headers })).text, "label");
    },
  },
  80: {
    title: "/data/search/elements is there, since xnatpy ends its session without it",
    run: async ({ rows }) => {
      const elements = await rows("/data/search/elements");
      assert.ok(elements.some(({ ELEMENT_NAME }) => ELEMENT_NAME === "xnat:mrSessionData"));
      const fields = await rows("/data/search/elements/xnat:mrSessionData");
      assert.ok(fields.every(({ FIELD_ID }) => FIELD_ID));
    },
  },
});
