/**
 * The header of a DICOM file, once it is read.
 *
 * @module
 */

import type { AttributeName } from "./keywords.ts";
import { DicomDataset, type HeaderContext } from "./dataset.ts";
import { tagOf } from "./dictionary.ts";
import type { DicomElement } from "./element.ts";
import type { Encoding } from "./encoding.ts";
import { bulkDataUri, datasetToJson, type DicomJson } from "./json.ts";
import type { PixelDataLocation } from "./scanner.ts";
import { tagString } from "./tag.ts";
import { type HeaderWarning, isDamage } from "./warnings.ts";

/** Everything before the pixel data of a DICOM file. */
export class DicomHeader extends DicomDataset {
  /** File meta information, group 0002; empty when the file has none. */
  readonly meta: DicomDataset;
  /** Where the pixel data lies; undefined when there is none or it was not reached. */
  pixelData: PixelDataLocation | undefined;
  /**
   * The transfer syntax that the file names, without judging; where it names
   * none, the one of the encoding found.
   */
  transferSyntaxUID: string | undefined;
  /** Byte offset in the file of the dataset, behind the file meta information. */
  datasetPosition = 0;
  /** How the elements are in fact written. */
  encoding: Encoding | undefined;
  /** Whether positions count in the inflated stream of a deflated file. */
  deflated = false;
  /** Whether all was read that comes before the pixel data, as far as undamaged. */
  complete = true;
  /** The source that was read, in bytes; all of it when it was in memory. */
  bytesRead = 0;

  /** Made by `readDicomHeader` only. */
  constructor(context: HeaderContext) {
    super(context);
    this.meta = new DicomDataset(context);
  }

  /**
   * What deviates from the standard, in the order found. Values are decoded
   * at first access, which can add to the list.
   */
  get warnings(): readonly HeaderWarning[] {
    return this.context.log.list;
  }

  /** The first damage, such as a truncation; undefined for a sound header. */
  get damage(): HeaderWarning | undefined {
    return this.warnings.find(isDamage);
  }

  /** Finds an element, in the file meta information for group 0002. */
  override element(name: AttributeName): DicomElement | undefined {
    const tag = tagOf(name);
    return tag >>> 16 === 0x0002 ? this.meta.element(tag) : super.element(tag);
  }

  /**
   * The dataset in the DICOM JSON model (PS3.18 §F.2), without file meta
   * information; pixel data appears as a `BulkDataURI`.
   */
  override toJSON(): DicomJson {
    const json = datasetToJson(this);
    if (this.pixelData) {
      const { tagNumber, vr, valuePosition, length } = this.pixelData;
      const BulkDataURI = bulkDataUri(valuePosition, length);
      json[tagString(tagNumber)] = { vr, BulkDataURI };
    }
    return json;
  }
}
