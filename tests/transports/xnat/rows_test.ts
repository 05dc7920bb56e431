import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type ChunkReader, readerOf } from "../../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { jsonRows } from "../../../transports/xnat/json_rows.ts";
import type { Row } from "../../../transports/xnat/table.ts";
import { xmlRows } from "../../../transports/xnat/xml_rows.ts";

const PURPOSE = { op: "list", url: "xnat://h/P" };
const FORMS = { json: jsonRows, xml: xmlRows } as const;

function textOf(
  form: keyof typeof FORMS,
  columns: readonly string[],
  rows: readonly Row[],
): string {
  if (form === "json") {
    return `{"ResultSet":{"Columns":[{"key":"URI"}],"Result":${
      JSON.stringify(rows)
    }, "totalRecords": "${rows.length}"}}`;
  }
  const cell = (text: string) => text.replaceAll(">", "&gt;").replaceAll("<", "&lt;");
  const lines = rows.map((row) =>
    `<row>${columns.map((name) => `<cell>${cell(row[name]!)}</cell>`).join("")}</row>\n`
  );
  return `<ResultSet><results><columns>${
    columns.map((name) => `<column>${name}</column>`).join("")
  }</columns>\n<rows>${lines.join("")}</rows></results></ResultSet>`;
}

/** A body that comes in pieces of `size` bytes, also in the middle of a character. */
function pieces(text: string, size: number): ChunkReader {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return {
    read: () => Promise.resolve(at < bytes.length ? bytes.slice(at, at += size) : undefined),
    close: () => Promise.resolve(),
  };
}

const table = fc.uniqueArray(fc.stringMatching(/^[a-z:_\/]{1,12}$/), { minLength: 1, maxLength: 5 })
  .chain((columns) => {
    // The server leaves out line ends in XML, and does not escape ampersands.
    const cell = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) =>
      !/[\r\n&]/.test(text)
    );
    const cells = Object.fromEntries(columns.map((name) => [name, cell]));
    return fc.tuple(fc.constant(columns), fc.array(fc.record(cells), { maxLength: 8 }));
  });

for (const form of ["json", "xml"] as const) {
  Deno.test(`${form}Rows() reads a table in whatever pieces it comes`, async () => {
    const property = fc.asyncProperty(
      table,
      fc.integer({ min: 1, max: 40 }),
      async ([columns, rows], size) => {
        const body = pieces(textOf(form, columns, rows as Row[]), size);
        const found = (await Array.fromAsync(FORMS[form](body, 1e6, PURPOSE))).flat();
        assert.deepEqual(found, rows.map((row) => ({ ...row })));
      },
    );
    await fc.assert(property, { numRuns: 300, seed: 7 });
  });

  Deno.test(`${form}Rows() of a table that ends early is an error, wherever it ends`, async () => {
    const rows = [{ a: "1", b: "}{]" }, { a: '"\\', b: "" }, { a: "</row>", b: "x" }];
    const text = textOf(form, ["a", "b"], rows);
    for (let end = 0; end < text.length; end++) {
      const read = Array.fromAsync(
        FORMS[form](readerOf(new TextEncoder().encode(text.slice(0, end))), 1e6, PURPOSE),
      );
      const error = await read.catch((error: unknown) => error);
      assert(isVfsError(error), `${end}`);
      if (end > 12) assert.equal(error.kind, "Incomplete", `${end} ${error}`);
    }
  });

  for (
    const text of [
      "<html><h3>No</h3></html>",
      '{"items":[]}',
      "null",
      '{"ResultSet":{"Result":[1,2]}}',
      "<ResultSet><results><columns><column>a</column></columns><rows><row><cell>1</cell><cell>2</cell></row>",
      "",
    ]
  ) {
    Deno.test(`${form}Rows() does not take ${JSON.stringify(text)} for a table`, async () => {
      const body = readerOf(new TextEncoder().encode(text));
      const error = await Array.fromAsync(FORMS[form](body, 1e6, PURPOSE)).catch((e: unknown) => e);
      assert(isVfsError(error) && error.kind === "Protocol", String(error));
      // What is empty may be asked for in another way.
      assert.equal(error.detail?.http, text === "" ? 200 : undefined);
    });
  }

  Deno.test(`${form}Rows() gives up on a row, or a beginning, that has no end`, async () => {
    const whole = textOf(form, ["URI"], [{ URI: "x" }]);
    for (const start of [whole.slice(0, whole.indexOf("x")), whole.slice(0, 9)]) {
      let read = 0;
      const endless: ChunkReader = {
        read() {
          const text = read === 0 ? start : "x".repeat(2 ** 20);
          read += text.length;
          return Promise.resolve(new TextEncoder().encode(text));
        },
        close: () => Promise.resolve(),
      };
      await assert.rejects(Array.fromAsync(FORMS[form](endless, 2 ** 30, PURPOSE)), {
        kind: "Protocol",
      });
      assert(read < 2 ** 23);
    }
  });

  Deno.test(`${form}Rows() takes no more bytes than told`, async () => {
    const body = pieces(textOf(form, ["a"], [{ a: "x".repeat(1000) }]), 100);
    const error = await Array.fromAsync(FORMS[form](body, 500, PURPOSE)).catch((e: unknown) => e);
    assert(isVfsError(error) && error.kind === "Protocol");
  });
}
