/**
 * Collections of regions, as the ROI plugin has them: `/xapi/roi`.
 *
 * @module
 */

import { may, mayInProject } from "../auth/rights.ts";
import {
  type DicomHeader,
  FormatError,
  isDicom,
  readDicomHeader,
  sniff,
} from "../../../formats/mod.ts";
import { REFERENCES } from "../documents/item.ts";
import { mediaType } from "../files/file_reply.ts";
import { type Call, makerOf } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty } from "../http/reply.ts";
import { catalogue, computeStats, onDisk, putOnDisk, removeFolder } from "../model/catalog.ts";
import { addAssessor, addResource } from "../model/create.ts";
import { assessorsOf, findExperiment, findProject } from "../model/find.ts";
import { assessorFolder } from "../model/folders.ts";
import type { Experiment } from "../model/types.ts";
import { readWhole } from "../storage/blobs.ts";

const TYPE = "icr:roiCollectionData";
/** What the plugin calls a collection's file, by type. */
const KINDS: Readonly<
  Record<string, { readonly ending: string; readonly format: string; readonly description: string }>
> = {
  SEG: { ending: "dcm", format: "DICOM", description: "DICOM Segmentation" },
  RTSTRUCT: { ending: "dcm", format: "DICOM", description: "RT Structure Set" },
  AIM: { ending: "xml", format: "XML", description: "AIM instance file" },
  NIFTI: { ending: "nii", format: "NIFTI", description: "NIfTI File" },
};

function sessionOf(call: Call): Experiment {
  const { world, vars, login } = call;
  if (!world.options.plugins.includes("roi")) refuse(404, "Not Found", "tomcat");
  const project = findProject(world.archive, vars.P!);
  const session = project && findExperiment(world.archive, project.id, vars.E!);
  if (session && may(world.archive, login, "read", session)) return session;
  refuse(404, `Session ${vars.E} not found in project ${vars.P}`, "text");
}

/** `/xapi/roi/projects/{P}/sessions/{E}/collections`. */
export function collections(call: Call): Response {
  const session = sessionOf(call);
  const found = assessorsOf(call.world.archive, session).filter(({ xsiType }) => xsiType === TYPE);
  const shown = found.map(({ id, label, fields }) => ({
    id,
    label,
    name: fields.name ?? "",
    collectionType: fields.collectionType ?? "",
    sessionId: session.id,
  }));
  return document(JSON.stringify(shown), "application/json");
}

/** `/xapi/roi/projects/{P}/sessions/{E}/collections/{C}`. */
export async function collection(call: Call): Promise<Response> {
  const session = sessionOf(call);
  const { world, vars, method } = call;
  const found = assessorsOf(world.archive, session)
    .find(({ id, label, xsiType }) => xsiType === TYPE && (id === vars.C || label === vars.C));
  if (method === "PUT") return await store(call, session, found);
  if (!found) refuse(404, `Collection ${vars.C} not found`, "text");
  if (method === "DELETE") {
    if (!may(world.archive, call.login, "delete", found)) refuse(403, "No right to delete", "text");
    world.archive.experiments.delete(found.id);
    for (const { folder } of found.resources) {
      await removeFolder(world.archive, world.blobs, folder);
    }
    return empty();
  }
  return await content(call, found);
}

async function content({ world }: Call, found: Experiment): Promise<Response> {
  const [resource] = found.resources;
  const [entry] = resource?.entries.values() ?? [];
  const file = resource && entry && onDisk(world.archive, resource, entry.path);
  if (!file) refuse(404, "The collection has no file", "text");
  const bytes = await readWhole(world.blobs, file.blob, 0, file.size);
  const headers = {
    "content-type": mediaType(entry!.path),
    "content-length": String(bytes.length),
    "content-disposition": `attachment; filename="${entry!.path}"`,
  };
  return new Response(bytes, { headers });
}

