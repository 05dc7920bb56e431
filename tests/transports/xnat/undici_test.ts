import { strict as assert } from "node:assert";
import { Agent, fetch as undiciFetch } from "undici";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i * i % 251);

/** undici starts timers that it never ends, of its own as of its agents. */
const LOOSE = { sanitizeOps: false, sanitizeResources: false };

async function withUndici(
  work: (vfs: Vfs, server: XnatServer, at: string) => Promise<void>,
  idleMs = 30_000,
) {
  await using server = await startXnatServer();
  await server.seed.file(["P", "s", "e", "1", "R", "f"], BYTES);
  const dispatcher = new Agent({ connections: 4 });
  try {
    const fetched: FetchLike = (url, init) => undiciFetch(url, { ...init, dispatcher });
    await using vfs = createVfs({ layers: { retry: false, timeout: { idleMs } } });
    vfs.register(xnatTransport({ fetch: fetched }), { override: true });
    await work(vfs, server, `xnat+http://admin:admin@127.0.0.1:${server.port}/P`);
  } finally {
    await dispatcher.destroy();
  }
}

Deno.test(
  "with undici a walk, whole files and parts are as with the platform's fetch",
  LOOSE,
  () =>
    withUndici(async (vfs, server, at) => {
      assert.deepEqual(await vfs.readFile(`${at}/s/e/1/R/f`), BYTES);
      const range = { start: 5, end: 250_000 };
      assert.deepEqual(await vfs.readFile(`${at}/s/e/1/R/f`, { range }), BYTES.slice(5, 250_000));
      assert(server.requests.entries.some(({ bytesOut }) => bytesOut === 249_995));
      const sizes: unknown[] = [];
      for await (const [, , files] of vfs.walk(at)) sizes.push(...files.map(({ size }) => size));
      assert.deepEqual(sizes, [BYTES.length]);
      assert.equal(server.sessionCount, 1);
    }),
);

Deno.test(
  "with undici uploads tell their length, in memory, streamed and empty",
  LOOSE,
  () =>
    withUndici(async (vfs, server, at) => {
      const large = new Uint8Array(6_000_000).fill(7);
      for (
        const [name, bytes] of [["small", BYTES], ["large", large], [
          "empty",
          new Uint8Array(),
        ]] as const
      ) {
        await vfs.writeFile(`${at}/s/e/1/R/${name}`, bytes);
        assert.deepEqual(await vfs.readFile(`${at}/s/e/1/R/${name}`), bytes);
      }
      // The emulator refuses a body without a length, as XNAT does.
      assert.equal(server.requests.entries.filter(({ status }) => status >= 400).length, 0);
    }),
);

Deno.test(
  "with undici a file that is copied to a disk is whole, large or small",
  LOOSE,
  () =>
    withUndici(async (vfs, server, at) => {
      const large = Uint8Array.from({ length: 6_000_000 }, (_, i) => i * i % 253);
      await server.seed.file(["P", "s", "e", "1", "R", "large"], large);
      const folder = await Deno.makeTempDir();
      try {
        await vfs.copy(`${at}/s/e/1/R`, `${folder}/to`);
        assert.deepEqual(await Deno.readFile(`${folder}/to/large`), large);
        assert.deepEqual(await Deno.readFile(`${folder}/to/f`), BYTES);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
);

Deno.test(
  "with undici an abort settles a body that is being read, and a request that waits",
  LOOSE,
  () =>
    withUndici(async (vfs, server, at) => {
      await vfs.stat(`${at}/s/e/1/R/f`);
      for (const stall of [1000, 0]) {
        server.faults.inject({ stall, route: /files\/f/ });
        const abort = new AbortController();
        const begin = performance.now();
        const reading = vfs.readFile(`${at}/s/e/1/R/f`, { signal: abort.signal });
        const timer = setTimeout(() => abort.abort(), 30);
        const error = await reading.catch((error) => error);
        clearTimeout(timer);
        assert(isVfsError(error) && error.kind === "Aborted", String(error));
        // Without the guard against undici's defect this would never come.
        assert(performance.now() - begin < 5_000);
        server.faults.clear();
      }
      assert.deepEqual(await vfs.readFile(`${at}/s/e/1/R/f`), BYTES);
    }),
);

Deno.test(
  "with undici cut bodies, lost logins and refused connections are told as ever",
  LOOSE,
  () =>
    withUndici(async (vfs, server, at) => {
      await vfs.stat(`${at}/s/e/1/R/f`);
      server.faults.inject({ cut: 1000, route: /files\/f/ });
      const cut = await vfs.readFile(`${at}/s/e/1/R/f`).catch((error) => error);
      // undici under Deno never ends a read of a body that broke off; the time limit does.
      assert(isVfsError(cut) && ["Incomplete", "TimedOut"].includes(cut.kind), String(cut));
      server.expireSessions();
      assert.deepEqual(await vfs.readFile(`${at}/s/e/1/R/f`), BYTES);
      await server.close();
      const gone = await vfs.readFile(`${at}/s/e/1/R/f`).catch((error) => error);
      assert(isVfsError(gone) && gone.kind === "Unavailable", String(gone));
    }, 1_000),
);

Deno.test(
  "with undici redirects are followed within the origin, and never to another",
  LOOSE,
  async () => {
    const seen: string[] = [];
    const dispatcher = new Agent();
    await using server = await startXnatServer({ contextPath: "/xnat" });
    await server.seed.file(["P", "s", "e", "1", "R", "f"], BYTES);
    const front = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      seen.push(request.headers.get("authorization") ?? "none");
      if (pathname.startsWith("/away")) {
        return new Response(null, {
          status: 307,
          headers: { location: `${server.url}${pathname}` },
        });
      }
      if (pathname.startsWith("/moved")) {
        const location = pathname.replace("/moved", "/here") + search;
        return new Response(null, { status: 307, headers: { location } });
      }
      return fetch(server.url + pathname.replace("/here", "") + search, request);
    });
    try {
      const fetched: FetchLike = (url, init) => undiciFetch(url, { ...init, dispatcher });
      await using vfs = createVfs({ layers: { retry: false } });
      vfs.register(xnatTransport({ fetch: fetched }), { override: true });
      const origin = `xnat+http://admin:admin@127.0.0.1:${front.addr.port}`;
      assert.deepEqual(await vfs.readFile(`${origin}/~moved/P/s/e/1/R/f`), BYTES);
      const error = await vfs.readFile(`${origin}/~away/P/s/e/1/R/f`).catch((error) => error);
      assert(isVfsError(error) && /another origin/.test(error.message), String(error));
      assert.equal(server.requests.entries.every(({ path }) => !path.includes("away")), true);
    } finally {
      await dispatcher.destroy();
      await front.shutdown();
    }
  },
);
