/**
 * Locations to places in an archive and back:
 * `xnat://HOST/[~CONTEXT/][.quality=…/]PROJECT/SUBJECT/EXPERIMENT/SCAN/RESOURCE/path…`, with dot directories for what does
 * not hang on a scan. Pure functions.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { Location } from "../../vfs/location/location.ts";
import { isName } from "../../vfs/location/names.ts";

/** The dot directory for the resources of a project, a subject or an experiment. */
export const RESOURCES = ".resources";
/** The dot directory for the assessors of an experiment. */
export const ASSESSORS = ".assessors";
/** The dot directory for the reconstructions of an experiment. */
export const RECONSTRUCTIONS = ".reconstructions";

/** The dot directory for what an assessor or a reconstruction was made of. */
export const INPUTS = ".in";
/** Begins the view that has only the scans of some qualities: `.quality=usable,questionable`. */
const QUALITY = ".quality=";

/** What an {@linkcode Address} points at. */
export type Level =
  | "root"
  | "project"
  | "subject"
  | "experiment"
  | "scan"
  | "resources"
  | "assessors"
  | "assessor"
  | "reconstructions"
  | "reconstruction"
  | "inputs"
  | "resource"
  | "file";

/** An object of the archive by the names that a URL gives: each an id or a label. */
export interface Owner {
  /** Project id. */
  readonly project?: string;
  /** Subject, by label or accession id. */
  readonly subject?: string;
  /** Experiment, by label or accession id. */
  readonly experiment?: string;
  /** Scan, by id, type, series description or glob. */
  readonly scan?: string;
  /** Assessor of the experiment, by label or accession id. */
  readonly assessor?: string;
  /** Reconstruction of the experiment, by id. */
  readonly reconstruction?: string;
  /** What the assessor or reconstruction was made of is meant, not what came of it. */
  readonly isInput?: boolean;
}

/** A place in an archive. */
export interface Address extends Owner {
  /** What it is, as far as its text tells: a `file` may turn out to be a folder in a resource. */
  readonly level: Level;
  /** Context path of the server such as `/xnat`, or empty. */
  readonly context: string;
  /** Qualities that scans must have one of, in lower case; any, if absent. */
  readonly quality?: readonly string[];
  /** Resource, by label or number. */
  readonly resource?: string;
  /** Names below the resource; empty but for `file`. */
  readonly path: readonly string[];
}

/** Tells which place `location` names. @throws `InvalidUrl` for a context path with `..` in it, or a view of no quality */
export function addressOf(location: Location): Address {
  const [first, ...others] = location.segments;
  const hasContext = first?.startsWith("~") ?? false;
  const context = hasContext ? contextOf(first!, location) : "";
  const segments = hasContext ? others : location.segments;
  const isView = segments[0]?.startsWith(QUALITY) ?? false;
  const view = isView ? { quality: qualitiesOf(segments[0]!, location) } : {};
  const [project, ...below] = isView ? segments.slice(1) : segments;
  if (project === undefined) return { level: "root", context, ...view, path: [] };
  return { context, ...view, ...inProject({ project }, below) };
}

function qualitiesOf(segment: string, location: Location): string[] {
  const names = segment.slice(QUALITY.length).split(",").map((name) => name.trim().toLowerCase());
  if (names.every((name) => name !== "")) return names;
  throw new VfsError("InvalidUrl", {
    op: "parse",
    url: location.href,
    reason: `${JSON.stringify(segment)} names no quality, write "${QUALITY}usable"`,
  });
}

function contextOf(segment: string, location: Location): string {
  const parts = segment.slice(1).split("/").filter((part) => part !== "");
  if (parts.every(isName)) return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
  throw new VfsError("InvalidUrl", {
    op: "parse",
    url: location.href,
    reason: `${JSON.stringify(segment)} is no context path`,
  });
}

type Place = Omit<Address, "context" | "quality">;

function inProject(owner: Owner, [subject, ...below]: readonly string[]): Place {
  if (subject === undefined) return { level: "project", ...owner, path: [] };
  if (subject === RESOURCES) return inResources("resources", owner, below);
  return inSubject({ ...owner, subject }, below);
}

function inSubject(owner: Owner, [experiment, ...below]: readonly string[]): Place {
  if (experiment === undefined) return { level: "subject", ...owner, path: [] };
  if (experiment === RESOURCES) return inResources("resources", owner, below);
  return inExperiment({ ...owner, experiment }, below);
}

function inExperiment(owner: Owner, [scan, ...below]: readonly string[]): Place {
  if (scan === undefined) return { level: "experiment", ...owner, path: [] };
  if (scan === RESOURCES) return inResources("resources", owner, below);
  if (scan === ASSESSORS || scan === RECONSTRUCTIONS) {
    const [id, ...rest] = below;
    const isAssessor = scan === ASSESSORS;
    if (id === undefined) {
      return { level: isAssessor ? "assessors" : "reconstructions", ...owner, path: [] };
    }
    const made = { ...owner, ...(isAssessor ? { assessor: id } : { reconstruction: id }) };
    if (rest[0] === INPUTS) return inResources("inputs", { ...made, isInput: true }, rest.slice(1));
    return inResources(isAssessor ? "assessor" : "reconstruction", made, rest);
  }
  return inResources("scan", { ...owner, scan }, below);
}

/** What lies in a directory whose entries are resources. */
function inResources(
  level: Level,
  owner: Owner,
  [resource, ...path]: readonly string[],
): Place {
  if (resource === undefined) return { level, ...owner, path };
  return { level: path.length > 0 ? "file" : "resource", ...owner, resource, path };
}

/** The segments of `address`, of which {@linkcode addressOf} makes it again. */
export function segmentsOf(address: Address): string[] {
  const { context, project, subject, experiment, scan, assessor, reconstruction } = address;
  const { level, resource, path, quality, isInput } = address;
  const segments = context === "" ? [] : [`~${decodeURIComponent(context.slice(1))}`];
  if (quality) segments.push(QUALITY + quality.join(","));
  for (const each of [project, subject, experiment]) if (each !== undefined) segments.push(each);
  if (scan !== undefined) segments.push(scan);
  else if (assessor !== undefined) segments.push(ASSESSORS, assessor);
  else if (reconstruction !== undefined) segments.push(RECONSTRUCTIONS, reconstruction);
  else if (level === "assessors") segments.push(ASSESSORS);
  else if (level === "reconstructions") segments.push(RECONSTRUCTIONS);
  else if (level === "resources" || resource !== undefined) segments.push(RESOURCES);
  if (isInput) segments.push(INPUTS);
  if (resource !== undefined) segments.push(resource);
  return [...segments, ...path];
}

/** The location of `address` at `origin`. */
export function locationOf(origin: Location, address: Address): Location {
  const { scheme, host, port } = origin;
  return new Location({ scheme, host, port, segments: segmentsOf(address) });
}

const RESERVED = new Set([RESOURCES, ASSESSORS, RECONSTRUCTIONS, INPUTS]);

/** True for the name of a dot directory. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** True for a label that can be a name in our URLs; others are shown by their ids, which always can. */
export function isShowable(label: string): boolean {
  return isName(label) && !/[/\\]/.test(label) && !isReserved(label);
}
