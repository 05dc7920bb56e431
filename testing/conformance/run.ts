/**
 * Runs one case on the transport under test and on the reference, and compares.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { guard } from "../../vfs/layers/guard.ts";
import type { Layer } from "../../vfs/layers/layer.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import { applies, type ConformanceCase, type Outcome } from "./case.ts";
import { within } from "./deadline.ts";
import { DEFAULT_FILES } from "./files.ts";
import { type ConformanceHooks, type Files, Fixture } from "./fixture.ts";
import { masked } from "./mask.ts";
import { reference } from "./reference.ts";

/** A transport to test, in a world of its own. */
export interface Connected {
  /** The transport. */
  readonly transport: Transport;
  /** A directory to work in: empty, or holding the files of the seed. */
  readonly root: Location;
  /** Frees the world, after the transport was disposed. */
  dispose?(): Promise<void>;
}

/** Where the transport under test comes from, and what is put around it. */
export interface SubjectOptions extends ConformanceHooks {
  /** Makes a connection and an empty world for it; called for each case. */
  readonly transport: () => Promise<Connected>;
  /** Files that are there already, for a driver that cannot write. @default a tree that the suite stores itself */
  readonly files?: Files;
  /** Capabilities to take away. */
  readonly mask?: Partial<Capabilities>;
  /** Right around the driver: faults. */
  readonly faults?: Layer;
  /** The guard goes around that. Only a driver that needs no guard is tested without. @default {true} */
  readonly guard?: boolean;
  /** Around all. */
  readonly layers?: Layer;
}

const LIMIT_MS = 20_000;

/** Runs `test`, which applies to the capabilities declared. Throws when it fails. */
export async function runCase(
  test: ConformanceCase,
  options: SubjectOptions,
): Promise<void> {
  const connected = await options.transport();
  const subject = wrap(connected, options);
  const { capabilities } = subject;
  try {
    const fixture = await makeFixture(test, connected, subject, options);
    const outcome = await within(LIMIT_MS, test.run(fixture));
    if (outcome !== undefined) {
      const expected = await runReference(test, capabilities, options);
      assert.deepEqual(outcome, expected, "the outcome is not that of memory:");
    }
  } finally {
    await subject[Symbol.asyncDispose]();
    await connected.dispose?.();
  }
}

/** The transport under test, with all that goes around the driver. */
export function wrap(
  { transport, root }: Connected,
  options: SubjectOptions,
): Transport {
  const { mask, faults, layers } = options;
  let subject = mask ? masked(transport, mask) : transport;
  if (faults) subject = faults(subject);
  if (options.guard ?? true) subject = guard(root.scheme)(subject);
  return layers ? layers(subject) : subject;
}

async function runReference(
  test: ConformanceCase,
  capabilities: Capabilities,
  options: SubjectOptions,
): Promise<Outcome | void> {
  const { transport, bare, root } = await reference(capabilities);
  const fixture = new Fixture({
    transport,
    root,
    files: options.files ?? DEFAULT_FILES,
    hooks: options,
    isGuarded: true,
  });
  if (test.seeded) await fill(bare, fixture);
  return await test.run(fixture);
}

async function makeFixture(
  test: ConformanceCase,
  { transport: bare, root }: Connected,
  transport: Transport,
  options: SubjectOptions,
): Promise<Fixture> {
  const files = options.files ?? DEFAULT_FILES;
  const isGuarded = options.guard ?? true;
  const parts = { transport, root, files, hooks: options, isGuarded };
  const fixture = new Fixture(parts);
  assert(applies(test, fixture), "the connection can do less than its driver declares");
  if (test.seeded && !options.files) {
    assert(bare.put, 'without "put", the suite needs "files"');
    await fill(bare, fixture);
  }
  return fixture;
}

async function fill(transport: Transport, fixture: Fixture): Promise<void> {
  for (const [path, bytes] of Object.entries(fixture.files)) {
    const at = fixture.at(path);
    await transport.put!(at, sourceOfBytes(bytes), { signal: NEVER });
  }
}
