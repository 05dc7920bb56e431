/**
 * Puts content into an archive, past the interface.
 *
 * @module
 */

import { applyGrants, applyGrantsIn } from "./auth/grants.ts";
import {
  addAssessor,
  addExperiment,
  addProject,
  addReconstruction,
  addResource,
  addScan,
  addSubject,
  type Maker,
} from "./model/create.ts";
import { catalogue, computeStats, onDisk, putOnDisk } from "./model/catalog.ts";
import { findExperiment, findSubject } from "./model/find.ts";
import { ownerOf, scanOwner } from "./files/owners.ts";
import {
  assessorFolder,
  plainAssessorFolder,
  projectFolder,
  reconstructionFolder,
  subjectFolder,
} from "./model/folders.ts";
import type { Experiment, Project, Resource, Subject } from "./model/types.ts";
import { typeOf } from "./model/schema.ts";
import { archiveSession } from "./import/archive_session.ts";
import { buildSession } from "./import/build_session.ts";
import { type DicomObject, readObject } from "./import/dicom_objects.ts";
import { fieldsFrom } from "./model/fields.ts";
import type { XnatUser } from "./options.ts";
import type { XnatPath, XnatSeed, XnatSeedFile, XnatSeedOptions, XnatSeedProject } from "./seed.ts";
import type { StoredBlob } from "./storage/blobs.ts";
import type { World } from "./world.ts";

/** The helpers of a server. */
export class Seeder implements XnatSeed {
  readonly #world: World;
  // Many files of the same bytes take the room of one.
  readonly #stored = new WeakMap<Uint8Array, StoredBlob>();

  /** Makes content in the archive of `world`. */
  constructor(world: World) {
    this.#world = world;
  }

  get #maker(): Maker {
    return { login: "admin", now: this.#world.now(), siteId: this.#world.options.siteId };
  }

