/** The retry layer around scripted transports. */

import { manualClock } from "../../../testing/manual_clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { type ErrorKind, VfsError, type VfsErrorOptions } from "../../../vfs/errors.ts";
import type { RetryOptions } from "../../../vfs/layers/back_off.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { at_, fake } from "../_fakes.ts";

export const AT = at_("fake://h/a");
export const OPTIONS = { signal: NEVER };
export const INFO = { kind: "file" } as const;

export const failure = (kind: ErrorKind = "Unavailable", options: Partial<VfsErrorOptions> = {}) =>
  new VfsError(kind, { op: "stat", url: AT.href, ...options });

export const retrying = (
  operations: Partial<Transport>,
  options: RetryOptions = {},
  tree = false,
) => retry({ clock: manualClock({ auto: true }), ...options })(fake(operations, { tree }));

export const times = (n: number, error: unknown = failure()) =>
  Array.from({ length: n }, () => error);
