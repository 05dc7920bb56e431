/** `medvfs serve-dicom`. @module */

import { counted } from "../format.ts";
import type { DicomLogEntry, DicomNode, DicomPeer } from "../../testing/dicom_node/mod.ts";
import type { ServerTls } from "../../transports/dicom/dimse/mod.ts";
import { checkAETitle } from "../../transports/dicom/dimse/negotiation.ts";
import { isLoopback } from "../../serving/access.ts";
import { nativePath } from "../../vfs/location/file_path.ts";
import { type CommandSpec, option, repeatable, SHARED, wrong } from "../command.ts";
import type { Context } from "../context.ts";
import { type FaultFlag, parseFault } from "../dicom_fault.ts";
import { UsageError } from "../exit_code.ts";
import { Operand } from "../operand.ts";
import { listenError, parsePort, untilAborted } from "../serving.ts";

interface ServeOptions {
  readonly root?: string;
  readonly port: number;
  readonly host: string;
  readonly aet: string;
  readonly index?: string;
  readonly peer?: readonly (readonly [aeTitle: string, peer: DicomPeer])[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly readOnly?: boolean;
  readonly keep?: boolean;
  readonly replace?: boolean;
  readonly relational?: boolean;
  readonly strictAet?: boolean;
  readonly fault?: readonly FaultFlag[];
  readonly json?: boolean;
}

/** Status of an instance that was refused since another is there under its UID. */
const DUPLICATE = 0x0111;

/** Serves a folder as a DICOM node. */
export const serveDicom: CommandSpec<ServeOptions> = {
  name: "serve-dicom",
  summary: "serve a folder as a DICOM node, to viewers and modalities",
  details:
    `It takes images by C-STORE and gives them by C-FIND, C-GET and C-MOVE, until Ctrl-C. All headers below
the folder are read first; with --index only those that are new or changed since the last time. Until that is done it
answers C-ECHO, and refuses all else with status A700H or A701H: half of an archive would look like all of it. It asks
nobody who they are. An image that is there already stays as it is: the same again is taken, and nothing is written; another under
the same SOP Instance UID is refused with status 0111H, unless --replace or --keep says otherwise.

To try how others take it, --fault has something go wrong. Of parts parted by commas one says what: reject=transient,
permanent or R/S/N; status=A700; abort, drop or stall=N, after N bytes of a dataset or N answers; lose, which answers
success and keeps nothing; delay=MS; or no=C-GET alone, for a service that is not there. The others say on what it falls:
service=C-STORE, uid=UID, from=AET, after=N requests, times=N or all (1).`,
  options: [
    option("--root <url>", "the folder, or an archive such as a zip, on any transport"),
    option("--port <n>", "port; 0 takes a free one", parsePort).default(11_112),
    option("--host <name>", "where to listen; anything but the loopback lets others in")
      .default("127.0.0.1"),
    option("--aet <title>", "AE title of the node", aeTitle).default("MEDVFS"),
    option("--strict-aet", "reject who calls another AE title; any is taken otherwise"),
    option("--index <file>", "keep what is known of the files, over restarts"),
    repeatable("--peer <AET=HOST:PORT>", "where C-MOVE may send to", peer),
    option("--tls-cert <file>", "serve over TLS, with this certificate in PEM"),
    option("--tls-key <file>", "the certificate's private key in PEM"),
    option("--tls-ca <file>", "let in only who has a certificate of these authorities"),
    option("--read-only", "refuse C-STORE"),
    option(
      "--keep",
      "answer that all is well where another version of an instance is there; what was sent is dropped",
    ),
    option("--replace", "replace an instance that is there already, in its file"),
    option("--relational", "answer queries that leave out the patient, study or series"),
    repeatable("--fault <what,...>", "have something go wrong, as the help says", parseFault),
    SHARED.json(),
  ],
  examples: [
    ["serve-dicom --root /data/studies", "a folder as dicom://127.0.0.1:11112/MEDVFS"],
    [
      "serve-dicom --root /data/studies --index /var/tmp/studies.db --peer VIEWER=127.0.0.1:4242",
      "with a viewer that retrieves by C-MOVE",
    ],
    [
      "serve-dicom --root /tmp/inbox --fault status=A700,service=C-STORE,after=3,times=2",
      "out of resources at the fourth and fifth image",
    ],
  ],
  async run(context, _operands, options) {
    await using node = await start(context, options);
    const sweeping = sweepLeftovers(context, options);
    announce(context, node, options);
    await context.console.flush();
    await untilAborted(context.signal);
    await sweeping;
  },
};

/** What killed nodes left goes, unless this one only reads. */
async function sweepLeftovers(
  { signal }: Context,
  { root, readOnly }: ServeOptions,
): Promise<void> {
  if (root === undefined || readOnly) return;
  const { location } = new Operand(root);
  if (location.scheme !== "file") return;
  const { sweepTree } = await import("../../transports/file/sweeper.ts");
  await sweepTree(nativePath(location), signal);
}

/** The node is loaded only here: nobody else needs it. */
async function start(context: Context, options: ServeOptions): Promise<DicomNode> {
  const { console, vfs, signal } = context;
  const { root, host, port } = options;
  if (root === undefined) throw new UsageError("Name the folder, with --root");
  if (options.keep && options.replace) {
    throw new UsageError("--keep and --replace exclude each other");
  }
  const { serveDicomNode } = await import("../../testing/dicom_node/mod.ts");
  const { where } = new Operand(root);
  await vfs.stat(where, { signal });
  const faults = options.fault ?? [];
  const missing = new Set(faults.flatMap((each) => "no" in each ? [each.no] : []));
  const services = (["C-STORE", "C-FIND", "C-GET", "C-MOVE"] as const)
    .filter((each) => !missing.has(each) && !(options.readOnly && each === "C-STORE"));
  const warn = warner(context);
  const onRequest = (entry: DicomLogEntry) => {
    tell(context, entry, options);
    warn(entry);
  };
  try {
    const node = await serveDicomNode({
      aeTitle: options.aet,
      vfs,
      root: where,
      hostname: host,
      port,
      tls: await tlsOf(context, options),
      index: options.index,
      peers: Object.fromEntries(options.peer ?? []),
      services,
      duplicates: options.replace ? "replace" : options.keep ? "keep" : "refuse",
      requireCalledAET: options.strictAet,
      relational: options.relational ? "always" : "negotiated",
      onProgress: ({ files }) => context.global.quiet || console.status(`${files} files looked at`),
      onRequest,
      signal,
    });
    for (const each of faults) if ("fault" in each) node.faults.inject(each.fault);
    return node;
  } catch (error) {
    throw listenError(error, host, port);
  } finally {
    console.status("");
  }
}

async function tlsOf(
  { vfs, signal }: Context,
  { tlsCert, tlsKey, tlsCa }: ServeOptions,
): Promise<ServerTls | undefined> {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError("TLS needs both --tls-cert and --tls-key");
  }
  const read = (file: string) => vfs.readTextFile(file, { signal });
  const [cert, key] = await Promise.all([read(tlsCert), read(tlsKey)]);
  if (tlsCa === undefined) return { cert, key };
  return { cert, key, ca: [await read(tlsCa)], requestClientCertificate: true };
}

