/**
 * Datasets in the DICOM JSON model.
 *
 * @module
 */

import { latin1 } from "../text.ts";
import type { DicomDataset } from "./dataset.ts";
import type { DicomElement } from "./element.ts";
import { PersonName } from "./person_name.ts";
import type { DicomScalar } from "./values.ts";
import { isBinary, wordWidth } from "./vr.ts";

/** One value in the DICOM JSON model; null stands for an empty one. */
export type DicomJsonValue =
  | string
  | number
  | null
  | Record<string, string>
  | DicomJson;

/** One attribute in the DICOM JSON model (PS3.18 §F.2.2). */
export interface DicomJsonAttribute {
  /** Value representation. */
  vr: string;
  /** Values; left out when there are none. */
  Value?: DicomJsonValue[];
  /** Bytes of binary data, base64. */
  InlineBinary?: string;
  /** Where a value lies that was not read: `#position,length` in the file. */
  BulkDataURI?: string;
}

/** A dataset in the DICOM JSON model: attributes by tag. */
export type DicomJson = { [tag: string]: DicomJsonAttribute };

/**
 * Turns a dataset into the DICOM JSON model. Group lengths are left out, as
 * PS3.18 §F.2.2 demands; values not in memory appear as `BulkDataURI`.
 */
export function datasetToJson(dataset: DicomDataset): DicomJson {
  const json: DicomJson = {};
  for (const element of dataset) {
    const { tag, tagNumber } = element;
    // Of duplicates the first counts, as in `DicomDataset.element`.
    if ((tagNumber & 0xFFFF) === 0 || Object.hasOwn(json, tag)) continue;
    json[tag] = elementToJson(element);
  }
  return json;
}

function elementToJson(element: DicomElement): DicomJsonAttribute {
  const { vr, items, length, bytes, valuePosition } = element;
  if (items) {
    return items.length ? { vr, Value: items.map(datasetToJson) } : { vr };
  }
  if (length === 0) return { vr };
  if (!bytes) return { vr, BulkDataURI: bulkDataUri(valuePosition, length) };
  if (isBinary(vr)) {
    const little = element.littleEndian ? bytes : swap(bytes, wordWidth(vr));
    return { vr, InlineBinary: base64(little) };
  }
  return { vr, Value: element.values.map(toJsonValue) };
}

/** A fragment that says where in the file a value lies. */
export function bulkDataUri(position: number, length?: number): string {
  return length === undefined ? `#${position}` : `#${position},${length}`;
}

function toJsonValue(value: DicomScalar): DicomJsonValue {
  if (value === "") return null;
  if (value instanceof PersonName) return value.toJSON();
  if (typeof value === "bigint") {
    const isSafe = BigInt.asIntN(53, value) === value;
    return isSafe ? Number(value) : String(value);
  }
  // JSON has no NaN and no infinity.
  return typeof value === "string" || Number.isFinite(value) ? value : String(value);
}

/** Reverses the bytes of each word, because the JSON model is little endian. */
function swap(bytes: Uint8Array, width: number): Uint8Array {
  const swapped = bytes.slice();
  for (let at = 0; at + width <= swapped.length; at += width) {
    swapped.subarray(at, at + width).reverse();
  }
  return swapped;
}

function base64(bytes: Uint8Array): string {
  return btoa(latin1(bytes));
}
