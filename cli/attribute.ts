/**
 * DICOM attributes that a user names.
 *
 * @module
 */

import { UsageError } from "./exit_code.ts";

/** The tag of an attribute given by keyword or tag. @throws {UsageError} when there is none */
export async function parseAttribute(name: string): Promise<number> {
  const { tagOf } = await import("../formats/dicom/dictionary.ts");
  try {
    return tagOf(name);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`Cannot use "${name}": neither a DICOM keyword nor a tag`, {
      cause: error,
    });
  }
}
