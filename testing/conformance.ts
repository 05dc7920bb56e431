/**
 * The conformance suite: passing it is the only meaning of "driver done".
 *
 * @module
 */

import { strict as assert } from "node:assert";
import type { Capabilities } from "../vfs/transport.ts";
import { conformanceCases } from "./conformance/all.ts";
import { applies, type ConformanceCase } from "./conformance/case.ts";
import { contradictions, type Result, unproven } from "./conformance/honesty.ts";
import { runCase, type SubjectOptions, wrap } from "./conformance/run.ts";

export { conformanceCases };
export type { ConformanceCase, Outcome, Requirement, Setting } from "./conformance/case.ts";
export { Fixture } from "./conformance/fixture.ts";
export type {
  ConformanceHooks,
  Files,
  FixtureParts,
  Imports,
  Specimen,
} from "./conformance/fixture.ts";
export { masked } from "./conformance/mask.ts";
export type { Connected, SubjectOptions } from "./conformance/run.ts";
export type { Result };

/** One test, as {@linkcode conformance} registers it. */
export interface RegisteredTest {
  /** Its name. */
  readonly name: string;
  /** It is skipped; the name tells why. */
  readonly ignore: boolean;
  /** The test. */
  readonly fn: () => Promise<void>;
}

/** Options of {@linkcode conformance}. */
export interface ConformanceOptions extends SubjectOptions {
  /** Begins the name of each test. */
  readonly name: string;
  /** What the driver declares. Cases that need more are not registered. */
  readonly capabilities: Capabilities;
  /** Cases that are not run, by id, and why. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Runs the large cases too. @default {false} */
  readonly large?: boolean;
  /** Runs other cases. @default {conformanceCases} */
  readonly cases?: readonly ConformanceCase[];
  /** Takes the tests. @default {Deno.test} */
  readonly register?: (test: RegisteredTest) => void;
}

/**
 * Registers a test per case, and one that the capability record is honest: that each capability claimed was
 * shown by a case, and that no operation is there undeclared.
 *
 * Each case gets a connection and a world of its own. What it finds must be what it finds on `memory:`.
 *
 * @example
 * ```ts
 * import { conformance, connectForTest, memoryTransport, type RegisteredTest } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const tests: RegisteredTest[] = [];
 * conformance({
 *   name: "memory",
 *   capabilities: memoryTransport().capabilities,
 *   transport: () => connectForTest(memoryTransport(), "memory:///work"),
 *   register: (test) => tests.push(test), // without this, each becomes a Deno.test
 * });
 * assert(tests.length > 150);
 * ```
 */
export function conformance(options: ConformanceOptions): void {
  const { name, skip = {}, cases = conformanceCases } = options;
  const { register = (test) => Deno.test(test) } = options;
  const results = new Map<string, Result>();
  const setting = {
    capabilities: { ...options.capabilities, ...options.mask },
    hooks: options,
    isGuarded: options.guard ?? true,
  };

  const unknown = Object.keys(skip).filter((id) => !cases.some((test) => test.id === id));
  if (unknown.length > 0) {
    throw new TypeError(`Cannot skip "${unknown[0]}": there is no such case`);
  }

  const applicable = cases.filter((test) => applies(test, setting));
  for (const test of applicable) {
    const reason = whyIgnored(test, options);
    if (reason !== undefined) results.set(test.id, "skipped");
    register({
      name: `${name} ${test.id}${reason === undefined ? "" : ` (${reason})`}`,
      ignore: reason !== undefined,
      async fn() {
        results.set(test.id, "failed");
        await runCase(test, options);
        results.set(test.id, "passed");
      },
    });
  }

  register({
    name: `${name} capabilities are honest, ${applicable.length} of ${cases.length} cases apply`,
    ignore: false,
    async fn() {
      const connected = await options.transport();
      const subject = wrap(connected, options);
      const { capabilities } = subject;
      const found = contradictions(subject);
      await subject[Symbol.asyncDispose]();
      await connected.dispose?.();
      // A filtered run shows too little to tell what is unproven.
      if (applicable.every(({ id }) => results.has(id))) {
        for (const each of unproven(capabilities, cases, results)) {
          found.push(`"${each}" is claimed, and no case has shown it`);
        }
      }
      assert.deepEqual(found, []);
    },
  });
}

function whyIgnored(
  test: ConformanceCase,
  { skip = {}, large = false }: ConformanceOptions,
): string | undefined {
  const reason = skip[test.id];
  if (reason !== undefined) return `skipped: ${reason}`;
  return test.large && !large ? "large, give { large: true }" : undefined;
}
