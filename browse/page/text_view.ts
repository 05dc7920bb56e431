/** The beginning of a text file, as text: whatever it means to a browser, here it is characters. */

import { ask, plainWords } from "./api.ts";
import { h } from "./dom.ts";
import { sizeText } from "./format.ts";
import { pathOf } from "./route.ts";

const MOST = 256 * 1024;

/** The view of a text; `signal` ends it. */
export function textView(names: readonly string[], signal: AbortSignal): HTMLElement {
  const view = h("div", { class: "panel" }, h("p", { class: "state" }, "Reading…"));
  const load = async () => {
    const headers = { range: `bytes=0-${MOST - 1}` };
    const response = await ask("file", { path: pathOf(names) }, { headers, signal });
    const text = new TextDecoder().decode(await response.arrayBuffer());
    const all = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? 0);
    view.replaceChildren(
      all > MOST
        ? h("p", { class: "note" }, `The first ${sizeText(MOST)} of ${sizeText(all)}`)
        : "",
      h("pre", { class: "text", tabindex: 0, role: "region", "aria-label": "Text" }, text),
    );
  };
  load().catch((error) => {
    if (signal.aborted) return;
    const { title, detail } = plainWords(error);
    view.replaceChildren(h("p", { class: "state problem" }, h("strong", {}, title), detail));
  });
  return view;
}
