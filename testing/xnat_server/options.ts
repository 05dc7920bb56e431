/**
 * How an emulator is set up.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";
import type { XnatRight } from "./model/types.ts";

/** A user of the emulator. */
export interface XnatUser {
  /** In plain text. */
  readonly password: string;
  /** May do everything. */
  readonly admin?: boolean;
  /** Rights by project: collaborators read, members edit, owners delete. */
  readonly rights?: Readonly<Record<string, XnatRight>>;
  /** First name. */
  readonly firstname?: string;
  /** Last name. */
  readonly lastname?: string;
  /** Cannot log in; who was disabled since nobody used the account is led to a page that says so. */
  readonly disabled?: boolean | "inactive";
  /** Has to choose another password on a page before anything else. */
  readonly passwordExpired?: boolean;
}

/** Certificate and key of an https server, in PEM. */
export interface XnatTls {
  /** The certificate. */
  readonly cert: string;
  /** Its private key, PKCS #8. */
  readonly key: string;
}

/** Options of {@linkcode startXnatServer}. */
export interface XnatServerOptions {
  /** Where to listen. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port; 0 takes a free one. @default {0} */
  readonly port?: number;
  /** Serve https: `true` makes a certificate for the host name, `localhost` and 127.0.0.1. */
  readonly tls?: boolean | XnatTls;
  /** Path below which everything is, such as `/xnat`. @default {""} */
  readonly contextPath?: string;
  /** Users by login name. @default {admin with the password "admin"} */
  readonly users?: Readonly<Record<string, XnatUser>>;
  /** Whether people who did not log in see public projects; otherwise they get 401. @default {false} */
  readonly guest?: boolean;
  /** Folder that keeps the archive over restarts; in memory without one. */
  readonly folder?: string;
  /** Time of sessions, files and tokens. @default {the platform's clock} */
  readonly clock?: Clock;
  /** Numbers in [0, 1) for ids of sessions and tokens. @default {cryptographic ones} */
  readonly random?: () => number;
  /** Lists come in another order each time, as far as XNAT promises none. @default {false} */
  readonly shuffle?: boolean;
  /** Life of a session without requests, in milliseconds. @default {900_000} */
  readonly sessionTimeoutMs?: number;
  /** Sessions that a user may have at a time. @default {1000} */
  readonly sessionsPerUser?: number;
  /** Life of an alias token, in milliseconds. @default {172_800_000} */
  readonly tokenLifeMs?: number;
  /** Whether browsers must send a CSRF token. @default {true} */
  readonly csrf?: boolean;
  /** Whether changes need an `event_reason`. @default {false} */
  readonly requireReason?: boolean;
  /** What the server says that it is; before 1.8.9 it does not page. @default {"1.8.9"} */
  readonly version?: string;
  /** Prefix of accession ids. @default {"XNAT"} */
  readonly siteId?: string;
  /** Start of the absolute URLs that POST answers with. @default {the server's URL} */
  readonly siteUrl?: string;
  /** Milliseconds added to each answer. @default {0} */
  readonly latencyMs?: number;
  /** Plugins that are installed. @default {["roi"]} */
  readonly plugins?: readonly "roi"[];
}

/** Options with nothing left open but the folder. */
export interface Settings {
  readonly contextPath: string;
  readonly guest: boolean;
  readonly folder?: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly shuffle: boolean;
  readonly sessionTimeoutMs: number;
  readonly csrf: boolean;
  readonly requireReason: boolean;
  readonly version: string;
  readonly siteId: string;
  siteUrl: string;
  readonly secure: boolean;
  readonly latencyMs: number;
  readonly plugins: readonly string[];
}

/** Random numbers of the platform, in [0, 1). */
export function secureRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
