/**
 * Rules for the names of entries: how they sort, and which are never believed.
 *
 * @module
 */

/** True for a name that can be one segment of a path: not empty, not a dot segment, no NUL. */
export function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." &&
    !name.includes("\0") && name.isWellFormed();
}

/** What names share that differ only in case, or in how Unicode composes them. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

const DIGITS = /^[0-9]+$/;

/**
 * Sorts entries in place by name: by code unit, or numerically when every name of the level is a number
 * (XNAT scans, DICOM series), so that `2` comes before `10`.
 */
export function sortByName<T extends { readonly name: string }>(
  entries: T[],
): T[] {
  const numeric = entries.length > 0 &&
    entries.every((entry) => DIGITS.test(entry.name));
  return entries.sort(numeric ? byNumber : byCodeUnit);
}

function byCodeUnit(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function byNumber(a: { name: string }, b: { name: string }): number {
  const x = a.name.replace(/^0+/, "");
  const y = b.name.replace(/^0+/, "");
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : byCodeUnit(a, b);
}
