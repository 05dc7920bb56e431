import { strict as assert } from "node:assert";
import { bodyOf } from "../../../transports/web/body.ts";
import { isVfsError } from "../../../vfs/errors.ts";

const ADVICE = { authority: "", insecure: "", plain: "" };

Deno.test("bodyOf() lets go of a body that never settles when it is aborted", async () => {
  let cancelled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: () => new Promise(() => {}),
    cancel: () => void cancelled++,
  });
  const response = { body } as Parameters<typeof bodyOf>[0];
  const abort = new AbortController();
  const ask = { op: "read", url: "http://h/f", signal: abort.signal };
  const reading = bodyOf(response, ask, ADVICE).read();
  abort.abort();
  const error = await reading.catch((error: unknown) => error);
  assert(isVfsError(error) && error.kind === "Aborted", String(error));
  assert.equal(cancelled, 1);
});
