/**
 * What holds for one archive: settings for all, those of the peer, and what the URL says.
 *
 * @module
 */

import type { Credentials } from "../../vfs/credentials/credentials.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { ConnectOptions } from "../../vfs/transport.ts";
import type { ArchiveOptions } from "./archive.ts";
import type { UserIdentity } from "./dimse/pdu.ts";
import type { DicomTransportOptions } from "./mod.ts";

/** Settings of one peer, which count more than those for all. */
export interface PeerOptions extends
  Pick<
    DicomTransportOptions,
    "callingAET" | "poolSize" | "timeouts" | "tls" | "listen" | "store"
  > {}

/** Ports that DICOM has by convention (PS3.8 §9.1.1, PS3.15 §B.1). */
const PORTS: Readonly<Record<string, number>> = { dicom: 104, dicoms: 2762 };

/** Associations at once, unless told. */
export const POOL_SIZE = 4;

/** What a connection to an origin is made with. */
export type Connect = Pick<ConnectOptions, "origin" | "credentials" | "clock">;

/** The settings for the archive with one called AE title. */
export async function archiveOptions(
  options: DicomTransportOptions,
  { origin, credentials, clock }: Connect,
  calledAET: string,
): Promise<ArchiveOptions> {
  const who = await credentials();
  const { spool, split, listingTtlMs: ttlMs = 5_000 } = options;
  const common: PeerOptions = options;
  const { poolSize: size = POOL_SIZE, callingAET = "MEDVFS", tls = {}, ...peer } = {
    ...common,
    ...peerOf(options.peers, origin, calledAET),
  };
  return {
    hostname: origin.host.replace(/^\[|\]$/g, ""),
    port: portOf(origin),
    calledAET,
    callingAET: who?.username ?? callingAET,
    userIdentity: identityOf(who),
    size,
    timeouts: peer.timeouts,
    listen: peer.listen,
    store: peer.store,
    clock,
    spool,
    split,
    ttlMs,
    ...(origin.scheme === "dicoms" && { tls: typeof tls === "function" ? await tls() : tls }),
  };
}

function peerOf(
  peers: Readonly<Record<string, PeerOptions>> = {},
  origin: Location,
  calledAET: string,
): PeerOptions | undefined {
  const found = Object.entries(peers).find(([url]) => {
    const { location } = parseLocation(url);
    return location.scheme === origin.scheme && portOf(location) === portOf(origin) &&
      location.host.toLowerCase() === origin.host.toLowerCase() &&
      location.segments[0] === calledAET;
  });
  return found?.[1];
}

function portOf({ scheme, port }: Location): number {
  return port ?? PORTS[scheme] ?? 104;
}

/** Who we are besides our AE title (PS3.7 §D.3.3.7): a password goes with the name, a token stands alone. */
function identityOf(credentials: Credentials | undefined): UserIdentity | undefined {
  const { username = "", password, token } = credentials ?? {};
  const bytes = (text: string) => new TextEncoder().encode(text);
  const common = { responseRequested: false, secondary: bytes("") };
  if (token) return { ...common, type: 5, primary: bytes(token.reveal()) };
  if (!password) return undefined;
  return { ...common, type: 2, primary: bytes(username), secondary: bytes(password.reveal()) };
}
