/**
 * The files of many sessions or resources, by the few requests that tell of many at once. The answers go where the lists of
 * each would be kept, so whoever lists finds them there. What a server does not tell in bulk is asked piece by piece.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { FEW, filesByScans } from "./by_scans.ts";
import type { Catalogue } from "./catalogue.ts";
import {
  assessorsKey,
  experimentOwner,
  filesKey,
  partOwner,
  type ResourceOwner,
  resourcesKey,
} from "./owners.ts";
import { unlessRefused } from "./unless_refused.ts";
import type { Experiment, File, Named, Resource } from "./model.ts";
import type { ScanResource } from "./joined_scans.ts";
import type { Overview } from "./overview.ts";
import { namedResources } from "./rows.ts";

/** Asks for the files of all of `experiments` at once, and keeps them by resource; tells how many came. */
export async function filesOfMany(
  catalogue: Catalogue,
  overview: Overview,
  experiments: readonly Experiment[],
  ask: Ask,
): Promise<number> {
  const asked = catalogue.clock.now();
  const answer = await filesOf(catalogue, experiments, ask);
  const lists: Lists = answer || experiments.length < FEW
    ? [[experiments, answer]]
    : await halvesOf(catalogue, experiments, ask);
  let count = 0;
  for (const [some, files] of lists) {
    await keepAll(catalogue, overview, some, files, asked, ask);
    count += files?.length ?? 0;
  }
  return count;
}

/** What came of experiments that were asked for together. */
type Lists = (readonly [experiments: readonly Experiment[], files: File[] | undefined])[];

/**
 * The lists of experiments of which the list of all is refused, since one catalog that cannot be read is enough for that: of
 * halves, and of their halves, as long as one of two comes.
 */
async function halvesOf(
  catalogue: Catalogue,
  experiments: readonly Experiment[],
  ask: Ask,
): Promise<Lists> {
  const middle = experiments.length >> 1;
  const halves = [experiments.slice(0, middle), experiments.slice(middle)];
  const lists = await Promise.all(halves.map((half) => filesOf(catalogue, half, ask)));
  if (lists.every((files) => files === undefined)) return [[experiments, undefined]];
  const found = halves.map(async (half, i): Promise<Lists> =>
    lists[i] || half.length < FEW ? [[half, lists[i]]] : await halvesOf(catalogue, half, ask)
  );
  return (await Promise.all(found)).flat();
}

async function keepAll(
  catalogue: Catalogue,
  { project, resources, others }: Overview,
  experiments: readonly Experiment[],
  answer: File[] | undefined,
  asked: number,
  ask: Ask,
): Promise<void> {
  const ids = experiments.map(({ id }) => id);
  const files = Map.groupBy(answer ?? [], experimentOf(experiments));
  // Several ids at a time are not for every server.
  const isWhole = answer !== undefined && (ids.length === 1 || files.size > 1);
  for (const { id } of experiments) {
    const ofScans = resources.get(id);
    const lacks = (own: readonly File[]) =>
      own.every(({ place }) => place.scan === undefined) &&
      (ofScans === undefined || ofScans.some(({ files }) => files !== 0));
    let own = files.get(id) ?? (isWhole ? [] : undefined);
    if ((!own || lacks(own)) && ids.length > 1) own = await filesOf(catalogue, [{ id }], ask);
    // Nor are all levels at a time: what is not kept is asked level by level.
    if (ofScans && own && !lacks(own)) {
      keepFiles(catalogue, project, id, own, ofScans, asked, others.get(id));
    } else {
      catalogue.memo.forgetBefore(assessorsKey(project, id), Infinity);
      if (ofScans && !own) await filesByScans(catalogue, project, id, ofScans, asked, ask);
    }
  }
}

async function filesOf(
  catalogue: Catalogue,
  experiments: readonly Pick<Experiment, "id">[],
  ask: Ask,
): Promise<File[] | undefined> {
  const path = `/data/experiments/${
    experiments.map(({ id }) => encodeURIComponent(id)).join(",")
  }/files`;
  return await unlessRefused(catalogue.fileList(path, ask, { all: true }));
}

/** Rows name experiments by id, or by label. */
export function experimentOf(experiments: readonly Experiment[]): (file: File) => string {
  const ids = new Map(experiments.map(({ id, label }) => [label, id]));
  for (const { id } of experiments) ids.set(id, id);
  return ({ place }) => ids.get(place.experiment ?? "") ?? "";
}

