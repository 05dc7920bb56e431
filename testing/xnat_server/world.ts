/**
 * Everything that lives as long as a server does.
 *
 * @module
 */

import type { Faults } from "./faults.ts";
import type { RequestLog } from "./http/request_log.ts";
import type { Login, Sessions } from "./auth/sessions.ts";
import type { Settings, XnatUser } from "./options.ts";
import type { Archive } from "./model/types.ts";
import type { Blobs } from "./storage/blobs.ts";

/** A catalog for download that was asked for. */
export interface DownloadOrder {
  readonly sessions: readonly string[];
  readonly settings: Readonly<Record<string, readonly string[]>>;
}

/** What the parts of the emulator share. */
export interface World {
  readonly options: Settings;
  readonly archive: Archive;
  readonly blobs: Blobs;
  readonly users: Map<string, XnatUser>;
  readonly sessions: Sessions;
  readonly faults: Faults;
  readonly log: RequestLog;
  /** Wrong passwords by login. */
  readonly failures: Map<string, number>;
  readonly orders: Map<string, DownloadOrder>;
  /** Results of searches that were asked to be kept, by id. */
  readonly searches: Map<string, unknown>;
  /** Milliseconds since the epoch, by the server's clock. */
  now(): number;
  loginOf(name: string): Login | undefined;
  /** The Set-Cookie header that hands out a session. */
  sessionCookie(id: string): string;
  /** Notes that the archive changed. */
  changed(): void;
}
