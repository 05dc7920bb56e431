/**
 * What goes wrong, as MONAI Label's clients are told: JSON with a `detail`.
 *
 * @module
 */

import { Problem } from "../../serving/problem.ts";

/** The answer to a request that lacks something. */
export function missing(...loc: readonly string[]): Problem {
  return new Problem(422, [{ type: "missing", loc, msg: "Field required", input: null }]);
}

/** The answer to a request with a value that cannot be. */
export function invalid(loc: readonly string[], msg: string, input: unknown = null): Problem {
  return new Problem(422, [{ type: "value_error", loc, msg, input }]);
}

/** Its response. */
export function problemResponse({ status, detail, headers }: Problem): Response {
  return Response.json({ detail }, { status, headers });
}
