/**
 * Assessors with what they were made of and what came of them, as lists of experiments tell them.
 *
 * @module
 */

import type { Catalogue } from "./catalogue.ts";
import type { Row } from "./client.ts";
import type { Experiment, Resource } from "./model.ts";
import { assessorsKey, experimentOwner, inputsOwner, partOwner, resourcesKey } from "./owners.ts";
import { ASSESSOR_COLUMNS, assessorsOf, joinedResources, resourceColumns } from "./rows.ts";

const TYPE = "xnat:imageAssessorData";
const OUTPUTS = `${TYPE}/out/file`;
const INPUTS = `${TYPE}/in/file`;
/** The session that an assessor is of. */
export const SESSION = `${TYPE}/imageSession_ID`;
/** Columns of what is told of an assessor beside what all experiments have. */
export const JOINED_TO_ASSESSORS = [SESSION, resourceColumns(OUTPUTS), resourceColumns(INPUTS)]
  .join(",");
/** The query for a list of assessors. */
export const ASSESSORS = {
  xsiType: TYPE,
  columns: `${ASSESSOR_COLUMNS},${JOINED_TO_ASSESSORS}`,
  limit: "*",
};

/** The session of an assessor's row; empty in the row of another experiment, `undefined` where the server did not tell. */
export function sessionOf(row: Row): string | undefined {
  return row[SESSION.toLowerCase()];
}

/**
 * Keeps the assessors of each experiment, as `rows` tell them all, and what they were made of; adds what came of them
 * to `others`.
 */
export function keepAssessors(
  { memo }: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  others: ReadonlyMap<string, Resource[]>,
  rows: readonly Row[],
  asked: number,
): void {
  if (rows.some((row) => sessionOf(row) === undefined)) return;
  const bySession = Map.groupBy(rows, (row) => sessionOf(row)!);
  for (const { id: session } of experiments) {
    const groups = Map.groupBy(bySession.get(session) ?? [], ({ ID = "" }) => ID);
    const own = [...groups.values()].map(([row]) => row!);
    memo.set(assessorsKey(project, session), assessorsOf(own), asked);
    for (const [id, rows] of groups) {
      others.get(session)?.push(...joinedResources(rows, OUTPUTS, "assessors", id) ?? []);
      const inputs = joinedResources(rows, INPUTS, "assessors", id);
      const owner = partOwner(experimentOwner(project, session), "assessors", id);
      if (inputs) memo.set(resourcesKey(inputsOwner(owner)), inputs, asked);
    }
  }
}
