/** Conformance: what errors tell. @module */

import { strict as assert } from "node:assert";
import { isVfsError, type VfsError } from "../../vfs/errors.ts";
import { group, reading, writing } from "./case.ts";

/** What errors tell. */
export const errorCases = group("errors", [
  reading("errors of reading are as the house writes them", [], async (f) => {
    const below = `${f.largest[0]}/below`;
    for (const path of [f.missing, below]) {
      check(await caught(f.stat(path)), f.at(path).href);
      check(await caught(f.get(path)), f.at(path).href);
      check(await caught(f.list(path)), f.at(path).href);
    }
    check(await caught(f.list(f.largest[0])), f.at(f.largest[0]).href);
    check(await caught(f.get("")), f.root.href);
  }),

  writing("errors of writing are as the house writes them", [], async (f) => {
    await f.put("d/a", "x");
    check(await caught(f.put("d", "x")), f.at("d").href);
    check(await caught(f.put("d/a/b", "x")), f.at("d/a/b").href);
    if (f.has("remove")) check(await caught(f.remove("no")), f.at("no").href);
    if (f.has("mkdir")) check(await caught(f.mkdir("d/a")), f.at("d/a").href);
    if (f.has("rename")) check(await caught(f.rename("no", "b")));
    if (f.has("copy")) check(await caught(f.copy("no", "b")));
    if (f.has("exclusive")) {
      const put = f.put("d/a", "x", { mode: "create" });
      check(await caught(put), f.at("d/a").href);
    }
  }),

  reading("a failure does not spoil what follows", [], async (f) => {
    for (let i = 0; i < 5; i++) await caught(f.get(f.missing));
    await Promise.all(
      Array.from({ length: 10 }, () => caught(f.stat(f.missing))),
    );
    const [path, bytes] = f.largest;
    assert.equal((await f.read(path)).length, bytes.length);
  }),
]);

async function caught(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(
    () => assert.fail("resolved"),
    (error: unknown) => error,
  );
  assert(isVfsError(error), `no VfsError: ${error}`);
  return error;
}

function check(error: VfsError, href?: string): void {
  assert.notEqual(error.kind, "Unexpected", error.message);
  assert.equal(error.status, "permanent", error.message);
  assert.match(error.op, /^[a-z][a-z ]*$/);
  if (href !== undefined) assert.equal(error.url, href, error.message);
  assert.match(error.message, /^[A-Z]/);
  assert.doesNotMatch(error.message, /[.\n]$/);
  assert.doesNotMatch(error.url, /@/);
}
