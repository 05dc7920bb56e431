/**
 * All scans of a project and the labels on them, by few requests.
 *
 * @module
 */

import type { Entry } from "../../vfs/entry.ts";
import type { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { refill } from "../../vfs/walk_step.ts";
import { factsOf, imageIdOf, isWanted, type XnatImage } from "./image.ts";
import type { ImageFilter } from "./options.ts";
import { RESOURCE, type StoredFile } from "./stored_label.ts";

/** Everything but subjects, sessions, scans, and the one resource of scans. */
const SKIP: readonly RegExp[] = [
  /^\.\w+$/,
  /^[^/]+\/\.\w+$/,
  /^[^/]+\/[^/]+\/\.(resources|assessors|reconstructions)$/,
  new RegExp(`^[^/]+/[^/]+/[^/]+/(?!${RESOURCE}$)[^/]+$`),
];

/** Who lists, and is told of labels that cannot be listed. */
interface Listing extends OpOptions {
  readonly onWarning: (warning: VfsError) => void;
}

/** The images of a project, in the order of a walk. Labels that the server cannot list hide no images. */
export async function* listImages(
  vfs: Vfs,
  server: Location,
  project: string,
  filter: ImageFilter | undefined,
  { signal, onWarning }: Listing,
): AsyncGenerator<XnatImage> {
  const top = server.child(project);
  const depth = top.segments.length;
  let session: Readonly<Record<string, unknown>> = {};
  const sessions = new Map<string, Readonly<Record<string, unknown>>>();
  let image: (XnatImage & { files: StoredFile[] }) | undefined;
  const onError = (error: VfsError, url: string) => {
    if (error.kind !== "NotFound" || levelOf(url) < depth + 4) return "throw";
    onWarning(error);
    return "skip";
  };
  for await (const step of vfs.walk(top, { skip: SKIP, signal, refresh: true, onError })) {
    const [root, dirs, files] = step;
    switch (levelOf(root) - depth) {
      case 1:
        for (const entry of dirs) sessions.set(entry.url, attributesOf(entry));
        break;
      case 2:
        session = sessions.get(root) ?? {};
        sessions.delete(root);
        refill(dirs, dirs.filter((entry) => isWanted(session, attributesOf(entry), filter)));
        for (const entry of dirs) sessions.set(entry.url, attributesOf(entry));
        break;
      case 3:
        if (image) yield image;
        image = imageOf(project, session, sessions.get(root) ?? {});
        sessions.delete(root);
        break;
      default:
        for (const entry of files) image?.files.push(fileOf(entry, depth + 4));
    }
  }
  if (image) yield image;
}

function imageOf(
  project: string,
  session: Readonly<Record<string, unknown>>,
  scan: Readonly<Record<string, unknown>>,
): XnatImage & { files: StoredFile[] } {
  const text = (value: unknown) => String(value ?? "");
  const parts = {
    project,
    subject: text(session.subject_ID),
    experiment: text(session.ID),
    scan: text(scan.ID),
  };
  const label = text(session.label ?? session.ID);
  return {
    ...parts,
    id: imageIdOf(parts),
    owner: text(session.project ?? project),
    session: label,
    path: imageIdOf({ ...parts, subject: text(session.subject_label), experiment: label }),
    facts: factsOf(session, scan),
    files: [],
  };
}

/** A file of the resource that has `depth` segments. */
export function fileOf({ location, info }: Entry, depth: number): StoredFile {
  const { content } = attributesOf({ info });
  return {
    path: location.segments.slice(depth).join("/"),
    size: info?.size,
    md5: info?.digests?.md5,
    ...typeof content === "string" && { content },
  };
}

function attributesOf({ info }: Pick<Entry, "info">): Readonly<Record<string, unknown>> {
  return info?.attributes ?? {};
}

/** Segments of a URL of ours. */
function levelOf(url: string): number {
  return url.slice(url.indexOf("://") + 3).split("/").length - 1;
}
