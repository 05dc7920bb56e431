import { strict as assert } from "node:assert";
import { QUERY_RETRIEVE } from "../../../transports/dicom/dimse/mod.ts";
import { type DatasetInput, serveDicomNode, writeDicomFile } from "../../../testing/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { archiveNode, associate, find, IMPLICIT } from "./_kit.ts";

/** One instance for each study; what is not given is the same in all. */
async function nodeOf(studies: Record<string, DatasetInput>) {
  const vfs = createVfs();
  let number = 0;
  for (const [name, attributes] of Object.entries(studies)) {
    number++;
    const bytes = writeDicomFile({
      SpecificCharacterSet: "ISO_IR 192",
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
      SOPInstanceUID: `1.2.3.${number}`,
      StudyInstanceUID: `1.2.1.${number}`,
      SeriesInstanceUID: `1.2.2.${number}`,
      PatientID: `P${number}`,
      Modality: "MR",
      StudyID: name,
      ...attributes,
    });
    await vfs.writeFile(`memory:///studies/${name}`, bytes);
  }
  return await serveDicomNode({ vfs, root: "memory:///studies" });
}

/** The StudyIDs that a query finds, each test with its keys. */
async function check(
  studies: Record<string, DatasetInput>,
  cases: readonly (readonly [keys: Record<string, string | string[]>, found: string])[],
): Promise<void> {
  await using node = await nodeOf(studies);
  await using association = await associate(node);
  for (const [keys, found] of cases) {
    const identifier = { QueryRetrieveLevel: "STUDY", StudyID: "", ...keys };
    const ids = (await find(association, identifier)).map((each) => each.string("StudyID"));
    assert.equal(ids.sort().join(" "), found, JSON.stringify(keys));
  }
}

Deno.test("C-FIND matches names in any case, in each component group, with wildcards", () =>
  check({
    doe: { PatientName: "Doe^Jane^^Dr" },
    doering: { PatientName: "DOERING^Hans" },
    yamada: { PatientName: "Yamada^Tarou=山田^太郎=やまだ^たろう" },
    müller: { PatientName: "Müller^Änne" },
    none: { PatientName: "" },
  }, [
    [{ PatientName: "" }, "doe doering müller none yamada"],
    [{ PatientName: "*" }, "doe doering müller none yamada"],
    [{ PatientName: "doe*" }, "doe doering"],
    [{ PatientName: "DOE^*" }, "doe"],
    [{ PatientName: "doe^jane^^dr^" }, "doe"],
    [{ PatientName: "d?e^*" }, "doe"],
    [{ PatientName: "山田*" }, "yamada"],
    [{ PatientName: "やまだ^たろう" }, "yamada"],
    [{ PatientName: "yamada*=山田*" }, "yamada"],
    [{ PatientName: "=山田^太郎" }, "yamada"],
    [{ PatientName: "yamada*=鈴木*" }, ""],
    [{ PatientName: "MÜLLER*" }, "müller"],
    [{ PatientName: "doe" }, ""],
  ]));

Deno.test("C-FIND matches text by value, wildcard and list, and means its case", () =>
  check({
    head: { StudyDescription: "Head [a]", AccessionNumber: "A1", OtherPatientIDs: "X1\\X2" },
    neck: { StudyDescription: "Neck", AccessionNumber: "A2" },
    both: { StudyDescription: "Head and Neck", AccessionNumber: "B1", OtherPatientIDs: "X2" },
  }, [
    [{ StudyDescription: "Neck" }, "neck"],
    [{ StudyDescription: "neck" }, ""],
    [{ StudyDescription: "Head*" }, "both head"],
    [{ StudyDescription: "*[a]" }, "head"],
    [{ StudyDescription: "[HN]*" }, ""],
    [{ AccessionNumber: "?1" }, "both head"],
    [{ AccessionNumber: ["A1", "B*"] }, "both head"],
    [{ StudyInstanceUID: ["1.2.1.1", "1.2.1.3"] }, "both head"],
    [{ StudyInstanceUID: "1.2.1.?" }, ""],
    [{ OtherPatientIDs: "X2" }, "both head"],
    [{ OtherPatientIDs: "X" }, ""],
  ]));

Deno.test("C-FIND matches dates and times by value and range, also as ACR-NEMA wrote them", () =>
  check({
    a: { StudyDate: "20200131", StudyTime: "081530.5" },
    b: { StudyDate: "2020.02.01", StudyTime: "10:00:00" },
    c: { StudyDate: "20210101", StudyTime: "1200" },
    none: {},
  }, [
    [{ StudyDate: "20200131" }, "a"],
    [{ StudyDate: "20200131-20200201" }, "a b"],
    [{ StudyDate: "-20200131" }, "a"],
    [{ StudyDate: "20200201-" }, "b c"],
    [{ StudyDate: "2020.01.31" }, "a"],
    [{ StudyTime: "08-10" }, "a b"],
    [{ StudyTime: "0815" }, "a"],
    [{ StudyTime: "081531-115959" }, "b"],
    [{ StudyTime: "12-" }, "c"],
    [{ StudyTime: "-" }, "a b c"],
    [{ StudyDate: "x" }, ""],
  ]));

Deno.test("C-FIND matches modalities and classes of a study, and ignores keys below the level", () =>
  check({
    mr: { Modality: "MR" },
    ct: { Modality: "CT", SOPClassUID: "1.2.840.10008.5.1.4.1.1.2" },
    sr: { Modality: "SR" },
  }, [
    [{ ModalitiesInStudy: "CT" }, "ct"],
    [{ ModalitiesInStudy: ["CT", "SR"] }, "ct sr"],
    [{ SOPClassesInStudy: "1.2.840.10008.5.1.4.1.1.4" }, "mr sr"],
    [{ Modality: "CT" }, "ct mr sr"],
    [{ NumberOfStudyRelatedInstances: "5" }, "ct mr sr"],
  ]));

