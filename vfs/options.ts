/**
 * What the functions of the façade take.
 *
 * @module
 */

import type { ReadHeaderOptions } from "../formats/mod.ts";
import type { Location } from "./location/location.ts";
import type { ByteRange, PutMode } from "./transport.ts";

/** Where something is: a URL of any scheme, or a plain path, which means `file:`. */
export type Where = string | URL | Location;

/** Options of every operation. */
export interface OpOptions {
  /** Aborts the operation; it settles within a second. */
  readonly signal?: AbortSignal;
}

/** How `open` opens: read, write anew, create exclusively, append. Bytes always. */
export type OpenMode = "r" | "w" | "x" | "a";

/** Options of reading. */
export interface ReadOptions extends OpOptions {
  /** The part wanted. */
  readonly range?: ByteRange;
}

/** Options of writing. */
export interface WriteOptions extends OpOptions {
  /** Replace what is there, refuse it, or add to it. @default {"replace"} */
  readonly mode?: PutMode;
  /** Media type to store, where the server keeps one. */
  readonly mediaType?: string;
  /** Modification time to store, where the server keeps one. */
  readonly mtime?: Date;
}

/** Options of listing. */
export interface ReadDirOptions extends OpOptions {
  /** Entries carry `info` even where that costs a request each. @default {false} */
  readonly detail?: boolean;
  /** What is remembered of the place does not count: its server is asked again. @default {false} */
  readonly refresh?: boolean;
}

/** Options of `statEach`. */
export interface StatEachOptions extends OpOptions {
  /** All that is known of each is told even where that costs a request each. @default {false} */
  readonly detail?: boolean;
}

/** Options of `mkdir`. */
export interface MkdirOptions extends OpOptions {
  /** Make missing parents, and accept that the directory is there. @default {false} */
  readonly recursive?: boolean;
}

/** Options of `readDicomHeader`. */
export interface DicomHeaderOptions extends OpOptions, ReadHeaderOptions {}

/** Options of `open`: those of reading, or of writing. */
export interface OpenOptions extends ReadOptions, Omit<WriteOptions, "mode"> {
  /** How to open. @default {"r"} */
  readonly mode?: OpenMode;
}
