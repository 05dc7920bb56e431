import { strict as assert } from "node:assert";
import { createVfs } from "../../vfs/create_vfs.ts";
import { LEAST } from "../../vfs/capabilities.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { TransportDriver } from "../../vfs/transport.ts";
import { Visit } from "./kit.ts";

/** A driver whose answers never come: it tells of each call, and of each that was ended. */
class Stuck {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  readonly #waiting: (() => void)[] = [];

  async #wait(op: string, signal: AbortSignal): Promise<never> {
    this.begun.push(op);
    this.#waiting.forEach((go) => go());
    return await new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        this.ended.push(op);
        this.#waiting.forEach((go) => go());
        reject(signal.reason);
      });
    });
  }

  /** Waits until something is true of it. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  driver(): TransportDriver {
    const capabilities = { ...LEAST, range: true };
    const wait = this.#wait.bind(this);
    return {
      name: "stuck",
      description: "Nothing",
      authors: "",
      version: "0",
      url: "",
      schemes: ["stuck"],
      capabilities,
      permissions: "",
      connect: () => ({
        capabilities,
        stat: ({ segments }) =>
          Promise.resolve(
            segments.length === 0 ? { kind: "directory" } : { kind: "file", size: 9 },
          ),
        async *list(_, { signal = NEVER }) {
          yield [{ name: "a", kind: "file" }];
          await wait("list", signal);
        },
        get: (_, { signal = NEVER }) => wait("get", signal),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    };
  }
}

async function begin(options = {}): Promise<readonly [Visit, Stuck]> {
  const stuck = new Stuck();
  const vfs = createVfs();
  vfs.register(stuck.driver());
  return [await Visit.begin({}, { vfs, where: "stuck://host/", ...options }), stuck];
}

for (const route of ["line", "header", "picture", "thumbnail", "facts", "file"]) {
  Deno.test(`${route} is ended in the driver when its visitor goes away before the answer`, async () => {
    const [visit, stuck] = await begin();
    await using _ = visit;
    const away = new AbortController();
    const answer = visit.ask(`${route}?path=a`, { signal: away.signal }).catch(() => "gone");
    await stuck.until(() => stuck.begun.length > 0);
    away.abort();
    assert.equal(await answer, "gone");
    await stuck.until(() => stuck.ended.length > 0);
    assert.deepEqual(stuck.ended, stuck.begun);
    assert.deepEqual(visit.errors, []);
  });
}

Deno.test("list gives what it has, and is ended in the driver when its reader stops", async () => {
  const [visit, stuck] = await begin();
  await using _ = visit;
  const away = new AbortController();
  const { body } = await visit.ask("list", { signal: away.signal });
  const reader = body!.getReader();
  const { value } = await reader.read();
  assert.match(new TextDecoder().decode(value), /"name":"a"/);
  await stuck.until(() => stuck.begun.length > 0);
  away.abort();
  await stuck.until(() => stuck.ended.length > 0);
});

Deno.test("an answer that takes too long ends with a status that says so", async () => {
  const [visit] = await begin({ limits: { answerMs: 50 } });
  await using _ = visit;
  const answer = await visit.ask("line?path=a");
  assert.deepEqual([answer.status, (await answer.json()).error.kind], [504, "TimedOut"]);
});

Deno.test("closing the server ends what is under way in the driver", async () => {
  const [visit, stuck] = await begin();
  const answer = visit.ask("line?path=a").catch(() => "gone");
  await stuck.until(() => stuck.begun.length > 0);
  await visit[Symbol.asyncDispose]();
  assert.equal(await answer, "gone");
  assert.deepEqual(stuck.ended, ["get"]);
});
