/**
 * Answers with files as one zip or tar archive, with the paths that XNAT gives them.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { streamOf } from "../http/reply.ts";
import { onDisk } from "../model/catalog.ts";
import { tar } from "../packing/tar.ts";
import { type Packed, zip } from "../packing/zip_writer.ts";
import type { CatalogFile } from "./listing.ts";

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
  const packed = packable(call, files);
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

function* packable({ world, query }: Call, files: readonly CatalogFile[]): Generator<Packed> {
  for (const file of files) {
    const { catalog, entry } = file;
    const onFile = onDisk(world.archive, catalog.resource, entry.path);
    if (!onFile) continue;
    yield {
      path: memberPath(file, query.get("structure") ?? "", query),
      size: onFile.size,
      crc: onFile.crc,
      modified: onFile.modified,
      read: () => world.blobs.read(onFile.blob, 0, onFile.size),
    };
  }
}

/** Path of a file in an archive. */
function memberPath(
  { catalog, entry }: CatalogFile,
  structure: string,
  query: Call["query"],
): string {
  const { owner, resource } = catalog;
  const { scan } = owner;
  if (structure === "legacy") return `${resource.folder}/${entry.path}`.slice(1);
  const label = resource.label || String(resource.id);
  const type = (scan?.fields.type ?? "").replaceAll(/\W/g, "_");
  const prefix = [
    ...query.is("projectIncludedInPath") ? [owner.project] : [],
    ...query.is("subjectIncludedInPath") && owner.subject ? [owner.subject] : [],
    rootOf(owner),
  ].join("/");
  const isSimple = structure === "simplified";
  const isImproved = structure === "improved";
  const folder = scan && type && !isSimple
    ? `${scan.id}${isImproved ? "_" : "-"}${type}`
    : scan?.id;
  const side = isSimple ? "" : "/out";
  const place = scan
    ? `/scans/${scan.id}`
    : owner.assessor
    ? `/assessors/${owner.assessor.label}${side}`
    : owner.reconstruction
    ? `/reconstructions/${owner.reconstruction.id}${side}`
    : "";
  const inside = isSimple || isImproved ? `/${resource.id}` : `/resources/${resource.id}/files`;
  // Ids are replaced wherever they are a whole segment, also in folders of the resource.
  const segments = `${place}${inside}/${entry.path}`.split("/");
  const last = segments.pop()!;
  const renamed = segments.map((segment) =>
    segment === String(resource.id) ? label : scan && segment === scan.id ? folder! : segment
  );
  return prefix + [...renamed, last].join("/");
}
