import { strict as assert } from "node:assert";
import { makeTls } from "../../../testing/xnat_server/tls/make_tls.ts";
import { type AssociateRq, serveDicom } from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport, type DicomTransportOptions, echo } from "../../../transports/dicom/mod.ts";
import { Secret } from "../../../vfs/credentials/credentials.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { Vfs, type VfsOptions } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";
import { asRead, seriesOf, world } from "./_archive.ts";

function vfsWith(driver: DicomTransportOptions = {}, options: Partial<VfsOptions> = {}): Vfs {
  const registry = builtinRegistry();
  registry.register(dicomTransport(driver), { override: true });
  return new Vfs({ registry, layers: { retry: false }, ...options });
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(isVfsError(error), `${error}`);
  return error;
}

/** An archive without anything in it that keeps what it is asked for. */
function listening() {
  const requests: AssociateRq[] = [];
  const server = serveDicom({
    aeTitle: "A",
    hostname: "127.0.0.1",
    port: 0,
    find: async function* () {},
    authorize: (request) => void requests.push(request),
  });
  return {
    requests,
    url: `//127.0.0.1:${server.port}/A`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

Deno.test("dicoms: reads over TLS with an own authority, and refuses another", async () => {
  const { cert, key, authority } = makeTls("localhost", Date.now());
  const tls = { caCerts: [authority], serverName: "localhost" };
  await using archive = await world(seriesOf(), { tls: { cert, key }, driver: { tls } });
  assert.match(archive.url, /^dicoms:/);
  const report = await archive.vfs.copy(archive.url, "memory:///tls");
  assert.deepEqual([report.done, report.failed], [3, 0]);
  const [uid, file] = [...archive.files][0]!;
  const at = `memory:///tls/PAT1/1.2.3.1/1.2.3.1.1/${uid}`;
  assert.deepEqual(await archive.vfs.readFile(at), asRead(file));

  await using distrustful = vfsWith();
  const error = await failure(distrustful.stat(archive.url));
  assert.equal(error.name, "AssociationNotEstablished");
});

Deno.test("our AE title is that of the URL, of the options, or MEDVFS", async () => {
  await using archive = listening();
  for (
    const [url, driver, expected] of [
      [`dicom:${archive.url}`, {}, "MEDVFS"],
      [`dicom:${archive.url}`, { callingAET: "OPTION" }, "OPTION"],
      [`dicom:${archive.url.replace("//", "//WS1@")}`, { callingAET: "OPTION" }, "WS1"],
    ] as const
  ) {
    await using vfs = vfsWith(driver);
    assert.equal(await vfs.isDirectory(url), true);
    assert.equal(archive.requests.at(-1)?.callingAET, expected);
  }
});

Deno.test("a password and a token go along as user identity, and into no message", async () => {
  await using archive = listening();
  const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
  {
    await using vfs = vfsWith();
    await vfs.stat(`dicom:${archive.url.replace("//", "//WS1:s%C3%A4cret@")}`);
    const identity = archive.requests.at(-1)?.user.userIdentity;
    assert.deepEqual([identity?.type, text(identity?.primary), text(identity?.secondary)], [
      2,
      "WS1",
      "säcret",
    ]);
    const error = await failure(vfs.stat(`dicom:${archive.url}/P/1.2`));
    assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /s(ä|%C3%A4)cret/);
  }
  const credentials = () => ({ token: new Secret("jwt") });
  await using vfs = vfsWith({}, { credentials });
  await vfs.stat(`dicom:${archive.url}`);
  const identity = archive.requests.at(-1)?.user.userIdentity;
  assert.deepEqual([identity?.type, text(identity?.primary)], [5, "jwt"]);
});

Deno.test("dimse 11: a peer that does not answer is TimedOut within the limit, and nothing is left", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const { port } = listener.addr as Deno.NetAddr;
  await using vfs = vfsWith({ timeouts: { requestMs: 200 } });
  const error = await failure(vfs.stat(`dicom://127.0.0.1:${port}/A`));
  assert.equal(error.kind, "TimedOut");
  (await accepted).close();
});

Deno.test("nothing listens: Unavailable, at once, and again at the next try", async () => {
  const { port } = (() => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return listener.addr as Deno.NetAddr;
  })();
  await using vfs = vfsWith();
  for (let i = 0; i < 2; i++) {
    assert.equal((await failure(vfs.stat(`dicom://127.0.0.1:${port}/A/P`))).kind, "Unavailable");
  }
});

Deno.test({
  name: "without --allow-net an archive is PermissionDenied, at once, and what to give is told",
  permissions: { net: false, read: true, env: true },
  async fn() {
    await using vfs = vfsWith({}, { layers: {} });
    const error = await failure(vfs.stat("dicom://127.0.0.1:104/NODE"));
    assert.equal(error.kind, "PermissionDenied");
    assert.match(error.message, /--allow-net=[^ :]+:\d+$/);
    assert.equal(error.status, "permanent");
  },
});

Deno.test("an AE title that is none is InvalidArgument before anything is sent", async () => {
  await using archive = listening();
  await using vfs = vfsWith();
  const url = `dicom:${archive.url}TOOLONGFORANAETITLE`;
  assert.equal((await failure(vfs.stat(url))).kind, "InvalidArgument");
  assert.equal(archive.requests.length, 0);
});

