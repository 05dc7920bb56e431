import { strict as assert } from "node:assert";
import { FormatError } from "../../../../formats/mod.ts";
import {
  cFind,
  cGet,
  QUERY_RETRIEVE,
  ServiceFailed,
  statusOf,
  statusOfError,
} from "../../../../transports/dicom/dimse/mod.ts";
import { type ErrorKind, VfsError } from "../../../../vfs/errors.ts";
import { all, associate, context, IMPLICIT, serve } from "./_kit.ts";

const SERVICES = ["C-STORE", "C-FIND", "C-GET", "C-MOVE"] as const;
type Row = readonly [store: number, find: number, get: number, move: number];

const RESOURCES: Row = [0xA700, 0xA700, 0xA702, 0xA702];
const AUTHORITY: Row = [0x0124, 0x0124, 0x0124, 0x0124];
const REQUEST: Row = [0xC000, 0xA900, 0xA900, 0xA900];
const FAILURE: Row = [0x0110, 0xC000, 0xC000, 0xC000];

const TABLE: Readonly<Record<ErrorKind, Row>> = {
  NotFound: FAILURE,
  AlreadyExists: [0x0111, 0xC000, 0xC000, 0xC000],
  PermissionDenied: AUTHORITY,
  Unauthenticated: AUTHORITY,
  IsADirectory: FAILURE,
  NotADirectory: FAILURE,
  NotEmpty: FAILURE,
  NotSupported: [0x0122, 0x0122, 0x0122, 0x0122],
  InvalidUrl: FAILURE,
  InvalidArgument: REQUEST,
  ConditionFailed: FAILURE,
  RangeNotSatisfiable: FAILURE,
  StorageFull: RESOURCES,
  Corrupt: REQUEST,
  Incomplete: RESOURCES,
  RateLimited: RESOURCES,
  TimedOut: RESOURCES,
  Aborted: FAILURE,
  Unavailable: RESOURCES,
  Protocol: FAILURE,
  PartialFailure: FAILURE,
  Unexpected: FAILURE,
};

/** What a status may be for a service (PS3.7 Annex C; PS3.4 §B.2.3, §C.4.1.1.4, §C.4.2.1.5, §C.4.3.1.4). */
const KNOWN: Readonly<Record<typeof SERVICES[number], readonly number[]>> = {
  "C-STORE": [0xA700, 0x0110, 0x0111, 0x0122, 0x0124, 0xC000],
  "C-FIND": [0xA700, 0xA900, 0x0122, 0x0124, 0xC000],
  "C-GET": [0xA702, 0xA900, 0x0122, 0x0124, 0xC000],
  "C-MOVE": [0xA702, 0xA900, 0x0122, 0x0124, 0xC000],
};

const at = { op: "write", url: "memory:///a" };

function statuses(error: unknown): number[] {
  return SERVICES.map((service) => statusOfError(error, service));
}

for (const [kind, row] of Object.entries(TABLE) as [ErrorKind, Row][]) {
  Deno.test(`statusOfError() of ${kind} is what each service has for it`, () => {
    assert.deepEqual(statuses(new VfsError(kind, at)), row);
    for (const [i, service] of SERVICES.entries()) {
      assert(KNOWN[service].includes(row[i]!), service);
      assert.equal(statusOf(service, row[i]!).class, "failure");
    }
  });
}

Deno.test("statusOfError() of other errors tells what is to blame: what was sent, the disk, or we", () => {
  assert.deepEqual(statuses(new FormatError("Corrupt", "damaged")), REQUEST);
  assert.deepEqual(statuses(Object.assign(new Error("full"), { code: "ENOSPC" })), RESOURCES);
  assert.deepEqual(statuses(new TypeError("a mistake")), FAILURE);
  assert.equal(statusOfError(new TypeError("a mistake")), 0x0110);
});

Deno.test("statusOfError() is the status of an error that has one", () => {
  const failed = new ServiceFailed("Corrupt", at, { code: 0xA801, meaning: "unknown" });
  assert.deepEqual(statuses(failed), [0xA801, 0xA801, 0xA801, 0xA801]);
});

Deno.test("serveDicom() answers with the status that the service has for the error of its handler", async () => {
  const fail = (kind: ErrorKind) => () => {
    throw new VfsError(kind, at);
  };
  await using server = serve({ find: fail("InvalidArgument"), get: fail("Unavailable") });
  const { find, get } = QUERY_RETRIEVE.study;
  const contexts = [context(find, IMPLICIT), context(get, IMPLICIT)];
  await using association = await associate(server.port, { contexts });
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" };
  await assert.rejects(all(cFind(association, { identifier })), { code: 0xA900 });
  const onInstance = () => assert.fail("nothing is sent");
  await assert.rejects(cGet(association, { identifier, onInstance }), { code: 0xA702 });
});
