import { strict as assert } from "node:assert";
import { collect, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { type Layer, override } from "../../vfs/layers/layer.ts";
import { stack } from "../../vfs/layers/stack.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { conformance, conformanceCases, type RegisteredTest } from "../../testing/mod.ts";
import { connectNamedByContent, FILES, SPECIMENS } from "./content_named.ts";

const world = await connectNamedByContent();
const { capabilities } = world.transport;
await world.transport[Symbol.asyncDispose]();

const subject = {
  transport: connectNamedByContent,
  capabilities,
  files: FILES,
  specimens: SPECIMENS,
};

conformance({ name: "named by content", ...subject });

conformance({
  name: "named by content, never looked for",
  ...subject,
  cases: conformanceCases.filter(({ group }) => group === "content"),
  layers: (inner) => stack(inner),
  mask: { range: false, etag: false, size: false, tree: false, looksFirst: undefined },
});

const at = (path: string) => world.root.join(...path.split("/"));
const put =
  (change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Layer => (inner) =>
    override(inner, {
      async put(at, source, o) {
        const bytes = await collect(await source.open());
        return await inner.put!(at, sourceOfBytes(change(bytes)), o);
      },
    });

const MUTANTS: Readonly<Record<string, Layer>> = {
  "the place is not told": (inner) =>
    override(inner, {
      put: async (at, source, o) => ({ ...await inner.put!(at, source, o), location: undefined }),
    }),
  "the place that is told is where it was put": (inner) =>
    override(inner, {
      put: async (at, source, o) => ({ ...await inner.put!(at, source, o), location: at }),
    }),
  "what belongs elsewhere is stored there": (inner) =>
    override(inner, { put: (_, source, o) => inner.put!(world.root, source, o) }),
  "only the root takes files": (inner) =>
    override(inner, {
      put: (at, source, o) =>
        at.href === world.root.href
          ? inner.put!(at, source, o)
          : Promise.reject(new TypeError("not the root")),
    }),
  "what has no name is filed somewhere": (inner) =>
    override(inner, {
      put: (at, source, o) =>
        inner.put!(at, source, o).catch((error) => {
          if (isVfsError(error) && error.kind === "NotSupported") return { kind: "file" };
          throw error;
        }),
    }),
  "what is there is replaced all the same": (inner) =>
    override(inner, {
      put: (at, source, o) => inner.put!(at, source, { ...o, mode: "replace" }),
    }),
  "the last byte is lost": put((bytes) => bytes.slice(0, -1)),
  "what breaks is stored as far as it came": (inner) =>
    override(inner, {
      async put(at, source, o) {
        const reader = await source.open();
        if (reader instanceof Uint8Array) return await inner.put!(at, source, o);
        const chunks: number[] = [];
        try {
          for (let c = await reader.read(); c; c = await reader.read()) chunks.push(...c);
          return await inner.put!(at, sourceOfBytes(Uint8Array.from(chunks)), o);
        } catch (error) {
          const cut = sourceOfBytes(Uint8Array.from(chunks));
          await inner.put!(at, cut, { signal: NEVER }).catch(() => {});
          throw error;
        } finally {
          await reader.close();
        }
      },
    }),
  "a file is stored once only": (inner) =>
    override(inner, {
      put: async (where, source, o) => {
        const exists = await inner.stat(at(SPECIMENS[0]!.path), { signal: NEVER })
          .then(() => true, () => false);
        if (exists) throw new TypeError("there already");
        return await inner.put!(where, source, o);
      },
    }),
};

for (const [defect, layer] of Object.entries(MUTANTS)) {
  Deno.test(`conformance() finds where the content names that ${defect}`, async () => {
    const tests: RegisteredTest[] = [];
    conformance({
      name: "m",
      ...subject,
      cases: conformanceCases.filter(({ group }) => group === "content"),
      faults: layer,
      register: (test) => tests.push(test),
    });
    const failed: string[] = [];
    for (const { name, fn } of tests) {
      if (name.includes("are honest") || failed.length > 0) continue;
      await fn().catch(() => failed.push(name));
    }
    assert.notDeepEqual(failed, []);
  });
}

Deno.test("conformance() finds a naming that no case has shown", async () => {
  const tests: RegisteredTest[] = [];
  const { specimens: _, ...without } = subject;
  conformance({ name: "m", ...without, register: (test) => tests.push(test) });
  const messages: string[] = [];
  for (const { name, fn } of tests) {
    await fn().catch(({ message }: Error) => messages.push(`${name} ${message}`));
  }
  assert.match(messages.join("\n"), /"naming" is claimed, and no case has shown it/);
});
