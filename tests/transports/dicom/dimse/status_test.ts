import { strict as assert } from "node:assert";
import { classOf, type Service, statusOf } from "../../../../transports/dicom/dimse/status.ts";

/**
 * Codes at the edges of the ranges of PS3.7 Annex C and PS3.4 Tables B.2-1, C.4-1, C.4-2 and C.4-3, what class they are of,
 * and what they mean to whoever asked by C-STORE, C-FIND, C-GET and C-MOVE.
 */
const TABLE = `
0000 success | Unexpected      Unexpected      Unexpected      Unexpected
0001 warning | Unexpected      Unexpected      Unexpected      Unexpected
0105 failure | Protocol        Protocol        Protocol        Protocol
0106 failure | Corrupt         Corrupt         Corrupt         Corrupt
0107 warning | Unexpected      Unexpected      Unexpected      Unexpected
0110 failure | Unexpected      Unexpected      Unexpected      Unexpected
0111 failure | AlreadyExists   AlreadyExists   AlreadyExists   AlreadyExists
0112 failure | NotFound        NotFound        NotFound        NotFound
0115 failure | InvalidArgument InvalidArgument InvalidArgument InvalidArgument
0116 warning | Unexpected      Unexpected      Unexpected      Unexpected
0117 failure | Corrupt         Corrupt         Corrupt         Corrupt
0118 failure | NotSupported    NotSupported    NotSupported    NotSupported
0119 failure | Corrupt         Corrupt         Corrupt         Corrupt
0120 failure | Corrupt         Corrupt         Corrupt         Corrupt
0121 failure | Corrupt         Corrupt         Corrupt         Corrupt
0122 failure | NotSupported    NotSupported    NotSupported    NotSupported
0123 failure | Unexpected      Unexpected      Unexpected      Unexpected
0124 failure | PermissionDenied PermissionDenied PermissionDenied PermissionDenied
0210 failure | Protocol        Protocol        Protocol        Protocol
0211 failure | NotSupported    NotSupported    NotSupported    NotSupported
0212 failure | Protocol        Protocol        Protocol        Protocol
0213 failure | RateLimited     RateLimited     RateLimited     RateLimited
A6FF failure | Unexpected      Unexpected      Unexpected      Unexpected
A700 failure | StorageFull     RateLimited     Unexpected      Unexpected
A701 failure | StorageFull     RateLimited     RateLimited     RateLimited
A702 failure | StorageFull     RateLimited     RateLimited     RateLimited
A7FF failure | StorageFull     RateLimited     Unexpected      Unexpected
A801 failure | Unexpected      Unexpected      Unexpected      InvalidArgument
A900 failure | Corrupt         InvalidArgument InvalidArgument InvalidArgument
A9FF failure | Corrupt         InvalidArgument InvalidArgument InvalidArgument
AA00 failure | Unexpected      Unexpected      Unexpected      NotSupported
AFFF failure | Unexpected      Unexpected      Unexpected      Unexpected
B000 warning | Unexpected      Unexpected      PartialFailure  PartialFailure
B007 warning | Unexpected      Unexpected      Unexpected      Unexpected
BFFF warning | Unexpected      Unexpected      Unexpected      Unexpected
C000 failure | Corrupt         Unexpected      Unexpected      Unexpected
CFFF failure | Corrupt         Unexpected      Unexpected      Unexpected
D000 failure | Unexpected      Unexpected      Unexpected      Unexpected
FE00 cancel  | Aborted         Aborted         Aborted         Aborted
FE01 failure | Unexpected      Unexpected      Unexpected      Unexpected
FF00 pending | Unexpected      Unexpected      Unexpected      Unexpected
FF01 pending | Unexpected      Unexpected      Unexpected      Unexpected
FF02 failure | Unexpected      Unexpected      Unexpected      Unexpected
`.trim().split("\n");
const SERVICES: readonly Service[] = ["C-STORE", "C-FIND", "C-GET", "C-MOVE"];

Deno.test("statusOf() tells the class and the kind of error of each code as the standard means it", () => {
  for (const row of TABLE) {
    const [hex, cls, , ...kinds] = row.split(/ +/);
    const code = parseInt(hex!, 16);
    assert.equal(classOf(code), cls, hex);
    const told = SERVICES.map((service) => statusOf(service, code));
    assert.deepEqual(told.map(({ kind }) => kind), kinds, hex);
    for (const status of told) assert.deepEqual([status.code, status.class], [code, cls]);
  }
});

Deno.test("statusOf() has words for what a service defines, and for any other code its class's", () => {
  const told = [
    ["C-STORE", 0x0000, "success"],
    ["C-STORE", 0xB006, "elements discarded"],
    ["C-STORE", 0xB001, "warning"],
    ["C-STORE", 0x0107, "attribute list error"],
    ["C-FIND", 0xFF00, "matches are continuing"],
    ["C-FIND", 0xFF01, "matches are continuing, optional keys are not supported"],
    ["C-GET", 0xFF00, "pending"],
    ["C-MOVE", 0xFE00, "cancelled"],
    ["C-ECHO", 0x0124, "not authorized"],
    ["C-ECHO", 0x0199, "failure"],
  ] as const;
  for (const [service, code, meaning] of told) {
    assert.equal(statusOf(service, code).meaning, meaning, `${service} ${code}`);
  }
});
