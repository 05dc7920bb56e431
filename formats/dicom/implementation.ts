/**
 * Who wrote a file or speaks on an association, as medvfs says it.
 *
 * @module
 */

/** Implementation class UID of this library, a UUID-derived one (PS3.5 §B.2). */
export const IMPLEMENTATION_CLASS_UID = "2.25.216377128371653178216549283746152837465";

/** Implementation version name. */
export const IMPLEMENTATION_VERSION_NAME = "MEDVFS_0_1";
