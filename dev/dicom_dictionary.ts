/**
 * Writes `formats/dicom/dictionary_data.json` from dcmjs' data dictionary (MIT licence; the
 * facts are PS3.6's). Run by hand after an update of dcmjs:
 *
 *     deno run -A dev/dicom_dictionary.ts
 *
 * `index` has a record of 14 characters per attribute, ordered by
 * tag: eight digits, VR, and in base 36 where its keyword stands in
 * `keywords`, which has after each comma a keyword and, when it is
 * not 1, a space and the VM. Both are searched as they are: nothing is parsed.
 *
 * @module
 */

interface DcmjsEntry {
  readonly tag: string;
  readonly vr: string;
  readonly vm: string;
  readonly name: string;
}

// dcmjs writes PS3.6's "OB or OW", "US or OW" and pointers in lower case.
// In implicit VR all but US/SS are decided (PS3.5 Annex A.1).
const DECIDED: Readonly<Record<string, string>> = {
  ox: "OW",
  lt: "OW",
  up: "UL",
};

/** Packs dcmjs' dictionary into the two texts that `dictionary.ts` searches. */
export function packDictionary(
  entries: Iterable<DcmjsEntry>,
): { index: string; keywords: string } {
  const byTag = new Map<string, DcmjsEntry>();
  for (const entry of entries) {
    const tag = entry.tag.replace(/[(),]/g, "");
    if (/^[0-9A-F]{8}$/.test(tag) && entry.vr !== "na") byTag.set(tag, entry);
  }
  let index = "";
  let keywords = "";
  for (const tag of [...byTag.keys()].sort()) {
    const { name, vr, vm } = byTag.get(tag)!;
    const offset = keywords.length.toString(36).padStart(4, "0");
    index += tag + (DECIDED[vr] ?? vr) + offset;
    const keyword = name.replace(/^RETIRED_/, "");
    keywords += `,${keyword}${vm === "1" ? "" : ` ${vm}`}`;
  }
  return { index, keywords: `${keywords},` };
}

if (import.meta.main) {
  const { data } = (await import("dcmjs")).default;
  const names: Record<string, DcmjsEntry> = data.DicomMetaDictionary.nameMap;
  await Deno.writeTextFile(
    new URL("../formats/dicom/dictionary_data.json", import.meta.url),
    `${JSON.stringify(packDictionary(Object.values(names)), null, 2)}\n`,
  );
}
