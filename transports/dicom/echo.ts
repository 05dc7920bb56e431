/**
 * Asking an archive whether it is there.
 *
 * @module
 */

import { type Clock, steadyClock, systemClock } from "../../vfs/concurrency/clock.ts";
import type { Credentials } from "../../vfs/credentials/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { addressOf } from "./address.ts";
import { cEcho } from "./dimse/echo.ts";
import { requestAssociation } from "./dimse/requestor.ts";
import { TRANSFER_SYNTAX, VERIFICATION } from "./dimse/uids.ts";
import type { DicomTransportOptions } from "./mod.ts";
import { archiveOptions } from "./settings.ts";

/** Options of {@linkcode echo}. */
export interface EchoOptions extends DicomTransportOptions {
  /** Who we are, as a URL says: the AE title is the user's name. */
  readonly credentials?: Credentials;
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** Time. */
  readonly clock?: Clock;
}

/** What an archive that is there says. */
export interface EchoAnswer {
  /** Its AE title. */
  readonly calledAET: string;
  /** The AE title that we used. */
  readonly callingAET: string;
  /** From the first byte to an association, in milliseconds. */
  readonly associationMs: number;
  /** From C-ECHO to its answer, in milliseconds. */
  readonly echoMs: number;
  /** DIMSE status: 0, or a warning. */
  readonly status: number;
  /** The software, as a UID (PS3.7 §D.3.3.2). */
  readonly implementationClassUID: string;
  /** The software, as it calls itself. */
  readonly implementationVersionName?: string;
  /** Longest P-DATA-TF that it takes, in bytes; 0 for any. */
  readonly maxLength: number;
}

/**
 * Asks the archive at `location` whether it is there: C-ECHO (PS3.7 §9.1.5) on an association of its own.
 *
 * @throws `AssociationNotEstablished`; `AssociationFailed`; `ServiceFailed`; `InvalidUrl` without a called AE title,
 * and for another scheme
 */
export async function echo(location: Location, options: EchoOptions = {}): Promise<EchoAnswer> {
  const { signal, clock = systemClock } = options;
  if (!/^dicoms?$/.test(location.scheme)) {
    const reason = "expected dicom: or dicoms:";
    throw new VfsError("InvalidUrl", { op: "echo", url: location.href, reason });
  }
  const { called } = addressOf(location);
  const credentials = () => Promise.resolve(options.credentials);
  const settings = await archiveOptions(options, { origin: location, credentials, clock }, called);
  const { now } = steadyClock(clock);
  const begin = now();
  await using association = await requestAssociation({
    ...settings,
    contexts: [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: [TRANSFER_SYNTAX.implicit] }],
    signal,
  });
  const associated = now();
  const { status } = await cEcho(association, { signal });
  const end = now();
  const { implementationClassUID, implementationVersionName, maxLength } = association.answer.user;
  return {
    calledAET: called,
    callingAET: settings.callingAET ?? "",
    associationMs: associated - begin,
    echoMs: end - associated,
    status: status.code,
    implementationClassUID,
    implementationVersionName,
    maxLength,
  };
}
