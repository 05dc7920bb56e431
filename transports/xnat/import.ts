/**
 * DICOM files as one zip to XNAT's import service, which sorts them into sessions and scans
 * (`/data/services/import`, XNAT 1.8).
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import { type Clock, systemClock } from "../../vfs/concurrency/clock.ts";
import type { CredentialProvider } from "../../vfs/credentials/credentials.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { Location, parseLocation } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { FetchLike, NamedSource } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import { type Address, addressOf, locationOf } from "./address.ts";
import { IN_MEMORY } from "./body.ts";
import { type Query, XnatClient } from "./client.ts";
import { route } from "./escape.ts";
import { SizedBlob } from "./sized_blob.ts";
import { spool } from "./spool.ts";
import { storedZip, type ZipMember, zipSize } from "./stored_zip.ts";

/** Options of {@linkcode importDicom}. */
export interface ImportOptions {
  /** Into the archive, or where sessions wait to be looked at. @default {"archive"} */
  readonly destination?: "archive" | "prearchive";
  /**
   * What happens when the session is there: it fails, scans and files are added, or files of the same instances are
   * replaced too (`delete`, which removes nothing else). Where the URL does not name the session, `none` replaces
   * nothing, but XNAT adds to a session that is there in a project that archives by itself.
   * @default {"none"}
   */
  readonly overwrite?: "none" | "append" | "delete";
  /** Finds the credentials that are not in the URL. */
  readonly credentials?: CredentialProvider;
  /** HTTP client. @default {globalThis.fetch} */
  readonly fetch?: FetchLike;
  /** Time. */
  readonly clock?: Clock;
  /** Aborts. */
  readonly signal?: AbortSignal;
}

/** A session that came of an import. */
export interface ImportedSession {
  /** Its path on the server: `/data/archive/projects/P/subjects/S/experiments/E`. */
  readonly path: string;
  /** Its URL, `xnat://HOST/P/S/E`; sessions in the prearchive have none. */
  readonly url?: string;
}

/**
 * Imports DICOM files into the project, or the subject, or the session that `url` names. Subjects and sessions that are
 * missing are made of what the files say, or as the URL calls them.
 *
 * @throws `AlreadyExists` when the session is there and nothing says what to do with it; `InvalidArgument` for files
 * that are no DICOM, or two of one instance and scan that differ; `PermissionDenied`, `NotFound` for the project
 *
 * @example
 * ```ts ignore
 * const [session] = await importDicom("xnat://xnat.example.org/BRAIN/sub1/sub1_mr", sources, {
 *   overwrite: "append",
 * });
 * console.log(session.url);
 * ```
 */
export async function importDicom(
  url: string | URL | Location,
  files: Iterable<Source> | AsyncIterable<Source>,
  options: ImportOptions = {},
): Promise<ImportedSession[]> {
  const { location, credentials } = parseLocation(url);
  const { signal = NEVER } = options;
  const ask: Ask = { op: "import into", url: location.href, signal };
  const address = importable(addressOf(location), ask);
  await using client = clientFor(location, address, options, credentials);
  const { destination = "archive", overwrite = "none" } = options;
  const query = queryFor(address, destination, overwrite);
  const mustBeNew = destination === "archive" && overwrite === "none";
  return await importFiles(
    client,
    { location, address, query, mustBeNew, mustDiffer: true },
    files,
    ask,
  );
}

/** XNAT takes any word of ours for leave to add to what is there, and may take none for it too. */
async function refuseExisting(
  client: XnatClient,
  { project = "", experiment = "" }: Address,
  ask: Ask,
): Promise<void> {
  const path = route("data", "projects", project, "experiments", experiment);
  const answer = await client.request("GET", path, {
    ...ask,
    query: { format: "json" },
    expect: [404],
  });
  await answer.body.close();
  if (answer.status === 404) return;
  const reason = 'the session is there already; say what to do with it by "overwrite"';
  throw failure("AlreadyExists", ask, reason);
}

/** The address of something that files can be imported into. @throws `InvalidArgument` for any other */
export function importable(address: Address, ask: Ask): Address {
  if (["project", "subject", "experiment"].includes(address.level) && !address.quality) {
    return address;
  }
  throw failure("InvalidArgument", ask, "name a project, a subject or a session");
}

