import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  type ErrorKind,
  FunctionNotSupported,
  isNotFound,
  isVfsError,
  redactUrl,
  RootIsNotDirectory,
  TransportNotFound,
  VfsError,
} from "../../vfs/errors.ts";
import { Secret } from "../../vfs/credentials/credentials.ts";

const URL = "xnat://user:S3CRET/pa@ss@host/P";

Deno.test("VfsError says the action, quotes the redacted URL, and gives the reason", () => {
  const error = new VfsError("NotFound", { op: "stat", url: URL });
  assert.equal(error.message, 'Cannot stat "xnat://host/P": not found');
  assert.equal(error.url, "xnat://host/P");
  assert.equal(error.name, "VfsError");
  assert(!error.message.endsWith("."));
});

Deno.test("VfsError has the status that goes with its kind, unless told otherwise", () => {
  const status = (kind: ErrorKind) => new VfsError(kind, { op: "x", url: "a:" }).status;
  for (const kind of ["Incomplete", "RateLimited", "TimedOut", "Unavailable"] as const) {
    assert.equal(status(kind), "temporary");
  }
  for (const kind of ["NotFound", "Aborted", "Corrupt", "Unexpected", "Protocol"] as const) {
    assert.equal(status(kind), "permanent");
  }
  assert.equal(
    new VfsError("Unavailable", { op: "x", url: "a:", status: "permanent" }).status,
    "permanent",
  );
});

Deno.test("VfsError.exhausted() tells the attempts and keeps everything else", () => {
  const cause = new Error("reset");
  const detail = { http: 503, text: "busy" };
  const error = new VfsError("Unavailable", {
    op: "read",
    url: URL,
    detail,
    cause,
    retryAfterMs: 5,
  });
  const last = error.exhausted(3);
  assert.equal(last.status, "exhausted");
  assert.equal(last.attempts, 3);
  assert.equal(last.message, 'Cannot read "xnat://host/P": not reachable (after 3 attempts)');
  assert.equal(last.cause, cause);
  assert.deepEqual(last.detail, detail);
  assert.equal(last.retryAfterMs, 5);
  assert.equal(error.exhausted(1).message, error.message);
});

Deno.test("VfsError.exhausted() of a subclass is still of that subclass", () => {
  class AssociationFailed extends VfsError {
    override readonly name = "AssociationFailed";
  }
  const error = new AssociationFailed("Unavailable", { op: "connect", url: "dicom://h/AE" });
  const last = error.exhausted(4);
  assert(last instanceof AssociationFailed);
  assert.equal(last.name, "AssociationFailed");
  assert.equal(last.status, "exhausted");
  assert.equal(last.toJSON().attempts, 4);
});

Deno.test("isVfsError() knows errors of another copy of the package, and no others", async () => {
  const other = await import("../../vfs/errors.ts?copy");
  const foreign: unknown = new other.VfsError("NotFound", { op: "stat", url: "a:" });
  assert(!(foreign instanceof VfsError));
  assert(isVfsError(foreign) && isNotFound(foreign));
  for (
    const no of [new Error("x"), { kind: "NotFound" }, undefined, null, "NotFound", new TypeError()]
  ) {
    assert(!isVfsError(no) && !isNotFound(no));
  }
  assert(!isNotFound(new VfsError("Unavailable", { op: "stat", url: "a:" })));
});

Deno.test("subclasses of VfsError have their names and kinds", () => {
  for (
    const [error, name, kind] of [
      [new RootIsNotDirectory("memory:///a"), "RootIsNotDirectory", "NotADirectory"],
      [new TransportNotFound("s3://b", "no transport"), "TransportNotFound", "NotSupported"],
      [
        new FunctionNotSupported("dicom", "remove", "dicom://h"),
        "FunctionNotSupported",
        "NotSupported",
      ],
    ] as const
  ) {
    assert.equal(error.name, name);
    assert.equal(error.kind, kind);
    assert(isVfsError(error));
    assert(Deno.inspect(error).includes(name));
  }
  assert.match(
    new FunctionNotSupported("dicom", "remove", "dicom://h").message,
    /the dicom transport does not support remove$/,
  );
});

Deno.test("promise 7: no secret is shown of errors with nested causes", () => {
  const inner = new VfsError("Unauthenticated", { op: "log in", url: URL });
  const middle = new VfsError("Unavailable", {
    op: "read",
    url: URL,
    cause: Object.assign(inner, { extra: { password: new Secret("S3CRET") } }),
  });
  const outer = middle.exhausted(2);
  for (const error of [inner, middle, outer]) {
    for (
      const shown of [Deno.inspect(error), JSON.stringify(error), String(error), error.stack ?? ""]
    ) {
      assert(!shown.includes("S3CRET"), shown);
    }
  }
});

Deno.test("redactUrl() removes all up to the last @, and leaves URLs of ours as they are", () => {
  for (
    const [url, redacted] of [
      ["xnat://u:p@h/P", "xnat://h/P"],
      ["xnat://u:p/q@r@h/P", "xnat://h/P"],
      ["xnat://u:p?q#r@h", "xnat://h"],
      ["XNAT:u:p@h", "XNAT:h"],
      ["xnat:\\\\u:p@h", "xnat:\\\\h"],
      ["xnat://h/P%40x", "xnat://h/P%40x"],
      ["file:///a/b", "file:///a/b"],
      ["", ""],
    ] as const
  ) assert.equal(redactUrl(url), redacted);
});

Deno.test("redactUrl() is quick, for any text", () => {
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => {
    const once = redactUrl(text);
    assert.equal(redactUrl(once), once);
  }));
  const start = performance.now();
  redactUrl("a".repeat(500_000) + "@".repeat(1000) + ":".repeat(500_000));
  redactUrl("a:" + "/".repeat(500_000) + "x");
  assert(performance.now() - start < 10_000);
});
