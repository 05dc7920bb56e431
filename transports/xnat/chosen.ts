/**
 * The files of some resources of many sessions, when a walk leaves out the others.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Location } from "../../vfs/location/location.ts";
import { ASSESSORS, RECONSTRUCTIONS, RESOURCES } from "./address.ts";
import { experimentOf, keepFiles } from "./bulk.ts";
import type { Catalogue } from "./catalogue.ts";
import { unlessRefused } from "./unless_refused.ts";
import { route } from "./escape.ts";
import type { Experiment, File } from "./model.ts";
import type { ScanResource } from "./joined_scans.ts";
import type { Overview } from "./overview.ts";

/** Labels that can stand in a list of them. */
const LISTABLE = /^[A-Za-z_][\w .-]*$/;

/**
 * The resources of scans that a walk enters in a session at `place`, when it enters nothing else there; `undefined` when
 * more than that is needed.
 */
export function chosenOf(
  experiment: Experiment,
  { resources }: Overview,
  place: Location,
  skips: (location: Location) => boolean,
): ScanResource[] | undefined {
  const all = resources.get(experiment.id);
  const isAllOf = [RESOURCES, ASSESSORS, RECONSTRUCTIONS].every((name) => skips(place.child(name)));
  if (!all || !isAllOf || all.some(({ label }) => !LISTABLE.test(label))) return undefined;
  const scans = new Set(all.map(({ scan }) => scan));
  const entered = new Set([...scans].filter((scan) => !skips(place.child(scan))));
  return all.filter(({ scan, label }) => entered.has(scan) && !skips(place.join(scan, label)));
}

/** Asks for the files of chosen resources of all of `experiments` at once, and keeps them; tells how many came. */
export async function filesOfChosen(
  catalogue: Catalogue,
  { project, resources }: Overview,
  experiments: readonly Experiment[],
  chosen: ReadonlyMap<string, readonly ScanResource[]>,
  ask: Ask,
): Promise<number> {
  const asked = catalogue.clock.now();
  const wanted = experiments.filter(({ id }) => isFilled(chosen.get(id)!));
  const answer = wanted.length === 0 ? [] : await list(catalogue, wanted, chosen, ask);
  const files = Map.groupBy(answer ?? [], experimentOf(wanted));
  for (const experiment of experiments) {
    const { id } = experiment;
    const needed = chosen.get(id)!;
    let own = answer && (files.get(id) ?? []);
    // Several ids at a time are not for every server.
    if (wanted.length > 1 && !hasAll(own, needed)) {
      own = await list(catalogue, [experiment], chosen, ask);
    }
    // What did not come so is asked level by level.
    if (own && hasAll(own, needed)) {
      keepFiles(catalogue, project, id, own, resources.get(id)!, asked);
    }
  }
  return answer?.length ?? 0;
}

async function list(
  catalogue: Catalogue,
  experiments: readonly Experiment[],
  chosen: ReadonlyMap<string, readonly ScanResource[]>,
  ask: Ask,
): Promise<File[] | undefined> {
  const ids = experiments.map(({ id }) => encodeURIComponent(id)).join(",");
  const own = experiments.flatMap(({ id }) => chosen.get(id)!);
  const labels = [...new Set(own.map(({ label }) => encodeURIComponent(label)))].join(",");
  const path = `${route("data", "experiments")}/${ids}/scans/ALL/resources/${labels}/files`;
  return await unlessRefused(catalogue.fileList(path, ask));
}

function isFilled(resources: readonly ScanResource[]): boolean {
  return resources.some(({ files }) => files !== 0);
}

function hasAll(files: readonly File[] | undefined, resources: readonly ScanResource[]): boolean {
  return resources.every(({ scan, files: count }) =>
    count === 0 || files?.some(({ place }) => place.scan === scan)
  );
}
