/**
 * What is shared into a project belongs to another one, and what is below it is removed there.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { locationOf } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { route } from "./escape.ts";
import { ASSESSORS } from "./joined_assessors.ts";
import { type Experiment, isSession, type Named } from "./model.ts";
import { locate, type Place } from "./resolve.ts";
import { experimentsOf } from "./rows.ts";
import { failed } from "./writing.ts";

/**
 * The project that an experiment of `project` is of; `undefined` for one that is neither of it nor shared with it. Lists that
 * tell labels of shares tell the project that was asked in its place.
 */
export async function ownProject(
  catalogue: Catalogue,
  project: string,
  id: string,
  ask: Ask,
  xsiType?: string,
): Promise<string | undefined> {
  const path = route("data", "projects", project, "experiments");
  const query = { columns: "ID,project", ID: id, xsiType };
  return await catalogue.memo.get([project, "E", id, "own project"], ask, async (ask) => {
    const row = (await catalogue.rows(path, ask, query)).find(({ ID }) => ID === id);
    return row && (row.project || project);
  });
}

/**
 * Makes sure that what is below an object is removed by the URL of the project that the object is of. By that of another
 * one, people mean what that one sees of it: of a whole subject, session or assessor the share ends.
 *
 * @throws `NotSupported`, which tells the URL that removes it
 */
export async function mustBeOwn(catalogue: Catalogue, place: Place, ask: Ask): Promise<void> {
  const { address, part, resource } = place;
  const isWhole = resource === undefined && (part === undefined || address.assessor !== undefined);
  if (isWhole || address.subject === undefined) return;
  const project = await projectOf(catalogue, place, ask);
  if (project !== address.project) throw notHere(place, project, ask);
}

/**
 * Makes sure that nothing of another project hangs on an object that is removed as a whole. XNAT takes a subject's sessions
 * of other projects along, or leaves them without a subject, and the files of a session's assessors lie in its folder
 * (`BaseXnatSubjectdata.delete`, `BaseXnatImagesessiondata.deleteFiles`). A share that ends takes nothing along.
 *
 * @throws `NotSupported`, which tells the project
 */
export async function mustTakeNoOthers(
  catalogue: Catalogue,
  place: Place,
  ask: Ask,
): Promise<void> {
  const { address, subject, experiment, part, resource } = place;
  if (part !== undefined || resource !== undefined) return;
  const { project = "" } = address;
  if (await projectOf(catalogue, place, ask) !== project) return;
  const experiments = experiment
    ? [experiment]
    : await experimentsOfAll(catalogue, subject!.id, ask);
  const others: Named[] = experiments.filter((each) => isOfOther(each, project));
  for (const each of experiments) {
    if (!isSession(each)) continue;
    const assessors = await catalogue.assessors(project, each.id, ask);
    others.push(...assessors.filter((each) => isOfOther(each, project)));
  }
  const [other] = others;
  if (!other) return;
  const [name, whose] = [other.id, other.attributes.project].map((each) => JSON.stringify(each));
  const reason = `${name} below it is of the project ${whose}, which would lose it; ` +
    "move or remove that first";
  throw failed("NotSupported", ask, reason);
}

/** The experiments of a subject in all projects that can be seen, as they are now. */
async function experimentsOfAll(
  catalogue: Catalogue,
  subject: string,
  ask: Ask,
): Promise<Experiment[]> {
  const query = {
    xsiType: "xnat:subjectAssessorData",
    columns: "ID,label,xsiType,project,subject_ID",
    subject_ID: subject,
    limit: "*",
  };
  const all = experimentsOf(await catalogue.rows(route("data", "experiments"), ask, query));
  return all.filter(({ subjectId }) => subjectId === subject);
}

function isOfOther({ attributes }: Named, project: string): boolean {
  return attributes.project !== undefined && attributes.project !== project;
}

/** The refusal to remove something by a project that it is not of. */
export function notHere(
  { address, subject, experiment }: Place,
  project: string | undefined,
  { op, url }: Ask,
): VfsError {
  const of = address.assessor ? "assessor" : experiment ? "session" : "subject";
  const refused = (whose: string, instead?: string) => {
    const reason = `the ${of} is of ${whose}, and would lose it there; ` +
      `remove it by ${instead ?? "the URL of that project"}`;
    return new VfsError("NotSupported", { op, url, reason, ...instead && { detail: { instead } } });
  };
  if (project === undefined) return refused("another project");
  // Labels may be others in its own project.
  const { href } = locationOf(parseLocation(url).location, {
    ...address,
    project,
    subject: experiment?.subjectId || subject?.id || address.subject,
    experiment: experiment?.id,
  });
  return refused(`the project ${project}`, href);
}

/** The project that the subject, session or assessor of a place is of, as far as can be seen. */
async function projectOf(
  catalogue: Catalogue,
  { address, subject, experiment, part }: Place,
  ask: Ask,
): Promise<string | undefined> {
  const project = address.project!;
  if (!experiment) {
    // Of those who only have a session here, nothing is told.
    const all = await catalogue.subjects(project, ask);
    return all.find(({ id }) => id === subject!.id)?.attributes.project;
  }
  const isAssessor = address.assessor !== undefined;
  const { id, attributes } = isAssessor ? part! : experiment;
  if (attributes.project !== undefined && attributes.project !== project) return attributes.project;
  const own = await ownProject(
    catalogue,
    project,
    id,
    ask,
    isAssessor ? ASSESSORS.xsiType : undefined,
  );
  if (own !== undefined) return own;
  catalogue.memo.forget([project]);
  await locate(catalogue, address, ask);
  throw failed("Unavailable", ask, "the server does not tell which project it is of");
}
