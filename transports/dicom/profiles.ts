/**
 * Peers by name, from a file and from the environment, so that `dicom://pacs` is enough.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { Location, parseLocation } from "../../vfs/location/location.ts";
import { mayRead, readPrivate } from "../../vfs/credentials/private_file.ts";
import { isRecord } from "../../vfs/json.ts";
import { homePath, permittedEnv } from "../../vfs/platform.ts";
import type { Timeouts } from "./dimse/timeouts.ts";
import type { ListenOptions } from "./receiver.ts";
import type { PeerOptions } from "./settings.ts";
import type { StoreOptions } from "./store.ts";
import { readTls, type TlsFiles } from "./tls_files.ts";

/** A peer that has a name. */
export interface PeerProfile {
  /** The host of `dicom://NAME`. */
  readonly name: string;
  /** Its archive, without our AE title: `dicom://pacs.example.org:104/ARCHIVE`. */
  readonly url: string;
  /** Its settings. */
  readonly options: PeerOptions;
  /** The file or the variable that names it. */
  readonly source: string;
}

/** Where profiles come from. */
export interface ProfileSources {
  /** The file. @default {"the one that `peersFile` tells"} */
  readonly path?: string;
  /** `NAME=URL`, parted by blanks. @default {"the variable MEDVFS_PEERS"} */
  readonly environment?: string;
}

/**
 * Where peers are named: `$MEDVFS_PEERS_FILE`, otherwise `peers.json` in `$XDG_CONFIG_HOME/medvfs` or
 * `~/.config/medvfs`, as far as that may be known.
 */
export function peersFile(): string | undefined {
  const own = permittedEnv("MEDVFS_PEERS_FILE");
  if (own !== undefined) return own;
  const config = permittedEnv("XDG_CONFIG_HOME") ?? homePath(".config");
  return config === undefined ? undefined : `${config}/medvfs/peers.json`;
}

/**
 * Reads the peers that have a name; those of the environment count more than those of the file. What Deno may not
 * read without asking counts as absent. Files of certificates are read when they are needed.
 *
 * @throws `Corrupt` for what cannot be understood; `PermissionDenied` when others can write a file that names keys
 */
