import { strict as assert } from "node:assert";
import { join } from "@std/path";
import {
  dicomTransport,
  echo,
  optionsOfProfiles,
  readPeerProfiles,
} from "../../../transports/dicom/mod.ts";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { Vfs } from "../../../vfs/vfs.ts";
import { file, Peer } from "./_store_kit.ts";

async function withFile(text: string, fn: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "peers.json");
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await fn(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function errorOf(promise: Promise<unknown>): Promise<Error & { kind: string }> {
  const error = await promise.then(() => assert.fail("resolved"), (error) => error);
  assert.ok(isVfsError(error), String(error));
  return error;
}

const pacs = {
  url: "dicom://WS1@pacs.example.org:104/ARCHIVE",
  poolSize: 8,
  listen: { aeTitle: "MEDVFS", port: 11112 },
  timeouts: { connectMs: 500 },
};

Deno.test("readPeerProfiles() reads file and environment, which counts more", () =>
  withFile(JSON.stringify({ peers: { pacs, other: { url: "dicoms://h/B" } } }), async (path) => {
    const environment = " other=dicom://ME@elsewhere/C ";
    const profiles = await readPeerProfiles({ path, environment });
    assert.deepEqual(profiles.map(({ name, url }) => [name, url]), [
      ["other", "dicom://elsewhere/C"],
      ["pacs", "dicom://pacs.example.org:104/ARCHIVE"],
    ]);
    const { url: _, ...rest } = pacs;
    assert.deepEqual(profiles[1]!.options, { ...rest, callingAET: "WS1" });
    assert.deepEqual(profiles[0]!.options, { callingAET: "ME" });
  }));

Deno.test("readPeerProfiles() is content with no file", async () => {
  assert.deepEqual(await readPeerProfiles({ path: "/nowhere/peers.json", environment: "" }), []);
});

const MALFORMED: Readonly<Record<string, unknown>> = {
  "no peers": {},
  "an unknown field": { peers: { a: { ...pacs, pool: 8 } } },
  "a field of every object": { peers: { a: { ...pacs, constructor: 1 } } },
  "a number as text": { peers: { a: { ...pacs, poolSize: "8" } } },
  "an incomplete listener": { peers: { a: { ...pacs, listen: { port: 1 } } } },
  "an unknown time limit": { peers: { a: { ...pacs, timeouts: { connect: 5 } } } },
  "no URL": { peers: { a: { poolSize: 1 } } },
  "a URL of another scheme": { peers: { a: { url: "xnat://h/A" } } },
  "a URL without AE title": { peers: { a: { url: "dicom://h" } } },
  "a URL with a password": { peers: { a: { url: "dicom://me:S3CRET@h/A" } } },
  "a name that is no host": { peers: { "a/b": pacs } },
};

for (const [what, content] of Object.entries(MALFORMED)) {
  Deno.test(`readPeerProfiles() refuses ${what}`, () =>
    withFile(JSON.stringify(content), async (path) => {
      const error = await errorOf(readPeerProfiles({ path, environment: "" }));
      assert.equal(error.kind, "Corrupt");
      assert.ok(!error.message.includes("S3CRET"), error.message);
    }));
}

Deno.test("readPeerProfiles() refuses a file that names keys and that others can read", () =>
  withFile(JSON.stringify({ peers: { a: { ...pacs, tls: { key: "k" } } } }), async (path) => {
    assert.equal((await readPeerProfiles({ path, environment: "" })).length, 1);
    await Deno.chmod(path, 0o644);
    const error = await errorOf(readPeerProfiles({ path, environment: "" }));
    assert.equal(error.kind, "PermissionDenied");
  }));

Deno.test("readPeerProfiles() reads certificates when they are needed, beside the file", () =>
  withFile(
    JSON.stringify({
      peers: { a: { url: "dicoms://h/A", tls: { ca: ["ca.pem"], key: "k.pem" } } },
    }),
    async (path) => {
      const [profile] = await readPeerProfiles({ path, environment: "" });
      const tls = profile!.options.tls as () => Promise<unknown>;
      assert.equal((await errorOf(tls())).kind, "NotFound");
      await Deno.writeTextFile(join(path, "../ca.pem"), "-----BEGIN CERTIFICATE-----\n");
      await Deno.writeTextFile(join(path, "../k.pem"), "-----BEGIN PRIVATE KEY-----\nS3CRET", {
        mode: 0o644,
      });
      assert.equal((await errorOf(tls())).kind, "PermissionDenied");
      await Deno.chmod(join(path, "../k.pem"), 0o600);
      assert.deepEqual(await tls(), {
        caCerts: ["-----BEGIN CERTIFICATE-----\n"],
        cert: undefined,
        key: "-----BEGIN PRIVATE KEY-----\nS3CRET",
      });
      await Deno.writeTextFile(join(path, "../k.pem"), "S3CRET");
      const error = await errorOf(tls());
      assert.equal(error.kind, "Corrupt");
      assert.ok(!error.message.includes("S3CRET"), error.message);
    },
  ));

Deno.test("a peer that has a name is reached by it, as the profile says", async () => {
  const titles: string[] = [];
  await using peer = new Peer({
    authorize: ({ callingAET }) => {
      titles.push(callingAET);
      return undefined;
    },
  });
  const environment = `pacs=${peer.url.replace("//", "//WS1@")}`;
  const profiles = await readPeerProfiles({ path: "/nowhere/peers.json", environment });
  const { aliases, peers } = optionsOfProfiles(profiles);
  const registry = builtinRegistry();
  registry.register(dicomTransport({ peers, callingAET: "ALL" }), { override: true });
  await using vfs = new Vfs({ registry, aliases });
  const { location } = await vfs.writeFile("dicom://pacs/", file(1));
  assert.equal(location?.href.startsWith(peer.url), true);
  const { callingAET } = await echo(parseLocation(peer.url).location, { peers });
  assert.equal(callingAET, "WS1");
  assert.deepEqual(titles, ["WS1", "WS1"]);
});

Deno.test("echo() tells who answers", async () => {
  await using peer = new Peer();
  const { location } = parseLocation(peer.url);
  const answer = await echo(location, { credentials: { username: "ME" } });
  assert.equal(answer.calledAET, "NODE");
  assert.equal(answer.callingAET, "ME");
  assert.equal(answer.status, 0);
  assert.match(answer.implementationVersionName ?? "", /^MEDVFS/);
  assert.ok(answer.associationMs >= 0 && answer.echoMs >= 0);
});
