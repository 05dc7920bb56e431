import { strict as assert } from "node:assert";
import {
  type CommandSet,
  decodeCommand,
  encodeCommand,
  hasDataset,
} from "../../../../transports/dicom/dimse/command_set.ts";
import { PduError } from "../../../../transports/dicom/dimse/pdu.ts";

const hex = (text: string) =>
  Uint8Array.from(text.match(/[0-9A-F]{2}/g) ?? [], (x) => parseInt(x, 16));

/** All elements (PS3.7 §E.1) in their order, as they are written in implicit VR little endian. */
const ROWS: readonly [keyof CommandSet, CommandSet[keyof CommandSet], string][] = [
  ["AffectedSOPClassUID", "1.2.3", "00000200 06000000 312E322E3300"],
  ["CommandField", 0x8021, "00000001 02000000 2180"],
  ["MessageID", 0x0102, "00001001 02000000 0201"],
  ["MessageIDBeingRespondedTo", 0xFFFF, "00002001 02000000 FFFF"],
  ["MoveDestination", "STORE", "00000006 06000000 53544F524520"],
  ["Priority", 2, "00000007 02000000 0200"],
  ["CommandDataSetType", 0x0101, "00000008 02000000 0101"],
  ["Status", 0xA702, "00000009 02000000 02A7"],
  ["OffendingElement", [0x00100020, 0x7FE00010], "00000109 08000000 10002000E07F1000"],
  ["ErrorComment", "no room", "00000209 08000000 6E6F20726F6F6D20"],
  ["AffectedSOPInstanceUID", "1.22", "00000010 04000000 312E3232"],
  ["NumberOfRemainingSuboperations", 1, "00002010 02000000 0100"],
  ["NumberOfCompletedSuboperations", 300, "00002110 02000000 2C01"],
  ["NumberOfFailedSuboperations", 3, "00002210 02000000 0300"],
  ["NumberOfWarningSuboperations", 4, "00002310 02000000 0400"],
  ["MoveOriginatorApplicationEntityTitle", "ME", "00003010 02000000 4D45"],
  ["MoveOriginatorMessageID", 5, "00003110 02000000 0500"],
];
const COMMAND = Object.fromEntries(ROWS) as unknown as CommandSet;
const ELEMENTS = ROWS.map(([, , bytes]) => bytes).join("");
const [FIELD, ID] = ["0000000102000000 3000", "0000100102000000 0100"];

Deno.test("encodeCommand() writes each element in its place, of even length, after the length of all", () => {
  const length = hex(ELEMENTS).length;
  assert.equal(length, 192);
  assert.deepEqual(encodeCommand(COMMAND), hex(`0000000004000000C0000000${ELEMENTS}`));
});

Deno.test("encodeCommand() tells lengths above 65,535", () => {
  const bytes = encodeCommand({ CommandField: 0x8030, ErrorComment: "x".repeat(0x20001) });
  assert.equal(bytes.length, 12 + 10 + 8 + 0x20002);
  assert.deepEqual(bytes.slice(8, 12), hex("14000200"));
  assert.deepEqual(bytes.slice(22, 30), hex("0000020902000200"));
});

Deno.test("encodeCommand() writes no character that is not of ISO 646", () => {
  const bytes = encodeCommand({ CommandField: 0x8030, ErrorComment: "~é\u{7F}" });
  assert.deepEqual(bytes.slice(-4), hex("7E3F3F20"));
});

Deno.test("decodeCommand() reads each element, and steps over what it does not know or is empty", () => {
  assert.deepEqual(decodeCommand(hex(ELEMENTS)), COMMAND);
  const unknown = "00000100 02000000 4142" + "10002000 02000000 4142" + "0000000600000000";
  const private16 = "09000009 02000000 FFFF";
  const read = decodeCommand(hex(unknown + FIELD + private16 + ID));
  assert.deepEqual(read, { CommandField: 0x30, MessageID: 1 });
});

Deno.test("decodeCommand() reads the list of failed instances that Orthanc puts among the elements", () => {
  const list = "08005800 06000000 312E325C3320";
  assert.equal(decodeCommand(hex(FIELD + ID + list)).FailedSOPInstanceUIDList, "1.2\\3");
});

Deno.test("decodeCommand() takes blanks and zero bytes off both ends of a text as far as they are padding", () => {
  const titled = (text: string) => decodeCommand(hex(FIELD + ID + text)).MoveDestination;
  assert.equal(titled("00000006 06000000 204120422000"), "A B");
  assert.equal(titled("00000006 04000000 20200000"), "");
});

Deno.test("decodeCommand() refuses what is cut, and what nobody could answer", () => {
  const refused: [string, RegExp][] = [
    ["", /no CommandField/],
    [ID, /no CommandField/],
    [`${FIELD}${ID}0000`, /ends within an element/],
    [`${FIELD}${ID}00001001020000`, /ends within an element/],
    [`${FIELD}00001001 03000000 0100`, /says 3 bytes where 2 are left/],
    [`${FIELD}00001001 02000100 0100`, /says 65538 bytes where 2 are left/],
    [`${FIELD}00001001 01000000 01`, /MessageID has 1 bytes/],
    [FIELD, /0030H has no MessageID$/],
    ["0000000102000000 3080" + ID, /8030H has no MessageIDBeingRespondedTo/],
    ["0000000102000000 3080" + "00002001 02000000 0100", /8030H has no Status/],
    ["0000000102000000 FF0F" + ID, /0FFFH has no MessageIDBeingRespondedTo/],
  ];
  for (const [bytes, message] of refused) {
    assert.throws(
      () => decodeCommand(hex(bytes)),
      (error) => error instanceof PduError && message.test(error.message),
      bytes,
    );
  }
  const cancel = decodeCommand(hex("0000000102000000 FF0F" + "00002001 02000000 0100"));
  assert.deepEqual(cancel, { CommandField: 0x0FFF, MessageIDBeingRespondedTo: 1 });
});

Deno.test("hasDataset() is so unless the command says 0101H", () => {
  const types = [0x0101, 0x0000, 0x0001, 0x0102, undefined];
  const has = types.map((CommandDataSetType) =>
    hasDataset({ CommandField: 1, CommandDataSetType })
  );
  assert.deepEqual(has, [false, true, true, true, true]);
});
