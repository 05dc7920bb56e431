import { strict as assert } from "node:assert";
import { parseMultipart } from "../../../datastore/label_server/multipart.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function parse(body: string, type = "multipart/form-data; boundary=x") {
  const form = parseMultipart(bytesOf(body), type);
  return form && Object.fromEntries(Array.from(form, ([name, value]) => {
    const read = typeof value === "string"
      ? value
      : [value.fileName, new TextDecoder().decode(value.bytes)];
    return [name, read];
  }));
}

const part = (parameters: string, content: string, more = "") =>
  `--x\r\nContent-Disposition: form-data; ${parameters}\r\n${more}\r\n${content}\r\n`;

Deno.test("a form is what the platform takes it for, and its file is not copied", async () => {
  const content = crypto.getRandomValues(new Uint8Array(60_000));
  content.set(bytesOf("\r\n--\r\n----------\r\n------WebKitFormBoundary\r\n\r\r\n"), 1000);
  const data = new FormData();
  data.set("params", '{"a": "ä\r\n"}');
  data.set("empty", new File([], ""));
  data.set("label", new File([content], 'C:\\my "scans"; name=b\\ä.nii.gz'));
  const request = new Request("http://127.0.0.1/", { method: "PUT", body: data });
  const type = request.headers.get("content-type")!;
  const body = await request.bytes();
  const form = parseMultipart(body, type)!;
  assert.deepEqual([...form.keys()], ["params", "empty", "label"]);
  assert.equal(form.get("params"), '{"a": "ä\r\n"}');
  assert.deepEqual(form.get("empty"), { fileName: "", bytes: new Uint8Array() });
  const label = form.get("label");
  assert(typeof label === "object");
  assert.equal(label.fileName, 'C:\\my "scans"; name=b\\ä.nii.gz');
  assert.deepEqual(label.bytes, content);
  assert.equal(label.bytes.buffer, body.buffer);
});

Deno.test("forms as clients write them: preamble, order, quotation, other heads, the first of two", () => {
  assert.deepEqual(parse(`hello\r\n${part('name="a"', "1")}--x--`), { a: "1" });
  assert.deepEqual(parse(`${part('filename="n; name=z"; name="a"', "1")}--x--\r\nbye`), {
    a: ["n; name=z", "1"],
  });
  assert.deepEqual(parse(`${part('name=a; filename="q\\"r%22.nii"', "1")}--x--`), {
    a: ['q"r".nii', "1"],
  });
  assert.deepEqual(
    parse(
      `${part('name="a"; filename="C:\\d\\"', "", "Content-Type: text/plain\r\n")}--x--`,
      'Multipart/Form-Data; charset=utf-8; boundary="x"',
    ),
    { a: ["C:\\d\\", ""] },
  );
  assert.deepEqual(parse(`${part('name="a"', "1")}${part('name="a"', "2")}--x--`), { a: "1" });
  assert.deepEqual(parse("--x--\r\n"), {});
});

Deno.test("what is no form, or breaks off, is none", () => {
  const whole = `${part('name="a"', "1")}--x--`;
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parse(whole.slice(0, length)), undefined, `${length}`);
  }
  for (
    const type of [
      "",
      "text/plain; boundary=x",
      "multipart/form-data",
      "multipart/mixed; boundary=x",
    ]
  ) {
    assert.equal(parse(whole, type), undefined, type);
  }
  const parts = Array.from({ length: 200 }, (_, i) => part(`name="${i}"`, "1"));
  assert.equal(parse(`${parts.join("")}--x--`), undefined);
  assert.equal(parse("--x\r\nno head\r\n--x--"), undefined);
  assert.equal(parse(`${part('name="a"', "1", `A: ${"a".repeat(20_000)}\r\n`)}--x--`), undefined);
});

Deno.test("what is made to take long takes none: many parts, one field, heads of blanks", () => {
  assert.equal(parse("--x\r\n\r\n\r\n".repeat(200) + "--x--"), undefined);
  assert.equal(parse(`${part('name="a"', "1").repeat(200)}--x--`), undefined);
  const start = performance.now();
  const head = `--x\r\nContent-Disposition:${" ".repeat(16_000)}\nA\r\n\r\n\r\n`;
  assert.deepEqual(parse(`${head.repeat(20)}--x--`), {});
  assert(performance.now() - start < 1000);
});
