/**
 * From the names in a URL to the objects of an archive. Parents are checked here, since XNAT answers for a missing
 * one with something else, as a rule with status 200.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound } from "../../vfs/errors.ts";
import type { Address } from "./address.ts";
import { sessionsOf } from "./joined_scans.ts";
import { ambiguous, missing, oneScan } from "./names.ts";
import type { Catalogue } from "./catalogue.ts";
import {
  experimentOwner,
  inputsOwner,
  partOwner,
  projectOwner,
  type ResourceOwner,
  subjectKey,
  subjectOwner,
} from "./owners.ts";
import { scansAt } from "./quality.ts";
import {
  type Experiment,
  isSession,
  type Named,
  pick,
  type Resource,
  type Subject,
} from "./model.ts";

/** What an address turned out to be, down to its resource. */
export interface Place {
  /** The address. */
  readonly address: Address;
  /** The subject, where the address has one and no experiment. */
  readonly subject?: Subject;
  /** The experiment. */
  readonly experiment?: Experiment;
  /** The scan, assessor or reconstruction. */
  readonly part?: Named;
  /** What resources hang on here. */
  readonly owner?: ResourceOwner;
  /** The resource. */
  readonly resource?: Resource;
  /** Names below the resource. */
  readonly path: readonly string[];
}

/** Finds what `address` means. @throws `NotFound`, `InvalidArgument` when a name means several things */
export async function locate(catalogue: Catalogue, address: Address, ask: Ask): Promise<Place> {
  const above = await locateOwner(catalogue, address, ask);
  if (address.resource === undefined) return above;
  const resources = await resourcesAt(catalogue, above, ask);
  const resource = onlyOne(resources, address.resource, "resource", ask);
  if (resource) return { ...above, resource, path: address.path };
  const inside = await fileInside(catalogue, above, resources, ask);
  if (inside) return inside;
  throw missing(ask, `there is no resource ${JSON.stringify(address.resource)}`);
}

/** Finds what the resources of `address` hang on. */
async function locateOwner(catalogue: Catalogue, address: Address, ask: Ask): Promise<Place> {
  const { project, subject, experiment } = address;
  if (project === undefined) return { address, path: [] };
  if (experiment !== undefined) return await locateInExperiment(catalogue, address, ask);
  if (subject !== undefined) {
    const known = catalogue.memo.peek<Subject>(subjectKey(project, subject));
    if (known) return { address, subject: known, owner: subjectOwner(project, known.id), path: [] };
  }
  // Also tells whether the project is there.
  const subjects = await catalogue.subjects(project, ask);
  if (subject === undefined) return { address, owner: projectOwner(project), path: [] };
  const found = pick(subjects, subject) ??
    pick(await strangers(catalogue, project, subjects, ask), subject);
  if (!found) throw missing(ask, `there is no subject ${JSON.stringify(subject)}`);
  return { address, subject: found, owner: subjectOwner(project, found.id), path: [] };
}

/** Subjects that are not in the project, while sessions of theirs are shared with it. */
export async function strangers(
  catalogue: Catalogue,
  project: string,
  subjects: readonly Subject[],
  ask: Ask,
): Promise<Subject[]> {
  const known = new Set(subjects.map(({ id }) => id));
  const found = new Map<string, Omit<Subject, "name">>();
  for (
    const { subjectId: id, subjectLabel } of await catalogue.experiments(project, undefined, ask)
  ) {
    if (id === "" || known.has(id)) continue;
    found.set(id, { id, label: subjectLabel, attributes: { ID: id }, resources: [] });
  }
  // Only the id is sure to mean this one here.
  return [...found.values()].map((subject) => ({ ...subject, name: subject.id }));
}

