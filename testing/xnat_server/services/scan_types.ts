/**
 * `/scan_types` and `/scanners`, of the site or a project: which values there are.
 *
 * @module
 */

import { may } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { isIn } from "../model/find.ts";
import type { Experiment } from "../model/types.ts";
import { needReadableProject } from "../routes/locate.ts";
import { tableReply } from "../tables/table.ts";

function readable(call: Call): Experiment[] {
  const { world, login, vars } = call;
  const project = vars.P === undefined ? undefined : needReadableProject(call).id;
  return [...world.archive.experiments.values()].filter((each) =>
    may(world.archive, login, "read", each) && (project === undefined || isIn(each, project))
  );
}

function single(call: Call, column: string, values: readonly (string | undefined)[]): Response {
  const rows = [...new Set(values)].flatMap((value) => value ? [[value]] : []).sort();
  return tableReply(call, { columns: [column], rows, counted: true });
}

/** Answers with the types of scans. */
export function scanTypes(call: Call): Response {
  const scans = readable(call).flatMap((session) => session.scans);
  return single(call, "type", scans.map(({ fields }) => fields.type));
}

/** Answers with the scanners of sessions. */
export function scanners(call: Call): Response {
  return single(call, "scanner", readable(call).map(({ fields }) => fields.scanner));
}
