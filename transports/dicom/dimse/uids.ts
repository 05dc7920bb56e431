/**
 * The UIDs that the layer itself needs (PS3.6 Annex A, PS3.7 Annex A).
 *
 * @module
 */

export {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../../../formats/dicom/implementation.ts";

/** DICOM application context name (PS3.7 §A.2.1). */
export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";

/** Verification SOP class. */
export const VERIFICATION = "1.2.840.10008.1.1";

/** Query/Retrieve information models (PS3.4 §C.6). */
export const QUERY_RETRIEVE = {
  /** Patient Root. */
  patient: {
    /** C-FIND. */
    find: "1.2.840.10008.5.1.4.1.2.1.1",
    /** C-MOVE. */
    move: "1.2.840.10008.5.1.4.1.2.1.2",
    /** C-GET. */
    get: "1.2.840.10008.5.1.4.1.2.1.3",
  },
  /** Study Root. */
  study: {
    /** C-FIND. */
    find: "1.2.840.10008.5.1.4.1.2.2.1",
    /** C-MOVE. */
    move: "1.2.840.10008.5.1.4.1.2.2.2",
    /** C-GET. */
    get: "1.2.840.10008.5.1.4.1.2.2.3",
  },
} as const;

/** The root of DICOM's own SOP classes, and that of most for storage (PS3.4 §B.5, §GG.3). */
const DICOM = "1.2.840.10008.";
const STORAGE = `${DICOM}5.1.4.1.1.`;
/** Storage elsewhere: retired hardcopies, instructions of therapy, hanging protocols, palettes, implants. */
const OTHER_STORAGE: readonly string[] = [
  "5.1.1.27",
  "5.1.1.29",
  "5.1.1.30",
  "5.1.4.34.7",
  "5.1.4.34.10",
  "5.1.4.38.1",
  "5.1.4.39.1",
  "5.1.4.43.1",
  "5.1.4.44.1",
  "5.1.4.45.1",
].map((suffix) => DICOM + suffix);

/** Whether instances of a class can be stored: any but those of DICOM's other services, such as printing. */
export function isStorageClass(sopClassUID: string): boolean {
  return !sopClassUID.startsWith(DICOM) || sopClassUID.startsWith(STORAGE) ||
    OTHER_STORAGE.includes(sopClassUID);
}

/** Transfer syntaxes that the layer writes itself. */
export const TRANSFER_SYNTAX = {
  /** Implicit VR little endian. */
  implicit: "1.2.840.10008.1.2",
  /** Explicit VR little endian. */
  explicit: "1.2.840.10008.1.2.1",
  /** Deflated explicit VR little endian. */
  deflated: "1.2.840.10008.1.2.1.99",
} as const;
