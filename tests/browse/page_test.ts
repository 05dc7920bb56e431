import { strict as assert } from "node:assert";
import fc from "fast-check";
import { sizeText } from "../../browse/page/format.ts";
import { hashOf, pathOf, routeOf } from "../../browse/page/route.ts";
import { arranged, titleOf } from "../../browse/page/rows.ts";
import { Stack } from "../../browse/page/stack.ts";
import { pageJson } from "../../dev/browse_page.ts";

Deno.test("browse/page.json is in step with browse/page", async () => {
  const stored = await Deno.readTextFile(new URL("../../browse/page.json", import.meta.url));
  assert.equal(stored, await pageJson(), "run: deno task browse:page");
});

Deno.test("routeOf reads what hashOf wrote, whatever names hold", () => {
  const name = fc.string({ minLength: 1, unit: "binary" }).filter((text) => text.isWellFormed());
  fc.assert(fc.property(
    fc.array(name, { maxLength: 4 }),
    fc.boolean(),
    fc.option(fc.constantFrom("header", "facts"), { nil: undefined }),
    fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
    (names, isFolder, view, frame) => {
      const route = { names, isDir: isFolder || names.length === 0, view, frame };
      assert.deepEqual(routeOf(hashOf(route)), route);
    },
  ));
});

Deno.test("routeOf gives the root for an address that is malformed", () => {
  for (const hash of ["", "#", "#/", "#/%", "#/%ff"]) {
    assert.deepEqual(routeOf(hash).names, [], hash);
    assert.equal(routeOf(hash).isDir, true);
  }
  assert.equal(routeOf("#/a?frame=-1").frame, undefined);
});

Deno.test("pathOf keeps a slash in a name apart from those between names", () => {
  assert.equal(pathOf(["a/b", "c"]), "a%2Fb/c");
});

Deno.test("arranged puts folders first, counts numbers in names, and what is not known last", () => {
  const row = (name: string, size?: number, isDir = false) => ({ name, size, isDir });
  const rows = [row("IM10", 5), row("IM2"), row("im1", 9), row("z", undefined, true)];
  const by = (key: "name" | "size", isDown: boolean, text = "") =>
    arranged(rows, text, { key, isDown }).map(({ name }) => name);
  assert.deepEqual(by("name", false), ["z", "im1", "IM2", "IM10"]);
  assert.deepEqual(by("name", true), ["z", "IM10", "IM2", "im1"]);
  assert.deepEqual(by("size", false), ["z", "IM10", "im1", "IM2"]);
  assert.deepEqual(by("size", true), ["z", "im1", "IM10", "IM2"]);
  assert.deepEqual(by("name", false, " IM1"), ["im1", "IM10"]);
  assert.deepEqual(rows.map(({ name }) => name), ["IM10", "IM2", "im1", "z"]);
});

Deno.test("an entry whose name is a UID goes by its label, where it has one", () => {
  const row = (name: string, label?: string) => ({ name, label, isDir: false });
  const uid = "2.25";
  assert.equal(titleOf(row(`${uid}.1`, "T1")), "T1");
  assert.equal(titleOf(row(`${uid}.1`)), `${uid}.1`);
  assert.equal(titleOf(row("3", "T1")), "3");
  const rows = [row(`${uid}.1`, "10"), row(`${uid}.3`, "2"), row(`${uid}.2`, "2")];
  const sorted = arranged(rows, "", { key: "name", isDown: false });
  assert.deepEqual(sorted.map(({ name }) => name.at(-1)), ["2", "3", "1"]);
});

Deno.test("Stack numbers all frames of all images through", () => {
  const images = [{ name: "a", frames: 1 }, { name: "b", frames: 3 }, { name: "c", frames: 2 }];
  const stack = new Stack({ title: "", images });
  assert.equal(stack.length, 6);
  const all = Array.from({ length: 6 }, (_, index) => stack.at(index));
  assert.deepEqual(all.map(({ name, frame }) => `${name}${frame}`), "a1 b1 b2 b3 c1 c2".split(" "));
  for (const [index, { name, frame }] of all.entries()) {
    assert.equal(stack.indexOf(name, frame), index);
  }
  assert.equal(stack.indexOf("d", 1), -1);
  assert.equal(stack.indexOf("b", 99), 3);
  assert.equal(stack.with("a", 4).indexOf("b", 1), 4);
});

Deno.test("sizeText rounds up into the next unit", () => {
  assert.deepEqual([999, 1000, 999_499, 999_999, 5e15].map(sizeText), [
    "999 B",
    "1.0 kB",
    "999 kB",
    "1.0 MB",
    "5.0 PB",
  ]);
});

const STYLE = await Deno.readTextFile(new URL("../../browse/page/style.css", import.meta.url));

/** Text colours and what they lie on: WCAG 2.2 AA wants 4.5. */
const TEXTS = [
  ["text", "page"],
  ["text", "surface"],
  ["text", "raised"],
  ["text", "chosen"],
  ["quiet", "page"],
  ["quiet", "surface"],
  ["quiet", "raised"],
  ["quiet", "chosen"],
  ["accent", "page"],
  ["accent", "surface"],
  ["accent", "chosen"],
  ["grave", "page"],
  ["on-accent", "accent"],
  ["on-grave", "grave"],
  ["on-stage", "stage"],
] as const;

/** Edges of controls, marks and focus: it wants 3. */
const EDGES = [
  ["control", "page"],
  ["control", "surface"],
  ["control", "raised"],
  ["accent", "page"],
  ["accent", "stage"],
] as const;

for (const [index, scheme] of ["light", "dark"].entries()) {
  Deno.test(`the colours of the page have the contrast of WCAG AA, ${scheme}`, () => {
    // The dark ones stand for the light ones, as far as they are there.
    const blocks = STYLE.match(/:root \{[^}]*\}/g)!.slice(0, index + 1);
    const colours = Object.assign({}, ...blocks.map(coloursOf));
    const check = (pairs: typeof TEXTS | typeof EDGES, least: number) => {
      for (const [front, ground] of pairs) {
        const ratio = contrast(colours[front]!, colours[ground]!);
        assert.ok(ratio >= least, `${front} on ${ground}: ${ratio.toFixed(2)}`);
      }
    };
    check(TEXTS, 4.5);
    check(EDGES, 3);
  });
}

function coloursOf(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): #([0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex!]),
  );
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
