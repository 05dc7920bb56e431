/**
 * Who the phantom is: names, dates and UIDs out of a seed.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What identifies a phantom's examination. */
export interface PhantomIdentity {
  /** Seed of UIDs, of the lesion's place and of the noise. */
  readonly seed: number;
  /** PatientID. */
  readonly patientID: string;
  /** PatientName, in any script. */
  readonly patientName: string;
  /** Day of the examination, `YYYYMMDD`. */
  readonly studyDate: string;
}

/**
 * A UID that depends on seed, patient and name alone, made as PS3.5 §B.2 makes them of UUIDs.
 */
export function phantomUID(who: PhantomIdentity, name: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([who.seed, who.patientID, who.studyDate, name]))
    .digest();
  const hex = digest.toString("hex");
  // Version 8, "custom", and the variant of RFC 9562 §4.
  return `2.25.${BigInt(`0x${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17, 32)}`)}`;
}
