/**
 * Options of which some were left out.
 *
 * @module
 */

/** `given` over `defaults`. What is `undefined` counts as left out, as in a parameter, where a spread would keep it. */
export function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(told) };
}