  user(login: string, user: XnatUser): void {
    this.#world.users.set(login, user);
    applyGrants(this.#world.archive, this.#world.users);
  }

  project(id: string, options: XnatSeedProject = {}): void {
    const project = this.#project(id);
    Object.assign(
      project.fields,
      fieldsFrom("project", "xnat:projectData", entries(options.fields)),
    );
    project.accessibility = options.accessibility ?? project.accessibility;
    Object.assign(project.members, options.members);
    this.#world.changed();
  }

  subject(path: XnatPath, options: XnatSeedOptions = {}): string {
    const subject = this.#subject(path);
    Object.assign(
      subject.fields,
      fieldsFrom("subject", "xnat:subjectData", entries(options.fields)),
    );
    this.#world.changed();
    return subject.id;
  }

  session(path: XnatPath, options: XnatSeedOptions = {}): string {
    const session = this.#session(path, options.xsiType);
    Object.assign(
      session.fields,
      fieldsFrom("experiment", session.xsiType, entries(options.fields)),
    );
    this.#world.changed();
    return session.id;
  }

  scan(path: XnatPath, options: XnatSeedOptions = {}): void {
    const scan = this.#scan(path, options.xsiType);
    Object.assign(scan.fields, fieldsFrom("scan", scan.xsiType, entries(options.fields)));
    this.#world.changed();
  }

  assessor(path: XnatPath, label: string, options: XnatSeedOptions = {}): string {
    const type = options.xsiType ?? "xnat:qcManualAssessorData";
    const made = addAssessor(this.#world.archive, this.#maker, this.#session(path), label, type);
    Object.assign(made.fields, fieldsFrom("assessor", type, entries(options.fields)));
    this.#world.changed();
    return made.id;
  }

  reconstruction(path: XnatPath, id: string): void {
    addReconstruction(this.#world.archive, this.#maker, this.#session(path), id);
    this.#world.changed();
  }

  share(path: XnatPath, project: string, label?: string): void {
    this.#project(project);
    this.#session(path).shares.push({ project, label });
    this.#world.changed();
  }

  resource(
    path: XnatPath,
    label: string,
    options: { format?: string; content?: string; again?: boolean } = {},
  ): number {
    const { again, ...properties } = options;
    return this.#resource(path, label, properties, again).id;
  }

  async file(
    path: XnatPath,
    bytes: Uint8Array,
    options: XnatSeedFile & { resourceAt?: number } = {},
  ): Promise<void> {
    const { resourceAt = 4, uncatalogued, missing, bare, ...properties } = options;
    const resource = this.#resource(path.slice(0, resourceAt), path[resourceAt]!, {});
    const name = path.slice(resourceAt + 1).join("/");
    const { archive, blobs } = this.#world;
    const { login, now } = this.#maker;
    const known = this.#stored.get(bytes);
    const stored = known ? blobs.share(known) : await blobs.write([bytes.slice()]);
    this.#stored.set(bytes, stored);
    await putOnDisk(archive, blobs, resource, name, stored, now);
    if (!uncatalogued) {
      catalogue(resource, name, onDisk(archive, resource, name)!, login, now, properties);
    }
    if (bare) Object.assign(resource.entries.get(name)!, { size: undefined, digest: "" });
    if (missing) {
      archive.disk.get(resource.folder)!.delete(name);
      await blobs.release(stored.blob);
    }
    const { stats } = resource;
    // Counting all files for each new one would take long for many.
    if (uncatalogued) return;
    if (stats) {
      stats.count = resource.entries.size;
      stats.size += bytes.length;
    } else computeStats(resource);
    this.#world.changed();
  }

  async dicom(
    project: string,
    files: AsyncIterable<{ bytes: Uint8Array }> | Iterable<{ bytes: Uint8Array }>,
    options: { subject?: string; session?: string } = {},
  ): Promise<string[]> {
    this.#project(project);
    const objects: DicomObject[] = [];
    for await (const { bytes } of files) {
      const object = await readObject("", bytes, { isStrict: true, rename: true });
      if (!object) throw new TypeError("Not a DICOM object");
      objects.push(object);
    }
    const ids: string[] = [];
    for (const study of Map.groupBy(objects, ({ studyUid }) => studyUid).values()) {
      const [first] = study;
      const label = options.session ?? `${first!.patientId}_${first!.modality}`;
      const destination = { project, subject: options.subject ?? first!.patientId, label };
      const waiting = await buildSession(this.#world, this.#maker, study, destination);
      const merging = { merges: true, ignoresStudy: false, overwriteFiles: true };
      ids.push((await archiveSession(this.#world, this.#maker, waiting, merging)).id);
    }
    this.#world.changed();
    return ids;
  }

  #project(id: string | undefined): Project {
    if (id === undefined) throw new TypeError("The path has no project");
    const { archive, users } = this.#world;
    const known = archive.projects.get(id);
    if (known) return known;
    const made = addProject(archive, this.#maker, id);
    applyGrantsIn(made, users);
    return made;
  }

  #subject([project, label]: XnatPath): Subject {
    const { archive } = this.#world;
    const { id } = this.#project(project);
    if (label === undefined) throw new TypeError("The path has no subject");
    return findSubject(archive, id, label) ?? addSubject(archive, this.#maker, id, label);
  }

  #session(path: XnatPath, xsiType = "xnat:mrSessionData"): Experiment {
    const [project, , label] = path;
    if (label === undefined) throw new TypeError("The path has no experiment");
    const found = findExperiment(this.#world.archive, project!, label);
    if (found) return found;
    const subject = this.#subject(path);
    return addExperiment(this.#world.archive, this.#maker, subject, project!, label, xsiType);
  }

  #scan(path: XnatPath, xsiType?: string) {
    const session = this.#session(path);
    const id = path[3];
    if (id === undefined) throw new TypeError("The path has no scan");
    const known = session.scans.find((each) => each.id === id);
    if (known) return known;
    const derived = session.xsiType.replace("SessionData", "ScanData");
    const type = xsiType ?? (typeOf(derived) ? derived : "xnat:otherDicomScanData");
    return addScan(this.#world.archive, this.#maker, session, id, type, { quality: "usable" });
  }

  #resource(
    path: XnatPath,
    label: string,
    properties: { format?: string; content?: string },
    again = false,
  ): Resource {
    const { list, folder } = this.#place(path);
    const known = list.find((each) => each.label === label);
    if (known && !again) return known;
    const made = addResource(this.#world.archive, list, folder, label, properties);
    // The catalog lies in the folder of that name (`ResourceModifierA.createCatalog`).
    if (known) made.entries = known.entries;
    return made;
  }

  /** The list of resources of an object; assessors and reconstructions follow a word that says so, and `.in` or `.plain` may follow. */
  #place(path: XnatPath): { list: Resource[]; folder: string } {
    const { archive } = this.#world;
    if (path.length === 1) {
      const project = this.#project(path[0]);
      return { list: project.resources, folder: projectFolder(project.id) };
    }
    if (path.length === 2) {
      const subject = this.#subject(path);
      const folder = subjectFolder(subject.project, subject.label);
      return { list: subject.resources, folder };
    }
    const session = this.#session(path);
    if (path[3] === ".reconstructions") {
      const found = session.reconstructions.find(({ id }) => id === path[4]) ??
        addReconstruction(archive, this.#maker, session, path[4]!);
      const side = path[5] === ".in" ? "in" : "out";
      const list = side === "in" ? found.inputs : found.resources;
      return { list, folder: reconstructionFolder(session, found.id, side) };
    }
    const assessor = path[3] === ".assessors"
      ? findExperiment(archive, session.project, path[4]!)
      : undefined;
    if (path[3] === ".assessors" && !assessor) throw new TypeError(`No assessor "${path[4]}"`);
    if (assessor && path[5] === ".in") {
      return { list: assessor.inputs, folder: assessorFolder(session, assessor, "in") };
    }
    if (assessor && path[5] === ".plain") {
      return { list: assessor.plain, folder: plainAssessorFolder(session, assessor) };
    }
    const owner = path.length > 3 && !assessor
      ? scanOwner(session, this.#scan(path))
      : ownerOf(archive, assessor ?? session);
    return { list: owner.resources, folder: owner.folder };
  }
}

function entries(fields: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(fields);
}
