/**
 * What a table says of a word that somebody sent.
 *
 * @module
 */

/** The value of `key`; `undefined` also for words such as `constructor`, which all objects know. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
