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

/** Transfer syntaxes that the layer writes itself. */
export const TRANSFER_SYNTAX = {
  /** Implicit VR little endian. */
  implicit: "1.2.840.10008.1.2",
  /** Explicit VR little endian. */
  explicit: "1.2.840.10008.1.2.1",
  /** Deflated explicit VR little endian. */
  deflated: "1.2.840.10008.1.2.1.99",
} as const;