async function locateInExperiment(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<Place> {
  const { project = "", scan, assessor, reconstruction } = address;
  const experiment = await experimentAt(catalogue, address, ask);
  const owner = experimentOwner(project, experiment.id);
  const { id } = experiment;
  if (scan !== undefined) {
    const part = oneScan(await scansAt(catalogue, address, id, ask), scan, ask);
    return { address, experiment, part, owner: partOwner(owner, "scans", part.id), path: [] };
  }
  const of = { address, experiment, session: owner };
  if (assessor !== undefined) {
    return derived(of, "assessors", assessor, await catalogue.assessors(project, id, ask), ask);
  }
  if (reconstruction !== undefined) {
    const all = await catalogue.reconstructions(project, id, ask);
    return derived(of, "reconstructions", reconstruction, all, ask);
  }
  return { address, experiment, owner, path: [] };
}

/** What is made of a session, or what that was made of. */
function derived(
  { address, experiment, session }: {
    readonly address: Address;
    readonly experiment: Experiment;
    readonly session: ResourceOwner;
  },
  kind: "assessors" | "reconstructions",
  name: string,
  all: readonly Named[],
  ask: Ask,
): Place {
  const part = pick(all, name);
  if (!part) throw missing(ask, `there is no ${kind.slice(0, -1)} ${JSON.stringify(name)}`);
  const of = partOwner(session, kind, part.id);
  return { address, experiment, part, owner: address.isInput ? inputsOwner(of) : of, path: [] };
}

/** The experiment of an address, which must be of its subject. */
export async function experimentAt(
  catalogue: Catalogue,
  { project = "", subject = "", experiment = "" }: Address,
  ask: Ask,
): Promise<Experiment> {
  const find = (all: readonly Experiment[]) => pick(ofSubject(all, subject), experiment);
  const found =
    (catalogue.knowsExperiments(project, subject)
      ? undefined
      : find(await sessionsOf(catalogue, project, subject, ask))) ??
      find(await experimentsOfSubject(catalogue, project, subject, ask));
  if (found) return found;
  throw missing(
    ask,
    `there is no experiment ${JSON.stringify(experiment)} of subject ${JSON.stringify(subject)}`,
  );
}

/** Experiments by the id and by the label of their subject; walks of large projects ask for each scan. */
const BY_SUBJECT = new WeakMap<readonly Experiment[], ReadonlyMap<string, Experiment[]>>();

function ofSubject(all: readonly Experiment[], subject: string): readonly Experiment[] {
  let groups = BY_SUBJECT.get(all);
  if (!groups) {
    const made = new Map<string, Experiment[]>();
    for (const each of all) {
      for (const name of new Set([each.subjectId, each.subjectLabel])) {
        made.set(name, [...made.get(name) ?? [], each]);
      }
    }
    BY_SUBJECT.set(all, groups = made);
  }
  return groups.get(subject) ?? [];
}

/** The experiments of a subject; of all, where the project has sessions of it and not the subject itself. */
async function experimentsOfSubject(
  catalogue: Catalogue,
  project: string,
  subject: string,
  ask: Ask,
): Promise<Experiment[]> {
  try {
    return await catalogue.experiments(project, subject, ask);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return await catalogue.experiments(project, undefined, ask);
  }
}

/** Whether an experiment is of a subject, by label or id. */
export function isOf({ subjectId, subjectLabel }: Experiment, subject: string): boolean {
  return subjectId === subject || subjectLabel === subject;
}

/** The resources that hang on a place itself. */
export async function resourcesAt(
  catalogue: Catalogue,
  { address, experiment, part, owner }: Place,
  ask: Ask,
): Promise<Resource[]> {
  if (!owner) return [];
  if (!experiment) {
    const all = await catalogue.resources(owner, ask);
    return all.filter(({ category }) => category === "resources" || category === "");
  }
  if (address.isInput) return await catalogue.resources(owner, ask);
  const all = await catalogue.allResources(
    owner.project,
    experiment.id,
    ask,
    isSession(experiment),
  );
  const category = categoryOf(address);
  return all.filter((each) =>
    each.category === category && (part === undefined || each.ownerId === part.id)
  );
}

function categoryOf({ scan, assessor, reconstruction }: Address): string {
  if (scan !== undefined) return "scans";
  if (assessor !== undefined) return "assessors";
  return reconstruction !== undefined ? "reconstructions" : "resources";
}

/** A file named without its resource, as long as only one resource of the scan has it. */
async function fileInside(
  catalogue: Catalogue,
  above: Place,
  resources: readonly Resource[],
  ask: Ask,
): Promise<Place | undefined> {
  const { address, owner } = above;
  if (address.scan === undefined || !owner) return undefined;
  const path = [address.resource!, ...address.path];
  const found: Resource[] = [];
  for (const resource of resources) {
    const files = await catalogue.files(owner, resource.id, ask);
    if (files.some((file) => isPath(file.path, path))) found.push(resource);
  }
  const [resource, another] = found;
  if (another) throw ambiguous(ask, path.join("/"), "file", found.map(({ name }) => name));
  return resource && { ...above, resource, path };
}

function isPath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function onlyOne<T extends Named>(
  objects: readonly T[],
  name: string,
  what: string,
  ask: Ask,
): T | undefined {
  const exact = objects.find((each) => each.name === name) ??
    objects.find((each) => each.id === name);
  if (exact) return exact;
  const [found, ...others] = objects.filter((each) => each.label === name);
  if (others.length > 0) throw ambiguous(ask, name, what, [found!, ...others].map(({ id }) => id));
  return found;
}
