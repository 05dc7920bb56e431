/**
 * Answers with files as one zip or tar archive, with the paths that XNAT gives them.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { streamOf } from "../http/reply.ts";
import { servedFor } from "../model/catalog.ts";
import type { DiskFile } from "../model/types.ts";
import { tar } from "../packing/tar.ts";
import { type Packed, zip } from "../packing/zip_writer.ts";
import type { CatalogFile } from "./listing.ts";
import type { Owner } from "./owners.ts";

const TYPES = { zip: "application/zip", tar: "application/x-tar", "tar.gz": "application/x-gtar" };

/** Streams an archive of unknown length. @throws {Refusal} 500 for a range with an open end. */
export function archiveReply(
  call: Call,
  files: readonly CatalogFile[],
  variant: keyof typeof TYPES,
): Response {
  const range = call.request.headers.get("range");
  if (range && /^bytes=\d+-$/.test(range)) refuse(500, "The size of the representation is unknown");
  const level = Number(call.query.get("compression") ?? 0) || 0;
  const found = foundOf(call, files);
  if (found.length === 0) refuse(404, "Unable to find file.");
  const packed = packable(call, found, variant === "zip");
  const bytes = variant === "zip" ? zip(packed, Math.min(Math.max(level, 0), 9)) : tar(packed);
  const plain = streamOf(bytes);
  const body = variant === "tar.gz" ? plain.pipeThrough(new CompressionStream("gzip")) : plain;
  return new Response(body, {
    headers: {
      "content-type": TYPES[variant],
      "content-disposition": `attachment; filename="${archiveName(files)}.${variant}"`,
    },
  });
}

/** The session's label, or `various` for several sessions. */
function archiveName(files: readonly CatalogFile[]): string {
  const roots = new Set(files.map(({ catalog }) => rootOf(catalog.owner)));
  const name = roots.size === 1 ? [...roots][0]! : "various";
  return name.replaceAll(/[^\x20-\x7E]|"/g, "_");
}

function rootOf({ session, subject, project }: CatalogFile["catalog"]["owner"]): string {
  return session?.label ?? subject ?? project;
}

/** A file that is on the disk, and its name in the archive. */
interface Found {
  readonly file: CatalogFile;
  readonly onFile: DiskFile;
  readonly path: string;
}

/** The files that are to be had; those that are missing on the disk are left out without a word. */
function foundOf(call: Call, files: readonly CatalogFile[]): Found[] {
  return files.flatMap((file) => {
    const { resource } = file.catalog;
    const served = servedFor(call.world.archive, resource, file.entry.path);
    return served ? [{ file, onFile: served.file, path: memberPath(call, file) }] : [];
  });
}

function* packable({ world }: Call, found: readonly Found[], isZip: boolean): Generator<Packed> {
  const seen = new Set<string>();
  for (const { onFile, path } of found) {
    // Java's zips take no name twice: what fails there is closed like one that is whole.
    if (isZip && seen.has(path)) return;
    seen.add(path);
    yield {
      path,
      size: onFile.size,
      crc: onFile.crc,
      modified: onFile.modified,
      read: () => world.blobs.read(onFile.blob, 0, onFile.size),
    };
  }
}

/** Path of a file in an archive. */
function memberPath({ query, vars }: Call, { catalog, entry }: CatalogFile): string {
  const { owner, resource } = catalog;
  const { scan } = owner;
  const structure = query.get("structure") ?? "";
  if (structure === "legacy") return `${resource.folder}/${entry.path}`.slice(1);
  const label = resource.label || String(resource.id);
  if (structure === "improved") {
    const description = owner.catDesc.replaceAll(/[\\/:*?"<>|]/g, "_");
    const folder = [owner.catId, description].filter((part) => part.trim() !== "").join("_");
    return [owner.category, folder, label, entry.path].filter((part) => part !== "").join("/");
  }
  const prefix = [
    ...query.is("projectIncludedInPath") ? [owner.project] : [],
    ...query.is("subjectIncludedInPath") && owner.subject ? [owner.subject] : [],
    // What is asked of an assessor begins with it.
    vars.A === undefined ? rootOf(owner) : owner.assessor!.label,
  ].join("/");
  const isSimple = structure === "simplified";
  // The server knows types only where the path names scans, or reconstructions; bulk downloads do themselves.
  const isTyped = !isSimple && (vars.E === undefined || (vars.SCAN ?? vars.RC) !== undefined);
  const typed = scan ?? owner.reconstruction;
  const type = isTyped ? (typed?.fields.type ?? "").replaceAll(/\W/g, "_") : "";
  const folder = typed && type ? `${typed.id}-${type}` : typed?.id;
  const inside = isSimple ? `/${resource.id}` : `/resources/${resource.id}/files`;
  // Ids are replaced wherever they are a whole segment, also in folders of the resource.
  const segments = `${placeOf(owner, vars)}${inside}/${entry.path}`.split("/");
  const last = segments.pop()!;
  const below = segments.map((segment) =>
    segment === String(resource.id) ? label : segment === typed?.id ? folder! : segment
  ).concat(last).join("/").slice(1);
  // Accession ids are replaced wherever they are, in names of files too.
  const root = vars.A === undefined ? owner.session : owner.assessor;
  return `${prefix}/${root ? below.replaceAll(root.id, root.label) : below}`;
}

/** Where below its root a resource is. */
function placeOf({ scan, assessor, reconstruction, path }: Owner, { E, A }: Call["vars"]): string {
  if (scan) return `/scans/${scan.id}`;
  const side = /[/](in|out)$/.exec(path)?.[0] ?? "";
  if (reconstruction) return `/reconstructions/${reconstruction.id}${side}`;
  if (!assessor) return "";
  if (A !== undefined) return side;
  return `/assessors/${E === undefined ? assessor.label : assessor.id}${side}`;
}
