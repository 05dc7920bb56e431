import { strict as assert } from "node:assert";
import fc from "fast-check";
import { decodePdu } from "./_decode_pdu.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import { type AssociateRq, type Pdu, PduError } from "../../../../transports/dicom/dimse/pdu.ts";
import { pdus } from "./_arbitrary.ts";

const hex = (text: string) =>
  Uint8Array.from(text.match(/[0-9A-F]{2}/g) ?? [], (x) => parseInt(x, 16));
const ascii = (text: string) =>
  Array.from(text, (c) => c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()).join("");

/** An A-ASSOCIATE-AC as Orthanc words it, with a refused context that has no transfer syntax. */
function answer(items: string): Uint8Array {
  const body = "00010000" + ascii("ORTHANC".padEnd(16)) + ascii("MEDVFS".padEnd(16)) +
    "00".repeat(32) + items;
  return hex("0200" + (body.length / 2).toString(16).padStart(8, "0").toUpperCase() + body);
}

const CONTEXT_NAME = "10000015" + ascii("1.2.840.10008.3.1.1.1");
const ACCEPTED = "21000019" + "01000000" + "40000011" + ascii("1.2.840.10008.1.2");
const REFUSED_BARE = "21000004" + "03000300";
const USER = "5000000F" + "5100000400004000" + "52000003" + ascii("1.2");

Deno.test("decodePdu() is not kept busy by a UID of tens of thousands of blanks", () => {
  const item = (type: string, content: string) =>
    `${type}00${(content.length / 2).toString(16).padStart(4, "0").toUpperCase()}${content}`;
  const uid = ascii(" ".repeat(60_000) + "1");
  const bytes = answer(CONTEXT_NAME + ACCEPTED + item("50", item("52", uid)));
  for (let i = 0; i < 100; i++) assert.equal(decodePdu(bytes).type, "A-ASSOCIATE-AC");
});

Deno.test("decodePdu() reads A-ASSOCIATE-RJ, A-RELEASE and A-ABORT from their bytes", () => {
  assert.deepEqual(decodePdu(hex("03000000000400020302")), {
    type: "A-ASSOCIATE-RJ",
    result: 2,
    source: 3,
    reason: 2,
  });
  assert.deepEqual(decodePdu(hex("05000000000400000000")), { type: "A-RELEASE-RQ" });
  assert.deepEqual(decodePdu(hex("06000000000400000000")), { type: "A-RELEASE-RP" });
  assert.deepEqual(decodePdu(hex("07000000000400000206")), {
    type: "A-ABORT",
    source: 2,
    reason: 6,
  });
});

Deno.test("behaviour 6: an A-ASSOCIATE-AC whose refused context lacks sub-item 40 is read", () => {
  const pdu = decodePdu(answer(CONTEXT_NAME + ACCEPTED + REFUSED_BARE + USER));
  assert.equal(pdu.type, "A-ASSOCIATE-AC");
  assert("contexts" in pdu);
  assert.deepEqual(pdu.contexts, [
    { id: 1, result: 0, transferSyntax: "1.2.840.10008.1.2" },
    { id: 3, result: 3 },
  ]);
  assert.equal(pdu.user.maxLength, 0x4000);
  assert.equal(pdu.calledAET, "ORTHANC");
});

Deno.test("behaviour 7: unknown items 57, 60 and 59 in an A-ASSOCIATE-AC are stepped over", () => {
  const user = "5000001D" + "5100000400004000" + "52000003" + ascii("1.2") + "60000002ABCD" +
    "590000040002" + "4142";
  const pdu = decodePdu(answer(CONTEXT_NAME + "570000020000" + ACCEPTED + user));
  assert(pdu.type === "A-ASSOCIATE-AC");
  assert.equal(pdu.contexts.length, 1);
  assert.deepEqual([...pdu.user.userIdentityResponse!], [0x41, 0x42]);
});

Deno.test("decodePdu() refuses lengths past the part that they lie in", () => {
  const tooLong = [
    answer(CONTEXT_NAME + "21000FFF" + "01000000" + USER),
    answer("21000019" + "01000000" + "400000FF" + ascii("1.2.840.10008.1.2") + USER),
    answer("5000000F" + "510000FF00004000" + "52000003" + ascii("1.2")),
    answer("50000008" + "54000004" + "FFFF" + "0101"),
    hex("0400000000080000FFFF01030000"),
    hex("07000000000500000206"),
  ];
  for (const bytes of tooLong) assert.throws(() => decodePdu(bytes), PduError);
});

