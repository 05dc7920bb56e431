import { strict as assert } from "node:assert";
import { FolderDatastore } from "../../../datastore/folder/folder_datastore.ts";
import { startLabelServer } from "../../../datastore/label_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { Kit } from "./kit.ts";

Deno.test("a host name that is not the loopback's is refused, unless it is allowed", async () => {
  await using kit = await Kit.begin({ allowedHosts: ["labels.example.org"] });
  const status = async (host: string) =>
    (await kit.handler.handle(new Request(`http://${host}/info/`))).status;
  for (const host of ["localhost:8000", "127.0.0.1", "[::1]:1", "labels.example.org"]) {
    assert.equal(await status(host), 200, host);
  }
  assert.equal(await status("evil.example.org"), 421);
});

Deno.test("web pages on the loopback and allowed ones may call, others may change nothing", async () => {
  await using kit = await Kit.begin({ allowedOrigins: ["https://ohif.example.org"] });
  const ask = (origin: string, method: string) =>
    kit.ask(method, "/datastore/label?id=a&tag=final", { headers: { origin } });
  for (const origin of ["http://localhost:3000", "https://ohif.example.org"]) {
    const answer = await ask(origin, "DELETE");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("access-control-allow-origin"), origin);
    const preflight = await ask(origin, "OPTIONS");
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-methods")!, /PUT/);
  }
  for (const origin of ["https://evil.example.org", "null", "http://localhost.evil.example"]) {
    const answer = await ask(origin, "DELETE");
    assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [
      403,
      null,
    ]);
  }
});

Deno.test("with a token all but the login wants it, and its password is the token", async () => {
  await using kit = await Kit.begin({ token: "s3cret" });
  const status = async (authorization?: string) => {
    const headers = authorization === undefined ? undefined : { authorization };
    return (await kit.ask("GET", "/info/", { headers })).status;
  };
  assert.equal(await status(), 401);
  for (const wrong of ["Bearer", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"]) {
    assert.equal(await status(wrong), 401, wrong);
  }
  assert.equal(await status("bearer s3cret"), 200);
  assert.deepEqual(await kit.json("GET", "/auth/"), {
    enabled: true,
    client_id: "medvfs",
    realm: "medvfs",
  });
  const login = (password: string) => ({
    body: new URLSearchParams({ username: "ann", password, grant_type: "password" }),
  });
  assert.equal((await kit.ask("POST", "/auth/token", login("guess"))).status, 401);
  assert.deepEqual(await kit.json("POST", "/auth/token", login("s3cret")), {
    access_token: "s3cret",
    token_type: "bearer",
  });
  assert.equal((await kit.ask("POST", "/auth/token", login("x".repeat(70_000)))).status, 413);
});

Deno.test("errors of the store are told by kind, without what others need not know", async () => {
  await using kit = await Kit.begin();
  const failures: [Error, number][] = [
    [new VfsError("Unavailable", { op: "list", url: "xnat://ann:pw@host/" }), 503],
    [new VfsError("PermissionDenied", { op: "list", url: "xnat://host/" }), 502],
    [new VfsError("TimedOut", { op: "list", url: "xnat://host/" }), 504],
    [new VfsError("StorageFull", { op: "list", url: "xnat://host/" }), 507],
    [new Error("secret path /home/ann"), 500],
  ];
  for (const [error, status] of failures) {
    kit.store.status = () => Promise.reject(error);
    const answer = await kit.ask("GET", "/datastore/");
    const { detail } = await answer.json();
    assert.equal(answer.status, status);
    assert.doesNotMatch(detail, /pw|home/);
  }
  assert.equal(kit.errors.length, failures.length);
});

Deno.test("startLabelServer() serves until it is closed, and others only with a token", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///store/a.png", "image a");
  await using datastore = new FolderDatastore("memory:///store", { vfs });
  const options = { datastore, files: vfs, port: 0 };
  assert.throws(() => startLabelServer({ ...options, hostname: "0.0.0.0" }), {
    kind: "InvalidArgument",
  });
  const server = startLabelServer(options);
  const answer = await fetch(`${server.url}/datastore/image?image=a`);
  assert.equal(await answer.text(), "image a");
  await server.close();
  await server.close();
  await assert.rejects(fetch(`${server.url}/`));
});
