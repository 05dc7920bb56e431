/**
 * Moves sessions from the prearchive to the archive.
 *
 * @module
 */

import { addSubject, type Maker, nextExperimentId } from "../model/create.ts";
import { findExperiment, findSubject } from "../model/find.ts";
import { scanFolder } from "../model/folders.ts";
import type { Experiment, PrearchiveSession, Resource, Scan } from "../model/types.ts";
import type { World } from "../world.ts";
import { freeScanId } from "./labels.ts";

/** What to do with a session that is there already. */
export interface Merging {
  /** Whether something is added to it. */
  readonly merges: boolean;
  /** Whether it may be of another study. */
  readonly ignoresStudy: boolean;
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
  if (!archive.prearchive.includes(waiting)) throw new ImportConflict("Unable to lock session.");
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
  // What comes meanwhile makes a session of its own.
  archive.prearchive = archive.prearchive.filter((each) => each !== waiting);
  for (const scan of waiting.session.scans) await moveScan(world, target, scan);
  target.lastModified = maker.now;
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
  if (!merging.merges) {
    throw new ImportConflict("Session already exists, retry with overwrite enabled");
  }
  const change = (what: string) =>
    new ImportConflict(`Invalid modification of session ${what} via archive process.`);
  if (existing.xsiType !== incoming.xsiType) throw change("modality");
  if (findSubject(archive, project, subject)?.id !== existing.subject) throw change("subject");
  const [there, sent] = [existing.fields.UID, incoming.fields.UID];
  if (!merging.ignoresStudy && there && sent && there !== sent) throw change("UID");
  for (const scan of incoming.scans) {
    const known = sameScan(existing, scan)?.resources.flatMap((
      { entries },
    ) => [...entries.values()]);
    const news = scan.resources.flatMap(({ entries }) => [...entries.values()]);
    for (const { path, uid } of known ?? []) {
      const alike = news.filter((each) => each.path === path || (uid && each.uid === uid));
      if (alike.length > 0 && !merging.overwriteFiles) {
        throw new ImportConflict("Session already exists with matching files.");
      }
      if (alike.some((each) => each.path === path && uid && each.uid !== uid)) {
        throw new ImportConflict("Another instance has a file of the same name.");
      }
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
    const { uid } = incoming.entries.get(path)!;
    for (const { path: other, uid: its } of [...target.entries.values()]) {
      if (!uid || its !== uid || other === path || target === incoming) continue;
      target.entries.delete(other);
      const old = onDisk.get(other);
      onDisk.delete(other);
      if (old) await blobs.release(old.blob);
    }
    const before = onDisk.get(path);
    onDisk.set(path, file);
    if (before) await blobs.release(before.blob);
    target.entries.set(path, incoming.entries.get(path)!);
  }
  target.version++;
  const size = [...target.entries.values()].reduce((sum, entry) => sum + (entry.size ?? 0), 0);
  target.stats = { count: target.entries.size, size };
}
