/**
 * Why a file could not be understood.
 *
 * @module
 */

/** Why a file could not be understood. */
export type FormatErrorKind = "Corrupt" | "NotSupported" | "LimitExceeded";

/**
 * The only error that this folder throws for what a file contains.
 *
 * `Corrupt`: the bytes contradict their own format. `NotSupported`: not the
 * format that was asked for. `LimitExceeded`: reading on would break a limit
 * on bytes, depth or count.
 */
export class FormatError extends Error {
  /** Always `"FormatError"`. */
  override readonly name: string = "FormatError";

  /** Makes an error of `kind`, found at byte `position` of the file. */
  constructor(
    /** What went wrong, for programs. */
    readonly kind: FormatErrorKind,
    message: string,
    /** Byte offset in the file (or in its inflated stream). */
    readonly position?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