Deno.test("C-FIND matches a list of UIDs of 100 KB", async () => {
  await using node = await nodeOf({ a: {}, b: {}, c: {} });
  await using association = await associate(node);
  const others = Array.from({ length: 2000 }, (_, i) => `2.25.${i}`.padEnd(50, "1"));
  const StudyInstanceUID = [...others, "1.2.1.2"];
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID, StudyID: "" };
  const found = await find(association, identifier);
  assert.deepEqual(found.map((each) => each.string("StudyID")), ["b"]);
});

Deno.test("C-FIND finds no other rows by what looks like SQL", () =>
  check({ a: { PatientName: 'O\'Hara^"x"' }, b: {} }, [
    [{ PatientName: "o'hara*" }, "a"],
    [{ PatientName: "x' OR '1'='1" }, ""],
    [{ StudyInstanceUID: "1' OR 1 --" }, ""],
    [{ StudyID: "%" }, ""],
  ]));

Deno.test("C-FIND leaves keys out that it does not support, and answers empty values empty", async () => {
  await using node = await nodeOf({ one: {} });
  await using association = await associate(node);
  const [answer] = await find(association, {
    QueryRetrieveLevel: "STUDY",
    StudyDescription: "",
    PatientComments: "",
    Modality: "",
    RetrieveAETitle: "",
    InstanceAvailability: "",
  });
  assert.equal(answer!.element("StudyDescription")!.length, 0);
  assert.equal(answer!.has("PatientComments"), false);
  assert.equal(answer!.has("Modality"), false);
  assert.equal(answer!.string("RetrieveAETitle"), "MEDVFS");
  assert.equal(answer!.string("InstanceAvailability"), "ONLINE");
  assert.equal(answer!.has("SpecificCharacterSet"), false);
  assert.equal(answer!.string("QueryRetrieveLevel"), "STUDY");
});

Deno.test("C-FIND refuses a level that is not in the model, and a query without the keys above", async () => {
  await using node = await archiveNode();
  await using association = await associate(node);
  const queries = [
    ["study", { QueryRetrieveLevel: "PATIENT" }],
    ["study", { QueryRetrieveLevel: "FRAME" }],
    ["study", { StudyInstanceUID: "" }],
    ["study", { QueryRetrieveLevel: "SERIES", SeriesInstanceUID: "" }],
    ["study", { QueryRetrieveLevel: "SERIES", StudyInstanceUID: "*" }],
    ["study", { QueryRetrieveLevel: "SERIES", StudyInstanceUID: ["1.2", "1.3"] }],
    ["study", { QueryRetrieveLevel: "IMAGE", StudyInstanceUID: "1.2", SOPInstanceUID: "" }],
    ["patient", { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" }],
  ] as const;
  for (const [model, identifier] of queries) {
    await assert.rejects(
      find(association, identifier, model),
      { code: 0xA900 },
      JSON.stringify(identifier),
    );
  }
  assert(association.isOpen);
});

Deno.test("C-FIND without keys above is answered when negotiated, or always, and never when told so", async () => {
  const identifier = { QueryRetrieveLevel: "SERIES", SeriesInstanceUID: "" };
  const extended = [{ sopClassUID: QUERY_RETRIEVE.study.find, information: Uint8Array.of(1) }];
  for (
    const [relational, options, isAnswered] of [
      ["negotiated", { extended }, true],
      ["negotiated", {}, false],
      ["always", {}, true],
      ["never", { extended }, false],
    ] as const
  ) {
    await using node = await archiveNode({ relational });
    await using association = await associate(node, [], options);
    const answers = find(association, identifier);
    if (isAnswered) assert.equal((await answers).length, 9);
    else await assert.rejects(answers, { code: 0xA900 });
  }
});

Deno.test("C-FIND above the limit of results is refused, cut, or cancelled", async () => {
  const identifier = { QueryRetrieveLevel: "PATIENT", PatientID: "" };
  const rejected = { refuse: { code: 0xA700 }, cancel: { code: 0xFE00 } };
  for (const then of ["refuse", "cancel", "cut"] as const) {
    await using node = await archiveNode({ limit: { results: 2, then } });
    await using association = await associate(node);
    const answers = find(association, identifier, "patient");
    if (then === "cut") assert.equal((await answers).length, 2);
    else await assert.rejects(answers, rejected[then]);
    const one = { ...identifier, PatientID: "PHANTOM-1" };
    assert.equal((await find(association, one, "patient")).length, 1);
  }
});

Deno.test("C-FIND answers keys in Latin-1, by their Specific Character Set", async () => {
  await using node = await nodeOf({ müller: { PatientName: "Müller^Änne" } });
  await using association = await associate(node);
  const text = (tag: number[], value: number[]) => [
    ...tag,
    value.length,
    0,
    0,
    0,
    ...value,
  ];
  const ascii = (value: string) => [...value].map((character) => character.charCodeAt(0));
  const identifier = Uint8Array.from([
    ...text([8, 0, 5, 0], ascii("ISO_IR 100")),
    ...text([8, 0, 0x52, 0], ascii("STUDY ")),
    ...text([0x10, 0, 0x10, 0], ascii("M\xFCller* ")),
  ]);
  assert.equal(association.contextFor(QUERY_RETRIEVE.study.find)!.transferSyntaxUID, IMPLICIT);
  const [answer] = await find(association, identifier as never);
  assert.equal(answer!.string("PatientName"), "Müller^Änne");
});
