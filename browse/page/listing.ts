/** A folder: its table, with a filter, an order, and what can be done there. */

import { ask, askJson, askLines, plainWords, urlOf } from "./api.ts";
import type { Changes } from "./changes.ts";
import { announce, h } from "./dom.ts";
import { counted, sizeText, timeText } from "./format.ts";
import { Lazy } from "./lazy.ts";
import { hashOf, pathOf } from "./route.ts";
import { arranged, type Order, type SortKey, titleOf } from "./rows.ts";
import { VirtualTable } from "./table.ts";
import type { Row } from "./types.ts";

type Lines = { readonly entries?: readonly Row[]; readonly end?: { readonly isCut: boolean } };

const REDRAW_MS = 200;
const MOST_PICTURES = 1000;
const COLUMNS: readonly (readonly [title: string, cls: string, key?: SortKey])[] = [
  ["Picture", "col-picture"],
  ["Name", "col-name", "name"],
  ["What it is", "col-what"],
  ["Size", "col-size", "size"],
  ["Changed", "col-time", "mtime"],
  ["Actions", "col-actions"],
];

/** What is known of a row besides, once it was in view. */
interface Seen {
  line?: string;
  picture?: string | "none";
}

/** The view of a folder; `signal` ends it. */
export class Listing {
  readonly element: HTMLElement;
  readonly #names: readonly string[];
  readonly #changes: Changes;
  readonly #signal: AbortSignal;
  readonly #rows: Row[] = [];
  readonly #seen = new Map<Row, Seen>();
  /** Those with a picture, the oldest first. */
  readonly #pictures: Seen[] = [];
  readonly #table: VirtualTable;
  readonly #lazy: Lazy;
  readonly #state = h("div", { class: "state", hidden: true });
  readonly #title = h("h2", { tabindex: -1 });
  readonly #count = h("span", { class: "count" });
  readonly #filter: HTMLInputElement;
  #order: Order = { key: "name", isDown: false };
  #isCut = false;
  #isDone = false;
  /** Why not all is there. */
  #problem?: readonly Node[];

