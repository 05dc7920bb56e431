/**
 * What a request to the importer says of where to, and of what is there already.
 *
 * @module
 */

import { mayInProject } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { findProject } from "../model/find.ts";
import type { Merging } from "./archive_session.ts";
import type { Destination } from "./build_session.ts";

/** Any word means leave to merge (`Importer.parseOverrideValue`). */
export function mergingSaid({ query }: Call): Merging {
  const overwrite = query.get("overwrite")?.toLowerCase();
  const isForced = overwrite === "delete" || overwrite === "override";
  return {
    merges: overwrite !== undefined,
    ignoresStudy: isForced,
    overwriteFiles: isForced || query.is("overwrite_files"),
  };
}

/** Where to. */
export interface Where extends Partial<Destination> {
  /** Absent where nothing is said. */
  readonly to?: "archive" | "prearchive";
}

/** Where to, from `dest` or from single parameters. @throws {Refusal} 404, 403 */
export function destinationOf(call: Call): Where {
  const { query, login, world } = call;
  const dest = (query.get("dest") ?? "").replace(/^\/data(?=\/)/, "").split("/").filter(Boolean);
  const after = (word: string) => {
    const at = dest.indexOf(word);
    return at < 0 ? undefined : dest[at + 1];
  };
  const named = after("projects") ?? query.get("PROJECT_ID") ?? query.get("project");
  const project = named === undefined ? undefined : findProject(world.archive, named);
  if (named !== undefined && named !== "Unassigned") {
    if (!project || !mayInProject(login, "read", project)) refuse(404, `Unknown project ${named}`);
    if (!mayInProject(login, "edit", project)) refuse(403, `No right to change project ${named}`);
  }
  const waiting = dest[0] === "prearchive" ? dest.slice(dest.indexOf("projects") + 2) : [];
  return {
    project: project?.id,
    subject: after("subjects") ?? query.get("SUBJECT_ID") ?? query.get("subject"),
    label: after("experiments") ?? waiting[1] ?? query.get("EXPT_LABEL") ?? query.get("session"),
    source: query.get("SOURCE"),
    preventsAutoCommit: query.is("prevent_auto_commit"),
    to: dest[0] === "archive" || (dest.length === 0 && query.get("prearchive_code") === "1")
      ? "archive"
      : dest.length > 0
      ? "prearchive"
      : undefined,
  };
}
