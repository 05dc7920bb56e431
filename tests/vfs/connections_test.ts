import { strict as assert } from "node:assert";
import { Connections } from "../../vfs/connections.ts";
import { type Credentials, type Realm, Secret } from "../../vfs/credentials/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import { Registry } from "../../vfs/registry.ts";
import type { ConnectOptions, TransportDriver } from "../../vfs/transport.ts";
import { driverOf, fake, hang, rejects, settle } from "./_fakes.ts";

function connectionsOf(
  connect: TransportDriver["connect"],
  credentials?: (realm: Realm) => Credentials | undefined,
): Connections {
  const registry = new Registry();
  registry.register(driverOf(connect));
  return new Connections(registry, { credentials });
}

Deno.test("Connections connects once per origin and user, also when asked at the same time", async () => {
  const origins: string[] = [];
  await using connections = connectionsOf(({ origin }) => {
    origins.push(origin.href);
    return fake({});
  });
  const urls = ["fake://a/x", "fake://a/y", "fake://b/x", "fake://a:1/x", "fake://A/x"];
  await Promise.all([...urls, ...urls].map((url) => connections.resolve(url)));
  assert.deepEqual(origins.toSorted(), ["fake://A/", "fake://a/", "fake://a:1/", "fake://b/"]);
  const first = await connections.resolve("fake://u1@a/x");
  assert.notEqual(first.transport, (await connections.resolve("fake://u2@a/x")).transport);
  assert.equal(first.transport, (await connections.resolve("fake://u1@a/z")).transport);
  assert.equal(origins.length, 6);
});

Deno.test("Connections: a URL without userinfo means the user last named for its origin, and no other", async () => {
  const asked: (Credentials | undefined)[] = [];
  await using connections = connectionsOf(async ({ credentials }) => {
    asked.push(await credentials());
    return fake({});
  });
  const named = await connections.resolve("fake://u:S3CRET@a/x");
  assert.equal((await connections.resolve("fake://a/x/y")).transport, named.transport);
  await connections.resolve("fake://a:1/x");
  await connections.resolve("fake://b/x");
  assert.equal(asked[0]?.password?.reveal(), "S3CRET");
  assert.deepEqual(asked.slice(1), [undefined, undefined]);
  assert(!named.location.href.includes("u"));
});

Deno.test("Connections asks the provider for what the URL does not tell, and tells it whom the URL names", async () => {
  const realms: Realm[] = [];
  const found: (Credentials | undefined)[] = [];
  await using connections = connectionsOf(async ({ credentials }) => {
    found.push(await credentials());
    return fake({});
  }, (realm) => {
    realms.push(realm);
    return realm.host === "none" ? undefined : { username: "p", password: new Secret("x") };
  });
  await connections.resolve("fake://a:5/x");
  await connections.resolve("fake://AE1@b/x");
  await connections.resolve("fake://AE1@none/x");
  await connections.resolve("fake://u:p@c/x");
  const realm = (host: string, port?: number, username?: string) => ({
    scheme: "fake",
    host,
    port,
    username,
  });
  assert.deepEqual(realms, [
    realm("a", 5),
    realm("b", undefined, "AE1"),
    realm("none", undefined, "AE1"),
  ]);
  assert.deepEqual(found.map((c) => c?.username), ["p", "p", "AE1", "u"]);
});

Deno.test("Connections: a corrected password in a later URL is the one that the driver gets", async () => {
  let ask: ConnectOptions["credentials"] = () => Promise.resolve(undefined);
  await using connections = connectionsOf(({ credentials }) => {
    ask = credentials;
    return fake({});
  });
  await connections.resolve("fake://u:wrong@a/x");
  assert.equal((await ask())?.password?.reveal(), "wrong");
  await connections.resolve("fake://u:right@a/x");
  assert.equal((await ask())?.password?.reveal(), "right");
  await connections.resolve("fake://other:third@a/x");
});

Deno.test("Connections tries again after connecting failed, and tells a foreign error as Unexpected", async () => {
  let tries = 0;
  await using connections = connectionsOf(() => {
    if (++tries === 1) throw new TypeError("bad option");
    if (tries === 2) {
      return Promise.reject(new VfsError("Unavailable", { op: "connect", url: "fake://a" }));
    }
    return fake({});
  });
  const error = await rejects(connections.resolve("fake://u:S3CRET@a/x"), "Unexpected");
  assert(error.cause instanceof TypeError);
  await rejects(connections.resolve("fake://a/x"), "Unavailable");
  await connections.resolve("fake://a/x");
  assert.equal(tries, 3);
});

Deno.test("promise 6: dispose closes every transport once, also those being connected, and may be called twice", async () => {
  const closed: string[] = [];
  const connections = connectionsOf(async ({ origin }) => {
    if (origin.host === "slow") await settle(2);
    return fake({
      [Symbol.asyncDispose]: () => Promise.resolve(void closed.push(origin.host)),
    });
  });
  await connections.resolve("fake://a/x");
  const slow = connections.resolve("fake://slow/x");
  await connections[Symbol.asyncDispose]();
  await connections[Symbol.asyncDispose]();
  await slow;
  assert.deepEqual(closed, ["a", "slow"]);
  const error = await rejects(connections.resolve("fake://a/x"), "Aborted");
  assert.match(error.message, /the Vfs is closed$/);
});

Deno.test("Connections: dispose closes all before it tells that one failed", async () => {
  const closed: string[] = [];
  const connections = connectionsOf(({ origin }) =>
    fake({
      [Symbol.asyncDispose]: () => {
        closed.push(origin.host);
        return origin.host === "a" ? Promise.reject(new Error("no logout")) : Promise.resolve();
      },
    })
  );
  for (const host of ["a", "b", "c"]) await connections.resolve(`fake://${host}`);
  await assert.rejects(connections[Symbol.asyncDispose](), /no logout/);
  assert.deepEqual(closed, ["a", "b", "c"]);
});

Deno.test("promise 7: Connections shows no credentials, nor does what it resolves", async () => {
  await using connections = connectionsOf(() => fake({}));
  const resolved = await connections.resolve("fake://u:S3CRET@a/x");
  for (const value of [connections, resolved]) {
    assert(!Deno.inspect(value, { depth: 20, showHidden: true }).includes("S3CRET"));
    assert(!JSON.stringify(value).includes("S3CRET"));
  }
});

Deno.test("Connections does not connect for what is no URL or has no driver", async () => {
  await using connections = connectionsOf(() => hang());
  await rejects(connections.resolve("fake://a//b"), "InvalidUrl");
  await rejects(connections.resolve("nope://a/b"), "NotSupported");
});