Deno.test("decodePdu() refuses 65,000 empty items and an answer without user information", () => {
  assert.throws(() => decodePdu(answer("5000FFFC" + "60000000".repeat(16383))), /1024 items/);
  assert.throws(() => decodePdu(answer("60000000".repeat(2000) + USER)), /1024 items/);
  assert.throws(() => decodePdu(answer(CONTEXT_NAME)), /no user information/);
});

/** An A-ASSOCIATE-RQ (PS3.8 §9.3.2) with each sub-item of PS3.7 §D.3.3, and its bytes. */
const FULL: AssociateRq = {
  type: "A-ASSOCIATE-RQ",
  protocolVersion: 1,
  calledAET: "NODE",
  callingAET: "ABCDEFGHIJKLMNOP",
  applicationContext: "1.2",
  contexts: [
    { id: 1, abstractSyntax: "1.3", transferSyntaxes: ["1.4", "1.5"] },
    { id: 255, abstractSyntax: "1.6", transferSyntaxes: [] },
  ],
  user: {
    maxLength: 0x10203,
    implementationClassUID: "1.7",
    asyncWindow: { invoked: 0x102, performed: 0x304 },
    roles: [{ sopClassUID: "1.8", scu: true, scp: false }],
    implementationVersionName: "V1",
    extended: [{ sopClassUID: "1.9", information: hex("0102") }],
    commonExtended: [
      { sopClassUID: "2.1", serviceClassUID: "2.2", relatedSopClassUIDs: ["2.3", "2.4"] },
    ],
    userIdentity: { type: 2, responseRequested: true, primary: hex("4142"), secondary: hex("43") },
    userIdentityResponse: hex("4445"),
  },
};
const FULL_BYTES = "01000000 00DD 00010000" +
  ascii("NODE            ABCDEFGHIJKLMNOP") + "00".repeat(32) +
  "10000003 312E32" +
  "20000019 01000000 30000003 312E33 40000003 312E34 40000003 312E35" +
  "2000000B FF000000 30000003 312E36" +
  "50000062 51000004 00010203 52000003 312E37 53000004 01020304" +
  "54000007 0003 312E38 01 00 55000002 5631 56000007 0003 312E39 0102" +
  "57000016 0003 322E31 0003 322E32 000A 0003 322E33 0003 322E34" +
  "58000009 02 01 0002 4142 0001 43 59000004 0002 4445";

Deno.test("encodePdu() writes an A-ASSOCIATE-RQ with all items byte for byte, and decodePdu() reads it", () => {
  assert.deepEqual(encodePdu(FULL), hex(FULL_BYTES));
  assert.deepEqual(decodePdu(hex(FULL_BYTES)), FULL);
});

Deno.test("encodePdu() writes the others byte for byte", () => {
  const written: [Pdu, string][] = [
    [{ type: "A-ASSOCIATE-RJ", result: 2, source: 3, reason: 2 }, "030000000004 00020302"],
    [{ type: "A-RELEASE-RQ" }, "050000000004 00000000"],
    [{ type: "A-RELEASE-RP" }, "060000000004 00000000"],
    [{ type: "A-ABORT", source: 2, reason: 6 }, "070000000004 00000206"],
    [
      {
        type: "P-DATA-TF",
        pdvs: [
          { contextId: 3, isCommand: true, isLast: false, data: hex("0102") },
          { contextId: 5, isCommand: false, isLast: true, data: hex("") },
        ],
      },
      "04000000000E 00000004 03 01 0102 00000002 05 02",
    ],
  ];
  for (const [pdu, bytes] of written) assert.deepEqual(encodePdu(pdu), hex(bytes), pdu.type);
  const accepted = encodePdu({
    ...FULL,
    type: "A-ASSOCIATE-AC",
    contexts: [{ id: 1, result: 0, transferSyntax: "1.4" }, { id: 3, result: 3 }],
  });
  const contexts = hex("2100000B 01000000 40000003 312E34 21000004 03000300 50000062");
  assert.deepEqual(accepted.slice(81, 81 + contexts.length), contexts);
});

Deno.test("encodePdu() and decodePdu() are inverse for all PDUs", () => {
  fc.assert(
    fc.property(pdus, (pdu) => assert.deepEqual(plain(decodePdu(encodePdu(pdu))), plain(pdu))),
  );
});

Deno.test("decodePdu() of a mutated PDU gives a PDU or a PduError", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(pdus, changes, fc.nat(), (pdu, edits, cut) => {
      const bytes = encodePdu(pdu);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      const mutant = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
      try {
        decodePdu(mutant);
      } catch (error) {
        assert(error instanceof PduError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

/** Without the prototypes that fast-check gives its records. */
function plain(value: unknown): unknown {
  return structuredClone(value);
}
