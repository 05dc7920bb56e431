/**
 * DICOM series, wherever their instances lie.
 *
 * @module
 */

import { compareSlices, type SliceKey, sliceKey } from "../formats/dicom/slice_order.ts";
import type { DicomHeader } from "../formats/mod.ts";
import { readHeader } from "./describe.ts";
import type { Entry } from "./entry.ts";
import { isVfsError } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { checkConcurrency, forEachBounded } from "./concurrency/pool.ts";
import { NEVER } from "./concurrency/signals.ts";
import type { WalkOptions } from "./walk.ts";
import type { Place } from "./transport.ts";

/** A series: which it is, and its instances in the order in which one leafs through them. */
export interface Series {
  /** Which it is. */
  readonly SeriesInstanceUID: string;
  /** The study that it belongs to. */
  readonly StudyInstanceUID?: string;
  /** Whose it is. */
  readonly PatientID?: string;
  /** Such as `MR`. */
  readonly Modality?: string;
  /** Its number in the study. */
  readonly SeriesNumber?: number;
  /** What it is called. */
  readonly SeriesDescription?: string;
  /** Date of the study, `YYYYMMDD`. */
  readonly StudyDate?: string;
  /** Where its instances are, each once. */
  readonly instances: readonly Location[];
}

/** Options of `series`. */
export interface SeriesOptions extends Omit<WalkOptions, "includeFiles" | "includeDirs"> {
  /** Which series are wanted; all by default. */
  readonly where?: (series: Series) => boolean;
}

/** Headers read at once. */
const AT_ONCE = 8;

interface Found {
  readonly header: Omit<Series, "instances">;
  /** By SOPInstanceUID: the same instance in two places counts once. */
  readonly instances: Map<string, { readonly location: Location; readonly key: SliceKey }>;
}

/** Groups the DICOM files among `entries` by series; `at` finds the connection for one. */
export async function seriesOf(
  entries: AsyncIterable<Entry>,
  at: (location: Location) => Promise<Place>,
  { signal = NEVER, concurrency = AT_ONCE, where }: SeriesOptions = {},
): Promise<Series[]> {
  checkConcurrency("read", concurrency);
  const found = new Map<string, Found>();
  await forEachBounded(entries, concurrency, async ({ location }) => {
    const header = await headerAt(await at(location), signal);
    const uid = header?.string("SeriesInstanceUID");
    if (!header || !uid) return;
    const one = found.get(uid) ?? { header: seriesHeader(header, uid), instances: new Map() };
    found.set(uid, one);
    const instance = header.string("SOPInstanceUID") ?? location.href;
    const other = one.instances.get(instance);
    // Which of two is taken must not hang on which was read first.
    if (other && other.location.href <= location.href) return;
    one.instances.set(instance, { location, key: sliceKey(header) });
  });
  const all = [...found.values()].map(({ header, instances }) => ({
    ...header,
    instances: [...instances.values()].sort((a, b) => compareSlices(a.key, b.key))
      .map(({ location }) => location),
  }));
  return all.filter((one) => where?.(one) ?? true).sort(compareSeries);
}

async function headerAt(at: Place, signal: AbortSignal): Promise<DicomHeader | undefined> {
  try {
    return await readHeader(at, {}, signal);
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotSupported") return undefined;
    throw error;
  }
}

function seriesHeader(header: DicomHeader, uid: string): Found["header"] {
  return {
    SeriesInstanceUID: uid,
    StudyInstanceUID: header.string("StudyInstanceUID"),
    PatientID: header.string("PatientID"),
    Modality: header.string("Modality"),
    SeriesNumber: header.number("SeriesNumber"),
    SeriesDescription: header.string("SeriesDescription"),
    StudyDate: header.string("StudyDate"),
  };
}

/** By patient, then study by study as they were made, then by number. */
function compareSeries(a: Series, b: Series): number {
  return compareSlices(keyOf(a), keyOf(b));
}

function keyOf(one: Series): SliceKey {
  return [
    one.PatientID ?? "",
    one.StudyDate ?? "",
    one.StudyInstanceUID ?? "",
    one.SeriesNumber ?? Infinity,
    one.SeriesInstanceUID,
  ];
}