/** Where files are imported. */
interface ImportPlace {
  readonly location: Location;
  readonly address: Address;
  readonly query: Query;
  /** A session that the address names must not be there. */
  readonly mustBeNew?: boolean;
  /** Files of one instance must be the same. */
  readonly mustDiffer?: boolean;
}

/**
 * Imports files into what is there, in the place of those of the same instances. One that XNAT cannot read keeps none of the
 * others out; whoever calls looks what is there then.
 */
export async function mergeFiles(
  client: XnatClient,
  place: Pick<ImportPlace, "location" | "address">,
  files: readonly NamedSource[],
  ask: Ask,
): Promise<Location[]> {
  const query = {
    ...queryFor(place.address, "archive", "append"),
    overwrite_files: true,
    "Ignore-Unparsable": true,
  };
  const sessions = await importFiles(client, { ...place, query }, files, ask);
  return sessions.flatMap(({ url }) => url === undefined ? [] : [parseLocation(url).location]);
}

async function importFiles(
  client: XnatClient,
  { location, address, query, mustBeNew, mustDiffer }: ImportPlace,
  files: Iterable<Source> | AsyncIterable<Source>,
  ask: Ask,
): Promise<ImportedSession[]> {
  await using held = new AsyncDisposableStack();
  const members = await membersOf(files, held, ask);
  if (mustBeNew && address.experiment !== undefined) await refuseExisting(client, address, ask);
  const text = await post(client, query, members, ask, mustDiffer);
  const paths = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  if (paths.length === 0) throw broken(ask, "the server imported nothing, and did not say why");
  return paths.map((path) => ({ path, url: urlOf(path, location, address) }));
}

function clientFor(
  { scheme, host, port }: Location,
  { context }: Address,
  options: ImportOptions,
  named: ReturnType<typeof parseLocation>["credentials"],
): XnatClient {
  const realm = { scheme, host, port, username: named?.username };
  return new XnatClient({
    origin: new Location({ scheme, host, port }),
    context,
    credentials: async () =>
      named?.password || named?.token ? named : await options.credentials?.(realm) ?? named,
    fetch: options.fetch ?? globalThis.fetch,
    clock: options.clock ?? systemClock,
  });
}

/** Members of a zip, each of known size; names matter where others are there. */
async function membersOf(
  files: Iterable<Source | NamedSource> | AsyncIterable<Source | NamedSource>,
  held: AsyncDisposableStack,
  ask: Ask,
): Promise<ZipMember[]> {
  const members: ZipMember[] = [];
  for await (const file of files) {
    const isReady = file.size !== undefined && file.replayable;
    const { size, open } = isReady
      ? { size: file.size!, open: () => file.open() }
      : held.use(await spool(file, IN_MEMORY, ask, ask.signal)).source;
    const number = String(members.length + 1).padStart(6, "0");
    members.push({ path: "name" in file ? file.name : `${number}.dcm`, size, open });
  }
  if (members.length === 0) throw failure("InvalidArgument", ask, "there are no files to import");
  return members;
}

function queryFor(
  { project = "", subject, experiment }: Address,
  destination: "archive" | "prearchive",
  overwrite: NonNullable<ImportOptions["overwrite"]>,
): Query {
  // Files are known by their names: those that XNAT makes of what is in them are the same each time, and no others'.
  const common = { "import-handler": "DICOM-zip", inbody: true, rename: true };
  const names = { PROJECT_ID: project, SUBJECT_ID: subject, EXPT_LABEL: experiment };
  if (destination === "prearchive") {
    return { ...common, ...names, dest: `/prearchive${route("projects", project)}` };
  }
  const whole = subject !== undefined && experiment !== undefined
    ? route("subjects", subject, "experiments", experiment)
    : "";
  const dest = decodeURIComponent(`/archive${route("projects", project)}${whole}`);
  return { ...common, ...names, dest, ...(overwrite !== "none" && { overwrite }) };
}