  constructor(names: readonly string[], title: string, changes: Changes, signal: AbortSignal) {
    this.#names = names;
    this.#changes = changes;
    this.#signal = signal;
    this.#filter = h("input", {
      type: "search",
      placeholder: "Filter by name",
      "aria-label": "Filter by name",
      oninput: () => this.#show(true),
    });
    const head = h(
      "thead",
      {},
      h("tr", { "aria-rowindex": 1 }, ...COLUMNS.map((c) => this.#th(c))),
    );
    this.#table = new VirtualTable(`What is in ${title}`, head, {
      cells: (row) => this.#cells(row),
      shown: (row, element) => this.#lazy.watch(element, (each) => this.#look(row, element, each)),
      dropped: (element) => this.#lazy.unwatch(element),
    });
    this.#lazy = new Lazy(this.#table.element);
    const zip = urlOf("folder", { path: pathOf(names) });
    this.element = h(
      "section",
      { class: "listing" },
      h(
        "div",
        { class: "bar" },
        this.#title,
        this.#count,
        h("span", { class: "gap" }),
        this.#filter,
        ...changes.buttons(names),
        h("a", { class: "button", href: zip, download: "" }, "Download as ZIP"),
      ),
      this.#table.element,
      this.#state,
    );
    this.title = title;
    changes.takeDrops(this.element, names);
    signal.addEventListener("abort", () => this.#close());
    void this.#load();
  }

  /** What the folder is called, which the tree may know better later. */
  set title(text: string) {
    this.#title.textContent = text;
    this.#title.title = this.#names.at(-1) ?? text;
  }

  #close(): void {
    this.#lazy.close();
    for (const { picture } of this.#pictures) URL.revokeObjectURL(picture!);
  }

  async #load(): Promise<void> {
    this.#rows.length = 0;
    this.#table.element.classList.add("no-size", "no-time");
    this.#isDone = false;
    this.#problem = undefined;
    this.#table.set([], true);
    this.#say(h("p", {}, "Reading…"));
    let drawn = 0;
    let wait = 0;
    try {
      const params = { path: pathOf(this.#names) };
      for await (const { entries, end } of askLines<Lines>("list", params, this.#signal)) {
        for (const entry of entries ?? []) this.#add(entry);
        this.#isCut = end?.isCut ?? false;
        // Sorting all at each step would take longer with each.
        if (performance.now() - drawn < wait) continue;
        this.#show(false);
        drawn = performance.now();
        wait = Math.max(REDRAW_MS, wait * 1.5);
      }
      this.#isDone = true;
      this.#show(false);
      announce(this.#count.textContent ?? "");
    } catch (error) {
      if (this.#signal.aborted) return;
      const { title, detail } = plainWords(error);
      const again = h("button", { type: "button", onclick: () => this.#load() }, "Try again");
      this.#problem = [h("p", { class: "problem" }, h("strong", {}, title), " ", detail), again];
      this.#show(false);
      announce(title);
    }
  }

  /** What nothing is known of for any row has no column. */
  #add(row: Row): void {
    this.#rows.push(row);
    const { classList } = this.#table.element;
    if (row.size !== undefined) classList.remove("no-size");
    if (row.mtime !== undefined) classList.remove("no-time");
  }

  #say(...content: readonly Node[]): void {
    this.#state.hidden = content.length === 0;
    this.#state.replaceChildren(...content);
  }

  #show(toTop: boolean): void {
    const shown = arranged(this.#rows, this.#filter.value, this.#order);
    this.#table.set(shown, toTop);
    const all = counted(this.#rows.length, "entry", "entries");
    const more = this.#isCut || this.#problem
      ? ", and there are more"
      : this.#isDone
      ? ""
      : " so far…";
    this.#count.textContent = shown.length === this.#rows.length
      ? `${all}${more}`
      : `${shown.length.toLocaleString("en")} of ${all}${more}`;
    if (this.#problem) this.#say(...this.#problem);
    else if (shown.length > 0) this.#say();
    else if (this.#rows.length > 0) this.#say(h("p", {}, "No name matches the filter."));
    else if (this.#isDone) this.#say(h("p", {}, "This folder is empty."));
  }

  #th([title, cls, key]: (typeof COLUMNS)[number]): HTMLTableCellElement {
    if (!key) {
      const isSeen = title === "What it is";
      const text = isSeen ? title : h("span", { class: "unseen" }, title);
      return h("th", { scope: "col", class: cls }, text);
    }
    const th = h("th", {
      scope: "col",
      class: cls,
      "aria-sort": key === this.#order.key ? "ascending" : "none",
    });
    const sort = () => {
      const isDown = this.#order.key === key && !this.#order.isDown;
      this.#order = { key, isDown };
      for (const one of th.parentElement!.querySelectorAll("[aria-sort]")) {
        one.setAttribute("aria-sort", "none");
      }
      th.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      this.#show(true);
    };
    th.append(h("button", { type: "button", class: "sort", onclick: sort }, title));
    return th;
  }

  #cells(row: Row): HTMLTableCellElement[] {
    const { name, isDir, label, size, mtime, isLink, isOther } = row;
    const names = [...this.#names, name];
    const { line, picture = "none" } = this.#seen.get(row) ?? {};
    const kind = isDir ? "folder" : isOther ? "device" : "file";
    const icon = h("span", { class: `icon icon-${kind}`, "aria-hidden": "true" });
    const title = titleOf(row);
    const link = h("a", { href: hashOf({ names, isDir }), title: name, tabindex: -1 }, title);
    const other = title === name ? label : name;
    const extra = [other, isLink && "link"].filter(Boolean).join(", ");
    const get = isDir
      ? h("a", actionOf("Download as ZIP", name, urlOf("folder", { path: pathOf(names) })), "ZIP")
      : h("a", actionOf("Download", name, urlOf("file", { path: pathOf(names) })), "Download");
    return [
      h("td", { class: "col-picture" }, picture === "none" ? icon : pictureOf(picture)),
      h("td", { class: "col-name" }, link, extra !== "" && h("span", { class: "label" }, extra)),
      h("td", { class: "col-what", title: line }, h("span", { class: "two-lines" }, line)),
      h("td", { class: "col-size" }, size === undefined ? "" : sizeText(size)),
      h("td", { class: "col-time" }, mtime === undefined ? "" : timeText(mtime)),
      h("td", { class: "col-actions" }, !isOther && get, ...this.#changes.actions(names, row)),
    ];
  }

  /** Fills in what costs a request: the line about it, and its picture. */
  async #look(row: Row, element: HTMLElement, signal: AbortSignal): Promise<void> {
    if (row.isOther) return;
    const seen = this.#seen.get(row) ?? {};
    this.#seen.set(row, seen);
    const params = { path: pathOf([...this.#names, row.name]) };
    if (seen.line === undefined) {
      seen.line = (await askJson<{ line: string }>("line", params, signal)).line;
      const cell = element.querySelector<HTMLElement>(".col-what")!;
      cell.firstElementChild!.textContent = seen.line;
      cell.title = seen.line;
    }
    if (row.isDir || seen.picture !== undefined) return;
    const response = await ask("thumbnail", params, { signal });
    seen.picture = response.status === 204 ? "none" : URL.createObjectURL(await response.blob());
    if (seen.picture === "none") return;
    if (this.#signal.aborted) return URL.revokeObjectURL(seen.picture);
    element.querySelector(".col-picture")!.replaceChildren(pictureOf(seen.picture));
    this.#pictures.push(seen);
    if (this.#pictures.length <= MOST_PICTURES) return;
    const oldest = this.#pictures.shift()!;
    URL.revokeObjectURL(oldest.picture!);
    oldest.picture = undefined;
  }
}

function actionOf(what: string, name: string, href: string) {
  return { class: "action", href, download: "", "aria-label": `${what}: ${name}` };
}

function pictureOf(src: string): HTMLImageElement {
  return h("img", { src, alt: "", width: 44, height: 44 });
}