function announce({ console }: Context, node: DicomNode, { json, host }: ServeOptions): void {
  const { url, aeTitle, port, root, counts } = node;
  const { patients, studies, series, instances, skipped } = counts;
  const known = { patients, studies, series, instances, skipped };
  if (json) console.json({ event: "listening", url, aeTitle, host, port, root, ...known });
  else {
    console.line(`DICOM node at ${url}, AE title ${aeTitle}`);
    const parts = [
      counted(patients, "patient"),
      counted(studies, "study", "studies"),
      `${series} series`,
      counted(instances, "instance"),
    ];
    const others = skipped > 0 ? `; ${counted(skipped, "other file")}` : "";
    console.line(parts.join(", ") + others);
  }
  if (!isLoopback(host)) {
    console.warning(`medvfs serve-dicom: everybody who can reach "${host}" gets these images`);
  }
}

/** Requests are records on stdout, or remarks for who wants to know everything. */
function tell({ console, global }: Context, entry: DicomLogEntry, { json }: ServeOptions): void {
  if (json) {
    console.json({ event: "request", ...entry });
    // What goes wrong is kept, for the end.
    console.flush().catch(() => {});
  } else if (global.verbose) {
    const { service, callingAET, level, count, status, comment, durationMs } = entry;
    const code = status === undefined ? "ended" : hex(status);
    const why = comment && `(${comment})`;
    const words = [service, level, `from ${callingAET}:`, count, `in ${durationMs} ms,`, code, why];
    console.note(words.filter((word) => word !== undefined).join(" "));
  }
}

/** Warns of images that are refused or damaged, once for each reason: who sends them may not look. */
function warner({ console }: Context): (entry: DicomLogEntry) => void {
  const told = new Set<string>();
  return ({ service, status, failure = "Unexpected", comment }) => {
    const isTaken = status === 0 && comment !== undefined;
    if (service !== "C-STORE" || !status && !isTaken) return;
    const what = isTaken
      ? "stored as they came that break the rules of DICOM; --verbose tells of each"
      : status === DUPLICATE
      ? "refused since others are there under their UIDs; --replace takes such"
      : `refused with status ${hex(status!)} (${failure}); --verbose tells of each`;
    if (told.has(what)) return;
    told.add(what);
    console.warning(`medvfs serve-dicom: images were ${what}`);
  };
}

function hex(status: number): string {
  return status.toString(16).padStart(4, "0").toUpperCase() + "H";
}

function aeTitle(text: string): string {
  try {
    checkAETitle(text, "");
    return text;
  } catch {
    throw wrong("It must be 1 to 16 characters without backslash.");
  }
}

function peer(text: string): [string, DicomPeer] {
  const [, title = "", host = "", digits = ""] = /^([^=]+)=(.+):(\d+)$/.exec(text) ?? [];
  if (host === "") throw wrong("It must be AET=HOST:PORT.");
  return [aeTitle(title), { host: host.replace(/^\[(.*)\]$/, "$1"), port: parsePort(digits) }];
}
