/**
 * Bars: how much of something is done.
 *
 * @module
 */

import { element } from "./rich.ts";

/** Colours that can be told from black and from white. */
export const COLOURS = { work: "#1976d2", good: "#2e9e44", bad: "#d93636" } as const;

/** A bar, `share` of it full, for what reads pages aloud under a name. */
export function htmlBar(share: number, name: string, colour: string = COLOURS.work): string {
  const percent = `${Math.floor(Math.min(1, share) * 100)}%`;
  const outer = "display:inline-block;vertical-align:middle;width:16em;max-width:100%;" +
    "height:.8em;background:rgba(128,128,128,.3);border-radius:.4em;overflow:hidden";
  const inner = `width:${percent};height:100%;background:${colour}`;
  const attributes = { style: outer, role: "img", "aria-label": `${name}: ${percent}` };
  return element("div", attributes, element("div", { style: inner }));
}

/** The same in characters. */
export function textBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, share) * width);
  return `[${"#".repeat(full).padEnd(width, ".")}]`;
}
