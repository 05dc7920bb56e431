/**
 * Makes objects and puts them into the archive.
 *
 * @module
 */

import type {
  Archive,
  Experiment,
  Item,
  Project,
  Reconstruction,
  Resource,
  Scan,
  Subject,
} from "./types.ts";

/** Who makes an object, and when. */
export interface Maker {
  readonly login: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Prefix of accession ids. */
  readonly siteId: string;
}

function item(maker: Maker, fields: Record<string, string> = {}): Item {
  return {
    fields,
    insertDate: maker.now,
    insertUser: maker.login,
    lastModified: maker.now,
    resources: [],
  };
}

/** An accession id: site id, kind, number of five digits. */
function accession(maker: Maker, kind: "S" | "E", number: number): string {
  const site = maker.siteId.replaceAll(/[\s"']/g, "").replaceAll("-", "_");
  return `${site}_${kind}${String(number).padStart(5, "0")}`;
}

/** Makes a project, private and owned by its maker. */
export function addProject(
  archive: Archive,
  maker: Maker,
  id: string,
  fields: Record<string, string> = {},
): Project {
  const project: Project = {
    ...item(maker, { name: id, secondary_ID: id, ...fields }),
    id,
    accessibility: "private",
    members: { [maker.login]: "delete" },
    prearchiveCode: "4",
  };
  archive.projects.set(id, project);
  return project;
}

/** Makes a subject; without a label its id is the label. */
export function addSubject(
  archive: Archive,
  maker: Maker,
  project: string,
  label: string,
  fields: Record<string, string> = {},
): Subject {
  const id = accession(maker, "S", ++archive.subjectCount);
  const subject: Subject = { ...item(maker, fields), id, label: label || id, project, shares: [] };
  archive.subjects.set(id, subject);
  return subject;
}

/** An experiment that is not in the archive yet. */
export function newExperiment(
  maker: Maker,
  id: string,
  project: string,
  subject: string,
  label: string,
  xsiType: string,
): Experiment {
  return {
    ...item(maker),
    id,
    label: label || id,
    project,
    subject,
    xsiType,
    shares: [],
    inputs: [],
    plain: [],
    scans: [],
    reconstructions: [],
  };
}

/** The next accession id of experiments and assessors, which count together. */
export function nextExperimentId(archive: Archive, maker: Maker): string {
  return accession(maker, "E", ++archive.experimentCount);
}

/** Makes an experiment of a subject. */
export function addExperiment(
  archive: Archive,
  maker: Maker,
  subject: Subject,
  project: string,
  label: string,
  xsiType: string,
): Experiment {
  const id = nextExperimentId(archive, maker);
  const experiment = newExperiment(maker, id, project, subject.id, label, xsiType);
  archive.experiments.set(id, experiment);
  return experiment;
}

/** Makes an assessor of a session. */
export function addAssessor(
  archive: Archive,
  maker: Maker,
  session: Experiment,
  label: string,
  xsiType: string,
  id: string = nextExperimentId(archive, maker),
): Experiment {
  const assessor = newExperiment(maker, id, session.project, session.subject, label, xsiType);
  assessor.session = session.id;
  archive.experiments.set(id, assessor);
  return assessor;
}

/** Makes a scan of a session. */
export function addScan(
  archive: Archive,
  maker: Maker,
  session: Experiment,
  id: string,
  xsiType: string,
  fields: Record<string, string> = {},
): Scan {
  const scan: Scan = { ...item(maker, fields), id, key: ++archive.key, xsiType };
  session.scans.push(scan);
  return scan;
}

/** Makes a reconstruction of a session. */
export function addReconstruction(
  archive: Archive,
  maker: Maker,
  session: Experiment,
  id: string,
): Reconstruction {
  const made: Reconstruction = { ...item(maker), id, key: ++archive.key, inputs: [] };
  session.reconstructions.push(made);
  return made;
}

/** Adds a resource to a list of them; a second one of the same label is possible. */
export function addResource(
  archive: Archive,
  list: Resource[],
  parentFolder: string,
  label: string,
  properties: Partial<Pick<Resource, "format" | "content" | "tags" | "description">> = {},
): Resource {
  const id = ++archive.key;
  const resource: Resource = {
    id,
    label,
    format: properties.format ?? "",
    content: properties.content ?? "",
    tags: properties.tags ?? "",
    description: properties.description ?? "",
    folder: `${parentFolder}/${label || id}`,
    entries: new Map(),
    version: 0,
  };
  list.push(resource);
  return resource;
}
