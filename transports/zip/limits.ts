/**
 * How much of an archive is believed.
 *
 * @module
 */

/** Limits of what a zip may claim; what goes beyond them is refused as `NotSupported`. */
export interface ZipLimits {
  /** Most files and directories. @default {1000000} */
  readonly maxMembers?: number;
  /** Largest directory, in bytes; it is kept in memory. @default {134217728} */
  readonly maxDirectoryBytes?: number;
  /** Most bytes of all members together once they are unpacked. @default {17592186044416} */
  readonly maxTotalBytes?: number;
  /**
   * How many times more than the archive its members may be, all together, once they are more than 1 GiB. Deflate
   * makes at most 1032 of one.
   *
   * @default {250}
   */
  readonly maxRatio?: number;
}

/** Below this nothing is a bomb. */
export const HARMLESS_BYTES = 2 ** 30;

/** The limits that are used unless others are given. */
export const LIMITS: Required<ZipLimits> = {
  maxMembers: 1_000_000,
  maxDirectoryBytes: 128 * 2 ** 20,
  maxTotalBytes: 16 * 2 ** 40,
  maxRatio: 250,
};
