import { strict as assert } from "node:assert";
import { FormError, formParts } from "../../../testing/xnat_server/http/multipart.ts";

const TYPE = "multipart/form-data; boundary=b-1";

/** Names and contents of the parts of `body`, which comes in pieces of `step` bytes. */
async function read(body: string, step: number, type = TYPE): Promise<[string, string][]> {
  const bytes = new TextEncoder().encode(body);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += step) {
      yield await Promise.resolve(bytes.slice(at, at + step));
    }
  }
  const found: [string, string][] = [];
  for await (const { filename, bytes } of formParts(pieces(), type)) {
    found.push([String(filename), await new Blob(await Array.fromAsync(bytes)).text()]);
  }
  return found;
}

const part = (head: string, content: string) => `--b-1\r\n${head}\r\n\r\n${content}\r\n`;
const named = (name: string) => `Content-Disposition: form-data; name=f; filename=${name}`;

Deno.test("formParts() finds parts wherever the body is cut", async () => {
  const tricky = "\r\n--b-\r\r\n--b\r\n\r\n--";
  const body = "before\r\n" + part(named('"ä \\"x\\".dcm"'), tricky) + part("a: b", "") +
    "--b-1 \r\n" + `${named("y")}\r\n\r\nz\r\n` + "--b-1--\r\nafter";
  for (let step = 1; step <= body.length; step++) {
    assert.deepEqual(await read(body, step), [
      ['ä "x".dcm', tricky],
      ["undefined", ""],
      ["y", "z"],
    ]);
  }
  assert.deepEqual(await read("--b-1--", 3), []);
  assert.deepEqual(await read("--x y--", 3, 'multipart/form-data; charset=x; boundary="x y"'), []);
});

Deno.test("formParts() refuses what is no whole form", async () => {
  const whole = part(named("x"), "content") + "--b-1--";
  for (const body of [...Array(whole.length).keys()].map((end) => whole.slice(0, end))) {
    await assert.rejects(read(body, 5), FormError);
  }
  await assert.rejects(read(whole, 5, "multipart/form-data"), /no boundary/);
  await assert.rejects(read(part(`a: ${"b".repeat(20_000)}`, ""), 1000), /more than 10240 bytes/);
});
