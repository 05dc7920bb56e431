/**
 * URLs of sessions, as the importer and the prearchive tell them.
 *
 * @module
 */

import type { Archive, Experiment, PrearchiveSession } from "../model/types.ts";

/** URL of a session of the prearchive. */
export function prearchiveUrl({ project, timestamp, folderName }: PrearchiveSession): string {
  return `/data/prearchive/projects/${project}/${timestamp}/${folderName}`;
}

/** URL of a session that has been archived. */
export function archivedUrl({ subjects }: Archive, session: Experiment): string {
  const { label } = subjects.get(session.subject)!;
  return `/data/archive/projects/${session.project}/subjects/${label}/experiments/${session.label}`;
}
