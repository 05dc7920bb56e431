import { strict as assert } from "node:assert";
import { messageOf } from "../../../transports/xnat/errors.ts";
import { withoutSecrets } from "../../../transports/xnat/hidden.ts";

const SECRET = `p"ä s&w/é<1>'+x😀`;
const UTF8 = new TextEncoder().encode(SECRET);

const WRITTEN: Readonly<Record<string, string>> = {
  "as it is": SECRET,
  "by a URL": encodeURIComponent(SECRET),
  "by a URL, in lower case": encodeURIComponent(SECRET).toLowerCase(),
  "by a URL that leaves nothing": Array.from(UTF8, (b) => `%${b.toString(16).padStart(2, "0")}`)
    .join(""),
  "by a form": new URLSearchParams({ "": SECRET }).toString().slice(1),
  "by a page, with numbers": SECRET.replace(/[&<>"'é]/g, (c) => `&#${c.charCodeAt(0)};`),
  "by a page, with zeros": SECRET.replace(/[&<>"']/g, (c) => `&#0${c.charCodeAt(0)};`),
  "by a page, with names": SECRET.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  "by JSON": JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/"),
  "by JSON that is ASCII": JSON.stringify(SECRET).slice(1, -1)
    .replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
};

for (const [how, text] of Object.entries(WRITTEN)) {
  Deno.test(`withoutSecrets() leaves out a secret written ${how}`, () => {
    assert.equal(withoutSecrets(`a ${text} b ${text}`, ["another", SECRET]), "a … b …");
  });
}

Deno.test("withoutSecrets() leaves what is no secret, and what is too short to be cut out", () => {
  const text = "the file (a.b) costs $1 + 2";
  assert.equal(withoutSecrets(text, ["fil.", "(a.b|c)", "", "the", "$1+2"]), text);
});

Deno.test("messageOf() gives nothing that would steer a terminal", () => {
  assert.equal(messageOf("\x1b]0;a\x07\x1b[31mred\0\u202e\x9b\n b", []), "]0;a [31mred b");
});
