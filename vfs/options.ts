/**
 * Options that several functions of the façade share.
 *
 * @module
 */

/** Options of every operation. */
export interface OpOptions {
  /** Aborts the operation; it settles within a second. */
  readonly signal?: AbortSignal;
}
