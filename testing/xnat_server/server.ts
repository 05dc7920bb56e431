/**
 * Starts and stops an emulator.
 *
 * @module
 */

import { join } from "@std/path";
import { systemClock } from "../../vfs/concurrency/clock.ts";
import { applyGrants } from "./auth/grants.ts";
import { GUEST, Sessions } from "./auth/sessions.ts";
import { Faults, type XnatFaults } from "./faults.ts";
import { RequestLog, type XnatRequestLog } from "./http/request_log.ts";
import { emptyArchive } from "./model/types.ts";
import { secureRandom, type Settings, type XnatServerOptions } from "./options.ts";
import { pipeline } from "./pipeline.ts";
import type { XnatSeed } from "./seed.ts";
import { Seeder } from "./seeder.ts";
import { FolderBlobs, MemoryBlobs } from "./storage/blobs.ts";
import { loadArchive } from "./storage/persistence.ts";
import { Saver } from "./storage/saver.ts";
import { type MadeTls, makeTls } from "./tls/make_tls.ts";
import type { World } from "./world.ts";

/** A running emulator. */
export interface XnatServer extends AsyncDisposable {
  /** Where it is, with the context path and without a slash at the end: `http://127.0.0.1:40123/xnat`. */
  readonly url: string;
  /** Port on which it listens. */
  readonly port: number;
  /** The certificate that a client must trust, in PEM; absent over http. */
  readonly certificate?: string;
  /** What was asked and answered. */
  readonly requests: XnatRequestLog;
  /** Makes things go wrong. */
  readonly faults: XnatFaults;
  /** Puts content into the archive, past the interface. */
  readonly seed: XnatSeed;
  /** Ends the sessions of a user, or all of them; tells how many. */
  expireSessions(user?: string): number;
  /** Sessions that live. */
  readonly sessionCount: number;
  /** Stops listening, drops what is under way and writes the archive. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Starts an XNAT 1.8 emulator on this machine, ready when the promise resolves.
 *
 * @throws {Deno.errors.AddrInUse} when the port is taken.
 *
 * @example
 * ```ts
 * import { startXnatServer } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * await using server = await startXnatServer();
 * await server.seed.file(["BRAIN", "sub1", "sub1_mr", "1", "NIFTI", "t1.nii"], new Uint8Array(352));
 * const answer = await fetch(`${server.url}/data/projects?format=json`, {
 *   headers: { authorization: `Basic ${btoa("admin:admin")}` },
 * });
 * assert.equal((await answer.json()).ResultSet.Result[0].ID, "BRAIN");
 * ```
 */
export async function startXnatServer(options: XnatServerOptions = {}): Promise<XnatServer> {
  const hostname = options.hostname ?? "127.0.0.1";
  const tls = tlsOf(options, hostname);
  const settings = settingsOf(options, tls !== undefined);
  const blobs = options.folder === undefined
    ? new MemoryBlobs()
    : new FolderBlobs(join(options.folder, "files"));
  const archive = options.folder === undefined
    ? emptyArchive()
    : await loadArchive(options.folder, blobs);
  const saver = options.folder !== undefined && blobs instanceof FolderBlobs
    ? new Saver(options.folder, archive, blobs)
    : undefined;
  const world = worldOf(options, settings, { blobs, archive, saver });
  const abort = new AbortController();
  applyGrants(archive, world.users);
  const server = Deno.serve({
    hostname,
    signal: abort.signal,
    port: options.port ?? 0,
    ...tls && { cert: tls.cert, key: tls.key },
    onListen: () => {},
    onError: (error) => new Response(String(error), { status: 500 }),
  }, pipeline(world));
  const { port } = server.addr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const url = `${tls ? "https" : "http"}://${host}:${port}${settings.contextPath}`;
  settings.siteUrl ||= url;
  let closing: Promise<void> | undefined;
  const close = () => closing ??= stop(server, abort, world, saver);
  return {
    url,
    port,
    certificate: tls?.authority,
    requests: world.log,
    faults: world.faults,
    seed: new Seeder(world),
    expireSessions: (user) => world.sessions.endAll(user).length,
    get sessionCount() {
      return world.sessions.count;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function stop(
  server: Deno.HttpServer,
  abort: AbortController,
  world: World,
  saver: Saver | undefined,
): Promise<void> {
  world.faults.clear();
  // Clients that keep idle or stalled connections would hold up a polite shutdown.
  abort.abort();
  await server.finished;
  await saver?.close();
}

function tlsOf({ tls }: XnatServerOptions, hostname: string): MadeTls | undefined {
  if (!tls) return;
  return tls === true ? makeTls(hostname, Date.now()) : { ...tls, authority: tls.cert };
}

function settingsOf(options: XnatServerOptions, secure: boolean): Settings {
  const context = (options.contextPath ?? "").replace(/\/+$/, "");
  return {
    contextPath: context && !context.startsWith("/") ? `/${context}` : context,
    guest: options.guest ?? false,
    folder: options.folder,
    clock: options.clock ?? systemClock,
    random: options.random ?? secureRandom,
    shuffle: options.shuffle ?? false,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 900_000,
    csrf: options.csrf ?? true,
    requireReason: options.requireReason ?? false,
    version: options.version ?? "1.8.9",
    siteId: options.siteId ?? "XNAT",
    siteUrl: options.siteUrl ?? "",
    secure,
    latencyMs: options.latencyMs ?? 0,
    plugins: options.plugins ?? ["roi"],
  };
}

function worldOf(
  options: XnatServerOptions,
  settings: Settings,
  kept: Pick<World, "archive" | "blobs"> & { saver?: Saver },
): World {
  const users = new Map(
    Object.entries(options.users ?? { admin: { password: "admin", admin: true } }),
  );
  const flags = settings.secure ? "; Secure; HttpOnly" : "; HttpOnly";
  const path = settings.contextPath || "/";
  return {
    options: settings,
    archive: kept.archive,
    blobs: kept.blobs,
    users,
    sessions: new Sessions({
      timeoutMs: settings.sessionTimeoutMs,
      perUser: options.sessionsPerUser ?? 1000,
      tokenLifeMs: options.tokenLifeMs ?? 172_800_000,
      random: settings.random,
    }),
    faults: new Faults(settings.clock),
    log: new RequestLog(),
    failures: new Map(),
    orders: new Map(),
    searches: new Map(),
    now: () => settings.clock.now(),
    loginOf(name) {
      const user = users.get(name);
      return user
        ? { name, admin: user.admin ?? false, guest: false }
        : name === "guest"
        ? GUEST
        : undefined;
    },
    sessionCookie: (id) => `JSESSIONID=${id}; Path=${path}${flags}`,
    changed: () => kept.saver?.changed(),
  };
}