export async function readPeerProfiles(sources: ProfileSources = {}): Promise<PeerProfile[]> {
  const path = sources.path ?? peersFile();
  const environment = sources.environment ?? permittedEnv("MEDVFS_PEERS") ?? "";
  const profiles = new Map<string, PeerProfile>();
  const all = [...path === undefined ? [] : await fromFile(path), ...fromText(environment)];
  for (const profile of all) profiles.set(profile.name, profile);
  return [...profiles.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The options of a `Vfs` and of the driver that go with profiles. */
export function optionsOfProfiles(
  profiles: readonly PeerProfile[],
): {
  readonly aliases: Readonly<Record<string, string>>;
  readonly peers: Readonly<Record<string, PeerOptions>>;
} {
  return {
    aliases: Object.fromEntries(
      profiles.flatMap(({ name, url }) => [[`dicom://${name}`, url], [`dicoms://${name}`, url]]),
    ),
    peers: Object.fromEntries(profiles.map(({ url, options }) => [url, options])),
  };
}

function fromText(text: string): PeerProfile[] {
  const source = "MEDVFS_PEERS";
  return text.split(/\s+/).filter((part) => part !== "").map((part) => {
    const at = part.indexOf("=");
    if (at < 1) throw corrupt(source, "it must be NAME=URL, parted by blanks");
    return profileOf(part.slice(0, at), { url: part.slice(at + 1) }, source, "");
  });
}

async function fromFile(path: string): Promise<PeerProfile[]> {
  if (!mayRead(path)) return [];
  const file = await readPrivate(path).catch((cause) => {
    throw new VfsError("PermissionDenied", { op: "read", url: path, cause });
  });
  if (file === undefined) return [];
  let content: unknown;
  try {
    content = JSON.parse(file.text);
  } catch (cause) {
    throw corrupt(path, "it is no JSON", cause);
  }
  if (!isRecord(content) || !isRecord(content.peers)) throw corrupt(path, 'it has no "peers"');
  const folder = path.replace(/[^/\\]*$/, "");
  const profiles = Object.entries(content.peers)
    .map(([name, value]) => profileOf(name, value, path, folder));
  const namesKeys = Object.values(content.peers)
    .some((peer) => isRecord(peer) && isRecord(peer.tls) && peer.tls.key !== undefined);
  if (namesKeys && file.isShared) {
    const reason = "it names private keys, and others can read or write it: use chmod 600";
    throw new VfsError("PermissionDenied", { op: "read", url: path, reason });
  }
  return profiles;
}

/** What the options of a peer must be, by name. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  url: isText,
  callingAET: isText,
  poolSize: isCount,
  timeouts: isOf({
    connectMs: isCount,
    requestMs: isCount,
    artimMs: isCount,
    responseMs: isCount,
    subOperationMs: isCount,
    releaseMs: isCount,
    idleMs: isCount,
  }),
  store: isOf({
    convert: (value) => typeof value === "boolean",
    truncated: (value) => value === "refuse" || value === "send",
    window: isCount,
  }),
  listen: isOf({ aeTitle: isText, port: isCount, hostname: isText }, "aeTitle", "port"),
  tls: isOf({
    ca: (value) => Array.isArray(value) && value.every(isText),
    cert: isText,
    key: isText,
    serverName: isText,
    insecure: (value) => typeof value === "boolean",
  }),
};

interface Fields {
  readonly url: string;
  readonly callingAET?: string;
  readonly poolSize?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly store?: StoreOptions;
  readonly listen?: ListenOptions;
  readonly tls?: TlsFiles;
}

function profileOf(name: string, value: unknown, source: string, folder: string): PeerProfile {
  const refuse = (reason: string) => corrupt(source, `peer "${name}": ${reason}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw refuse("the name cannot be a host");
  if (!isOf(FIELDS, "url")(value)) {
    const wrong = isRecord(value)
      ? Object.keys(value).find((key) => !Object.hasOwn(FIELDS, key) || !FIELDS[key]!(value[key]))
      : undefined;
    throw refuse(wrong ? `"${wrong}" is unknown or malformed` : "it has no url");
  }
  const { url, tls, ...options } = value as Fields;
  const { location, credentials } = parseLocation(url);
  const { scheme, host, port, segments } = location;
  if (!["dicom", "dicoms"].includes(scheme) || segments.length !== 1) {
    throw refuse("its url must be dicom://[OURS@]HOST[:PORT]/AE, or dicoms:");
  }
  if (credentials?.password) throw refuse("a password does not belong here");
  const from = (path: string) => /^([\\/]|[A-Za-z]:)/.test(path) ? path : folder + path;
  const files = tls && {
    ...tls,
    ca: tls.ca?.map(from),
    cert: tls.cert && from(tls.cert),
    key: tls.key && from(tls.key),
  };
  const callingAET = options.callingAET ?? credentials?.username;
  return {
    name,
    url: new Location({ scheme, host, port, segments }).href,
    options: {
      ...options,
      ...(callingAET !== undefined && { callingAET }),
      ...(files && { tls: () => readTls(files) }),
    },
    source,
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

/** A record of these fields and no others, with all that are `required`. */
function isOf(
  fields: Readonly<Record<string, (value: unknown) => boolean>>,
  ...required: readonly string[]
): (value: unknown) => boolean {
  return (value) =>
    isRecord(value) && required.every((key) => key in value) &&
    Object.entries(value).every(([key, field]) =>
      Object.hasOwn(fields, key) && fields[key]!(field)
    );
}

function corrupt(source: string, reason: string, cause?: unknown): VfsError {
  return new VfsError("Corrupt", { op: "read", url: source, reason, cause });
}
