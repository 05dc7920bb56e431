/**
 * What a place has by whatever names it is reached: subjects, sessions and resources go by ids and by labels, scans by
 * their types too. The server counts resources, and knows the files of each by their paths.
 *
 * @module
 */

import type { Info } from "../../vfs/transport.ts";
import { segmentsOf } from "./address.ts";
import type { File } from "./model.ts";
import type { Place } from "./resolve.ts";

/** The identity of a file of the server at `base`. */
export function idOfFile(
  base: string,
  { place: { resource }, path }: File,
): Pick<Info, "id"> {
  return inResource(base, resource, path);
}

/**
 * The identity of a directory. What a view shows of it does not count. A session is the same in all projects, and so are the
 * resources of a subject, which itself has other sessions in each.
 */
export function idOfPlace(base: string, place: Place): Pick<Info, "id"> {
  const { address, subject, experiment, part, resource, path } = place;
  if (resource) return inResource(base, resource.id, path);
  const isOfSubject = subject !== undefined && address.level === "resources";
  const kind = experiment ? "experiment" : isOfSubject ? "subject" : "project";
  const segments = segmentsOf({
    ...address,
    quality: undefined,
    project: kind === "project" ? address.project : undefined,
    subject: experiment ? undefined : subject?.id,
    experiment: experiment?.id,
    ...(address.scan !== undefined && { scan: part?.id }),
    ...(address.assessor !== undefined && { assessor: part?.id }),
    ...(address.reconstruction !== undefined && { reconstruction: part?.id }),
  });
  return { id: JSON.stringify([base, kind, ...segments]) };
}

function inResource(base: string, number: string, path: readonly string[]): Pick<Info, "id"> {
  return /^\d+$/.test(number) ? { id: `${base} ${number}/${path.join("/")}` } : {};
}
