/** A table of any length: only the rows in view, and some around them, are in the document. */

import { h } from "./dom.ts";
import type { Row } from "./types.ts";

/** Height of a row in pixels, as the style has it. */
const ROW = 52;
const AROUND = 8;

/** What makes the rows. */
export interface Rows {
  /** The cells of a row. */
  cells(row: Row): readonly HTMLTableCellElement[];
  /** A row came into the document. */
  shown(row: Row, element: HTMLTableRowElement): void;
  /** A row left it. */
  dropped(element: HTMLTableRowElement): void;
}

/** The table, and what scrolls it. */
export class VirtualTable {
  readonly element: HTMLElement;
  readonly #make: Rows;
  readonly #table: HTMLTableElement;
  readonly #body = h("tbody");
  readonly #before = spacer();
  readonly #after = spacer();
  readonly #elements = new Map<Row, HTMLTableRowElement>();
  #rows: readonly Row[] = [];
  #active = 0;
  #isDrawn = true;

  constructor(label: string, head: HTMLTableSectionElement, make: Rows) {
    this.#make = make;
    this.#table = h("table", { "aria-label": label }, head, this.#body);
    this.element = h("div", { class: "rows" }, this.#table);
    this.#body.append(this.#before, this.#after);
    this.element.addEventListener("scroll", () => this.#later(), { passive: true });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("focusin", ({ target }) => this.#focused(target as Element));
    new ResizeObserver(() => this.#later()).observe(this.element);
  }

  /** Shows other rows. */
  set(rows: readonly Row[], toTop: boolean): void {
    this.#rows = rows;
    this.#table.setAttribute("aria-rowcount", String(rows.length + 1));
    if (toTop) {
      this.element.scrollTop = 0;
      this.#active = 0;
    }
    this.#draw();
  }

  /** Where the view is, to come back to it. */
  get position(): number {
    return this.element.scrollTop;
  }

  set position(top: number) {
    this.element.scrollTop = top;
    this.#draw();
  }

  #later(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      this.#draw();
    });
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - AROUND);
    const end = Math.min(this.#rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + AROUND);
    const wanted = new Set(this.#rows.slice(first, end));
    for (const [row, element] of this.#elements) {
      // What has the focus stays, or the keyboard would lose its place.
      if (wanted.has(row) || element.contains(document.activeElement)) continue;
      this.#make.dropped(element);
      element.remove();
      this.#elements.delete(row);
    }
    this.#before.style.height = `${first * ROW}px`;
    this.#after.style.height = `${(this.#rows.length - Math.max(first, end)) * ROW}px`;
    let at: Element = this.#before;
    for (let index = first; index < end; index++) {
      const element = this.#elementOf(this.#rows[index]!, index);
      if (at.nextElementSibling !== element) at.after(element);
      at = element;
    }
  }

  #elementOf(row: Row, index: number): HTMLTableRowElement {
    let element = this.#elements.get(row);
    if (!element) {
      element = h("tr", {}, ...this.#make.cells(row));
      this.#elements.set(row, element);
      this.#make.shown(row, element);
    }
    element.setAttribute("aria-rowindex", String(index + 2));
    element.classList.toggle("odd", index % 2 === 1);
    const link = element.querySelector("a");
    if (link) link.tabIndex = index === this.#active ? 0 : -1;
    return element;
  }

  #focused(target: Element): void {
    const element = target.closest("tr");
    const index = Number(element?.getAttribute("aria-rowindex") ?? NaN) - 2;
    if (index >= 0) this.#active = index;
  }

  /** Arrows move between the names of the rows. */
  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    const last = this.#rows.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: last,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.focus(Math.max(0, Math.min(last, to)));
  }

  /** Moves the focus to a row, by way of the view. */
  focus(index: number): void {
    const { element } = this;
    const head = this.#table.tHead?.offsetHeight ?? 0;
    const top = index * ROW;
    const room = element.clientHeight - head - ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
    this.#active = index;
    this.#draw();
    const row = this.#rows[index];
    if (row) this.#elements.get(row)?.querySelector("a")?.focus({ preventScroll: true });
    this.#draw();
  }
}

function spacer(): HTMLTableRowElement {
  return h("tr", { class: "spacer", "aria-hidden": "true" });
}
