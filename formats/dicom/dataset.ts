/**
 * The elements of a dataset, by keyword or tag.
 *
 * @module
 */

import { CharacterSets } from "./character_sets.ts";
import { parseDate } from "./dates.ts";
import { tagOf } from "./dictionary.ts";
import type { DicomElement } from "./element.ts";
import { datasetToJson, type DicomJson } from "./json.ts";
import type { AttributeName } from "./keywords.ts";
import { PersonName } from "./person_name.ts";
import { isPrivateCreator, TAG, tagLabel } from "./tag.ts";
import type { DicomValue } from "./values.ts";
import type { WarningLog } from "./warnings.ts";

/** What all datasets of one header share. */
export interface HeaderContext {
  /** Where deviations are noted. */
  readonly log: WarningLog;
  /** Character set of datasets that name none. */
  readonly defaultCharacterSet: readonly string[];
}

/** A header's main dataset or one item of a sequence, in file order. */
export class DicomDataset implements Iterable<DicomElement> {
  /** The elements, in file order, group lengths and private ones included. */
  readonly elements: DicomElement[] = [];
  /** By tag, once they turn out not to be in order. */
  #index: Map<number, DicomElement> | undefined;
  /** So many elements have been looked at: they are in order, or in the index. */
  #seen = 0;
  #characterSets: CharacterSets | undefined;

  /** Made by the scanner only. */
  constructor(
    /** What the whole header shares. */
    readonly context: HeaderContext,
    /** The dataset around an item. */
    readonly parent?: DicomDataset,
  ) {}

  /** Iterates over the elements in file order. */
  [Symbol.iterator](): Iterator<DicomElement> {
    return this.elements[Symbol.iterator]();
  }

  /**
   * Finds an element by keyword or tag (`00100010`, `(0010,0010)`, a number);
   * of elements that occur twice, the first.
   *
   * @throws {TypeError} when `name` is no keyword and no tag.
   */
  element(name: AttributeName): DicomElement | undefined {
    return this.#find(tagOf(name));
  }

  #find(tag: number): DicomElement | undefined {
    const { elements } = this;
    if (!this.#index) {
      while (this.#seen < elements.length && this.#isInOrder(this.#seen)) this.#seen++;
      if (this.#seen === elements.length) return inOrder(elements, tag);
      this.#index = new Map();
      this.#seen = 0;
    }
    for (; this.#seen < elements.length; this.#seen++) {
      const element = elements[this.#seen]!;
      if (!this.#index.has(element.tagNumber)) this.#index.set(element.tagNumber, element);
    }
    return this.#index.get(tag);
  }

  #isInOrder(at: number): boolean {
    return at === 0 || this.elements[at - 1]!.tagNumber < this.elements[at]!.tagNumber;
  }

  /** Whether the element is there, be it empty. */
  has(name: AttributeName): boolean {
    return this.element(name) !== undefined;
  }

  /**
   * The decoded value: undefined when absent or not in memory, null when
   * empty, an array when there are several.
   */
  get(name: AttributeName): DicomValue {
    return this.element(name)?.value;
  }

  /** The first value as text, as it is written; undefined when absent or empty. */
  string(name: AttributeName): string | undefined {
    return this.element(name)?.texts[0] || undefined;
  }

  /** All values as text, as they are written; empty when absent. */
  strings(name: AttributeName): string[] {
    return [...this.element(name)?.texts ?? []];
  }

  /** The first value as a number; undefined when absent or not a number. */
  number(name: AttributeName): number | undefined {
    return this.numbers(name)[0];
  }

  /** All values that are numbers, in order. */
  numbers(name: AttributeName): number[] {
    return (this.element(name)?.values ?? [])
      .filter((value) => value !== "" && !(value instanceof PersonName))
      .map(Number).filter((value) => !Number.isNaN(value));
  }

  /**
   * The instant of a DA or DT element, with the time of the TM element
   * `timeName` when that is given. The offset comes from the value, else from
   * TimezoneOffsetFromUTC, else it is UTC. Undefined when absent or invalid.
   */
  date(name: AttributeName, timeName?: AttributeName): Date | undefined {
    const date = this.string(name);
    if (date === undefined) return undefined;
    const time = timeName === undefined ? undefined : this.string(timeName);
    return parseDate(date, time, this.#inherited(TAG.TimezoneOffsetFromUTC));
  }

  /** The first value of a PN element, in its parts. */
  personName(name: AttributeName): PersonName | undefined {
    const value = this.element(name)?.values[0];
    return value instanceof PersonName ? value : undefined;
  }

  /** The items of a sequence; empty when absent. */
  sequence(name: AttributeName): readonly DicomDataset[] {
    return this.element(name)?.items ?? [];
  }

  /**
   * Finds a private element by its creator, group and the lower byte of its
   * element number (PS3.5 §7.8.1), wherever its block was reserved.
   */
  privateElement(
    creator: string,
    group: number,
    element: number,
  ): DicomElement | undefined {
    const block = this.elements.find((candidate) =>
      candidate.tagNumber >>> 16 === group &&
      isPrivateCreator(candidate.tagNumber) && candidate.texts[0] === creator
    );
    return block &&
      this.#find(group * 0x10000 + (block.tagNumber & 0xFF) * 0x100 + element);
  }

  /** This dataset in the DICOM JSON model (PS3.18 §F.2). */
  toJSON(): DicomJson {
    return datasetToJson(this);
  }

  /** The character sets in force here: an item's own, or those around it. */
  characterSets(): CharacterSets {
    return this.#characterSets ??= this.#findCharacterSets();
  }

  #findCharacterSets(): CharacterSets {
    const element = this.#find(TAG.SpecificCharacterSet);
    if (!element && this.parent) return this.parent.characterSets();
    const position = element?.position ?? 0;
    const names = element?.texts ?? [];
    const { log, defaultCharacterSet } = this.context;
    return new CharacterSets(
      names.some(Boolean) ? names : defaultCharacterSet,
      (text) => log.once("charset", position, text),
    );
  }

  /** Whether "US or SS" means SS here. */
  signedPixels(): boolean {
    return this.#inherited(TAG.PixelRepresentation) === "1";
  }

  #inherited(tag: number): string | undefined {
    if (this.#find(tag) || !this.parent) return this.string(tag);
    return this.parent.#inherited(tag);
  }

  /** Notes that a value could not be decoded as its VR says. */
  warnValue(element: DicomElement, text: string): void {
    const { tagNumber, position } = element;
    this.context.log.once("value", position, `${tagLabel(tagNumber)} ${text}`);
  }
}

/** Finds an element among those of ascending tags, which is how they are written (PS3.5 §7.1): an index would take longer. */
function inOrder(elements: readonly DicomElement[], tag: number): DicomElement | undefined {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { tagNumber } = elements[middle]!;
    if (tagNumber === tag) return elements[middle];
    if (tagNumber < tag) low = middle + 1;
    else high = middle;
  }
  return undefined;
}
