/**
 * `/services/dicomdump`: the header of the first DICOM file of a scan or a session, as a table
 * (DicomHeaderDump of XNAT 1.8).
 *
 * @module
 */

import {
  type DicomDataset,
  type DicomElement,
  type DicomHeader,
  isDicom,
  printable,
  readDicomHeader,
  tagByKeyword,
} from "../../../formats/mod.ts";
import type { Call } from "../http/call.ts";
import { baseName } from "../files/path.ts";
import { refuse } from "../http/refusal.ts";
import { onDisk } from "../model/catalog.ts";
import type { Experiment } from "../model/types.ts";
import { needSession } from "../routes/locate.ts";
import { readWhole } from "../storage/blobs.ts";
import { escapeXml, tableReply } from "../tables/table.ts";

const SOURCE = new RegExp(
  "^/archive/projects/([^/]+)(?:/subjects/([^/]+))?/experiments/([^/]+)" +
    "(?:/scans/([^/]+)(?:/resources/DICOM/files/([^/]+))?)?",
);
const LONGEST = 255;

/** Answers with a row for each element, of the `field`s alone if there are some. */
export async function dicomDump(call: Call): Promise<Response> {
  const source = call.query.get("src") ?? refuse(400, "Please set the src parameter");
  const missing = () => refuse(404, "There was an error rendering Dicom Header");
  const [, P, S, E, scan, name] = SOURCE.exec(source) ?? missing();
  const session = needSession({ ...call, vars: { P, S, E } });
  const header = await firstHeader(call, session, scan, name) ?? missing();
  const fields = new Set(call.query.all("field").map(tagOf));
  const rows = [...header.meta, ...header]
    .filter(({ tagNumber }) => fields.size === 0 || fields.has(tagNumber))
    .flatMap(rowsOf);
  const columns = ["tag1", "tag2", "vr", "value", "desc"];
  return tableReply(call, { columns, rows, counted: true });
}

/** The tag of `PatientName` or `00100010`. */
function tagOf(field: string): number | undefined {
  return /^[0-9A-Fa-f]{8}$/.test(field) ? parseInt(field, 16) : tagByKeyword(field);
}

async function firstHeader(
  { world }: Call,
  session: Experiment,
  scan: string | undefined,
  name: string | undefined,
): Promise<DicomHeader | undefined> {
  for (const { id, resources } of session.scans) {
    if (scan !== undefined && scan !== id) continue;
    for (const resource of resources) {
      for (const { path } of resource.entries.values()) {
        if (name !== undefined && baseName(path) !== name) continue;
        const file = onDisk(world.archive, resource, path);
        if (!file) continue;
        const bytes = await readWhole(world.blobs, file.blob, 0, file.size);
        if (await isDicom(bytes)) return await readDicomHeader(bytes);
      }
    }
  }
}

/** The row of an element; of a sequence also those of what is in its items, one level deep. */
function rowsOf(element: DicomElement): string[][] {
  const { items, tag } = element;
  if (!items) return [rowOf(element, tag, "")];
  return items.flatMap((item: DicomDataset) => [
    rowOf(element, tag, tag),
    ...[...item].map((inner) => rowOf(inner, tag, inner.tag)),
  ]);
}

function rowOf(element: DicomElement, tag1: string, tag2: string): string[] {
  const { items, bytes, vr, keyword = "", texts } = element;
  const value = items || !bytes ? "" : printable(texts.join("\\"), LONGEST);
  // The dictionary there has names with blanks.
  const name = keyword.replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return [labelOf(tag1), labelOf(tag2), vr, escapeXml(value), name];
}

function labelOf(tag: string): string {
  return tag === "" ? "" : `(${tag.slice(0, 4)},${tag.slice(4)})`;
}
