/**
 * C-ECHO, and the options that all services share.
 *
 * @module
 */

import type { Association } from "./association.ts";
import { outcome, type ServiceResult } from "./outcome.ts";
import { requestCommand, requireContext } from "./invocation.ts";
import { VERIFICATION } from "./uids.ts";

/** Options of all services. */
export interface ServiceOptions {
  /** Ends the whole association when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * C-ECHO: asks the peer whether it is there (PS3.7 §9.1.5).
 *
 * @throws `ServiceFailed`; `NotSupported` without a context; the association's failure
 */
export async function cEcho(
  association: Association,
  options: ServiceOptions = {},
): Promise<ServiceResult> {
  const op = "echo";
  const context = requireContext(association, op, VERIFICATION);
  const { done } = association.invoke({
    context,
    op,
    command: requestCommand("C_ECHO_RQ", VERIFICATION),
    timeoutMs: association.timeouts.responseMs,
    signal: options.signal,
  });
  return outcome("C-ECHO", op, association.url, await done);
}
