/**
 * Failures that the node answers with.
 *
 * @module
 */

import { type Service, ServiceFailed, statusOf } from "../../transports/dicom/dimse/mod.ts";

/** The error that makes a service answer with `code`; the log has `comment`, which names nobody. */
export function failure(
  service: Service,
  code: number,
  url: string,
  comment?: string,
): ServiceFailed {
  const { meaning, kind } = statusOf(service, code);
  return new ServiceFailed(kind, { op: "serve", url }, { code, meaning, comment });
}
