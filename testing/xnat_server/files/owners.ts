/**
 * The objects whose resources a path means, with XNAT's silent fall-backs.
 *
 * @module
 */

import { may, mayInProject, maySee } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import {
  assessorsOf,
  findAssessors,
  findExperiment,
  findProject,
  findReconstructions,
  findScans,
  findSubject,
  names,
} from "../model/find.ts";
import {
  assessorFolder,
  experimentResourceFolder,
  plainAssessorFolder,
  projectFolder,
  reconstructionFolder,
  scanFolder,
  subjectFolder,
} from "../model/folders.ts";
import type {
  Archive,
  Experiment,
  Project,
  Reconstruction,
  Resource,
  Scan,
  Subject,
} from "../model/types.ts";
import type { World } from "../world.ts";

/** An object that has resources. */
export interface Owner {
  /** Its list of resources: the one of the model, to which new ones go. */
  readonly resources: Resource[];
  /** Folder of its resources' folders. */
  readonly folder: string;
  readonly category: "resources" | "scans" | "reconstructions" | "assessors";
  readonly catId: string;
  readonly catDesc: string;
  /** What decides on rights. */
  readonly guard: Project | Subject | Experiment;
  /** Path of the object below `/data/projects/{P}/subjects/{S}`, by ids, or from `/data` without that. */
  readonly path: string;
  readonly project: string;
  readonly subject?: string;
  /** Session or experiment to which it belongs. */
  readonly session?: Experiment;
  readonly scan?: Scan;
  readonly assessor?: Experiment;
  readonly reconstruction?: Reconstruction;
}

function projectOwner(project: Project): Owner {
  return {
    resources: project.resources,
    folder: projectFolder(project.id),
    category: "resources",
    catId: "",
    catDesc: " ",
    guard: project,
    path: `/projects/${project.id}`,
    project: project.id,
  };
}

function subjectOwner(subject: Subject): Owner {
  return {
    resources: subject.resources,
    folder: subjectFolder(subject.project, subject.label),
    category: "resources",
    catId: "",
    catDesc: " ",
    guard: subject,
    path: `/projects/${subject.project}/subjects/${subject.id}`,
    project: subject.project,
    subject: subject.id,
  };
}

/** What all owners in a session share. */
function within(session: Experiment) {
  return {
    guard: session,
    project: session.project,
    subject: session.subject,
    session,
    catDesc: " ",
  };
}

function experimentOwner(session: Experiment): Owner {
  return {
    ...within(session),
    resources: session.resources,
    folder: experimentResourceFolder(session),
    category: "resources",
    catId: session.id,
    path: `/experiments/${session.id}`,
  };
}

/** Owner of the resources of a scan. */
export function scanOwner(session: Experiment, scan: Scan): Owner {
  return {
    ...within(session),
    resources: scan.resources,
    folder: scanFolder(session, scan.id),
    category: "scans",
    catId: scan.id,
    catDesc: scan.fields.type || " ",
    path: `/experiments/${session.id}/scans/${scan.id}`,
    scan,
  };
}

type Side = "in" | "out";

function assessorOwner(session: Experiment, assessor: Experiment, side: Side): Owner {
  return {
    ...within(session),
    guard: assessor,
    resources: side === "in" ? assessor.inputs : assessor.resources,
    folder: assessorFolder(session, assessor, side),
    category: "assessors",
    catId: assessor.id,
    catDesc: assessor.xsiType,
    path: `/experiments/${session.id}/assessors/${assessor.id}/${side}`,
    assessor,
  };
}

/** Of these only the list of all that a session has tells; they are had by number. */
function plainAssessorOwner(session: Experiment, assessor: Experiment): Owner {
  return {
    ...assessorOwner(session, assessor, "out"),
    resources: assessor.plain,
    folder: plainAssessorFolder(session, assessor),
    path: `/experiments/${session.id}/assessors/${assessor.id}`,
  };
}

function reconstructionOwner(session: Experiment, each: Reconstruction, side: Side): Owner {
  return {
    ...within(session),
    resources: side === "in" ? each.inputs : each.resources,
    folder: reconstructionFolder(session, each.id, side),
    category: "reconstructions",
    catId: each.id,
    catDesc: each.fields.type || " ",
    path: `/experiments/${session.id}/reconstructions/${each.id}/${side}`,
    reconstruction: each,
  };
}

/** Owner of an experiment's own resources, an assessor's among them. */
export function ownerOf(archive: Archive, experiment: Experiment): Owner {
  const session = archive.experiments.get(experiment.session ?? "");
  return session ? assessorOwner(session, experiment, "out") : experimentOwner(experiment);
}

