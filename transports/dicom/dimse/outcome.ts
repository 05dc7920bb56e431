/**
 * Final responses: results, or errors.
 *
 * @module
 */

import type { CommandSet } from "./command_set.ts";
import { ServiceFailed } from "./errors.ts";
import { type Service, type StatusMeaning, statusOf } from "./status.ts";

/** How an operation ended that did not fail. */
export interface ServiceResult {
  /** Success or a warning. */
  readonly status: StatusMeaning;
  /** What the peer said besides, (0000,0902). */
  readonly comment?: string;
}

/** What a final response says. @throws `ServiceFailed` for a failure */
export function outcome(
  service: Service,
  op: string,
  url: string,
  response: CommandSet,
  reason?: string,
): ServiceResult {
  const status = statusOf(service, response.Status!);
  const comment = response.ErrorComment;
  if (status.class !== "failure") return { status, comment };
  const { code, meaning, kind } = status;
  throw new ServiceFailed(kind, { op, url, reason }, { code, meaning, comment });
}
