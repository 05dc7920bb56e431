import { strict as assert } from "node:assert";
import { serveBrowser } from "../../browse/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { Visit } from "./kit.ts";

const ROUTES = [
  "GET root",
  "GET list",
  "GET facts",
  "GET line",
  "GET header",
  "GET picture",
  "GET thumbnail",
  "GET series",
  "GET file",
  "HEAD file",
  "GET folder",
  "PUT upload",
  "POST folder",
  "POST rename",
  "DELETE entry",
];

Deno.test("without the cookie all but the page itself is refused, whatever is asked", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, { write: true });
  for (const cookie of ["", "medvfs=", `medvfs=${visit.token.slice(1)}`, `other=${visit.token}`]) {
    for (const route of ROUTES) {
      const [method = "", name = ""] = route.split(" ");
      const headers = { cookie, origin: visit.server.url };
      const status = await visit.status(visit.ask(name, { method, headers }));
      assert.equal(status, 401, `${route} with "${cookie}"`);
    }
  }
  assert.equal(await visit.status(fetch(visit.page)), 200);
  assert.equal(await visit.status(visit.ask("root")), 200);
});

Deno.test("a session is for the right token alone, and its cookie is for this page's path alone", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" });
  // 32 random bytes are 43 characters.
  assert.match(visit.token, /^[\w-]{43}$/);
  for (const token of ["", "x", visit.token.slice(1), `${visit.token}x`, "x".repeat(1000)]) {
    const { status, headers } = await visit.session(token);
    assert.deepEqual([status, headers.get("set-cookie")], [401, null]);
  }
  const { status, headers } = await visit.session(visit.token);
  assert.equal(status, 204);
  const path = new URL(visit.page).pathname;
  assert.equal(
    headers.get("set-cookie"),
    `medvfs=${visit.token}; Path=${path}; HttpOnly; SameSite=Strict`,
  );
});

Deno.test("paths without the page's own random segment lead nowhere", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" });
  const { url } = visit.server;
  for (const path of ["/", "/x/", "/api/root", `/x/api/root`]) {
    const answer = fetch(`${url}${path}`, { headers: { cookie: visit.cookie } });
    assert.equal(await visit.status(answer), 404, path);
  }
  assert.equal(await visit.status(fetch(`${visit.page}../../etc/passwd`)), 404);
  assert.equal(await visit.status(fetch(`${visit.page}app.ts`)), 404);
  assert.equal(await visit.status(fetch(`${visit.page}toString`)), 404);
});

Deno.test("a host name that is not ours is refused, as DNS rebinding brings it", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, { allowedHosts: ["viewer.example.org"] });
  const status = async (host: string) => {
    const connection = await Deno.connect({ port: visit.server.port });
    const path = new URL(visit.page).pathname;
    const lines = [`GET ${path}api/root HTTP/1.1`, `Host: ${host}`, `Cookie: ${visit.cookie}`];
    const request = `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const text = await new Response(connection.readable).text();
    return Number(text.split(" ", 2)[1]);
  };
  const { port } = visit.server;
  for (const host of [`localhost:${port}`, "127.0.0.1", "[::1]:1", "viewer.example.org"]) {
    assert.equal(await status(host), 200, host);
  }
  for (const host of ["evil.example.org", `127.0.0.1.evil.example.org:${port}`, "0.0.0.0"]) {
    assert.equal(await status(host), 421, host);
  }
  assert.equal(await status("a b"), 400);
});

Deno.test("pages from elsewhere, other ports of this machine included, get nothing by the cookie", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, { write: true });
  const read = (headers: Record<string, string>) => visit.status(visit.ask("root", { headers }));
  assert.equal(await read({ "sec-fetch-site": "same-origin" }), 200);
  assert.equal(await read({ "sec-fetch-site": "none" }), 200);
  assert.equal(await read({ "sec-fetch-site": "same-site" }), 403);
  assert.equal(await read({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await read({ origin: "http://127.0.0.1:1" }), 403);
  const change = (headers: Record<string, string>) =>
    visit.status(visit.ask("entry?path=a.txt", { method: "DELETE", headers }));
  for (const origin of ["https://evil.example.org", "null", "http://127.0.0.1:1"]) {
    assert.equal(await change({ origin }), 403, origin);
  }
  assert.equal(await change({}), 403);
  assert.equal(await visit.vfs.exists("memory:///top/a.txt"), true);
});

Deno.test("every answer forbids scripts from elsewhere, sniffing, framing, referrers and keeping", async () => {
  await using visit = await Visit.begin({ "a.html": "<script>" });
  const answers = await Promise.all([
    fetch(visit.page),
    fetch(`${visit.page}app.js`),
    fetch(`${visit.page}nothing`),
    visit.ask("root"),
    visit.ask("file?path=a.html"),
    visit.ask("root", { headers: { cookie: "" } }),
  ]);
  for (const { headers, body } of answers) {
    await body?.cancel();
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|data:|https?:|\*/);
    assert.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("two pages have other secrets, and a closed one answers nobody", async () => {
  await using vfs = createVfs();
  await vfs.mkdir("memory:///top");
  const first = await serveBrowser({ vfs, where: "memory:///top" });
  await using second = await serveBrowser({ vfs, where: "memory:///top" });
  const secretsOf = ({ link, url }: { link: string; url: string }) => link.slice(url.length);
  assert.notEqual(secretsOf(first), secretsOf(second));
  await first.close();
  await first.close();
  await assert.rejects(fetch(first.url));
  await assert.rejects(serveBrowser({ vfs, where: "memory:///top", port: second.port }), {
    code: "EADDRINUSE",
  });
  await assert.rejects(serveBrowser({ vfs, where: "memory:///nothing" }), { kind: "NotFound" });
});
