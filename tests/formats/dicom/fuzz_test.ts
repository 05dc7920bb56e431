import { strict as assert } from "node:assert";
import fc from "fast-check";
import { describeFile, dumpLines, FormatError, readDicomHeader } from "../../../formats/mod.ts";
import * as build from "../_builder.ts";
import { hasSamples, sample, samplePaths } from "../_samples.ts";

const MAX_MILLISECONDS = 20_000;

/** Does all that can be done with a file; only `FormatError` may come out. */
async function exercise(data: Uint8Array, strict: boolean): Promise<void> {
  const start = performance.now();
  const source = build.CountingSource.of(data, data.length);
  try {
    const header = await readDicomHeader(source, { strict });
    JSON.stringify(header);
    for (const line of dumpLines(header)) assert.ok(line.length < 2000);
    for (const element of header) element.value;
    header.date("StudyDate", "StudyTime");
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
  // Deflated data is read once to be recognised and once to be inflated.
  assert.ok(source.bytesRead <= 2 * data.length);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(await describeFile(data), /[\x00-\x1f]/);
  const took = performance.now() - start;
  assert.ok(took < MAX_MILLISECONDS, `${took} ms`);
}

interface Mutation {
  readonly at: number;
  readonly bytes: Uint8Array;
}

const mutations = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      fc.constantFrom(
        Uint8Array.of(0xFF, 0xFF, 0xFF, 0xFF),
        Uint8Array.of(0, 0, 0, 0),
        Uint8Array.of(0xFE, 0xFF, 0, 0xE0),
        Uint8Array.of(0xFE, 0xFF, 0xDD, 0xE0),
      ),
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

function mutate(data: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const changed = data.slice();
  for (const { at, bytes } of changes) {
    const offset = Math.floor(at * (changed.length - bytes.length));
    if (offset >= 0) changed.set(bytes, offset);
  }
  return changed;
}

async function fuzz(files: readonly Uint8Array[], numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      mutations,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      fc.boolean(),
      async (file, changes, cut, isCut, strict) => {
        const changed = mutate(file, changes);
        const end = isCut ? Math.floor(cut * changed.length) : changed.length;
        await exercise(changed.subarray(0, end), strict);
      },
    ),
    { numRuns },
  );
}

Deno.test("readDicomHeader() survives mutations of small files", async () => {
  const nested = build.item(build.image(), build.EXPLICIT, build.UNDEFINED);
  const extra = build.bytes(
    build.sequence(0x00400275, [nested], { open: true }),
    build.sequence(0x00400555, [build.item(build.image())]),
  );
  const { explicit, implicit, big, deflated } = build.SYNTAX;
  const compressed = await build.deflate(build.image(build.EXPLICIT, extra));
  await fuzz([
    build.file(build.image(build.EXPLICIT, extra), explicit),
    build.file(build.image(build.IMPLICIT), implicit),
    build.file(build.image(build.BIG), big),
    build.file(compressed, deflated),
    build.image(build.IMPLICIT),
  ], 600);
});

Deno.test({
  name: "readDicomHeader() survives mutations of real files",
  ignore: !hasSamples,
  fn: async () => {
    await fuzz(samplePaths("pydicom/").map(sample), 200);
  },
});

Deno.test("readDicomHeader() survives random bytes behind the magic", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 512 }), async (tail) => {
      const data = build.bytes(new Uint8Array(128), "DICM", tail);
      await exercise(data, false);
    }),
    { numRuns: 300 },
  );
});
