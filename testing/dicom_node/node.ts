/**
 * Starts and stops a node.
 *
 * @module
 */

import {
  serveDicom,
  serveDicoms,
  type ServerOptions,
  TRANSFER_SYNTAX,
} from "../../transports/dicom/dimse/mod.ts";
import { systemClock } from "../../vfs/concurrency/clock.ts";
import { keepTimer } from "../../vfs/concurrency/coalesced_clock.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { type DicomFaults, type DicomService, Faults, rejectionOf } from "./faults.ts";
import { Folder } from "./folder.ts";
import { type IndexCounts, InstanceIndex } from "./index/instance_index.ts";
import type { DicomNodeOptions } from "./options.ts";
import { type DicomRequestLog, RequestLog } from "./request_log.ts";
import { indexFolder } from "./scan.ts";
import { UnderWay } from "./under_way.ts";
import { handlersOf, type World } from "./services.ts";

/** A running node. */
export interface DicomNode extends AsyncDisposable {
  /** Our AE title. */
  readonly aeTitle: string;
  /** Port on which it listens. */
  readonly port: number;
  /** Where it is: `dicom://127.0.0.1:11112/MEDVFS`, or `dicoms:` with TLS. */
  readonly url: string;
  /** Where the files are. */
  readonly root: string;
  /** What is there. */
  readonly counts: IndexCounts;
  /** Associations that are open. */
  readonly connections: number;
  /** What was asked and answered. */
  readonly requests: DicomRequestLog;
  /** Makes things go wrong. */
  readonly faults: DicomFaults;
  /** Stops listening, aborts associations and closes the index. Twice does no harm. */
  close(): Promise<void>;
}

const SERVICES: readonly DicomService[] = ["C-STORE", "C-FIND", "C-GET", "C-MOVE"];

/**
 * Serves a folder as a DICOM node: Storage, and Query/Retrieve in both information models (PS3.4 Annexes B and C).
 * Resolved, all files that lie there are indexed. It listens before that, and refuses all but C-ECHO until then: with
 * A700H, and C-GET and C-MOVE with A701H.
 *
 * @throws `Deno.errors.AddrInUse` when the port is taken; what reading the folder fails with
 *
 * @example
 * ```ts
 * import { serveDicomNode } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * await using node = await serveDicomNode({ aeTitle: "ARCHIVE" });
 * assert.match(node.url, /^dicom:\/\/127\.0\.0\.1:\d+\/ARCHIVE$/);
 * assert.equal(node.counts.instances, 0);
 * ```
 */
export async function serveDicomNode(options: DicomNodeOptions = {}): Promise<DicomNode> {
  const { aeTitle = "MEDVFS", hostname = "127.0.0.1", clock = systemClock } = options;
  const own = options.vfs ? undefined : createVfs();
  const { vfs = own!, root = "memory:///dicom", signal = NEVER } = options;
  await using opened = new AsyncDisposableStack();
  opened.use(keepTimer());
  if (own) opened.use(own);
  const folder = opened.use(await Folder.open(vfs, root, signal));
  const index = opened.use(new InstanceIndex(options.index));
  const faults = new Faults();
  const log = new RequestLog((entry) => options.onRequest?.(entry));
  const services = new Set(options.services ?? SERVICES);
  const { put, exclusive } = await folder.capabilities();
  if (put === "none") services.delete("C-STORE");
  const world: World = {
    aeTitle,
    index,
    folder,
    faults,
    log,
    clock,
    peers: options.peers ?? {},
    relational: options.relational ?? "negotiated",
    duplicates: options.duplicates ?? "refuse",
    isExclusive: exclusive,
    underWay: new UnderWay(clock),
    limit: options.limit,
    isIndexed: false,
  };
  const settings: ServerOptions = {
    ...options,
    ...handlersOf(world, services),
    aeTitle,
    hostname,
    port: options.port ?? 0,
    relational: world.relational !== "never",
    preferSyntax(sopClassUID, offered, isReceiver) {
      const { explicit, implicit } = TRANSFER_SYNTAX;
      // Of what the peer likes best, the first that can be sent as it is.
      const found = offered.find((syntax) => index.has(sopClassUID, syntax));
      // What is in implicit VR could not be sent otherwise, and what is in explicit VR can be made that.
      const isEither = isReceiver && found === explicit && offered.includes(implicit);
      return isEither && index.has(sopClassUID, implicit) ? implicit : found;
    },
    authorize({ callingAET }) {
      const rejection = rejectionOf(faults.take({ callingAET }));
      if (!rejection) log.associations++;
      return rejection;
    },
  };
  const { tls } = options;
  const server = opened.use(tls ? await serveDicoms({ ...settings, tls }) : serveDicom(settings));
  await indexFolder(folder, index, signal, (p) => options.onProgress?.(p));
  world.isIndexed = true;
  const running = opened.move();
  let closing: Promise<void> | undefined;
  const close = () => closing ??= running.disposeAsync();
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    aeTitle,
    port: server.port,
    url: `${options.tls ? "dicoms" : "dicom"}://${host}:${server.port}/${
      encodeURIComponent(aeTitle)
    }`,
    root: folder.root.href,
    get counts() {
      return index.counts();
    },
    get connections() {
      return server.connections;
    },
    requests: log,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}
