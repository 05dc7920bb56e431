/**
 * The only place that touches dcmjs: typed, silent, and loaded at the first segmentation.
 *
 * @module
 */

import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../../formats/dicom/implementation.ts";
import type { Complain } from "./errors.ts";

/** A dataset by keywords, as dcmjs takes it; undefined values are left out. */
export interface Natural {
  /** Value by keyword. */
  readonly [keyword: string]: unknown;
}

/** The private attribute in which a segment keeps its value in the mask (PS3.5 §7.8.1). */
export const LABEL_VALUE = { creator: "MEDVFS", group: 0x0063, element: 0x01 } as const;

const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";

/** What is used of dcmjs, which has no types. */
interface Library {
  readonly log: { getLevel(): number; setLevel(level: number | string, persist: false): void };
  readonly data: {
    readonly Colors: {
      rgb82DICOMLAB(rgb: readonly number[]): number[];
      dicomlab2RGB8(lab: readonly number[]): number[];
    };
    readonly DicomMetaDictionary: {
      readonly nameMap: Readonly<Record<string, unknown>>;
      denaturalizeDataset(dataset: Natural, names: unknown): Record<string, unknown>;
    };
    readonly DicomDict: new (meta: unknown) => {
      dict: unknown;
      write(options: object): ArrayBuffer;
    };
    readonly DicomMessage: {
      write(dict: unknown, stream: unknown, syntax: string, options: object): void;
    };
    readonly WriteBufferStream: new (
      size: number,
      littleEndian: boolean,
    ) => { getBuffer(): ArrayBuffer };
  };
}

const BLOCK = 256 * 1024;
/** Values of patients and studies are copied as they are, and ours are checked before. */
const OPTIONS = { allowInvalidVRLength: true };

/** What is not in dcmjs' dictionary. */
const PRIVATE_NAMES = {
  LabelValueCreator: { tag: "(0063,0010)", vr: "LO" },
  LabelValue: { tag: "(0063,1001)", vr: "US" },
};

/** dcmjs, loaded when it is needed, with types and without a log: that has patients' names. */
export class DatasetWriter {
  readonly #names: Readonly<Record<string, unknown>>;

  private constructor(private readonly dcmjs: Library, private readonly complain: Complain) {
    this.#names = { ...dcmjs.data.DicomMetaDictionary.nameMap, ...PRIVATE_NAMES };
  }

  /** Loads dcmjs; `complain` makes the error for what it cannot write. */
  static async load(complain: Complain): Promise<DatasetWriter> {
    return new DatasetWriter((await import("dcmjs")).default as Library, complain);
  }

  /** A colour, red, green and blue from 0 to 255, as RecommendedDisplayCIELabValue. */
  cielab(rgb: readonly number[]): number[] {
    return this.dcmjs.data.Colors.rgb82DICOMLAB(rgb);
  }

  /** The reverse. */
  rgb(cielab: readonly number[]): [number, number, number] {
    return this.dcmjs.data.Colors.dicomlab2RGB8(cielab) as [number, number, number];
  }

  /** A Part 10 file (PS3.10 §7.1) of a dataset, in explicit VR little endian. */
  file(dataset: Natural): Uint8Array<ArrayBuffer> {
    const { DicomDict } = this.dcmjs.data;
    const element = (vr: string, value: unknown) => ({ vr, Value: [value] });
    return this.#silently(() => {
      const file = new DicomDict({
        "00020001": element("OB", Uint8Array.of(0, 1).buffer),
        "00020002": element("UI", dataset.SOPClassUID),
        "00020003": element("UI", dataset.SOPInstanceUID),
        "00020010": element("UI", EXPLICIT_LITTLE_ENDIAN),
        "00020012": element("UI", IMPLEMENTATION_CLASS_UID),
        "00020013": element("SH", IMPLEMENTATION_VERSION_NAME),
      });
      file.dict = this.#denaturalized(dataset);
      return new Uint8Array(file.write(OPTIONS));
    });
  }

  /** A bare dataset in explicit VR little endian. */
  dataset(dataset: Natural): Uint8Array<ArrayBuffer> {
    const { DicomMessage, WriteBufferStream } = this.dcmjs.data;
    return this.#silently(() => {
      const stream = new WriteBufferStream(BLOCK, true);
      DicomMessage.write(this.#denaturalized(dataset), stream, EXPLICIT_LITTLE_ENDIAN, OPTIONS);
      return new Uint8Array(stream.getBuffer());
    });
  }

  #denaturalized(dataset: Natural): Record<string, unknown> {
    return this.dcmjs.data.DicomMetaDictionary.denaturalizeDataset(dataset, this.#names);
  }

  #silently<T>(task: () => T): T {
    const { log } = this.dcmjs;
    const level = log.getLevel();
    log.setLevel("silent", false);
    try {
      return task();
    } catch {
      // What it says has the value in it.
      throw this.complain("BadSeries", "patient or study cannot be written as DICOM");
    } finally {
      log.setLevel(level, false);
    }
  }
}
