/**
 * Documents of single objects.
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
} from "../model/types.ts";
import { assessorsOf, experimentsOf } from "../model/find.ts";
import { NUMERIC } from "../model/schema.ts";
import type { Login } from "../auth/sessions.ts";
import { may } from "../auth/rights.ts";

/** Where a collection of regions has the series that it refers to, with blanks between them. */
export const REFERENCES = "references/seriesUID";

/** An object with its children, as `items` of JSON documents hold it. */
export interface ItemNode {
  children: { field: string; items: ItemNode[] }[];
  meta: Record<string, string | number | boolean>;
  data_fields: Record<string, string | number>;
}

/** Who looks: what may not be read is left out. */
export interface Viewer {
  readonly archive: Archive;
  readonly login: Login;
}

function node(
  xsiType: string,
  item: Item | undefined,
  data: Record<string, string | number | undefined>,
): ItemNode {
  const values: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(data)) if (value !== undefined) values[key] = value;
  for (const [key, value] of Object.entries(item?.fields ?? {})) {
    if (key.startsWith("demographics/") || key.startsWith("fields/") || value === "") continue;
    if (key === REFERENCES) continue;
    const number = Number(value);
    values[key] = NUMERIC.has(key) && Number.isFinite(number) ? number : value;
  }
  const meta: ItemNode["meta"] = { "xsi:type": xsiType, isHistory: false };
  if (item) {
    meta.create_event_id = item.insertDate % 100_000;
    meta.start_date = javaDate(item.insertDate);
  }
  return { children: [], meta, data_fields: values };
}

/** `Tue Sep 15 16:13:33 UTC 2020`. */
function javaDate(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}

function child(parent: ItemNode, field: string, items: ItemNode[]): void {
  if (items.length > 0) parent.children.push({ field, items });
}

/** A resource; its URI is a path of the server's disk. */
function resourceNode(resource: Resource): ItemNode {
  const { id, label, format, content, stats, folder, description } = resource;
  return node("xnat:resourceCatalog", undefined, {
    xnat_abstractresource_id: id,
    xnat_abstractResource_id: id,
    label: label || undefined,
    format: format || undefined,
    content: content || undefined,
    description: description || undefined,
    file_count: stats?.count,
    file_size: stats?.size,
    URI: `${folder}/${catalogName(resource)}`,
  });
}

/** Name of the catalog's file. */
export function catalogName({ id, label }: Resource): string {
  return `${label || id}_catalog.xml`;
}

/** A scan with its resources. */
export function scanNode(scan: Scan, session: Experiment): ItemNode {
  const made = node(scan.xsiType, scan, {
    ID: scan.id,
    xnat_imagescandata_id: scan.key,
    xnat_imageScanData_id: scan.key,
    image_session_ID: session.id,
    project: session.project,
  });
  child(made, "file", scan.resources.map(resourceNode));
  return made;
}

/** A reconstruction with its resources. */
export function reconstructionNode(each: Reconstruction, session: Experiment): ItemNode {
  const made = node("xnat:reconstructedImageData", each, {
    ID: each.id,
    xnat_reconstructedimagedata_id: each.key,
    image_session_ID: session.id,
  });
  child(made, "in/file", each.inputs.map(resourceNode));
  child(made, "out/file", each.resources.map(resourceNode));
  return made;
}

function shares(parent: ItemNode, item: Subject | Experiment): void {
  child(
    parent,
    "sharing/share",
    item.shares.map(({ project, label }) =>
      node("xnat:experimentData_share", undefined, { project, label })
    ),
  );
}

function variables(parent: ItemNode, item: Item): void {
  const items = Object.entries(item.fields).flatMap(([path, field]) => {
    const name = /^fields\/field\[name=([^\]]+)\]\/field$/i.exec(path)?.[1];
    return name ? [node("xnat:experimentData_field", undefined, { name, field })] : [];
  });
  child(parent, "fields/field", items);
}

function references(parent: ItemNode, { fields }: Item): void {
  const items = (fields[REFERENCES] ?? "").split(" ").filter((uid) => uid !== "")
    .map((seriesUID) => node("icr:roiCollectionData_seriesUID", undefined, { seriesUID }));
  child(parent, REFERENCES, items);
}

/** An experiment with its scans, assessors, reconstructions and resources. */
export function experimentNode(viewer: Viewer, experiment: Experiment): ItemNode {
  const { archive, login } = viewer;
  const isAssessor = experiment.session !== undefined;
  const made = node(experiment.xsiType, experiment, {
    ID: experiment.id,
    id: experiment.id,
    label: experiment.label,
    project: experiment.project,
    subject_ID: isAssessor ? undefined : experiment.subject,
    imageSession_ID: experiment.session,
  });
  shares(made, experiment);
  variables(made, experiment);
  references(made, experiment);
  child(made, "scans/scan", experiment.scans.map((scan) => scanNode(scan, experiment)));
  child(
    made,
    "reconstructions/reconstructedImage",
    experiment.reconstructions.map((each) => reconstructionNode(each, experiment)),
  );
  const assessors = assessorsOf(archive, experiment)
    .filter((each) => may(archive, login, "read", each));
  child(made, "assessors/assessor", assessors.map((each) => experimentNode(viewer, each)));
  if (isAssessor) {
    child(made, "in/file", experiment.inputs.map(resourceNode));
    child(made, "out/file", experiment.resources.map(resourceNode));
    child(made, "resources/resource", experiment.plain.map(resourceNode));
  } else child(made, "resources/resource", experiment.resources.map(resourceNode));
  return made;
}

/** A subject with its experiments. */
export function subjectNode(viewer: Viewer, subject: Subject): ItemNode {
  const { archive, login } = viewer;
  const made = node("xnat:subjectData", subject, {
    ID: subject.id,
    label: subject.label,
    project: subject.project,
  });
  const demographics = Object.entries(subject.fields)
    .filter(([key]) => key.startsWith("demographics/"))
    .map(([key, value]) => {
      const number = Number(value);
      const isNumber = NUMERIC.has(key) && Number.isFinite(number);
      return [key.slice("demographics/".length), isNumber ? number : value] as const;
    });
  if (demographics.length > 0) {
    const data = Object.fromEntries(demographics);
    child(made, "demographics", [node("xnat:demographicData", undefined, data)]);
  }
  shares(made, subject);
  variables(made, subject);
  child(made, "resources/resource", subject.resources.map(resourceNode));
  const experiments = experimentsOf(archive, subject)
    .filter((each) => may(archive, login, "read", each));
  child(made, "experiments/experiment", experiments.map((each) => experimentNode(viewer, each)));
  return made;
}

/** A project, without its subjects. */
export function projectNode(project: Project): ItemNode {
  const made = node("xnat:projectData", project, { ID: project.id, active: 1 });
  variables(made, project);
  child(made, "resources/resource", project.resources.map(resourceNode));
  return made;
}
