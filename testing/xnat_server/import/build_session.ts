/**
 * Makes a session of DICOM objects: scans by series.
 *
 * @module
 */

import { catalogue, computeStats, putOnDisk } from "../model/catalog.ts";
import { addResource, addScan, type Maker, newExperiment } from "../model/create.ts";
import type { Experiment, PrearchiveSession, Resource, Scan } from "../model/types.ts";
import type { World } from "../world.ts";
import type { DicomObject } from "./dicom_objects.ts";
import { freeScanId, isoDate, isoTime, labelOf, scanType, sessionType } from "./labels.ts";

const PREARCHIVE_ROOT = "/data/xnat/prearchive";

/** Where a session goes, as far as the request says. */
export interface Destination {
  readonly project: string;
  readonly subject?: string;
  readonly label?: string;
  /** What it comes by. */
  readonly source?: string;
  /** Nobody is to archive it by itself. */
  readonly preventsAutoCommit?: boolean;
}

/**
 * Puts objects of one study into the session of the prearchive that has its project, study and name,
 * whatever way they come; into a new one where there is none.
 */
export async function receive(
  world: World,
  maker: Maker,
  objects: readonly DicomObject[],
  destination: Destination,
): Promise<PrearchiveSession> {
  const first = objects[0]!;
  const name = sessionName(first, destination);
  const open = world.archive.prearchive.find((each) =>
    each.project === destination.project && each.tag === first.studyUid && each.name === name
  );
  const autoArchive = world.archive.projects.get(destination.project)?.prearchiveCode;
  if (!open) return await buildSession(world, maker, objects, destination, autoArchive);
  open.status = "RECEIVING";
  await addObjects(world, maker, open, objects);
  open.lastModified = maker.now;
  return open;
}

function sessionName({ patientId }: DicomObject, { label }: Destination): string {
  return label ?? (labelOf(patientId) || "dcm");
}

/** Puts objects of one study into a new session of the prearchive, which is left as one that still comes in. */
export async function buildSession(
  world: World,
  maker: Maker,
  objects: readonly DicomObject[],
  destination: Destination,
  autoArchive?: string,
): Promise<PrearchiveSession> {
  const first = objects[0]!;
  const label = sessionName(first, destination);
  const subject = destination.subject ?? (labelOf(first.patientName) || label);
  const modalities = [...new Set(objects.map(({ modality }) => modality))];
  const session = newExperiment(
    maker,
    "",
    destination.project,
    subject,
    label,
    sessionType(modalities),
  );
  Object.assign(session.fields, first.sessionFields, {
    date: isoDate(first.date),
    time: isoTime(first.time),
    modality: modalities.find((modality) => modality !== "OT") ?? modalities[0],
  });
  const made: PrearchiveSession = {
    project: destination.project,
    timestamp: timestampFolder(world, maker.now),
    folderName: label,
    name: label,
    tag: first.studyUid,
    subject,
    status: "RECEIVING",
    autoArchive,
    source: destination.source,
    preventsAutoCommit: destination.preventsAutoCommit,
    uploaded: maker.now,
    lastModified: maker.now,
    scanDate: isoDate(first.date),
    scanTime: isoTime(first.time),
    session,
  };
  // What comes meanwhile joins it.
  world.archive.prearchive.push(made);
  await addObjects(world, maker, made, objects);
  return made;
}

/** A folder name that no other session of the prearchive has. */
function timestampFolder(world: World, now: number): string {
  const taken = new Set(world.archive.prearchive.map(({ timestamp }) => timestamp));
  for (let ms = now;; ms++) {
    const name = new Date(ms).toISOString().replaceAll(/[-:.Z]/g, "").replace("T", "_");
    if (!taken.has(name)) return name;
  }
}

/** Folder of a session in the prearchive. */
function prearchiveFolder({ project, timestamp, folderName }: PrearchiveSession): string {
  return `${PREARCHIVE_ROOT}/${project}/${timestamp}/${folderName}`;
}

/** Sorts objects into the scans of a session of the prearchive; one that is there is replaced. */
async function addObjects(
  world: World,
  maker: Maker,
  target: PrearchiveSession,
  objects: readonly DicomObject[],
): Promise<void> {
  const { session } = target;
  const resources = new Set<Scan["resources"][number]>();
  for (const object of objects) {
    const scan = scanOf(world, maker, session, object);
    const folder = `${prearchiveFolder(target)}/SCANS/${scan.id}`;
    const resource = scan.resources[0] ??
      addResource(world.archive, scan.resources, folder, "DICOM", {
        format: "DICOM",
        content: "RAW",
      });
    const stored = await world.blobs.write([object.bytes]);
    const known = [...resource.entries.values()].find(({ uid }) => uid === object.sopUid);
    const path = known?.path ?? freeName(object, resource.entries);
    // Its name is taken before anything is awaited: others may send into the same session.
    const put = putOnDisk(world.archive, world.blobs, resource, path, stored, maker.now);
    const file = world.archive.disk.get(resource.folder)!.get(path)!;
    catalogue(resource, path, file, maker.login, maker.now, {
      format: "DICOM",
      content: "RAW",
      uid: object.sopUid,
      instanceNumber: object.instanceNumber,
    });
    await put;
    resources.add(resource);
    if (!known) scan.fields.frames = String(Number(scan.fields.frames ?? 0) + object.frames);
  }
  for (const resource of resources) computeStats(resource);
}

/** Files of one name must not overwrite each other, unless they are the same instance. */
function freeName({ name, safeName, sopUid }: DicomObject, entries: Resource["entries"]): string {
  const other = entries.get(name);
  return other && other.uid !== sopUid ? safeName : name;
}

/** The scan of a series; a number that another series has gets the modality. */
function scanOf(world: World, maker: Maker, session: Experiment, object: DicomObject): Scan {
  const known = session.scans.find(({ fields }) => fields.UID === object.seriesUid);
  if (known) return known;
  const number = labelOf(object.seriesNumber) || "0";
  const taken = new Set(session.scans.map(({ id }) => id));
  const id = freeScanId(taken, number, object.modality);
  const fields = { ...object.scanFields };
  return addScan(world.archive, maker, session, id, scanType(object.modality), fields);
}
