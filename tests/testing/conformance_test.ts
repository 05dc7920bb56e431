import { strict as assert } from "node:assert";
import {
  conformance,
  conformanceCases,
  type ConformanceOptions,
  connectForTest,
  memoryTransport,
  type RegisteredTest,
} from "../../testing/mod.ts";
import { within } from "../../testing/conformance/deadline.ts";
import { MUTANTS } from "./conformance_mutants.ts";

const transport = () => connectForTest(memoryTransport(), "memory:///work");

function registered(options: Partial<ConformanceOptions>): RegisteredTest[] {
  const tests: RegisteredTest[] = [];
  conformance({
    name: "m",
    capabilities: memoryTransport().capabilities,
    transport,
    register: (test) => tests.push(test),
    ...options,
  });
  return tests;
}

interface Failure {
  readonly name: string;
  readonly message: string;
}

async function failures(
  options: Partial<ConformanceOptions>,
): Promise<Failure[]> {
  const failed: Failure[] = [];
  const { faults } = options;
  await using plain = (await transport()).transport;
  const { capabilities } = faults ? faults(plain) : plain;
  for (const { name, ignore, fn } of registered({ capabilities, ...options })) {
    if (ignore) continue;
    await fn().catch(({ message }: Error) => failed.push({ name, message }));
  }
  return failed;
}

/** The honesty test sees one group only in these tests, and so counts by its words alone. */
const isCase = ({ name }: Failure) => !name.includes("are honest");

const ofGroup = (group: string) => conformanceCases.filter((test) => test.group === group);

for (const [defect, { group, layer, says }] of Object.entries(MUTANTS)) {
  Deno.test(`conformance() finds that ${defect}`, async () => {
    const failed = await failures({
      cases: ofGroup(group),
      faults: layer,
      guard: false,
    });
    if (!says) return assert.notDeepEqual(failed.filter(isCase), []);
    const honesty = failed.find((failure) => !isCase(failure));
    assert.match(honesty?.message ?? "", says);
  });
}

Deno.test("conformance() finds no defect in each group of memory", async () => {
  for (const group of new Set(conformanceCases.map((test) => test.group))) {
    const failed = await failures({ cases: ofGroup(group), guard: false });
    assert.deepEqual(failed.filter(isCase), [], group);
  }
});

Deno.test("conformanceCases have ids of their own", () => {
  const ids = conformanceCases.map((test) => test.id);
  assert.equal(new Set(ids).size, ids.length);
  assert(ids.length >= 150, `${ids.length} cases`);
});

Deno.test("conformance() refuses to skip what is no case", () => {
  const skip = { "stat: what nobody wrote": "because" };
  assert.throws(() => registered({ skip }), /no such case/);
});

Deno.test("conformance() tells in the name why a case is skipped", () => {
  const id = "name: a newline";
  const tests = registered({ skip: { [id]: "the server trims" } });
  const [test] = tests.filter((each) => each.ignore && each.name.includes(id));
  assert.equal(test?.name, `m ${id} (skipped: the server trims)`);
});

Deno.test("conformance() excuses a capability whose cases are all skipped", async () => {
  const skip = Object.fromEntries(ofGroup("rename").map(({ id }) => [id, "no time"]));
  assert.deepEqual(await failures({ skip, guard: false }), []);
});

Deno.test("conformance() finds that a capability is claimed and not shown", async () => {
  const cases = conformanceCases.filter(({ requires }) => !requires.includes("copy"));
  const failed = await failures({ cases });
  assert.equal(failed.length, 1);
  assert.match(failed[0]?.name ?? "", /^m capabilities are honest/);
  assert.match(failed[0]?.message ?? "", /"copy" is claimed/);
});

Deno.test("conformance() holds a hanging driver to a time", async () => {
  await assert.rejects(within(10, new Promise(() => {})), /not over/);
});
