/**
 * How a page is set up.
 *
 * @module
 */

import { systemClock } from "../vfs/concurrency/clock.ts";
import type { Clock } from "../vfs/concurrency/clock.ts";
import type { Location } from "../vfs/location/location.ts";
import { Semaphore } from "../vfs/concurrency/semaphore.ts";
import type { Capabilities, TransportAbout } from "../vfs/transport.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { Where } from "../vfs/options.ts";
import { withDefaults } from "../vfs/with_defaults.ts";
import { PictureFiles } from "./picture_files.ts";

/** What a request was, for a log: no query, which may name people. */
export interface RequestSummary {
  /** HTTP method. */
  readonly method: string;
  /** What was asked for, such as `list`. */
  readonly route: string;
}

/** How much one request may cost. */
export interface BrowserLimits {
  /** Most entries that a directory is shown with. @default {200000} */
  readonly entries?: number;
  /** Most files that are looked at for the images of a directory. @default {5000} */
  readonly images?: number;
  /** Most elements of a header. @default {20000} */
  readonly elements?: number;
  /** Pictures made at once. @default {4} */
  readonly pictures?: number;
  /** Longest picture file that is shown as it is, in bytes. @default {16777216} */
  readonly pictureBytes?: number;
  /** Longest file that is taken, in bytes. @default {4294967296} */
  readonly uploadBytes?: number;
  /** Longest wait for an answer other than a file, in milliseconds. @default {60000} */
  readonly answerMs?: number;
}

/** Options of {@linkcode serveBrowser}. */
export interface BrowserOptions {
  /** The filesystem; it is not closed with the page. */
  readonly vfs: Vfs;
  /** What is shown, with all below it and nothing else. Of an archive, such as a zip, its content. */
  readonly where: Where;
  /** Address to listen at. Any but the loopback's lets others try. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port; 0 takes a free one. @default {0} */
  readonly port?: number;
  /** Let the page upload, make folders, rename and remove, as far as the driver can. @default {false} */
  readonly write?: boolean;
  /** Host names by which requests may come, beside the loopback's and `hostname`. */
  readonly allowedHosts?: readonly string[];
  /** How much one request may cost. */
  readonly limits?: BrowserLimits;
  /** Ends the start, and what is under way. */
  readonly signal?: AbortSignal;
  /** Told of failures that are not the visitor's. */
  readonly onError?: (error: unknown, request: RequestSummary) => void;
  /** Time. */
  readonly clock?: Clock;
}

/** Everything that requests are answered with. */
export interface Settings {
  /** A filesystem that cannot leave the root. */
  readonly vfs: Vfs;
  /** What is shown. */
  readonly root: Location;
  /** Whether that is a directory; otherwise it is one file. */
  readonly isDirectory: boolean;
  /** Its driver. */
  readonly about: TransportAbout;
  /** What the driver can do there. */
  readonly capabilities: Capabilities;
  /** Whether anything may be changed. */
  readonly write: boolean;
  /** What a visitor proves himself with. */
  readonly token: string;
  /** First segment of every path, which no other server on this machine knows. */
  readonly key: string;
  /** Host names by which requests may come. */
  readonly hosts: readonly string[];
  readonly limits: Required<BrowserLimits>;
  /** Reads for pictures. */
  readonly pictures: PictureFiles;
  /** Bounds the pictures that are made at once. */
  readonly turns: Semaphore;
  readonly signal: AbortSignal;
  readonly onError: NonNullable<BrowserOptions["onError"]>;
}

const LIMITS: Required<BrowserLimits> = {
  entries: 200_000,
  images: 5000,
  elements: 20_000,
  pictures: 4,
  pictureBytes: 16 * 2 ** 20,
  uploadBytes: 2 ** 32,
  answerMs: 60_000,
};

/** What is known once the root is open. */
type Opened = Pick<Settings, "vfs" | "root" | "isDirectory" | "about" | "capabilities">;

/** Fills in what was left out, and makes up the secrets. */
export function settingsOf(
  options: BrowserOptions,
  opened: Opened,
  hosts: readonly string[],
  signal: AbortSignal,
): Settings {
  const limits = withDefaults(LIMITS, options.limits);
  const { clock = systemClock, write = false, onError = () => {} } = options;
  return {
    ...opened,
    write,
    token: secret(32),
    key: secret(9),
    hosts,
    limits,
    pictures: new PictureFiles(opened.vfs, opened.capabilities.range, clock),
    turns: new Semaphore(limits.pictures),
    signal,
    onError,
  };
}

/** Random bytes in characters that a URL and a cookie take as they are. */
function secret(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}