/** All owners in a session: itself, scans, reconstructions, assessors that may be read. */
export function ownersBelow(world: World, login: Call["login"], session: Experiment): Owner[] {
  const assessors = assessorsOf(world.archive, session)
    .filter((each) => may(world.archive, login, "read", each));
  return [
    { ...experimentOwner(session), catId: "", catDesc: "" },
    ...session.scans.map((scan) => scanOwner(session, scan)),
    ...session.reconstructions.map((each) => reconstructionOwner(session, each, "out")),
    // The type that is looked up for them here is that of the resource.
    ...assessors.flatMap((each) =>
      [assessorOwner(session, each, "out"), plainAssessorOwner(session, each)]
        .map((owner) => ({ ...owner, catDesc: "" }))
    ),
  ];
}

/** Every owner of an archive that a login may read. */
export function* allOwners({ archive }: World, login: Call["login"]): Generator<Owner> {
  for (const project of archive.projects.values()) {
    if (mayInProject(login, "read", project)) yield projectOwner(project);
  }
  for (const subject of archive.subjects.values()) {
    if (may(archive, login, "read", subject)) yield subjectOwner(subject);
  }
  for (const each of archive.experiments.values()) {
    if (!may(archive, login, "read", each)) continue;
    yield ownerOf(archive, each);
    if (each.session) {
      const session = archive.experiments.get(each.session);
      if (session) {
        yield assessorOwner(session, each, "in");
        yield plainAssessorOwner(session, each);
      }
    }
    for (const scan of each.scans) yield scanOwner(each, scan);
    for (const reconstruction of each.reconstructions) {
      yield reconstructionOwner(each, reconstruction, "in");
      yield reconstructionOwner(each, reconstruction, "out");
    }
  }
}

/**
 * The owners that a path means. What is missing below a project falls back to the subject or the
 * project, without a word, in a GET.
 *
 * @throws {Refusal} 404, and 500 for files of what is missing without a project.
 */
export function ownersOf(call: Call, route: "resources" | "files"): Owner[] {
  const { vars, login, method } = call;
  const project = vars.P === undefined ? undefined : readableProject(call);
  const subject = vars.S === undefined ? undefined : readableSubject(call, project);
  const lower = subject ? subjectOwner(subject) : project && projectOwner(project);
  if (vars.E === undefined) return lower ? [lower] : refuse(404);
  const sessions = sessionsOf(call, project);
  const owners = sessions.flatMap((session) => inSession(call, session))
    .filter(({ guard }) => "id" in guard && readable(call, guard));
  const isWrite = method !== "GET";
  if (isWrite && owners.length !== 1) refuse(404, "Unable to identify one object to change.");
  if (owners.length > 0) return owners;
  if (lower) return [lower];
  if (route === "files") refuse(500, "java.lang.NullPointerException");
  refuse(
    404,
    `Unable to find the specified object in ${sessions.length} sessions for ${login.name}`,
  );
}

function readable({ world, login }: Call, guard: Owner["guard"]): boolean {
  return "accessibility" in guard
    ? mayInProject(login, "read", guard)
    : may(world.archive, login, "read", guard);
}

function readableProject({ world, vars, login }: Call): Project {
  const project = findProject(world.archive, vars.P!);
  if (!project || !maySee(login, project)) refuse(404, `Unable to identify project ${vars.P}`);
  if (!mayInProject(login, "read", project)) refuse(403, `No right to read project ${vars.P}`);
  return project;
}

function readableSubject({ world, vars, login }: Call, project: Project | undefined): Subject {
  const subject = project
    ? findSubject(world.archive, project.id, vars.S!)
    : world.archive.subjects.get(vars.S!);
  if (subject && may(world.archive, login, "read", subject)) return subject;
  refuse(404, `Unable to identify subject ${vars.S}`);
}

/** Sessions of a comma list; those that are unknown or may not be read are left out. */
function sessionsOf({ world, vars, login }: Call, project: Project | undefined): Experiment[] {
  const { archive } = world;
  return names(vars.E!).flatMap((name) => {
    const found = (project && findExperiment(archive, project.id, name)) ??
      archive.experiments.get(name);
    return found && may(archive, login, "read", found) ? [found] : [];
  });
}

function inSession({ world, vars, query, login }: Call, session: Experiment): Owner[] {
  const { archive } = world;
  const side: Side = vars.IO === "in" ? "in" : "out";
  if (vars.SCAN !== undefined) {
    return findScans(session, vars.SCAN).map((scan) => scanOwner(session, scan));
  }
  if (vars.A !== undefined) {
    return findAssessors(archive, session, vars.A).map((each) =>
      assessorOwner(session, each, side)
    );
  }
  if (vars.RC !== undefined) {
    return findReconstructions(session, vars.RC)
      .map((each) => reconstructionOwner(session, each, side));
  }
  return query.is("all") ? ownersBelow(world, login, session) : [ownerOf(archive, session)];
}

/** Whether a login has a right on what an owner belongs to. */
export function mayOwn(
  { world, login }: Call,
  right: "edit" | "delete",
  { guard }: Owner,
): boolean {
  return "accessibility" in guard
    ? mayInProject(login, right, guard)
    : may(world.archive, login, right, guard);
}
