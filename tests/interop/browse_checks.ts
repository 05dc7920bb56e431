/**
 * What must hold of every view of the page.
 *
 * @module
 */

import type { Page } from "./chromium.ts";

/** Roles whose elements are used, or read as a whole: they need a name. */
const NAMED: ReadonlySet<string> = new Set([
  "button",
  "combobox",
  "dialog",
  "image",
  "img",
  "link",
  "navigation",
  "searchbox",
  "slider",
  "spinbutton",
  "tab",
  "table",
  "textbox",
  "tree",
  "treeitem",
]);

interface Node {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** Controls without an accessible name, by role. */
export async function namelessControls(page: Page): Promise<string[]> {
  const { nodes } = await page.send("Accessibility.getFullAXTree") as unknown as { nodes: Node[] };
  const used = nodes.filter(({ ignored, role }) => !ignored && NAMED.has(role?.value ?? ""));
  if (used.length === 0) throw new Error("There is nothing in the page");
  return used.filter(({ name }) => !name?.value.trim()).map(({ role }) => role!.value);
}

/** Visible texts whose contrast is below that of WCAG 2.2 AA (§1.4.3). */
export async function contrastProblems(page: Page): Promise<string[]> {
  return await page.value(`(${contrasts})()`);
}

const contrasts = `() => {
  const parse = (text) => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const groundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const found = new Set();
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility() || element.closest(":disabled, option, noscript")) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const [a, b] = [light(over(parse(style.color), ground)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    seen++;
    if (ratio < (isLarge ? 3 : 4.5)) found.add(ratio.toFixed(2) + " " + element.className + " " + node.textContent.trim().slice(0, 30));
  }
  if (seen < 5) throw new Error("There is hardly any text");
  return [...found];
}`;
