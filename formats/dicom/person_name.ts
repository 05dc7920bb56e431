/**
 * Person names, with their representations and components.
 *
 * @module
 */

/** The five components of one representation of a name (PS3.5 §6.2.1.1). */
export interface NameComponents {
  /** Family name complex. */
  readonly familyName: string;
  /** Given name complex. */
  readonly givenName: string;
  /** Middle name. */
  readonly middleName: string;
  /** Prefix, `Dr`. */
  readonly namePrefix: string;
  /** Suffix, `PhD`. */
  readonly nameSuffix: string;
  /** The components as they are written, `Doe^Jane`. */
  readonly text: string;
}

/** A person name in its up to three representations (PS3.5 §6.2, VR PN). */
export class PersonName {
  /** In letters of an alphabet; the usual one. */
  readonly alphabetic: NameComponents | undefined;
  /** In ideographs, `山田^太郎`. */
  readonly ideographic: NameComponents | undefined;
  /** As it sounds, `やまだ^たろう`. */
  readonly phonetic: NameComponents | undefined;
  readonly #text: string;

  /** Parses `alphabetic=ideographic=phonetic`, each `family^given^middle^prefix^suffix`. */
  constructor(text: string) {
    const [alphabetic, ideographic, phonetic] = text.split("=");
    this.#text = text;
    this.alphabetic = components(alphabetic);
    this.ideographic = components(ideographic);
    this.phonetic = components(phonetic);
  }

  /** The name as it is written in the file, decoded. */
  toString(): string {
    return this.#text;
  }

  /** The DICOM JSON form, `{ Alphabetic: "Doe^Jane" }` (PS3.18 §F.2.2). */
  toJSON(): Record<string, string> {
    const json: Record<string, string> = {};
    if (this.alphabetic) json.Alphabetic = this.alphabetic.text;
    if (this.ideographic) json.Ideographic = this.ideographic.text;
    if (this.phonetic) json.Phonetic = this.phonetic.text;
    return json;
  }
}

function components(group: string | undefined): NameComponents | undefined {
  if (!group) return undefined;
  const [family, given, middle, prefix, suffix] = group.split("^")
    .map((part) => part.trim());
  return {
    familyName: family ?? "",
    givenName: given ?? "",
    middleName: middle ?? "",
    namePrefix: prefix ?? "",
    nameSuffix: suffix ?? "",
    text: group,
  };
}
