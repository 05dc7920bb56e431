/**
 * Which status a peer is answered with when what it asked for fails.
 *
 * @module
 */

import { FormatError } from "../../../formats/errors.ts";
import { type ErrorKind, isVfsError } from "../../../vfs/errors.ts";
import type { Service } from "./status.ts";

/** What a failure means to who asked. */
type Meaning = "resources" | "authority" | "class" | "duplicate" | "request" | "failure";

const MEANING: Readonly<Record<ErrorKind, Meaning>> = {
  // Who hears of these may try again: what was sent or asked is all right.
  StorageFull: "resources",
  RateLimited: "resources",
  TimedOut: "resources",
  Unavailable: "resources",
  Incomplete: "resources",
  PermissionDenied: "authority",
  Unauthenticated: "authority",
  NotSupported: "class",
  AlreadyExists: "duplicate",
  InvalidArgument: "request",
  Corrupt: "request",
  NotFound: "failure",
  IsADirectory: "failure",
  NotADirectory: "failure",
  NotEmpty: "failure",
  InvalidUrl: "failure",
  ConditionFailed: "failure",
  RangeNotSatisfiable: "failure",
  Aborted: "failure",
  Protocol: "failure",
  PartialFailure: "failure",
  Unexpected: "failure",
};

const GENERAL = { authority: 0x0124, class: 0x0122 };
/** "Unable to process" is what queries have for a failure of ours, and for a duplicate there is nothing else. */
const QUERY = { ...GENERAL, duplicate: 0xC000, request: 0xA900, failure: 0xC000 };

/** C000H, "cannot understand", would say that the dataset is to blame; that is 0110H for what is not. */
const STATUS: Readonly<Record<Service, Readonly<Record<Meaning, number>>>> = {
  "C-ECHO": { ...GENERAL, resources: 0x0110, duplicate: 0x0110, request: 0x0110, failure: 0x0110 },
  "C-STORE": { ...GENERAL, resources: 0xA700, duplicate: 0x0111, request: 0xC000, failure: 0x0110 },
  "C-FIND": { ...QUERY, resources: 0xA700 },
  "C-GET": { ...QUERY, resources: 0xA702 },
  "C-MOVE": { ...QUERY, resources: 0xA702 },
};

/** The status code that a handler's error becomes (PS3.7 Annex C; PS3.4 §B.2.3, §C.4.1.1.4, §C.4.2.1.5, §C.4.3.1.4). */
export function statusOfError(error: unknown, service: Service = "C-STORE"): number {
  if (isVfsError(error)) return error.detail?.dimse ?? STATUS[service][MEANING[error.kind]];
  if (error instanceof FormatError) return STATUS[service].request;
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  return STATUS[service][isFull ? "resources" : "failure"];
}
