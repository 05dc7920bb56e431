/**
 * Resources that a list of all files of sessions leaves out. XNAT ends that list, and the zip of the same files, where it
 * cannot load a resource, with status 200; the list of the resources themselves goes on.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { ownerAt } from "./bulk.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Experiment, type File, isSession, type Resource } from "./model.ts";
import { experimentOwner, type ResourceOwner } from "./owners.ts";
import { resourcesOf } from "./rows.ts";
import { unlessRefused } from "./unless_refused.ts";

/** The resources of `experiments`, by one list; `undefined` where the server does not give it. */
export async function resourcesOfAll(
  catalogue: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  ask: Ask,
): Promise<Resource[] | undefined> {
  const [first, ...others] = experiments;
  if (first && others.length === 0) {
    return await unlessRefused(
      catalogue.allResources(project, first.id, ask, isSession(first)),
    );
  }
  const ids = experiments.map(({ id }) => encodeURIComponent(id)).join(",");
  const rows = catalogue.rows(`/data/experiments/${ids}/resources`, ask, { all: true });
  return (await unlessRefused(rows))?.flatMap((row) => resourcesOf([row]));
}

/**
 * Finds one of `resources` that has files of which none is in `files`. What is counted may be out of date; so the server is
 * asked for its files alone.
 */
export async function leftOut(
  catalogue: Catalogue,
  project: string,
  experiments: readonly Experiment[],
  resources: readonly Resource[],
  files: readonly File[],
  ask: Ask,
): Promise<Resource | undefined> {
  const told = new Set(files.map(({ place }) => place.resource));
  const isDoubtful = ({ id, attributes }: Resource) =>
    !told.has(id) && attributes.file_count !== "0";
  if (!resources.some(isDoubtful)) return undefined;
  for (const experiment of experiments) {
    const { id } = experiment;
    const all = await catalogue.allResources(project, id, ask, isSession(experiment));
    for (const each of all.filter(isDoubtful)) {
      const owner: ResourceOwner = ownerAt(
        experimentOwner(project, id),
        each.category,
        each.ownerId,
      );
      const own = await unlessRefused(catalogue.files(owner, each.id, ask));
      if (own && own.length > 0) return each;
    }
  }
}
