/**
 * What goes with an operation through a driver.
 *
 * @module
 */

import type { CallOptions } from "./transport.ts";

/** What an operation does and to what, for its errors. */
export interface Purpose {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL that the caller gave. */
  readonly url: string;
}

/** What an operation does and to what, for its errors, and until when it matters. */
export interface Ask extends Purpose, CallOptions {}