async function post(
  client: XnatClient,
  query: Query,
  members: readonly ZipMember[],
  ask: Ask,
  mustDiffer = false,
): Promise<string> {
  let size: number;
  try {
    size = zipSize(members);
  } catch (cause) {
    const reason = `${(cause as Error).message}; import it in parts`;
    throw failure("NotSupported", ask, reason, cause);
  }
  let broke: unknown;
  const zip = async function* () {
    try {
      yield* storedZip(mustDiffer ? await watched(members, ask) : members);
    } catch (error) {
      broke = error;
      throw error;
    }
  };
  try {
    return await client.text("POST", "/data/services/import", {
      ...ask,
      query,
      headers: { "content-type": "application/zip" },
      body: () => new SizedBlob(size, () => ReadableStream.from(zip())),
    });
  } catch (error) {
    if (broke !== undefined) throw isVfsError(broke) ? broke : sourceFailed(broke, ask);
    throw explained(error, query, ask);
  }
}

async function watched(members: readonly ZipMember[], ask: Ask): Promise<ZipMember[]> {
  // Nothing else here needs to read headers.
  const { Instances } = await import("./one_instance.ts");
  const instances = new Instances(ask);
  return members.map((member) => instances.watched(member));
}

function sourceFailed(cause: unknown, ask: Ask): VfsError {
  const reason = cause instanceof RangeError ? `a file changed: ${cause.message}` : undefined;
  return failure(cause instanceof RangeError ? "Incomplete" : "Unexpected", ask, reason, cause);
}

/** What the next import of the study to a session of that name finds, and archives as well. */
const WAITS = "what was sent waits in the prearchive, where the next import of that study joins " +
  "it; remove it there if it is not to come along";

/** An error of the server that says more. */
function explained(error: unknown, { overwrite, overwrite_files }: Query, ask: Ask): unknown {
  if (!isVfsError(error)) return error;
  const { http, text = "" } = error.detail ?? {};
  if (/Invalid modification of session/i.test(text)) {
    const reason =
      `a session of that name is there, of another study, kind or subject (${text}); ` +
      `${WAITS}; import each study into a session of its own: PROJECT/SUBJECT/SESSION`;
    return failure("AlreadyExists", ask, reason, error);
  }
  if (/unable to archive for the Prearchive session/i.test(text)) {
    const replaces = overwrite === "delete" || overwrite_files === true;
    const reason =
      "the server did not archive it, and does not say why: mostly because a session of that name is there, " +
      (replaces ? "" : 'with files of the same instances, which overwrite "delete" replaces, or ') +
      `of another study, kind or subject; ${WAITS}; import each study into a session of its own: ` +
      "PROJECT/SUBJECT/SESSION";
    return failure("AlreadyExists", ask, reason, error);
  }
  const isConflict = http === 409 || (http === 400 && /exist|conflict|overwrite/i.test(text));
  if (isConflict) {
    const hint = overwrite === undefined ? '; say what to do with it by "overwrite"' : "";
    return failure("AlreadyExists", ask, `the session is there already (${text})${hint}`, error);
  }
  const isLost = ["Unavailable", "Incomplete", "TimedOut"].includes(error.kind);
  // A server that has no time for it says so itself; proxies tell of what they have passed on.
  if (!isLost || http !== undefined && ![502, 504].includes(http)) return error;
  // Proxies give up on long imports, which go on behind them (facts of XNAT: xnatpy#77).
  const reason = "the answer was lost; the import may still come to its end, so look before you " +
    "import again";
  return new VfsError(error.kind, { ...purpose(ask), reason, status: "permanent", cause: error });
}

/** The URL of a session in the archive. */
function urlOf(path: string, origin: Location, { context }: Address): string | undefined {
  const match =
    /^(?:https?:\/\/[^/]+)?.*\/data\/archive\/projects\/([^/]+)\/subjects\/([^/]+)\/experiments\/([^/?]+)$/
      .exec(path);
  if (!match) return undefined;
  const [project, subject, experiment] = match.slice(1).map(decoded);
  const address = { level: "experiment", context, project, subject, experiment, path: [] } as const;
  return locationOf(origin, address).href;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Servers send labels as they are, with a "%" that escapes nothing.
    return text;
  }
}

function purpose({ op, url }: Ask): { op: string; url: string } {
  return { op, url };
}

function failure(kind: VfsError["kind"], ask: Ask, reason?: string, cause?: unknown): VfsError {
  return new VfsError(kind, { ...purpose(ask), reason, cause });
}
