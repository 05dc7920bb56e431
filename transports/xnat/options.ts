/**
 * How the driver is set up.
 *
 * @module
 */

import type { FetchLike } from "../../vfs/transport.ts";
import type { CreateOptions } from "./writing.ts";

/** Options of `xnatTransport`. */
export interface XnatTransportOptions {
  /** Certificates of further authorities to trust, in PEM. Prefer this to `insecure`. */
  readonly caCerts?: readonly string[];
  /**
   * **Dangerous**: believe whatever certificate the server shows, expired, of another host or made by anybody. Then
   * whoever sits on the way can read and change all, the password too. For servers on this machine.
   *
   * @default {false}
   */
  readonly insecure?: boolean;
  /** How long listings are believed, in milliseconds; 0 asks each time. @default {30_000} */
  readonly listingTtlMs?: number;
  /** Types of the objects that `put` makes on the way to a file; `false` makes none. */
  readonly create?: CreateOptions | false;
  /** HTTP client in place of that of the connection; it checks certificates by itself. */
  readonly fetch?: FetchLike;
}
