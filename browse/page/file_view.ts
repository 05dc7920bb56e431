/** A file: its image, its header, and what else is known of it. */

import { askJson, plainWords, urlOf } from "./api.ts";
import { h } from "./dom.ts";
import { sizeText, timeText } from "./format.ts";
import { HeaderView } from "./header_view.ts";
import { ImageView } from "./image_view.ts";
import { textView } from "./text_view.ts";
import { pathOf, type Route } from "./route.ts";
import type { Facts } from "./types.ts";

const TITLES = { image: "Image", header: "Header", text: "Text", facts: "About" } as const;
type View = keyof typeof TITLES;

/** The view of a file; `signal` ends it, `moved` is called when the image view shows another file. */
export class FileView {
  readonly element: HTMLElement;
  readonly #signal: AbortSignal;
  readonly #moved: (route: Route, title: string) => void;
  readonly #title = h("h2", { tabindex: -1 });
  readonly #line = h("p", { class: "line" });
  readonly #download = h("a", { class: "button", download: "" }, "Download");
  readonly #tabs = h("div", { role: "tablist", "aria-label": "Views" });
  readonly #panel = h("div", { role: "tabpanel", class: "panel" });
  #names: readonly string[];
  #frame: number | undefined;
  #view: View = "image";
  #inView = new AbortController();
  #lineStop = new AbortController();

  constructor(
    route: Route,
    facts: Facts,
    signal: AbortSignal,
    moved: (route: Route, title: string) => void,
  ) {
    this.#signal = signal;
    this.#moved = moved;
    this.#names = route.names;
    this.#frame = route.frame;
    this.element = h(
      "section",
      { class: "file" },
      h("div", { class: "bar" }, this.#title, h("span", { class: "gap" }), this.#download),
      this.#line,
      this.#tabs,
      this.#panel,
    );
    const views = viewsOf(facts);
    this.#tabs.append(...views.map((view) => this.#tab(view)));
    this.#tabs.hidden = views.length < 2;
    this.#tabs.addEventListener("keydown", (event) => this.#key(event, views));
    signal.addEventListener("abort", () => {
      this.#inView.abort();
      this.#lineStop.abort();
    });
    this.#title.textContent = route.names.at(-1) ?? "";
    this.#tell();
    this.#show(views.find((view) => view === route.view) ?? views[0]!, false);
  }

  #tab(view: View): HTMLButtonElement {
    return h("button", {
      type: "button",
      role: "tab",
      id: `tab-${view}`,
      onclick: () => this.#show(view, true),
    }, TITLES[view]);
  }

  #key(event: KeyboardEvent, views: readonly View[]): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = (views.indexOf(this.#view) + step + views.length) % views.length;
    this.#show(views[at]!, true);
    this.#tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  #show(view: View, isAsked: boolean): void {
    this.#view = view;
    this.#inView.abort();
    const stop = this.#inView = new AbortController();
    for (const tab of this.#tabs.querySelectorAll<HTMLElement>("[role=tab]")) {
      const isOurs = tab.id === `tab-${view}`;
      tab.setAttribute("aria-selected", String(isOurs));
      tab.tabIndex = isOurs ? 0 : -1;
    }
    this.#panel.setAttribute("aria-labelledby", `tab-${view}`);
    if (isAsked) this.#moved(this.#route(), this.#title.textContent ?? "");
    if (view === "header") {
      this.#panel.replaceChildren(new HeaderView(this.#names, stop.signal).element);
    } else if (view === "text") {
      this.#panel.replaceChildren(textView(this.#names, stop.signal));
    } else if (view === "facts") void this.#about(stop.signal);
    else {
      const image = new ImageView(
        this.#names,
        this.#frame,
        stop.signal,
        ({ name, title, frame, frames }) => {
          const isOther = name !== this.#names.at(-1);
          this.#names = [...this.#names.slice(0, -1), name];
          this.#frame = frames > 1 ? frame : undefined;
          this.#title.textContent = title;
          this.#moved(this.#route(), title);
          if (isOther) this.#tell();
        },
      );
      this.#panel.replaceChildren(image.element);
      if (!isAsked) image.focus();
    }
  }

  #route(): Route {
    const view = this.#view === "image" ? undefined : this.#view;
    return { names: this.#names, isDir: false, view, frame: this.#frame };
  }

  /** Where to save it from, and the line, which is asked for once one has stopped leafing. */
  #tell(): void {
    const path = pathOf(this.#names);
    this.#download.href = urlOf("file", { path });
    this.#lineStop.abort();
    const { signal } = this.#lineStop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { line } = await askJson<{ line: string }>("line", { path }, signal);
        this.#line.textContent = line;
      } catch (error) {
        if (!signal.aborted) this.#line.textContent = plainWords(error).title;
      }
    }, 120);
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  async #about(signal: AbortSignal): Promise<void> {
    this.#panel.replaceChildren(h("p", { class: "state" }, "Reading…"));
    let facts: Facts;
    try {
      facts = await askJson<Facts>("facts", { path: pathOf(this.#names) }, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { title, detail } = plainWords(error);
      this.#panel.replaceChildren(h("p", { class: "state problem" }, `${title}. ${detail}`));
      return;
    }
    const { kind, size, mtime, mediaType, format, digests, attributes } = facts;
    const rows: [string, string | undefined][] = [
      ["Kind", kind],
      ["Format", format],
      ["Media type", mediaType],
      [
        "Size",
        size === undefined ? undefined : `${sizeText(size)} (${size.toLocaleString("en")} bytes)`,
      ],
      ["Changed", mtime === undefined ? undefined : timeText(mtime)],
      ...Object.entries(digests ?? {}),
      ...Object.entries(attributes ?? {}).map(([name, value]): [string, string] => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ];
    const known = rows.filter(([, value]) => value !== undefined);
    this.#panel.replaceChildren(
      h(
        "dl",
        { class: "facts" },
        ...known.flatMap(([name, value]) => [
          h("dt", {}, name),
          h("dd", {}, value),
        ]),
      ),
    );
  }
}

/** The views that a file has. */
function viewsOf({ format = "", isImage }: Facts): View[] {
  const views: View[] = isImage ? ["image"] : [];
  if (format === "dicom" || format === "dicomdir") views.push("header");
  if (format === "text" || format === "json") views.push("text");
  return [...views, "facts"];
}
