/**
 * What is asked of a server.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { RequestBody } from "./sender.ts";
import type { Query } from "./table.ts";

/** What an answer must be. A page in its place means that the login is gone, or an error. */
export type Accept = "json" | "text" | "file" | "zip";

/** A request. */
export interface XnatRequest extends Purpose {
  /** Aborts it. */
  readonly signal: AbortSignal;
  /** Query. */
  readonly query?: Query;
  /** Headers besides those of the session. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, made anew for each time that it is sent. */
  readonly body?: () => RequestBody | Promise<RequestBody>;
  /** The body can be sent twice, so that a login which has run out is no error. @default {true} */
  readonly replayable?: boolean;
  /** What must come back. @default {"text"} */
  readonly accept?: Accept;
  /** Statuses of 400 and above that the caller deals with. */
  readonly expect?: readonly number[];
}
