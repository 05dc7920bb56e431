/**
 * The emulator as a program: start, storage, certificate, log, faults.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { until } from "../../until.ts";
import { withKit } from "./_kit.ts";

const BASIC = { authorization: `Basic ${btoa("admin:admin")}` };

async function get(server: XnatServer, path: string, signal?: AbortSignal): Promise<Response> {
  return await fetch(server.url + path, { headers: BASIC, signal });
}

Deno.test("startXnatServer() is ready to be asked, and closes twice", async () => {
  const server = await startXnatServer();
  assert.equal((await (await get(server, "/data/projects")).json()).ResultSet.totalRecords, "0");
  await server.close();
  await server.close();
  await assert.rejects(get(server, "/data/projects"));
});

Deno.test("seed.file() keeps the bytes as they were", async () => {
  await using server = await startXnatServer();
  const bytes = new Uint8Array([1, 2, 3]);
  await server.seed.file(["P", "s", "e", "1", "R", "f"], bytes);
  bytes.fill(9);
  const stored = await get(server, "/data/experiments/XNAT_E00001/scans/1/resources/R/files/f");
  assert.deepEqual(new Uint8Array(await stored.arrayBuffer()), new Uint8Array([1, 2, 3]));
});

Deno.test("startXnatServer() with a folder keeps its content over a restart", async () => {
  const folder = await Deno.makeTempDir();
  try {
    {
      await using server = await startXnatServer({ folder });
      await server.seed.file(["P", "s", "e", "1", "R", "a/b.txt"], new Uint8Array(70_000).fill(5));
    }
    await using server = await startXnatServer({ folder });
    const list = await (await get(server, "/data/experiments/XNAT_E00001/scans/1/files")).json();
    const [{ URI, Size }] = list.ResultSet.Result;
    assert.equal(Size, "70000");
    const bytes = new Uint8Array(await (await get(server, URI)).arrayBuffer());
    assert.deepEqual(bytes, new Uint8Array(70_000).fill(5));
    const made = await fetch(`${server.url}/data/projects/P/subjects/t`, {
      method: "PUT",
      headers: BASIC,
    });
    assert.equal(await made.text(), "XNAT_S00002");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("startXnatServer() with a folder gives nobody back a right that was taken from him", async () => {
  const folder = await Deno.makeTempDir();
  const users = (right: "read" | "edit") => ({
    admin: { password: "admin", admin: true },
    ann: { password: "ann", rights: { P: right } },
  });
  const started = (right: "read" | "edit") => startXnatServer({ folder, users: users(right) });
  const members = async (server: XnatServer) => {
    const list = await (await get(server, "/data/projects/P/users?format=json")).json();
    const others = list.ResultSet.Result.filter((row: Record<string, string>) =>
      row.login !== "admin"
    );
    return others.map((row: Record<string, string>) => `${row.login} ${row.GROUP_ID}`);
  };
  try {
    {
      await using server = await started("edit");
      server.seed.project("P");
      assert.deepEqual(await members(server), ["ann P_member"]);
      const url = `${server.url}/data/projects/P/users/member/ann`;
      await (await fetch(url, { method: "DELETE", headers: BASIC })).body?.cancel();
    }
    {
      await using server = await started("edit");
      assert.deepEqual(await members(server), []);
    }
    await using server = await started("read");
    assert.deepEqual(await members(server), ["ann P_collaborator"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("startXnatServer() with a folder has the old file or the new one after it was killed, and keeps no others", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = "/data/experiments/XNAT_E00001/scans/1/resources/R/files/f";
    const read = async (server: XnatServer) => await (await get(server, path)).text();
    await (async () => {
      await using server = await startXnatServer({ folder: `${folder}/a` });
      await server.seed.file(["P", "s", "e", "1", "R", "f"], new TextEncoder().encode("old"));
    })();
    await using server = await startXnatServer({ folder: `${folder}/a` });
    const url = `${server.url}${path}?inbody=true&overwrite=true`;
    const stored = await fetch(url, { method: "PUT", headers: BASIC, body: "new" });
    await stored.body?.cancel();
    await new Deno.Command("cp", { args: ["-r", `${folder}/a`, `${folder}/b`] }).output();
    await using other = await startXnatServer({ folder: `${folder}/b` });
    assert.match(await read(other), /^(old|new)$/);
    await server.close();
    assert.equal((await Array.fromAsync(Deno.readDir(`${folder}/a/files`))).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("startXnatServer() with tls serves a certificate that a client can trust", async () => {
  await using server = await startXnatServer({ tls: true, contextPath: "/xnat" });
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+\/xnat$/);
  using client = Deno.createHttpClient({ caCerts: [server.certificate!] });
  const url = `${server.url}/xapi/siteConfig/buildInfo`;
  assert.equal((await (await fetch(url, { client })).json()).version, "1.8.9");
  await assert.rejects(fetch(url));
});

Deno.test("startXnatServer() serves nothing outside of its context path", async () => {
  await using server = await startXnatServer({ contextPath: "xnat/" });
  const { port } = server;
  const outside = await fetch(`http://127.0.0.1:${port}/data/projects`, { headers: BASIC });
  await outside.body?.cancel();
  assert.equal(outside.status, 404);
});

Deno.test("requests counts requests and bytes by route, without secrets", async () => {
  await withKit(async ({ server, ask, put, E }) => {
    server.requests.clear();
    const octets = { "content-type": "application/octet-stream" };
    await put(`/data/experiments/${E}/resources/R/files/a`, "12345", octets);
    await ask(`/data/experiments/${E}/resources/R/files/a`);
    await ask("/data/projects?password=hidden");
    const route = "/experiments/{E}/resources/{R}/files";
    assert.deepEqual(server.requests.byRoute().get(`PUT ${route}`), {
      requests: 1,
      bytesIn: 5,
      bytesOut: 0,
    });
    assert.equal(server.requests.total(`GET ${route}`).bytesOut, 5);
    assert.equal(server.requests.total("GET").requests, 2);
    assert.equal(server.requests.total(/files\/a$/).requests, 2);
    assert.equal(server.requests.count, 3);
    assert.ok(!JSON.stringify([...server.requests]).includes("hidden"));
  });
});

Deno.test("faults.inject() answers with a status, for as many requests as asked", async () => {
  await withKit(async ({ server, ask }) => {
    server.faults.inject({ status: 503, route: /projects/, after: 1, times: 2 });
    const found: number[] = [];
    for (let i = 0; i < 4; i++) found.push((await ask("/data/projects")).status);
    assert.deepEqual(found, [200, 503, 503, 200]);
    assert.equal(server.faults.pending, 0);
    const undo = server.faults.inject({ status: 500, times: Infinity });
    assert.equal((await ask("/data/auth")).status, 500);
    undo();
    assert.equal((await ask("/data/auth")).status, 200);
  });
});

Deno.test("faults.inject() cuts, resets, loses and expires", async () => {
  await withKit(async ({ server, ask, put, rows, E }) => {
    const file = `/data/experiments/${E}/scans/1/resources/DICOM/files/1.dcm`;
    server.faults.inject({ cut: 2, route: /1\.dcm$/ });
    await assert.rejects(ask(file));
    server.faults.inject({ reset: true });
    await assert.rejects(ask(file));
    server.faults.inject({ lostAnswer: true, method: "PUT" });
    await assert.rejects(put("/data/projects/P/subjects/lost"));
    const labels = (await rows("/data/projects/P/subjects")).map(({ label }) => label);
    assert.deepEqual(labels, ["sub-01", "lost"]);
    server.faults.inject({ loginPage: true });
    const page = await ask(file);
    assert.equal(page.status, 200);
    assert.match(page.text, /^<!DOCTYPE html>/);
    const { headers } = await ask("/data/JSESSION");
    const cookie = headers.getSetCookie()[0]!.split(";")[0]!;
    const withCookie = { user: null, headers: { cookie } };
    server.faults.inject({ expire: true, after: 1 });
    assert.equal((await ask("/data/auth", withCookie)).status, 200);
    assert.equal((await ask("/data/auth", withCookie)).status, 401);
  });
});

Deno.test("faults.inject() delays an answer by the server's clock", async () => {
  const clock = manualClock();
  await withKit(async ({ server, ask }) => {
    server.faults.inject({ delay: 60_000 });
    let isAnswered = false;
    const answer = ask("/data/projects").finally(() => isAnswered = true);
    await until(() => server.faults.pending === 0);
    await clock.advance(59_999);
    assert.equal(isAnswered, false);
    await clock.advance(1);
    assert.equal((await answer).status, 200);
  }, { clock });
});

Deno.test("faults.inject() stalls a body until the client gives up", async () => {
  await withKit(async ({ server, E }) => {
    server.faults.inject({ stall: 2, route: /1\.dcm$/ });
    const file = `/data/experiments/${E}/scans/1/resources/DICOM/files/1.dcm`;
    const abort = new AbortController();
    const response = await get(server, file, abort.signal);
    let isSettled = false;
    const body = response.arrayBuffer().finally(() => isSettled = true);
    const rejected = assert.rejects(body, { name: "AbortError" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isSettled, false);
    abort.abort();
    await rejected;
  });
});

Deno.test("close() ends requests that are under way", async () => {
  const server = await startXnatServer();
  server.faults.inject({ stall: 0 });
  const response = await get(server, "/data/projects");
  await server.close();
  await assert.rejects(response.text());
});
