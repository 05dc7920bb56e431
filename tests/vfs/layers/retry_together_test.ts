import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { at_, bytes, rejects } from "../_fakes.ts";
import { failure, INFO, OPTIONS, retrying } from "./_retrying.ts";

const FILES = ["a", "b", "c"].map((name) => ({
  location: at_(`fake://h/${name}`),
  source: { ...sourceOfBytes(bytes(name)), size: 1 },
}));

const onlyB: Transport["stat"] = (at) =>
  at.name === "b"
    ? Promise.resolve(INFO)
    : Promise.reject(new VfsError("NotFound", { op: "stat", url: at.href }));

Deno.test("retry stores together again what failed for a moment, and nothing else", async () => {
  const given: string[][] = [];
  const transport = retrying({
    async *putMany(files) {
      given.push(files.map(({ location }) => location.name));
      const [first, second] = files;
      const stored = { location: first!.location, stored: INFO };
      const isOver = given.length === 3 || !second;
      yield isOver ? [stored] : [{ location: second.location, error: failure() }, stored];
    },
  });
  const told = (await Array.fromAsync(transport.putMany!(FILES, OPTIONS))).flat();
  assert.deepEqual(given, [["a", "b", "c"], ["b"]]);
  assert.deepEqual(told.map(({ location }) => location.name), ["a", "b"]);
});

Deno.test("retry stores together again with mode create only where still nothing is", async () => {
  const given: string[][] = [];
  const transport = retrying({
    stat: onlyB,
    async *putMany(files) {
      given.push(files.map(({ location }) => location.name));
      for (const { location } of files) {
        if (given.length === 1) yield [{ location, error: failure() }];
        else yield [{ location, stored: INFO }];
      }
    },
  });
  const files = FILES.map((file) => ({ ...file, mode: "create" as const }));
  const told = (await Array.fromAsync(transport.putMany!(files, OPTIONS))).flat();
  assert.deepEqual(given, [["a", "b", "c"], ["a", "c"]]);
  const ends = told.map((each) => [each.location.name, "error" in each && each.error.status]);
  assert.deepEqual(ends, [["b", "exhausted"], ["a", false], ["c", false]]);
});

Deno.test("retry stores together again with mode create, after it broke off, only what is not there", async () => {
  const given: string[][] = [];
  const transport = retrying({
    stat: onlyB,
    async *putMany(files) {
      given.push(files.map(({ location }) => location.name));
      if (given.length === 1) throw failure();
      yield files.map(({ location }) => ({ location, stored: INFO }));
    },
  });
  const files = FILES.map((file) => ({ ...file, mode: "create" as const }));
  const told = (await Array.fromAsync(transport.putMany!(files, OPTIONS))).flat();
  assert.deepEqual(given, [["a", "b", "c"], ["a", "c"]]);
  const ends = told.map((each) => [each.location.name, "error" in each && each.error.status]);
  assert.deepEqual(ends, [["b", "exhausted"], ["a", false], ["c", false]]);
});

Deno.test("retry goes on with what was not told of when storing together breaks off", async () => {
  let calls = 0;
  const transport = retrying({
    async *putMany([first]) {
      yield [{ location: first!.location, stored: INFO }];
      if (++calls < 3) throw failure();
    },
  });
  const told = (await Array.fromAsync(transport.putMany!(FILES, OPTIONS))).flat();
  assert.deepEqual(told.map(({ location }) => location.name), ["a", "b", "c"]);
});

Deno.test("retry gives each file its own last error, and an error of all when it breaks off each time", async () => {
  const each = retrying({
    async *putMany(files) {
      for (const { location } of files) {
        const error = failure("Unavailable", { url: location.href });
        yield [{ location, error }];
      }
    },
  });
  const told = (await Array.fromAsync(each.putMany!(FILES, OPTIONS))).flat();
  assert.deepEqual(
    told.map((outcome) => "error" in outcome && [outcome.error.status, outcome.error.url]),
    FILES.map(({ location }) => ["exhausted", location.href]),
  );
  // deno-lint-ignore require-yield
  async function* breaking() {
    throw await Promise.resolve(failure());
  }
  const broken = retrying({ putMany: breaking });
  const error = await rejects(Array.fromAsync(broken.putMany!(FILES, OPTIONS)), "Unavailable");
  assert.equal(error.status, "exhausted");
});
