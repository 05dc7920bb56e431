/**
 * Questions that not every server knows.
 *
 * @module
 */

import { isVfsError } from "../../vfs/errors.ts";

/** A refusal of what older servers and odd sessions do not have; 200 is a list in place of which nothing came. */
const REFUSED: readonly unknown[] = [200, 400, 404, 500];

/** What a server answers, or `undefined` when it does not know the question. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isVfsError(error) && REFUSED.includes(error.detail?.http)) return undefined;
    throw error;
  }
}
