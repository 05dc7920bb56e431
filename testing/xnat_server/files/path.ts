/**
 * The path of a file below its resource.
 *
 * @module
 */

/**
 * Reads what follows `/files/`: kept as it came, unless it holds `%20` or `%2B`; then it is decoded by
 * the rules of forms, in which a plus is a blank.
 */
export function filePath(tail: string): string {
  if (!/%20|%2B/i.test(tail)) return tail;
  try {
    return decodeURIComponent(tail.replaceAll("+", " "));
  } catch {
    return tail;
  }
}

/** Last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
