/**
 * The view of a subject, a session, a scan or a resource that has only the files that a pattern takes, as in `imagedata`:
 * `xnat://HOST/P/S/E/1?*.dcm`. The pattern is for the names that the files would have in XNAT's zip of the place. Of
 * subjects and sessions the scans are in it, as they are in the zips that `imagedata` asks for.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { FunctionNotSupported } from "../../vfs/errors.ts";
import { Location } from "../../vfs/location/location.ts";
import type { ListedEntry, TreeStep } from "../../vfs/transport.ts";
import { memberPattern } from "../../vfs/patterns/member_pattern.ts";
import { addressOf, isReserved } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { missing } from "./names.ts";
import { locate, type Place } from "./resolve.ts";
import { tree } from "./tree.ts";

/** True for a query that is a pattern for members, other than those that say something with a `=`. */
export function isPattern({ query }: Location): boolean {
  return query !== "" && !query.includes("=");
}

/** What a view shows of each directory below `at`, from above. @throws `NotFound` when no file matches */
export async function viewOf(
  catalogue: Catalogue,
  at: Location,
  ask: Ask,
): Promise<TreeStep[]> {
  const top = new Location({ ...at, query: "" });
  const { level } = addressOf(top);
  if (!["subject", "experiment", "scan", "resource", "file"].includes(level)) {
    const what = `a pattern for the files of all ${level === "root" ? "projects" : "subjects"}`;
    throw new FunctionNotSupported("xnat", ask.op, ask.url, what);
  }
  // Locations never hold an "@".
  const isIn = memberPattern(at.query.replaceAll("%40", "@"));
  const steps: TreeStep[] = [];
  const folders = new Map([[top.href, folderOf(await locate(catalogue, addressOf(top), ask))]]);
  const isLeftOut = ({ name }: Location) => isReserved(name);
  for await (const { location, entries } of tree(catalogue, top, ask, isLeftOut)) {
    const folder = folders.get(location.href)!;
    const shown = entries.filter(({ kind, name }) =>
      kind === "directory" ? !isReserved(name) : isIn(folder + name)
    );
    for (const entry of shown) {
      const child = location.child(entry.name);
      if (entry.kind === "directory") folders.set(child.href, folder + folderName(child, entry));
    }
    steps.push({ location, entries: shown });
  }
  const found = withoutEmpty(steps, at.query);
  if (found.length === 0) throw missing(ask, `no file matches ${JSON.stringify(at.query)}`);
  return found;
}

/** Where in XNAT's zip the files of a directory are; empty for a subject. */
function folderOf({ address, experiment, part, resource, path }: Place): string {
  if (!experiment) return "";
  const scan = part ? scanFolder(part.id, part.attributes.type) : "";
  const files = resource ? filesFolder(resource.label || resource.id) : "";
  const folders = address.level === "file" ? path.map((name) => `${name}/`) : [];
  return `${experiment.label || experiment.id}/${scan}${files}${folders.join("")}`;
}

/** How a directory is called there. */
function folderName(location: Location, { name, label = name, info }: ListedEntry): string {
  switch (addressOf(location).level) {
    case "scan":
      return scanFolder(name, info?.attributes?.type as string | undefined);
    case "resource":
      return filesFolder(label);
    default:
      return `${label}/`;
  }
}

function scanFolder(id: string, type = ""): string {
  return type === "" ? `scans/${id}/` : `scans/${id}-${type.replace(/\W/g, "_")}/`;
}

function filesFolder(label: string): string {
  return `resources/${label}/files/`;
}

/** The steps in which, or below which, files are; directories lead to the view of them. */
function withoutEmpty(steps: readonly TreeStep[], query: string): TreeStep[] {
  const filled = new Set<string>();
  const found: TreeStep[] = [];
  for (const { location, entries } of steps.toReversed()) {
    const kept = entries.filter(({ kind, name }) =>
      kind === "file" || filled.has(location.child(name).href)
    );
    if (kept.length === 0) continue;
    filled.add(location.href);
    const withQuery = (entry: ListedEntry) => entry.kind === "file" ? entry : { ...entry, query };
    found.unshift({
      location: new Location({ ...location, query }),
      entries: kept.map(withQuery),
    });
  }
  return found;
}