async function store(
  call: Call,
  session: Experiment,
  found: Experiment | undefined,
): Promise<Response> {
  const { world, vars, query, login, now } = call;
  const project = world.archive.projects.get(session.project);
  if (!mayInProject(login, "edit", project)) refuse(403, "No right to change the session", "text");
  const type = query.get("type") ?? "";
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type]! : undefined;
  if (!kind) refuse(400, `Unknown type ${type}`, "text");
  const name = vars.C!;
  if (!/^[A-Za-z0-9_-]+$/.test(name)) refuse(422, `Invalid label ${name}`, "text");
  if (found && !query.is("overwrite")) refuse(409, `Collection ${name} exists`, "text");
  const bytes = new Uint8Array(await call.request.arrayBuffer());
  const { uid, name: said = name, series = [] } = await check(type, bytes, session);
  const assessor = found ?? addAssessor(world.archive, makerOf(call), session, name, TYPE);
  Object.assign(assessor.fields, {
    collectionType: type,
    name: said,
    subjectID: session.subject,
    [REFERENCES]: series.join(" "),
    ...uid ? { UID: uid } : {},
  });
  assessor.lastModified = now;
  const folder = assessorFolder(session, assessor, "out");
  const resource = assessor.resources[0] ??
    addResource(world.archive, assessor.resources, folder, type, {
      format: kind.format,
      content: "EXTERNAL",
      description: kind.description,
    });
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const path = `${name}.${kind.ending}${gzipped ? ".gz" : ""}`;
  const stored = await world.blobs.write([bytes]);
  await putOnDisk(world.archive, world.blobs, resource, path, stored, now);
  catalogue(resource, path, onDisk(world.archive, resource, path)!, login.name, now, {
    uid,
    format: kind.format,
    content: "EXTERNAL",
    description: kind.description,
  });
  computeStats(resource);
  return empty(found ? 200 : 201);
}

/** What a collection says of itself. */
interface Checked {
  readonly uid?: string;
  readonly name?: string;
  readonly series?: readonly string[];
}

/** Refuses what is not of the type that it says, belongs to another study, or refers to what is not there. */
async function check(type: string, bytes: Uint8Array, session: Experiment): Promise<Checked> {
  if (bytes.length === 0) refuse(400, "The collection is empty", "text");
  if (type === "NIFTI") {
    const { format } = await sniff(bytes);
    if (format !== "nifti") refuse(422, "Not a NIfTI file", "text");
    return {};
  }
  if (type === "AIM") return {};
  if (!(await isDicom(bytes))) refuse(422, "Not a DICOM object", "text");
  try {
    const header = await readDicomHeader(bytes);
    if (header.string("Modality") !== type) {
      refuse(422, `Modality ${header.string("Modality")} is not ${type}`, "text");
    }
    const study = header.string("StudyInstanceUID");
    if (session.fields.UID && study !== session.fields.UID) {
      refuse(422, `Study ${study} is not the one of the session`, "text");
    }
    const series = seriesOf(header);
    const known = new Set(session.scans.map(({ fields }) => fields.UID));
    if (!series.every((uid) => known.has(uid))) {
      refuse(422, "Missing dependencies: series UID", "text");
    }
    // The plugin does not look into the groups that all frames share.
    const frames = header.sequence("PerFrameFunctionalGroupsSequence");
    if (!frames.every((frame) => frame.sequence("SegmentIdentificationSequence").length > 0)) {
      refuse(500, "SegmentIdentification missing", "text");
    }
    const name = header.string("SeriesDescription");
    return { uid: header.string("SOPInstanceUID"), series, ...name && { name } };
  } catch (error) {
    if (error instanceof FormatError) refuse(422, error.message, "text");
    throw error;
  }
}

/** The series that a segmentation or a structure set refers to. */
function seriesOf(header: DicomHeader): string[] {
  const drawnOn = header.sequence("ReferencedFrameOfReferenceSequence")
    .flatMap((frame) => frame.sequence("RTReferencedStudySequence"))
    .flatMap((study) => study.sequence("RTReferencedSeriesSequence"));
  return [...header.sequence("ReferencedSeriesSequence"), ...drawnOn]
    .flatMap((series) => series.string("SeriesInstanceUID") ?? []);
}
