/**
 * The UIDs that the layer itself needs (PS3.6 Annex A, PS3.7 Annex A).
 *
 * @module
 */

/** DICOM application context name (PS3.7 §A.2.1). */
export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";

/** Implementation class UID of this library, a UUID-derived one (PS3.5 §B.2). */
export const IMPLEMENTATION_CLASS_UID = "2.25.216377128371653178216549283746152837465";

/** Implementation version name. */
export const IMPLEMENTATION_VERSION_NAME = "MEDVFS_0_1";

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
