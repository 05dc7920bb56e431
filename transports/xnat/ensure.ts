/**
 * Finds the objects above a file, and makes those that are missing.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound } from "../../vfs/errors.ts";
import { broken } from "../web/errors.ts";
import type { Address } from "./address.ts";
import { scansKey } from "./owners.ts";
import type { Query } from "./client.ts";
import { route } from "./escape.ts";
import { experimentAt, locate, type Place } from "./resolve.ts";
import { failed, forgetResources, send, type Writing } from "./writing.ts";

/** The levels of objects that can be made, from above. */
const LEVELS = ["project", "subject", "experiment", "scan", "resource"] as const;
type MadeLevel = typeof LEVELS[number];

/** Finds what `address` means, and makes what is missing of it; a project only when `withProject` says so. */
export async function ensure(
  writing: Writing,
  address: Address,
  ask: Ask,
  withProject = false,
): Promise<Place> {
  try {
    return await locate(writing.catalogue, address, ask);
  } catch (error) {
    if (!isNotFound(error) || writing.create === false) throw error;
  }
  const levels = LEVELS.filter((level) =>
    address[level] !== undefined && (level !== "project" || withProject)
  );
  for (const [i, level] of levels.entries()) {
    const at = upTo(address, level);
    if (await isThere(writing, at, ask)) continue;
    // Nothing is made for what cannot be.
    for (const below of levels.slice(i)) checkName(address[below]!, below, ask);
    await make(writing, at, level, ask);
  }
  return await locate(writing.catalogue, address, ask);
}

/** The part of `address` that ends at `level`. */
export function upTo(address: Address, level: MadeLevel): Address {
  const { context, project, subject, experiment, scan } = address;
  const above = { context, project, path: [] };
  switch (level) {
    case "project":
      return { ...above, level };
    case "subject":
      return { ...above, subject, level };
    case "experiment":
      return { ...above, subject, experiment, level };
    case "scan":
      return { ...above, subject, experiment, scan, level };
    case "resource":
      return { ...address, level, path: [] };
  }
}

async function make(
  writing: Writing,
  address: Address,
  level: MadeLevel,
  ask: Ask,
): Promise<void> {
  const { catalogue } = writing;
  const { project, subject, experiment } = address;
  const key = JSON.stringify(["make", project, subject, experiment, level]);
  await writing.serial.run(key, ask, async () => {
    // Somebody else may have made it since it was asked for.
    await forgetLevel(writing, address, level, ask);
    if (await isThere(writing, address, ask)) return;
    if (level === "experiment") await refuseOther(writing, address, ask);
    const { path, query } = await requestFor(writing, address, level, ask);
    let answer: string;
    try {
      answer = await send(writing, "PUT", path, ask, { query, expect: [409] });
    } catch (error) {
      // When the answer is lost, it may have been made.
      for (const key of ["projects", project!]) catalogue.memo.forget([key]);
      throw error;
    }
    await forgetLevel(writing, address, level, ask);
    if (await isThere(writing, address, ask)) return;
    const said = catalogue.client.said(answer);
    const why = said === "" ? ", and did not say why" : `: ${said}`;
    throw broken(ask, `the server did not make the ${level}${why}`);
  });
  catalogue.memo.forget(["projects"]);
}

async function isThere({ catalogue }: Writing, address: Address, ask: Ask): Promise<boolean> {
  try {
    const { resource, path } = await locate(catalogue, address, ask);
    // A file may have been meant that is named without its resource.
    return address.resource === undefined || (resource !== undefined && path.length === 0);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Labels of sessions are one in a project: XNAT would change that of the other subject. */
async function refuseOther(
  writing: Writing,
  { project = "", subject = "", experiment = "" }: Address,
  ask: Ask,
): Promise<void> {
  const path = route("data", "projects", project, "experiments", experiment);
  try {
    await send(writing, "GET", path, ask, { query: { format: "json" } });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const [name, other] = [experiment, subject].map((each) => JSON.stringify(each));
  const reason = `the project has a session ${name} already, which is not of subject ${other}`;
  throw failed("AlreadyExists", ask, reason);
}

/** Forgets the lists in which an object would be. */
async function forgetLevel(
  { catalogue }: Writing,
  address: Address,
  level: MadeLevel,
  ask: Ask,
): Promise<void> {
  const { memo } = catalogue;
  const { project = "" } = address;
  if (level === "project") memo.forget(["projects"]);
  if (level === "project" || level === "subject") memo.forget([project, "subjects"]);
  if (level === "experiment") memo.forget([project, "experiments"]);
  if (level === "scan") {
    const { id } = await experimentAt(catalogue, address, ask);
    memo.forget(scansKey(project, id));
  }
  if (level === "resource") {
    const { owner } = await locate(catalogue, { ...address, resource: undefined }, ask);
    forgetResources(catalogue, owner!);
  }
}

async function requestFor(
  { catalogue, create }: Writing,
  address: Address,
  level: MadeLevel,
  ask: Ask,
): Promise<{ path: string; query?: Query }> {
  const { project = "", subject = "", experiment = "", scan = "", resource = "" } = address;
  const types = create || {};
  const under = route("data", "projects", project);
  if (level === "project") return { path: under };
  if (level === "subject") return { path: under + route("subjects", subject) };
  if (level === "experiment") {
    const path = under + route("subjects", subject, "experiments", experiment);
    return { path, query: { xsiType: types.session ?? "xnat:otherDicomSessionData" } };
  }
  const above = level === "scan"
    ? upTo(address, "experiment")
    : { ...address, resource: undefined };
  const { owner, experiment: session } = await locate(catalogue, above, ask);
  if (level === "resource") return { path: owner!.path + route("resources", resource) };
  const xsiType = types.scan ?? scanTypeOf(session?.attributes.xsiType);
  return { path: owner!.path + route("scans", scan), query: { xsiType } };
}

/** The scans of a kind of session: `xnat:mrScanData` in `xnat:mrSessionData`. */
function scanTypeOf(session = ""): string {
  return /^xnat:\w+SessionData$/.test(session)
    ? session.replace("SessionData", "ScanData")
    : "xnat:otherDicomScanData";
}

/** Refuses what XNAT would take for something else: it splits at commas, takes digits for a number, and has words of its own. */
function checkName(name: string, level: MadeLevel, ask: Ask): void {
  const isTaken = level === "resource"
    ? /^([0-9]+|null)$/i.test(name)
    : level === "scan" && /^(ALL|NULL)$/.test(name);
  if (!isTaken && /^[^/\\,'"*?%;:<>|]+$/.test(name) && !name.startsWith(".")) return;
  const grammar = "PROJECT/SUBJECT/EXPERIMENT/SCAN/RESOURCE/path";
  const reason = `XNAT cannot have a ${level} that is called ${JSON.stringify(name)}`;
  throw failed("InvalidUrl", ask, `${reason}, and the path is taken as ${grammar}`);
}