/** Keeps what files and overview tell of the resources of one experiment. */
export function keepFiles(
  { memo }: Catalogue,
  project: string,
  experiment: string,
  files: readonly File[],
  ofScans: readonly ScanResource[],
  asked: number,
  others: readonly Resource[] = [],
): void {
  const owner = experimentOwner(project, experiment);
  const assessors = assessorsKey(project, experiment);
  const listed = memo.peek<Named[]>(assessors) ?? [];
  const isListed = ({ place }: File) =>
    place.assessor === undefined || listed.some(({ id }) => id === place.assessor);
  // Not every server lists the assessors of a project; what they have is asked by itself then.
  const isWhole = files.every(isListed);
  if (!isWhole) memo.forgetBefore(assessors, Infinity);
  const known: Omit<Resource, "name">[] = [];
  for (const [id, own] of Map.groupBy(files, ({ place }) => place.resource)) {
    const [{ place, attributes }] = own as [File];
    const [category, ownerId] = hangsOn(place);
    known.push({
      id,
      category,
      ownerId,
      label: attributes.resource_label ?? "",
      attributes: resourceAttributes(id, own),
    });
    memo.set(filesKey(ownerAt(owner, category, ownerId), id), own, asked);
  }
  // Of what is said to have files and has none here the list broke off before: it is asked by itself.
  for (const { scan, label, id, files: count = 0 } of ofScans) {
    if (label === "" && id === "") continue;
    const isKnown = known.some((each) =>
      each.ownerId === scan && each.category === "scans" &&
      (id === "" ? each.label === label : each.id === id)
    );
    if (isKnown) continue;
    known.push({ id: id || label, category: "scans", ownerId: scan, label, attributes: { label } });
    if (count === 0) memo.set(filesKey(ownerAt(owner, "scans", scan), id || label), [], asked);
  }
  for (const other of others) {
    if (known.some(({ id }) => id === other.id)) continue;
    known.push(other);
    if (Number(other.attributes.file_count ?? 0) > 0) continue;
    memo.set(filesKey(ownerAt(owner, other.category, other.ownerId), other.id), [], asked);
  }
  const groups = Map.groupBy(known, ({ category, ownerId }) => `${category} ${ownerId}`);
  const resources = [...groups.values()].flatMap((group) => namedResources(group));
  if (isWhole) memo.set([project, "E", experiment, "all resources"], resources, asked);
}

/**
 * Asks for the files that hang on a project or a subject itself, and keeps them by resource. Where its resources are not
 * known, those that have files are told by these, and kept for this walk.
 */
export async function filesOfObject(
  catalogue: Catalogue,
  owner: ResourceOwner,
  resources: readonly Resource[] | undefined,
  ask: Ask,
): Promise<void> {
  const asked = catalogue.clock.now();
  const files = await unlessRefused(catalogue.fileList(`${owner.path}/files`, ask));
  if (!files) return;
  const groups = Map.groupBy(files, ({ place }) => place.resource);
  const own = resources ?? namedResources([...groups].map(([id, files]) => ({
    id,
    category: "resources",
    ownerId: "",
    label: files[0]!.attributes.resource_label ?? "",
    attributes: resourceAttributes(id, files),
  })));
  if (!resources) catalogue.memo.keep(resourcesKey(owner), own, asked);
  keepKnown(catalogue, () => owner, own, groups, asked);
}

/** Keeps the files of resources that are known; one of which nothing came is asked by itself, unless it has none. */
function keepKnown(
  { memo }: Catalogue,
  ownerOf: (resource: Resource) => ResourceOwner,
  resources: readonly Resource[],
  files: ReadonlyMap<string, readonly File[]>,
  asked: number,
): void {
  for (const resource of resources) {
    const own = files.get(resource.id) ??
      (resource.attributes.file_count === "0" ? [] : undefined);
    if (own) memo.set(filesKey(ownerOf(resource), resource.id), own, asked);
  }
}

function hangsOn(place: File["place"]): [category: string, ownerId: string] {
  if (place.scan !== undefined) return ["scans", place.scan];
  if (place.assessor !== undefined) return ["assessors", place.assessor];
  if (place.reconstruction !== undefined) return ["reconstructions", place.reconstruction];
  return ["resources", ""];
}

/** What a resource of a session hangs on, by the category of its list. */
export function ownerAt(owner: ResourceOwner, category: string, id: string): ResourceOwner {
  if (category === "resources") return owner;
  return partOwner(owner, category as "scans" | "assessors" | "reconstructions", id);
}

function resourceAttributes(id: string, files: readonly File[]): Record<string, string> {
  const [{ attributes }] = files as [File];
  const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const { resource_label: label, format, content } = attributes;
  return {
    xnat_abstractresource_id: id,
    ...(label && { label }),
    ...(format && { format }),
    ...(content && { content }),
    file_count: String(files.length),
    file_size: String(size),
  };
}
