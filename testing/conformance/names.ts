/** Conformance: names that are easily mistaken. @module */

import { strict as assert } from "node:assert";
import { parseLocation } from "../../vfs/location/location.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { group, writing } from "./case.ts";
import { fails } from "./fixture.ts";

const NAMES: Readonly<Record<string, string>> = {
  "a space": "two words",
  "spaces at its ends": " x ",
  "a percent sign": "100%",
  "an escape": "a%2Fb%20c%00",
  "a hash": "a#b",
  "a question mark": "a?b=c",
  "a plus": "a+b",
  "an asterisk": "*",
  "brackets": "[a]{b}",
  "quotes": `'a' "b" \`c\``,
  "a newline": "a\nb",
  "a tab": "a\tb",
  "a backslash": "a\\b",
  "a colon": "C:",
  "an at sign": "user:pw@host",
  "a semicolon": "a;b&c=d,e",
  "a leading dot": ".hidden",
  "three dots": "...",
  "a trailing dot": "a.",
  "a leading dash": "-rf",
  "a leading tilde": "~x",
  "umlauts composed": "\u00e4\u00f6\u00fc",
  "umlauts decomposed": "a\u0308o\u0308",
  "Japanese": "\u5c71\u7530^\u592a\u90ce",
  "an emoji": "\u{1f9e0}",
  "right to left": "\u05e9\u05dc\u05d5\u05dd",
  "a control character": "a\u0001b",
  "200 characters": "x".repeat(200),
  "constructor": "constructor",
  "__proto__": "__proto__",
  "toString": "toString",
  "a device of Windows": "CON",
  "HTML": "<b>&amp;",
};

/** Names that are easily mistaken; one case each, so that one can be skipped. */
export const nameCases = group("name", [
  ...Object.entries(NAMES).map(([what, name]) =>
    writing(what, [], async (f) => {
      for (const path of [`d/${name}`, `${name}/x`]) f.transport.checkName?.(f.at(path));
      await f.put(`d/${name}`, name);
      await f.put(`${name}/x`, "below");
      assert.deepEqual(await f.names("d"), [name]);
      assert.equal((await f.stat(`d/${name}`)).kind, "file");
      assert.equal(await f.text(`d/${name}`), name);
      assert.deepEqual(await f.names(name), ["x"]);
      assert.equal(await f.text(`${name}/x`), "below");
      const at = f.at(`d/${name}`);
      assert.equal(parseLocation(at.href).location.name, name);
      if (f.has("remove")) {
        await f.remove(`d/${name}`);
        assert.equal(await f.exists(`d/${name}`), false);
      }
    })
  ),

  writing("what is said to be no name is refused as that, and nothing is stored", [], async (f) => {
    for (const name of [...Object.values(NAMES), "R_catalog.xml", ".~lock-a", "x".repeat(70_000)]) {
      const refusal = Promise.try(() => f.transport.checkName?.(f.at(`d/${name}`)));
      const error = await refusal.then(() => undefined, (error: unknown) => error);
      if (error === undefined) continue;
      assert(isVfsError(error), `no VfsError: ${error}`);
      await fails(f.put(`d/${name}`, "x"), error.kind);
    }
    await f.put("d/a", "x");
    return await f.names("d");
  }),

  writing("case matters in what is told", [], async (f) => {
    await f.put("d/ReadMe", "x");
    assert.deepEqual(await f.names("d"), ["ReadMe"]);
  }),

  writing("names that begin alike are different", [], async (f) => {
    const names = ["a", "a ", "a.", "a.b", "aa", "a-", "ab"];
    for (const name of names) await f.put(`d/${name}`, name);
    for (const name of names) assert.equal(await f.text(`d/${name}`), name);
    assert.deepEqual(await f.names("d"), names.sort());
  }),
]);
