/**
 * Moves sessions from the prearchive to the archive.
 *
 * @module
 */

import { removeFolder } from "../model/catalog.ts";
import { addSubject, type Maker, nextExperimentId } from "../model/create.ts";
import { findExperiment, findSubject } from "../model/find.ts";
import { scanFolder, sessionFolder } from "../model/folders.ts";
import type { Experiment, PrearchiveSession, Resource, Scan } from "../model/types.ts";
import type { World } from "../world.ts";
import { freeScanId } from "./labels.ts";

/** What to do with a session that is there already. */
export interface Merging {
  readonly overwrite: "none" | "append" | "delete";
  readonly overwriteFiles: boolean;
}

/** Tells that a session cannot be archived as it is. */
export class ImportConflict extends Error {}

/** Archives a session and returns it. @throws {ImportConflict} when what is there must not be changed. */
export async function archiveSession(
  world: World,
  maker: Maker,
  waiting: PrearchiveSession,
  merging: Merging,
): Promise<Experiment> {
  const { archive } = world;
  const existing = findExperiment(archive, waiting.project, waiting.name);
  if (existing) {
    try {
      check(world, existing, waiting, merging);
    } catch (error) {
      waiting.status = "CONFLICT";
      throw error;
    }
  }
  const target = existing ?? addNew(world, maker, waiting);
  if (merging.overwrite === "delete") await clear(world, target);
  for (const scan of waiting.session.scans) await moveScan(world, target, scan);
  target.lastModified = maker.now;
  archive.prearchive = archive.prearchive.filter((each) => each !== waiting);
  return target;
}

/** What XNAT's PrearcSessionArchiver refuses. */
function check(
  { archive }: World,
  existing: Experiment,
  waiting: PrearchiveSession,
  merging: Merging,
) {
  const { session: incoming, project, subject } = waiting;
  if (merging.overwrite === "none") {
    throw new ImportConflict(`Session ${existing.label} already exists.`);
  }
  const change = (what: string) =>
    new ImportConflict(`Invalid modification of session ${what} via archive process.`);
  if (existing.xsiType !== incoming.xsiType) throw change("modality");
  if (findSubject(archive, project, subject)?.id !== existing.subject) throw change("subject");
  if (merging.overwrite === "delete") return;
  const [there, sent] = [existing.fields.UID, incoming.fields.UID];
  if (there && sent && there !== sent) throw change("UID");
  if (merging.overwriteFiles) return;
  for (const scan of incoming.scans) {
    const names = sameScan(existing, scan)?.resources.flatMap(({ entries }) => [...entries.keys()]);
    if (scan.resources.some(({ entries }) => names?.some((name) => entries.has(name)))) {
      throw new ImportConflict("Session already exists with matching files.");
    }
  }
}

/** The scan of the same series: a number may be that of several. */
function sameScan(session: Experiment, { id, fields }: Scan): Scan | undefined {
  return session.scans.find(({ fields: { UID } }) => UID !== undefined && UID === fields.UID) ??
    session.scans.find((each) => each.id === id && !each.fields.UID);
}

function addNew(world: World, maker: Maker, waiting: PrearchiveSession): Experiment {
  const { archive } = world;
  const subject = findSubject(archive, waiting.project, waiting.subject) ??
    addSubject(archive, maker, waiting.project, waiting.subject);
  const made: Experiment = {
    ...waiting.session,
    id: nextExperimentId(archive, maker),
    label: waiting.name,
    project: waiting.project,
    subject: subject.id,
    scans: [],
  };
  archive.experiments.set(made.id, made);
  return made;
}

async function clear({ archive, blobs }: World, session: Experiment): Promise<void> {
  for (const { resources } of session.scans) {
    for (const { folder } of resources) await removeFolder(archive, blobs, folder);
  }
  session.scans = [];
  // Leftovers of scans that were deleted without their files would mix with the new ones.
  const prefix = `${sessionFolder(session)}/SCANS/`;
  for (const folder of [...archive.disk.keys()]) {
    if (folder.startsWith(prefix)) await removeFolder(archive, blobs, folder);
  }
}

async function moveScan(world: World, session: Experiment, scan: Scan): Promise<void> {
  const known = sameScan(session, scan);
  const target = known ?? scan;
  if (!known) {
    const taken = new Set(session.scans.map(({ id }) => id));
    scan.id = freeScanId(taken, scan.id, scan.fields.modality);
    session.scans.push(scan);
  }
  const incoming = [...scan.resources];
  if (!known) scan.resources = [];
  for (const resource of incoming) {
    await moveResource(world, target, resource, scanFolder(session, target.id));
  }
}

async function moveResource(
  { archive, blobs }: World,
  scan: Scan,
  incoming: Resource,
  parent: string,
): Promise<void> {
  const files = archive.disk.get(incoming.folder) ?? new Map();
  archive.disk.delete(incoming.folder);
  const target = scan.resources.find(({ label }) => label === incoming.label) ?? incoming;
  if (target === incoming) {
    incoming.folder = `${parent}/${incoming.label}`;
    scan.resources.push(incoming);
  }
  const onDisk = archive.disk.get(target.folder) ?? new Map();
  archive.disk.set(target.folder, onDisk);
  for (const [path, file] of files) {
    const before = onDisk.get(path);
    onDisk.set(path, file);
    if (before) await blobs.release(before.blob);
    target.entries.set(path, incoming.entries.get(path)!);
  }
  target.version++;
  const size = [...target.entries.values()].reduce((sum, entry) => sum + (entry.size ?? 0), 0);
  target.stats = { count: target.entries.size, size };
}
