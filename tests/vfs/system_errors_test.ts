import { strict as assert } from "node:assert";
import { VfsError } from "../../vfs/errors.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { isMissing, toVfsError } from "../../vfs/system_errors.ts";

const { location } = parseLocation("file:///data/x");

function ofCode(code: string, op = "write"): VfsError {
  return toVfsError(Object.assign(new Error(code), { code }), op, location);
}

Deno.test("toVfsError() gives the kind for the system's code, and keeps the code", () => {
  const kinds = {
    ENOENT: "NotFound",
    EEXIST: "AlreadyExists",
    EACCES: "PermissionDenied",
    EPERM: "PermissionDenied",
    EROFS: "PermissionDenied",
    EISDIR: "IsADirectory",
    ENOTDIR: "NotADirectory",
    ENOTEMPTY: "NotEmpty",
    ENOSPC: "StorageFull",
    EDQUOT: "StorageFull",
    ENAMETOOLONG: "InvalidUrl",
    ELOOP: "InvalidUrl",
    EIO: "Unexpected",
  };
  for (const [code, kind] of Object.entries(kinds)) {
    const error = ofCode(code);
    assert.equal(error.kind, kind);
    assert.equal(error.status, "permanent");
    assert.equal(error.detail?.os, code);
    assert.equal(error.url, "file:///data/x");
  }
  for (const code of ["EMFILE", "ENFILE", "EBUSY"]) {
    assert.equal(ofCode(code).kind, "Unavailable");
    assert.equal(ofCode(code).status, "temporary");
  }
  assert.equal(ofCode("ENOTDIR", "stat").kind, "NotFound");
});

Deno.test("toVfsError() keeps a VfsError and goes by the name without a code", () => {
  const own = new VfsError("Corrupt", { op: "read", url: "x://y" });
  assert.equal(toVfsError(own, "stat", location), own);
  assert.equal(toVfsError(new Deno.errors.Busy("x"), "stat", location).kind, "Unavailable");
  const none = Object.assign(new Deno.errors.NotADirectory("x"), { code: "ENOENT" });
  assert.equal(
    toVfsError(none, "list", location).kind,
    "NotADirectory",
    "as Deno has it on Windows",
  );
  assert(!isMissing(none));
  const odd = toVfsError("odd", "stat", location);
  assert.deepEqual([odd.kind, odd.cause], ["Unexpected", "odd"]);
});
