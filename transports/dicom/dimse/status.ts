/**
 * What DIMSE status codes mean, by service (PS3.7 Annex C; PS3.4 §B.2.3, §C.4).
 *
 * @module
 */

import type { ErrorKind } from "../../../vfs/errors.ts";

/** The five classes of status codes (PS3.7 §C). */
export type StatusClass = "success" | "pending" | "cancel" | "warning" | "failure";

/** DIMSE-C services. */
export type Service = "C-ECHO" | "C-STORE" | "C-FIND" | "C-GET" | "C-MOVE";

/** A status code understood. */
export interface StatusMeaning {
  /** The code, 0 to FFFF. */
  readonly code: number;
  /** Its class. */
  readonly class: StatusClass;
  /** In words. */
  readonly meaning: string;
  /** Kind of error that a failure becomes. */
  readonly kind: ErrorKind;
}

type Entry = readonly [meaning: string, kind: ErrorKind];

/** Codes of all services (PS3.7 Annex C). */
const GENERAL: Readonly<Record<number, Entry>> = {
  0x0105: ["no such attribute", "Protocol"],
  0x0106: ["invalid attribute value", "Corrupt"],
  0x0110: ["processing failure", "Unexpected"],
  0x0111: ["duplicate SOP instance", "AlreadyExists"],
  0x0112: ["no such SOP instance", "NotFound"],
  0x0115: ["invalid argument value", "InvalidArgument"],
  0x0117: ["invalid SOP instance", "Corrupt"],
  0x0118: ["no such SOP class", "NotSupported"],
  0x0119: ["class-instance conflict", "Corrupt"],
  0x0120: ["missing attribute", "Corrupt"],
  0x0121: ["missing attribute value", "Corrupt"],
  0x0122: ["SOP class not supported", "NotSupported"],
  0x0124: ["not authorized", "PermissionDenied"],
  0x0210: ["duplicate invocation", "Protocol"],
  0x0211: ["unrecognized operation", "NotSupported"],
  0x0212: ["mistyped argument", "Protocol"],
  0x0213: ["resource limitation", "RateLimited"],
};

const WARNINGS: Readonly<Record<number, string>> = {
  0x0001: "requested optional attributes are not supported",
  0x0107: "attribute list error",
  0x0116: "attribute value out of range",
};

/** Codes of one service, from the most to the least specific; low digits that may vary are masked off. */
const SPECIFIC: Readonly<Record<Service, readonly (readonly [number, number, ...Entry])[]>> = {
  "C-ECHO": [],
  "C-STORE": [
    [0xB000, 0xFFFF, "coercion of data elements", "Unexpected"],
    [0xB006, 0xFFFF, "elements discarded", "Unexpected"],
    [0xB007, 0xFFFF, "data set does not match SOP class", "Unexpected"],
    [0xA700, 0xFF00, "out of resources", "StorageFull"],
    [0xA900, 0xFF00, "data set does not match SOP class", "Corrupt"],
    [0xC000, 0xF000, "cannot understand", "Corrupt"],
  ],
  "C-FIND": [
    [0xFF00, 0xFFFF, "matches are continuing", "Unexpected"],
    [0xFF01, 0xFFFF, "matches are continuing, optional keys are not supported", "Unexpected"],
    [0xA700, 0xFF00, "out of resources", "RateLimited"],
    [0xA900, 0xFF00, "identifier does not match SOP class", "InvalidArgument"],
    [0xC000, 0xF000, "unable to process", "Unexpected"],
  ],
  "C-GET": [
    [0xA701, 0xFFFF, "out of resources, unable to calculate number of matches", "RateLimited"],
    [0xA702, 0xFFFF, "out of resources, unable to perform sub-operations", "RateLimited"],
    [0xA900, 0xFF00, "identifier does not match SOP class", "InvalidArgument"],
    [0xB000, 0xFFFF, "sub-operations complete, one or more failures or warnings", "PartialFailure"],
    [0xC000, 0xF000, "unable to process", "Unexpected"],
  ],
  "C-MOVE": [
    [0xA701, 0xFFFF, "out of resources, unable to calculate number of matches", "RateLimited"],
    [0xA702, 0xFFFF, "out of resources, unable to perform sub-operations", "RateLimited"],
    [0xA801, 0xFFFF, "move destination unknown", "InvalidArgument"],
    [0xA900, 0xFF00, "identifier does not match SOP class", "InvalidArgument"],
    [0xAA00, 0xFF00, "the request is not supported as asked", "NotSupported"],
    [0xB000, 0xFFFF, "sub-operations complete, one or more failures or warnings", "PartialFailure"],
    [0xC000, 0xF000, "unable to process", "Unexpected"],
  ],
};

/**
 * Tells what a status code means for a service; codes that nobody defined are failures.
 *
 * @example
 * ```ts
 * import { statusOf } from "./status.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.equal(statusOf("C-STORE", 0xB000).class, "warning");
 * assert.equal(statusOf("C-STORE", 0xA701).kind, "StorageFull");
 * ```
 */
export function statusOf(service: Service, code: number): StatusMeaning {
  const [meaning, kind] = entryOf(service, code);
  return { code, class: classOf(code), meaning, kind };
}

/** The class of a code, the same for all services. */
export function classOf(code: number): StatusClass {
  if (code === 0) return "success";
  if (code === 0xFF00 || code === 0xFF01) return "pending";
  if (code === 0xFE00) return "cancel";
  if (code in WARNINGS || code >>> 12 === 0xB) return "warning";
  return "failure";
}

function entryOf(service: Service, code: number): Entry {
  if (code === 0) return ["success", "Unexpected"];
  if (code === 0xFE00) return ["cancelled", "Aborted"];
  const row = SPECIFIC[service].find(([value, mask]) => (code & mask) === value);
  if (row) return [row[2], row[3]];
  if (code === 0xFF00 || code === 0xFF01) return ["pending", "Unexpected"];
  const warning = WARNINGS[code] ?? (code >>> 12 === 0xB ? "warning" : undefined);
  if (warning) return [warning, "Unexpected"];
  return GENERAL[code] ?? ["failure", "Unexpected"];
}
