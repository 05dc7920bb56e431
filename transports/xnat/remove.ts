/**
 * Removing files, folders and objects, each exactly the one that is named.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { RecursiveOptions } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { route } from "./escape.ts";
import { ASSESSORS } from "./joined_assessors.ts";
import { entriesOf } from "./list.ts";
import { type Removal, removeInResource } from "./remove_file.ts";
import type { Named } from "./model.ts";
import { locate, type Place, resourcesAt } from "./resolve.ts";
import { mustBeOwn, mustTakeNoOthers, notHere, ownProject } from "./shared.ts";
import { asOfNow, forgetOld } from "./stat.ts";
import { failed, forgetResources, send, type Writing } from "./writing.ts";
import { resourceOf } from "./write.ts";

/**
 * Implements `remove`. A project is never removed: that is for its owners, in XNAT itself, where its id is lost for ever.
 * An experiment or an assessor that is shared into the project of the URL is taken out of that project and stays in its own.
 */
export async function remove(
  writing: Writing,
  address: Address,
  { recursive = false, keeps }: Pick<Removal, "keeps"> & RecursiveOptions,
  ask: Ask,
): Promise<void> {
  if (address.level === "root" || address.level === "project") {
    throw failed("NotSupported", ask, "whole projects are removed in XNAT itself, not from here");
  }
  const { catalogue } = writing;
  const place = await asOfNow(catalogue, address, () => locate(catalogue, address, ask));
  await mustBeOwn(catalogue, place, ask);
  if (place.resource && place.path.length > 0) {
    const removal = { path: place.path, recursive, keeps, ask };
    return await removeInResource(writing, resourceOf(place, ask), removal);
  }
  if (["resources", "assessors", "reconstructions", "inputs"].includes(address.level)) {
    throw failed("NotSupported", ask, "it is no object of its own; remove what is in it");
  }
  // What was true a moment ago is not enough to remove something for good, and what is gone XNAT removes with success.
  if (recursive) forgetOld(catalogue, address);
  else await mustBeEmpty(catalogue, address, ask);
  const now = await locate(catalogue, address, ask);
  await mustTakeNoOthers(catalogue, now, ask);
  await removeObject(writing, now, ask);
}

async function mustBeEmpty(catalogue: Catalogue, address: Address, ask: Ask): Promise<void> {
  catalogue.memo.forget([address.project!]);
  if ((await entriesOf(catalogue, address, ask)).length > 0) throw failed("NotEmpty", ask);
}

async function removeObject(writing: Writing, place: Place, ask: Ask): Promise<void> {
  const { catalogue } = writing;
  const { address, part, resource } = place;
  if (!resource && address.scan !== undefined && /^(ALL|\*)$/.test(part?.id ?? "")) {
    throw failed("NotSupported", ask, "XNAT would remove all scans of the session");
  }
  const path = pathOf(place);
  if (resource) await mustHaveOwnFiles(catalogue, place, ask);
  if (isAssessor(place)) {
    await mustBeInProject(catalogue, place, ask);
    await mustHaveOwnFolder(catalogue, place, ask);
  }
  try {
    await send(writing, "DELETE", path, ask, { query: { removeFiles: true } });
  } finally {
    // When the answer is lost, it may have been removed.
    if (place.resource) {
      catalogue.memo.forget([...place.owner!.key, "files"]);
      forgetResources(catalogue, place.owner!);
    } else catalogue.memo.forget([address.project!]);
  }
}

/** Makes sure that XNAT takes no other resource for it, and that none has its catalog, as two of one label made at once do. */
async function mustHaveOwnFiles(catalogue: Catalogue, place: Place, ask: Ask): Promise<void> {
  const resource = place.resource!;
  resourceOf(place, ask);
  const twins = (await resourcesAt(catalogue, place, ask)).filter(({ id, label }) =>
    id !== resource.id && label !== "" && label === resource.label
  );
  if (twins.length === 0) return;
  const pathsIn = async ({ id }: Named) =>
    new Set((await catalogue.files(place.owner!, id, ask)).map(({ path }) => path.join("/")));
  const own = await pathsIn(resource);
  for (const twin of twins) {
    if (own.isDisjointFrom(await pathsIn(twin))) continue;
    const reason = `resource ${twin.id} has the same label and files, which lie in one catalog, ` +
      "and would lose them; remove the files if both are to go";
    throw failed("NotSupported", ask, reason);
  }
}

function isAssessor({ address, part, resource }: Pick<Place, "address" | "part" | "resource">) {
  return part !== undefined && resource === undefined && address.assessor !== undefined;
}

/**
 * An assessor can be of another project than its session, and not shared with this one. XNAT would say that it removed
 * it, and leave it where it is.
 */
async function mustBeInProject(catalogue: Catalogue, place: Place, ask: Ask): Promise<void> {
  const { address: { project = "" }, part } = place;
  const owner = part!.attributes.project;
  if (owner === undefined || owner === project) return;
  catalogue.memo.forget([project, "E", part!.id]);
  if (await ownProject(catalogue, project, part!.id, ask, ASSESSORS.xsiType)) return;
  throw notHere(place, owner, ask);
}

/**
 * With an assessor XNAT removes the folder of its label, while other assessors keep their files in folders of their ids or
 * labels; these are one in a project, and those of a session can be of several (`BaseXnatImageassessordata.deleteFiles`).
 */
async function mustHaveOwnFolder(catalogue: Catalogue, place: Place, ask: Ask): Promise<void> {
  const { address: { project = "" }, experiment, part } = place;
  const owner = part!.attributes.project ?? project;
  // A share that ends removes no files.
  if (owner !== project || part!.label === "") return;
  const all = await catalogue.assessors(project, experiment!.id, ask);
  const other = all.find(({ id, label }) =>
    id !== part!.id && (id === part!.label || label === part!.label)
  );
  if (!other) return;
  const reason =
    `the assessor ${JSON.stringify(other.id)} has the same label, or that for its id, ` +
    "and its files may lie in the same folder; give one of them another label first";
  throw failed("NotSupported", ask, reason);
}

/** The object by its ids, below the project of the URL. Never ends before the last of them. */
function pathOf({ address, subject, experiment, part, owner, resource }: Place): string {
  if (resource) return owner!.path + route("resources", resource.id);
  const project = route("data", "projects", address.project!);
  // Below its session XNAT takes it from the project that owns it, whatever the URL says.
  if (isAssessor({ address, part, resource })) return project + route("experiments", part!.id);
  if (part) return owner!.path;
  // Without its subject, which need not be in a project that a session is shared with.
  if (experiment) return project + route("experiments", experiment.id);
  return project + route("subjects", subject!.id);
}
