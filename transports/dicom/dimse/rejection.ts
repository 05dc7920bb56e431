/**
 * What it means when a peer rejects an association.
 *
 * @module
 */

import type { ErrorKind, ErrorStatus } from "../../../vfs/errors.ts";

interface Titles {
  readonly calledAET: string;
  readonly callingAET: string;
}

interface Rejection {
  readonly kind: ErrorKind;
  readonly status?: ErrorStatus;
  readonly text: (titles: Titles) => string;
}

/**
 * Meanings of `source/reason` (PS3.8 §9.3.4). Some servers call a wrong AE title or application context
 * transient; trying again does not help there, whatever they say.
 */
export const REJECTIONS: Readonly<Record<string, Rejection>> = {
  "1/1": { kind: "Unavailable", text: () => "no reason given" },
  "1/2": {
    kind: "NotSupported",
    status: "permanent",
    text: () => "application context name not supported",
  },
  "1/3": {
    kind: "PermissionDenied",
    status: "permanent",
    text: ({ callingAET }) => `calling AE title "${callingAET}" not recognised`,
  },
  "1/7": {
    kind: "NotFound",
    status: "permanent",
    text: ({ calledAET }) => `called AE title "${calledAET}" not recognised`,
  },
  "2/1": { kind: "Unavailable", text: () => "no reason given by its upper layer" },
  "2/2": {
    kind: "NotSupported",
    status: "permanent",
    text: () => "protocol version not supported",
  },
  "3/1": { kind: "RateLimited", text: () => "temporary congestion" },
  "3/2": { kind: "RateLimited", text: () => "local limit exceeded" },
};
