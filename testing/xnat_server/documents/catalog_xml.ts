/**
 * The catalog of a resource.
 *
 * @module
 */

import { timestamp } from "../model/fields.ts";
import type { CatalogEntry, Resource } from "../model/types.ts";
import { escapeXml } from "../tables/table.ts";

const NAMESPACES = 'xmlns:cat="http://nrg.wustl.edu/catalog" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** Writes a catalog; a DICOM one when its files are. */
export function* catalogXml(resource: Resource, studyUid?: string): Generator<string> {
  const isDicom = [...resource.entries.values()].some(({ uid }) => uid !== undefined);
  const root = isDicom ? "cat:DCMCatalog" : "cat:Catalog";
  const uid = isDicom && studyUid ? ` UID="${escapeXml(studyUid)}"` : "";
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ID="${resource.id}"${uid} ${NAMESPACES}>\n`;
  yield "<cat:entries>\n";
  for (const entry of resource.entries.values()) yield entryXml(entry);
  yield `</cat:entries>\n</${root}>\n`;
}

function entryXml(entry: CatalogEntry): string {
  const attributes = Object.entries({
    URI: entry.path,
    name: entry.path.split("/").at(-1)!,
    ID: entry.path,
    digest: entry.digest,
    createdTime: timestamp(entry.createdTime),
    createdBy: entry.createdBy,
    content: entry.content,
    format: entry.format,
    description: entry.description,
    cachePath: "",
    UID: entry.uid ?? "",
    instanceNumber: entry.instanceNumber ?? "",
  }).filter(([, value]) => value !== "").map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const type = entry.uid === undefined ? "cat:entry" : "cat:dcmEntry";
  const size = entry.size === undefined
    ? ""
    : `<cat:metaField name="SIZE">${entry.size}</cat:metaField>`;
  const tags = entry.tags.split(",").filter(Boolean).map((tag) =>
    `<cat:tag>${escapeXml(tag)}</cat:tag>`
  );
  return `<cat:entry${attributes.join("")} xsi:type="${type}"><cat:metaFields>` +
    `<cat:metaField name="RELATIVE_PATH">${escapeXml(entry.path)}</cat:metaField>${size}` +
    `</cat:metaFields>${
      tags.length > 0 ? `<cat:tags>${tags.join("")}</cat:tags>` : ""
    }</cat:entry>\n`;
}