Deno.test("dimse 19: an archive that was started anew is found by the next operation", async () => {
  let archive = await world(seriesOf());
  const { port } = archive.node;
  await using vfs = vfsWith();
  const url = `${archive.url}/PAT1`;
  await vfs.stat(url);
  await archive[Symbol.asyncDispose]();
  archive = await world(seriesOf(), { port });
  const names = await Array.fromAsync(vfs.readDir(url), ({ name }) => name);
  assert.deepEqual(names, ["1.2.3.1"]);
  await archive[Symbol.asyncDispose]();
});

Deno.test("promise 6: dispose frees the associations, also of what is under way", async () => {
  const archive = await world(seriesOf({ count: 6, bytes: 5_000_000 }));
  const urls = await Array.fromAsync(
    archive.vfs.readDir(`${archive.url}/PAT1/1.2.3.1/1.2.3.1.1`),
    ({ url }) => url,
  );
  const handles = await Promise.all(urls.slice(0, 3).map((url) => archive.vfs.open(url)));
  const listing = archive.vfs.readDir(archive.url);
  await listing.next();
  await archive.vfs[Symbol.asyncDispose]();
  for (const handle of handles) await handle.bytes().catch((error) => assert(isVfsError(error)));
  await listing.return();
  await until(() => archive.node.connections === 0);
  assert.equal(archive.node.connections, 0);
  await archive[Symbol.asyncDispose]();
});

Deno.test("importing mod.ts loads nothing of the driver", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../../mod.ts", import.meta.url).href],
    env: { NO_COLOR: "1" },
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map<string, { dependencies?: Dependency[] }>(
    modules.map((each: { specifier: string }) => [each.specifier, each]),
  );
  interface Dependency {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }
  const loaded = new Set<string>(roots);
  for (const each of loaded) {
    for (const { isDynamic, code } of bySpecifier.get(each)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier) loaded.add(code.specifier);
    }
  }
  assert(loaded.size > 20);
  assert.deepEqual([...loaded].filter((each) => each.includes("/transports/dicom/")), []);
});

Deno.test("dicom: where a web server answers fails at once as Protocol, which says so", async () => {
  await using web = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("XNAT"),
  );
  await using vfs = vfsWith({}, { layers: {} });
  const error = await failure(vfs.stat(`dicom://127.0.0.1:${web.addr.port}/ARCHIVE`));
  assert.equal(error.kind, "Protocol");
  assert.match(error.message, /this is not a DICOM peer: .*looks like HTTP$/);
});

Deno.test("xnat: where a DICOM node answers fails as Unavailable", async () => {
  await using archive = listening();
  await using vfs = vfsWith();
  for (const scheme of ["xnat", "xnat+http"]) {
    const error = await failure(vfs.stat(`${scheme}:${archive.url}`));
    assert.equal(error.kind, "Unavailable", scheme);
  }
  assert.deepEqual(archive.requests, []);
});

for (const url of ["xnat://127.0.0.1/A", "xnat+http://127.0.0.1:1/A", "file:///A"]) {
  Deno.test(`echo() refuses ${url} before it connects`, async () => {
    const error = await failure(echo(parseLocation(url).location));
    assert.equal(error.kind, "InvalidUrl");
  });
}

Deno.test("a peer that is gone for seconds is tried once for each operation, until it is there again", async () => {
  const server = listening();
  const { url } = server;
  const scheme = "dicom:";
  let now = 0;
  const clock = { ...systemClock, elapsed: () => now };
  await using vfs = vfsWith({}, { layers: { retry: { baseMs: 1 }, clock } });
  const stat = () => vfs.stat(scheme + url);
  await server[Symbol.asyncDispose]();
  const triesAt = async (ms: number) => {
    now = ms;
    return (await failure(stat())).attempts;
  };
  const tries: (number | undefined)[] = [];
  for (const ms of [0, 2_000, 4_000, 5_000, 14_000, 15_000]) tries.push(await triesAt(ms));
  assert.deepEqual(tries, [4, 4, 4, 1, 4, 1]);
  const port = Number(new URL(url, "http://h").port);
  await using _back = serveDicom({ aeTitle: "A", port, find: async function* () {} });
  assert.equal((await stat()).kind, "directory");
});

Deno.test("what somebody asks of an archive first, and gives up, is no failure for others who wait for it", async () => {
  for (const work of ["stat", "readDir", "copy"] as const) {
    await using archive = await world(seriesOf({ count: 2 }));
    const { vfs, url } = archive;
    const at = `${url}/PAT1/1.2.3.1/1.2.3.1.1`;
    const run = async (signal?: AbortSignal): Promise<unknown> => {
      if (work === "readDir") return await Array.fromAsync(vfs.readDir(at, { signal }));
      if (work === "stat") return await vfs.stat(at, { signal });
      return await vfs.copy(at, signal ? "memory:///first" : "memory:///second", { signal });
    };
    const abort = new AbortController();
    const first = assert.rejects(run(abort.signal), { kind: "Aborted" });
    const second = run();
    setTimeout(() => abort.abort());
    await Promise.all([first, second]);
  }
});
