/** Arbitrary PDUs, for round trips and as the start of mutations. */
import fc from "fast-check";
import type {
  AssociateAc,
  AssociateRq,
  Pdu,
  UserInformation,
} from "../../../../transports/dicom/dimse/pdu.ts";

const uint8 = fc.integer({ min: 0, max: 255 });
const uint16 = fc.integer({ min: 0, max: 0xFFFF });
const uid = fc.stringMatching(/^[0-9.]{1,64}$/);
const title = fc.stringMatching(/^[A-Z0-9_]{1,16}$/);
const bytes = fc.uint8Array({ maxLength: 40 });

const user: fc.Arbitrary<UserInformation> = fc.record({
  maxLength: fc.integer({ min: 0, max: 0xFFFFFFFF }),
  implementationClassUID: uid,
  implementationVersionName: title,
  asyncWindow: fc.record({ invoked: uint16, performed: uint16 }),
  roles: fc.array(fc.record({ sopClassUID: uid, scu: fc.boolean(), scp: fc.boolean() })),
  extended: fc.array(fc.record({ sopClassUID: uid, information: bytes })),
  commonExtended: fc.array(
    fc.record({ sopClassUID: uid, serviceClassUID: uid, relatedSopClassUIDs: fc.array(uid) }),
  ),
  userIdentity: fc.record({
    type: uint8,
    responseRequested: fc.boolean(),
    primary: bytes,
    secondary: bytes,
  }),
  userIdentityResponse: bytes,
}, {
  requiredKeys: ["maxLength", "implementationClassUID", "roles", "extended", "commonExtended"],
});

const fields = {
  protocolVersion: uint16,
  calledAET: title,
  callingAET: title,
  applicationContext: uid,
  user,
};

const request: fc.Arbitrary<AssociateRq> = fc.record({
  type: fc.constant("A-ASSOCIATE-RQ" as const),
  ...fields,
  contexts: fc.array(
    fc.record({ id: uint8, abstractSyntax: uid, transferSyntaxes: fc.array(uid) }),
  ),
});

const answer: fc.Arbitrary<AssociateAc> = fc.record({
  type: fc.constant("A-ASSOCIATE-AC" as const),
  ...fields,
  contexts: fc.array(
    fc.record({ id: uint8, result: uint8, transferSyntax: uid }, {
      requiredKeys: ["id", "result"],
    }),
  ),
});

export const pdus: fc.Arbitrary<Pdu> = fc.oneof(
  request,
  answer,
  fc.record({
    type: fc.constant("A-ASSOCIATE-RJ" as const),
    result: uint8,
    source: uint8,
    reason: uint8,
  }),
  fc.record({
    type: fc.constant("P-DATA-TF" as const),
    pdvs: fc.array(
      fc.record({
        contextId: uint8,
        isCommand: fc.boolean(),
        isLast: fc.boolean(),
        data: bytes,
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  fc.record({ type: fc.constantFrom("A-RELEASE-RQ" as const, "A-RELEASE-RP" as const) }),
  fc.record({ type: fc.constant("A-ABORT" as const), source: uint8, reason: uint8 }),
);
