/**
 * Scans as images: their ids, and what XNAT's lists tell of them.
 *
 * @module
 */

import { isName } from "../../vfs/location/names.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { ItemInfo } from "../datastore.ts";
import type { ImageFilter } from "./options.ts";
import type { StoredFile } from "./stored_label.ts";

/** The four ids of a scan. */
export interface ImageId {
  /** Project. */
  readonly project: string;
  /** Accession id of the subject. */
  readonly subject: string;
  /** Accession id of the session. */
  readonly experiment: string;
  /** Scan. */
  readonly scan: string;
}

/** A scan. */
export interface XnatImage extends ImageId {
  /** `project/subject/experiment/scan`. */
  readonly id: string;
  /** Project that the session belongs to, also where it is shared into another. */
  readonly owner: string;
  /** Label of the session. */
  readonly session: string;
  /** `project/subject/experiment/scan` by labels, as a walk names it. */
  readonly path: string;
  /** What the lists tell, by DICOM's keywords where there are such. */
  readonly facts: Readonly<Record<string, string>>;
  /** Files in its resource of labels. */
  readonly files: readonly StoredFile[];
}

/** The parts of an id, of which only the first four count; undefined for a text that is none. */
export function parseImageId(text: string): ImageId | undefined {
  const [project, subject, experiment, scan] = text.split("/");
  if (scan === undefined || !text.split("/").every(isName)) return undefined;
  return { project: project!, subject: subject!, experiment: experiment!, scan };
}

/** The text of an id. */
export function imageIdOf({ project, subject, experiment, scan }: ImageId): string {
  return [project, subject, experiment, scan].join("/");
}

/** The beginning of the names of files that are made of a scan: `PROJECT_XNAT_E00001_2`. */
export function fileStem({ project, experiment, scan }: ImageId): string {
  return encodeURIComponent([project, experiment, scan].join("_"));
}

/** Where a scan is on its server. */
export function imageLocation(
  server: Location,
  { project, subject, experiment, scan }: ImageId,
): Location {
  return server.join(project, subject, experiment, scan);
}

type Attributes = Readonly<Record<string, unknown>>;

/** What the lists of sessions and scans tell of a scan. */
export function factsOf(session: Attributes, scan: Attributes): Record<string, string> {
  const digits = (value: unknown) => String(value ?? "").replace(/\.\d*$/, "").replace(/\D/g, "");
  const facts = {
    SeriesInstanceUID: scan.UID,
    SeriesDescription: scan.series_description,
    Modality: scan.modality ?? modalityOf(scan.xsiType) ?? session.modality,
    StudyDate: digits(session.date),
    StudyTime: digits(session.time),
    type: scan.type,
    quality: scan.quality,
    inserted: session.insert_date,
  };
  return Object.fromEntries(
    Object.entries(facts).filter((each): each is [string, string] =>
      typeof each[1] === "string" && each[1] !== ""
    ),
  );
}

/** `MR` of `xnat:mrScanData`. */
function modalityOf(xsiType: unknown): string | undefined {
  return /^xnat:([a-z]{2}|seg)ScanData$/.exec(String(xsiType))?.[1]?.toUpperCase();
}

/** What is said or drawn about images, and is none: modalities (PS3.3 §C.7.3.1.1.1), and what viewers give as type. */
const NO_IMAGES: ReadonlySet<string> = new Set(
  "ANN FID KO PLAN PR REG RTPLAN RTRECORD RTSTRUCT RWV SEG SR".split(" "),
);

/** Whether a scan of a session is one of the images. */
export function isWanted(session: Attributes, scan: Attributes, filter: ImageFilter = {}): boolean {
  const isNamed = filter.modality !== undefined || filter.type !== undefined;
  return (isNamed || isImage(scan)) && passes(factsOf(session, scan), filter);
}

/** Whether a scan shows something itself; of a CT whose type is `PLAN` its modality tells. */
function isImage({ modality, xsiType, type }: Attributes): boolean {
  const kind = [modality, modalityOf(xsiType), type].find((each) => each && each !== "OT");
  return !NO_IMAGES.has(String(kind ?? "").toUpperCase());
}

function passes(
  { Modality, type, quality, StudyDate }: Readonly<Record<string, string>>,
  filter: ImageFilter,
): boolean {
  const isIn = (value = "", wanted?: readonly string[]) =>
    !wanted || wanted.some((each) => each.toLowerCase() === value.toLowerCase());
  const day = (date: string) => date.replaceAll("-", "");
  const { from, to } = filter.date ?? {};
  const date = StudyDate ?? "";
  return isIn(Modality, filter.modality) && isIn(type, filter.type) &&
    isIn(quality, filter.quality) && (from === undefined || date >= day(from)) &&
    (to === undefined || (date !== "" && date <= day(to)));
}

/** What is known of an image without asking. */
export function infoOfImage(image: XnatImage): ItemInfo {
  const { project, subject, experiment, scan, session, facts: { inserted, ...facts } } = image;
  const time = Date.parse(inserted?.replace(" ", "T") ?? "");
  return {
    ...Number.isNaN(time) ? {} : { ts: Math.floor(time / 1000) },
    name: fileStem(image),
    project,
    subject,
    experiment,
    scan,
    session,
    ...facts,
  };
}
