/**
 * Finds objects by id and label, as each part of XNAT does (facts: which segment accepts what).
 *
 * @module
 */

import type {
  Archive,
  Experiment,
  Project,
  Reconstruction,
  Resource,
  Scan,
  Subject,
} from "./types.ts";
import { isA } from "./schema.ts";

/** A project by its id or one of its aliases, in any case. */
export function findProject(archive: Archive, id: string): Project | undefined {
  const exact = archive.projects.get(id);
  if (exact) return exact;
  const wanted = id.toLowerCase();
  for (const project of archive.projects.values()) {
    if (aliasesOf(project.fields).some((alias) => alias.toLowerCase() === wanted)) return project;
  }
}

/** Other ids that a project goes by. */
export function aliasesOf({ alias = "" }: Readonly<Record<string, string>>): string[] {
  return alias.split(/[\s,]+/).filter(Boolean);
}

/** The label that an object has in a project: a share may give it another one. */
export function labelIn(item: Subject | Experiment, project: string | undefined): string {
  if (project === undefined || item.project === project) return item.label;
  return item.shares.find((share) => share.project === project)?.label ?? item.label;
}

/** Whether a project owns an object or has a share of it. */
export function isIn(item: Subject | Experiment, project: string): boolean {
  return item.project === project || item.shares.some((share) => share.project === project);
}

/** A subject of a project: label first, then accession id. */
export function findSubject(archive: Archive, project: string, name: string): Subject | undefined {
  for (const subject of archive.subjects.values()) {
    if (isIn(subject, project) && labelIn(subject, project) === name) return subject;
  }
  const byId = archive.subjects.get(name);
  if (byId && isIn(byId, project)) return byId;
}

/** An experiment of a project: accession id first, then label. Assessors are experiments as well. */
export function findExperiment(
  archive: Archive,
  project: string,
  name: string,
): Experiment | undefined {
  const byId = archive.experiments.get(name);
  if (byId && isIn(byId, project)) return byId;
  for (const experiment of archive.experiments.values()) {
    if (isIn(experiment, project) && labelIn(experiment, project) === name) return experiment;
  }
}

/** Experiments of a subject that are no assessors of sessions. */
export function experimentsOf(archive: Archive, subject: Subject): Experiment[] {
  return [...archive.experiments.values()]
    .filter((each) => each.subject === subject.id && each.session === undefined);
}

/** Assessors of a session. */
export function assessorsOf(archive: Archive, session: Experiment): Experiment[] {
  return [...archive.experiments.values()].filter((each) => each.session === session.id);
}

/** Members of a comma list, with the escapes that stand for a slash and a comma. */
export function names(segment: string): string[] {
  return segment.split(",").map((name) =>
    name.replaceAll("[SLASH]", "/").replaceAll("[COMMA]", ",")
  );
}

/** Whether a segment stands for everything. */
export function isAll(segment: string): boolean {
  return segment === "*" || segment === "ALL";
}

/** Scans by id **or** type, in a comma list; `ALL`, `*`; `NULL` has no type. */
export function findScans(session: Experiment, segment: string): Scan[] {
  if (isAll(segment)) return session.scans;
  const wanted = names(segment);
  return session.scans.filter((scan) => {
    const type = scan.fields.type ?? "";
    return wanted.includes(scan.id) ||
      (type === "" ? wanted.includes("NULL") : wanted.includes(type));
  });
}

/** Assessors by id, label or type, in a comma list; `ALL`, `*`. */
export function findAssessors(
  archive: Archive,
  session: Experiment,
  segment: string,
): Experiment[] {
  const all = assessorsOf(archive, session);
  if (isAll(segment)) return all;
  const wanted = names(segment);
  return all.filter((each) =>
    wanted.some((name) =>
      name === each.id || name === each.label || (name.includes(":") && isA(each.xsiType, name))
    )
  );
}

/** Reconstructions by id, in a comma list; `ALL`, `*`. */
export function findReconstructions(session: Experiment, segment: string): Reconstruction[] {
  if (isAll(segment)) return session.reconstructions;
  const wanted = names(segment);
  return session.reconstructions.filter((each) => wanted.includes(each.id));
}

/** Every resource below an experiment, assessors excluded. */
export function resourcesBelow(experiment: Experiment): Resource[] {
  return [
    ...experiment.resources,
    ...experiment.inputs,
    ...experiment.plain,
    ...experiment.scans.flatMap((scan) => scan.resources),
    ...experiment.reconstructions.flatMap((each) => [...each.inputs, ...each.resources]),
  ];
}
