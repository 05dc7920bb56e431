import { strict as assert } from "node:assert";
import { entryByTag, tagByKeyword } from "../../../formats/mod.ts";
import { packDictionary } from "../../../dev/dicom_dictionary.ts";
import packed from "../../../formats/dicom/dictionary_data.json" with {
  type: "json",
};

interface DcmjsEntry {
  tag: string;
  vr: string;
  vm: string;
  name: string;
}

async function dcmjsEntries(): Promise<DcmjsEntry[]> {
  const { data } = (await import("dcmjs")).default;
  const names: Record<string, DcmjsEntry> = data.DicomMetaDictionary.nameMap;
  return Object.values(names);
}

Deno.test("entryByTag() and tagByKeyword() find all that dcmjs knows", async () => {
  const entries = (await dcmjsEntries()).filter(({ vr }) => vr !== "na");
  assert.ok(entries.length > 5000);
  for (const { tag: label, vm, name } of entries) {
    const tag = parseInt(label.replace(/[(),]/g, ""), 16);
    const keyword = name.replace("RETIRED_", "");
    const found = entryByTag(tag);
    assert.deepEqual([found?.keyword, found?.vm], [keyword, vm]);
    assert.equal(tagByKeyword(keyword), tag);
  }
});

Deno.test("packDictionary() makes what is committed", async () => {
  assert.deepEqual(packDictionary(await dcmjsEntries()), packed);
});

Deno.test("entryByTag() knows repeating groups, not private and unknown ones", () => {
  assert.equal(entryByTag(0x60020010)?.keyword, "OverlayRows");
  assert.equal(entryByTag(0x00290010), undefined);
  assert.equal(entryByTag(0x00080999), undefined);
  assert.equal(tagByKeyword("Name"), undefined);
  assert.equal(tagByKeyword("Rows,Columns"), undefined);
  assert.equal(tagByKeyword(""), undefined);
});
