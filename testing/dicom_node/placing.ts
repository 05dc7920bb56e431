/**
 * Where an instance that comes has its place.
 *
 * @module
 */

import { type DicomHeader, encodeFileMeta } from "../../formats/mod.ts";
import {
  type Association,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  type IncomingInstance,
} from "../../transports/dicom/dimse/mod.ts";
import { encodeSegment } from "../../vfs/location/url_syntax.ts";
import { failure } from "./failure.ts";
import { pathOf } from "./layout.ts";
import { valuesOf } from "./record.ts";
import { isPlaced } from "./scan.ts";

/** Where an instance goes that is not there yet, and what is known of it. */
export interface Placed {
  readonly path: string;
  readonly values: ReturnType<typeof valuesOf>;
  /** File meta information. */
  readonly meta: Uint8Array<ArrayBuffer>;
}

/** Where an instance goes, by what its header says. @throws `ServiceFailed` with A900H where that is not what the command says */
export function placeOf(
  instance: IncomingInstance,
  association: Association,
  header: DicomHeader,
): Placed {
  const values = checked(header, instance, association.url);
  const path = pathOf(values).map(encodeSegment).join("/");
  return { path, values, meta: metaOf(instance, association) };
}

function checked(
  header: DicomHeader,
  { sopClassUID, sopInstanceUID }: IncomingInstance,
  url: string,
): ReturnType<typeof valuesOf> {
  const values = valuesOf(header);
  const refuse = (reason: string) => failure("C-STORE", 0xA900, url, reason);
  if (!isPlaced(values)) throw refuse("the dataset names no study, series or instance");
  if (values.SOPClassUID !== sopClassUID || values.SOPInstanceUID !== sopInstanceUID) {
    throw refuse("the dataset is not the instance that the command names");
  }
  return values;
}

function metaOf(instance: IncomingInstance, { request }: Association): Uint8Array<ArrayBuffer> {
  const { callingAET } = request;
  return encodeFileMeta({
    ...instance,
    implementationClassUID: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    sourceAET: /^[\x20-\x5B\x5D-\x7E]{1,16}$/.test(callingAET) ? callingAET : undefined,
  });
}
