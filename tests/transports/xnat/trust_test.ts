import { strict as assert } from "node:assert";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { makeTls } from "../../../testing/xnat_server/tls/make_tls.ts";
import { insecureFetch } from "../../../transports/xnat/insecure_fetch.ts";
import { xnatTransport, type XnatTransportOptions } from "../../../transports/xnat/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i * i % 251);
const YEAR = 365 * 86_400_000;

function vfsOf(options: XnatTransportOptions): Vfs {
  const vfs = createVfs({ layers: { retry: false } });
  vfs.register(xnatTransport(options), { override: true });
  return vfs;
}

function urlOf({ port }: XnatServer, path: string): string {
  return `xnat://admin:admin@localhost:${port}/${path}`;
}

const WRONG = {
  "by an unknown authority": [
    makeTls("localhost", Date.now()),
    false,
    /its issuer is unknown\); give .* caCerts/,
  ],
  "for another host": [
    makeTls("elsewhere.example", Date.now(), []),
    true,
    /for another host\); use the name/,
  ],
  "that has expired": [
    makeTls("localhost", Date.now() - 2 * YEAR),
    true,
    /it has expired\); have it renewed/,
  ],
} as const;

for (const [what, [tls, isKnown, why]] of Object.entries(WRONG)) {
  Deno.test(`a certificate ${what} is refused with what to do, and taken only when insecure`, async () => {
    await using server = await startXnatServer({ tls });
    await server.seed.file(["P", "s", "e", "1", "R", "f"], BYTES);
    await using checked = vfsOf(isKnown ? { caCerts: [tls.authority] } : {});
    const error = await checked.readFile(urlOf(server, "P/s/e/1/R/f")).catch((error) => error);
    assert(isVfsError(error), String(error));
    assert.deepEqual([error.kind, error.status], ["Unavailable", "permanent"]);
    assert.match(error.message, why);
    assert.match(error.message, /if you must, check none \(option insecure/);
    assert.doesNotMatch(error.message, /admin/);
    assert.equal(server.requests.count, 0, "nothing was sent");
    await using vfs = vfsOf({ insecure: true });
    assert.deepEqual(await vfs.readFile(urlOf(server, "P/s/e/1/R/f")), BYTES);
  });
}

Deno.test("a server that does not speak https is said so at once, and is not tried again", async () => {
  await using server = await startXnatServer();
  await using vfs = vfsOf({});
  const error = await vfs.stat(urlOf(server, "P")).catch((error) => error);
  assert(isVfsError(error), String(error));
  assert.deepEqual([error.kind, error.status], ["Unavailable", "permanent"]);
  assert.match(error.message, /does not speak https; .*xnat\+http:/);
});

async function insecure(work: (vfs: Vfs, server: XnatServer) => Promise<void>): Promise<void> {
  await using server = await startXnatServer({ tls: true });
  await server.seed.file(["P", "s", "e", "1", "R", "f"], BYTES);
  await using vfs = vfsOf({ insecure: true });
  await work(vfs, server);
}

Deno.test("an insecure client walks, reads parts, writes small, large and empty files, and removes", () =>
  insecure(async (vfs, server) => {
    const at = (name: string) => urlOf(server, `P/s/e/1/R/${name}`);
    const range = { start: 10, end: 200_010 };
    assert.deepEqual(await vfs.readFile(at("f"), { range }), BYTES.slice(10, 200_010));
    const large = new Uint8Array(6_000_000).fill(7);
    await vfs.writeFile(at("large"), large);
    await vfs.writeFile(at("small"), "ä");
    await vfs.writeFile(at("empty"), "");
    assert.deepEqual(await vfs.readFile(at("large")), large);
    await vfs.remove(at("f"));
    const names: string[] = [];
    for await (const [, , files] of vfs.walk(urlOf(server, "P"))) {
      names.push(...files.map(({ name, size }) => `${name} ${size}`));
    }
    assert.deepEqual(names, ["empty 0", "large 6000000", "small 2"]);
  }));

Deno.test("an insecure client notices cut bodies, resets and aborts", () =>
  insecure(async (vfs, server) => {
    const at = urlOf(server, "P/s/e/1/R/f");
    await vfs.stat(at);
    for (const fault of [{ cut: 1000 }, { reset: true }] as const) {
      server.faults.inject({ ...fault, route: /files\/f/ });
      const error = await vfs.readFile(at).catch((error) => error);
      assert(isVfsError(error) && error.status === "temporary", String(error));
    }
    server.faults.inject({ stall: 1000, route: /files\/f/ });
    const abort = new AbortController();
    const reading = vfs.readFile(at, { signal: abort.signal }).catch((error) => error);
    setTimeout(() => abort.abort(), 30);
    assert.equal((await reading).kind, "Aborted");
    server.faults.clear();
    assert.deepEqual(await vfs.readFile(at), BYTES);
  }));

Deno.test("an insecure client needs no permission but to reach the host", async () => {
  await using server = await startXnatServer({ tls: true });
  await server.seed.file(["P", "s", "e", "1", "R", "f"], new Uint8Array(9));
  const script = `
    import { xnatTransport } from "./transports/xnat/mod.ts";
    import { createVfs } from "./mod.ts";
    await using vfs = createVfs();
    vfs.register(xnatTransport({ insecure: true }), { override: true });
    console.log((await vfs.readFile("${urlOf(server, "P/s/e/1/R/f")}")).length);
  `;
  const root = new URL("../../../", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--ext=ts", "--allow-net=localhost", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([script]).stream().pipeTo(child.stdin);
  const { stdout, stderr } = await child.output();
  assert.equal(new TextDecoder().decode(stdout), "9\n", new TextDecoder().decode(stderr));
});

Deno.test("xnatTransport() with a fetch and with what that should believe is refused", () => {
  assert.throws(() => xnatTransport({ fetch, insecure: true }), TypeError);
  assert.throws(() => xnatTransport({ fetch, caCerts: ["…"] }), TypeError);
});

Deno.test("the client that checks no certificate hears of an abort right after the call", async () => {
  const { fetch, close } = insecureFetch();
  const stop = new AbortController();
  const asked = fetch("https://localhost:9/", { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assert.rejects(asked, /stopped/);
  close();
});
