/** The elements of a DICOM file, with a filter; sequences open and close. */

import { askJson, plainWords } from "./api.ts";
import { h } from "./dom.ts";
import { counted } from "./format.ts";
import { pathOf } from "./route.ts";
import type { Header, HeaderRow } from "./types.ts";

const MOST_SHOWN = 2000;

/** The view of a header; `signal` ends it. */
export class HeaderView {
  readonly element = h("div", { class: "header-view" }, h("p", { class: "state" }, "Reading…"));
  readonly #body = h("tbody");
  readonly #count = h("span", { class: "count" });
  readonly #filter: HTMLInputElement;
  readonly #open = new Set<HeaderRow>();
  #header: Header = { rows: [], warnings: [], isCut: false };
  #left = 0;

  constructor(names: readonly string[], signal: AbortSignal) {
    this.#filter = h("input", {
      type: "search",
      placeholder: "Filter by tag, keyword or value",
      "aria-label": "Filter by tag, keyword or value",
      oninput: () => this.#draw(),
    });
    void this.#load(names, signal);
  }

  async #load(names: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      this.#header = await askJson<Header>("header", { path: pathOf(names) }, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { title, detail } = plainWords(error);
      this.element.replaceChildren(
        h("p", { class: "state problem" }, h("strong", {}, title), " ", detail),
      );
      return;
    }
    const { warnings, isCut } = this.#header;
    const remarks = isCut ? [...warnings, "Not all of the header is shown."] : warnings;
    const titles = ["Tag", "Keyword", "VR", "Value"];
    this.element.replaceChildren(
      h("div", { class: "bar" }, this.#filter, this.#count),
      remarks.length > 0 &&
          h("ul", { class: "remarks" }, ...remarks.map((text) => h("li", {}, text))) || "",
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Header" },
        h(
          "table",
          { class: "elements", "aria-label": "Elements of the header" },
          h("thead", {}, h("tr", {}, ...titles.map((text) => h("th", { scope: "col" }, text)))),
          this.#body,
        ),
      ),
    );
    this.#draw();
  }

  #draw(): void {
    const wanted = this.#filter.value.trim().toLowerCase();
    const rows: HTMLTableRowElement[] = [];
    this.#left = 0;
    this.#add(this.#header.rows, 0, wanted, rows);
    this.#body.replaceChildren(...rows);
    const all = counted(sizeOf(this.#header.rows), "element");
    const more = this.#left > 0 ? `, ${this.#left.toLocaleString("en")} more not shown` : "";
    const shown = rows.filter((row) => !row.classList.contains("item")).length;
    this.#count.textContent = wanted === "" ? `${all}${more}` : `${shown} of ${all}${more}`;
  }

  #add(
    elements: readonly HeaderRow[],
    level: number,
    wanted: string,
    rows: HTMLTableRowElement[],
  ): void {
    for (const element of elements) {
      if (wanted !== "" && !isWithin(element, wanted)) continue;
      if (rows.length >= MOST_SHOWN) {
        this.#left++;
        continue;
      }
      // What is inside of a match is not shown with it, only what matches.
      const isOpen = element.items && (wanted === "" ? this.#open.has(element) : true);
      rows.push(this.#row(element, level, Boolean(isOpen)));
      if (!isOpen) continue;
      for (const [index, item] of element.items!.entries()) {
        if (wanted !== "" && !item.some((one) => isWithin(one, wanted))) continue;
        rows.push(itemRow(index + 1, level + 1));
        this.#add(item, level + 2, wanted, rows);
      }
    }
  }

  #row(element: HeaderRow, level: number, isOpen: boolean): HTMLTableRowElement {
    const { tag, name, vr, value, items } = element;
    const toggle = () => {
      if (!this.#open.delete(element)) this.#open.add(element);
      this.#draw();
      this.#body.querySelector<HTMLElement>(`[data-at="${element.tag}/${level}"]`)?.focus();
    };
    const content = items && items.length > 0
      ? h("button", {
        type: "button",
        class: "twisty",
        "aria-expanded": String(isOpen),
        "data-at": `${tag}/${level}`,
        onclick: toggle,
      }, `${name || tag}`)
      : name;
    const row = h(
      "tr",
      {},
      h("td", { class: "tag" }, tag),
      h("th", { scope: "row" }, content),
      h("td", { class: "vr" }, vr),
      h("td", { class: "value" }, value),
    );
    return indented(row, level);
  }
}

function itemRow(number: number, level: number): HTMLTableRowElement {
  const cell = h("td", { colspan: 4 }, `Item ${number}`);
  return indented(h("tr", { class: "item" }, cell), level);
}

function indented(row: HTMLTableRowElement, level: number): HTMLTableRowElement {
  row.style.setProperty("--level", String(Math.min(level, 12)));
  return row;
}

/** Whether an element, or one in it, has `wanted` in it. */
function isWithin({ tag, name, value, items }: HeaderRow, wanted: string): boolean {
  const digits = wanted.replace(/[(),\s]/g, "");
  return name.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted) ||
    digits !== "" && tag.replace(/[(),]/g, "").toLowerCase().startsWith(digits) ||
    (items ?? []).some((item) => item.some((one) => isWithin(one, wanted)));
}

function sizeOf(rows: readonly HeaderRow[]): number {
  return rows.reduce(
    (sum, { items }) => sum + 1 + (items ?? []).reduce((all, item) => all + sizeOf(item), 0),
    0,
  );
}
