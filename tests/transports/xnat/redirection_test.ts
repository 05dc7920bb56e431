import { strict as assert } from "node:assert";
import { Answer } from "../../../transports/xnat/answer.ts";
import { redirection } from "../../../transports/xnat/redirection.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

const PURPOSE = { op: "list", url: "xnat://h/P" };
const ASKED = "https://h:8443/xnat/data/projects/P?format=json";

/** Where an answer to {@linkcode ASKED} leads, or the kind and reason of the error. */
function leads(location: string | undefined, status = 302, from = ASKED): string | undefined {
  const headers = location === undefined ? undefined : { location };
  const answer = new Answer(new Response(null, { status, headers }), { ...PURPOSE, signal: NEVER });
  try {
    return redirection(answer, from, PURPOSE);
  } catch (error) {
    assert(isVfsError(error), String(error));
    return `${error.kind}: ${error.message}`;
  }
}

Deno.test("redirection() follows the five statuses that mean one, where they say where to", () => {
  const to = "https://h:8443/xnat/data/projects/P/";
  for (const status of [301, 302, 303, 307, 308]) assert.equal(leads(to, status), to);
  for (const status of [200, 204, 304, 401, 404, 500]) assert.equal(leads(to, status), undefined);
  for (const location of [undefined, "", "https://"]) assert.equal(leads(location), undefined);
});

Deno.test("redirection() stays where it was asked, and takes no login from the address", () => {
  const stays = {
    "?format=xml": "https://h:8443/xnat/data/projects/P?format=xml",
    "/xnat/data/archive/projects/P": "https://h:8443/xnat/data/archive/projects/P",
    "/xnat/xapi/users": "https://h:8443/xnat/xapi/users",
    "/other/data/projects/P": "https://h:8443/other/data/projects/P",
    "https://bob:secret@h:8443/xnat/data/projects/P": "https://h:8443/xnat/data/projects/P",
  };
  for (const [location, to] of Object.entries(stays)) assert.equal(leads(location), to, location);
  // Beside the routes of XNAT nobody can tell where it has moved.
  assert.equal(leads("/start", 302, "https://h/xnat/"), "https://h/start");
});

Deno.test("redirection() tells XNAT's login, and any other at the same address", () => {
  const logins = [
    "/xnat/app/template/Login.vm",
    "https://inside:8080/app/template/Login.vm",
    "/APP/template/LOGIN.VM?x=1",
    "/xnat/login",
    "/sso/Login",
  ];
  for (const location of logins) assert.equal(leads(location), "login", location);
});

Deno.test("redirection() tells that an account is to be put right first", () => {
  const pages: [string, RegExp][] = [
    [
      "XDATScreen_UpdateUser.vm",
      /^Unauthenticated: .*the password has expired, or must be changed/,
    ],
    ["InactiveAccount.vm", /^Unauthenticated: .*the account is not active any more/],
  ];
  for (const [page, message] of pages) {
    for (const origin of ["", "/xnat", "http://inside:8080", "https://h:8443/xnat"]) {
      assert.match(leads(`${origin}/app/template/${page}`)!, message);
    }
  }
});

Deno.test("redirection() leads to no other origin, nor to a page: it says what that means", () => {
  const wrong: [string, RegExp][] = [
    ["https://sso.example.org/login?to=x", /^Unauthenticated: .*a page of "https:\/\/sso/],
    ["https://h:8443/welcome", /^Unauthenticated: .*a page of "https:\/\/h:8443"/],
    [
      "https://new/data/projects/P",
      /^Protocol: .*another origin, "https:\/\/new"; write "xnat:\/\/new"$/,
    ],
    ["https://new/x/data/projects/P", /^Protocol: .*write "xnat:\/\/new\/~x"$/],
    ["http://h:8443/xnat/data/projects/P", /^Protocol: .*"http:\/\/h:8443", without TLS/],
    ["ftp://new/data/projects/P", /^Protocol: .*write "(?!xnat)/],
  ];
  for (const [location, message] of wrong) assert.match(leads(location)!, message);
  const plain = "http://h/xnat/data/projects/P";
  assert.match(leads("http://new/data/projects/P", 302, plain)!, /write "xnat\+http:\/\/new"$/);
  assert.match(leads("https://h/xnat/data/projects/P", 302, plain)!, /write "xnat:\/\/h\/~xnat"$/);
});
