/** The folders, after the tree pattern of the ARIA Authoring Practices: loaded as they are opened. */

import { askLines, plainWords } from "./api.ts";
import { announce, h } from "./dom.ts";
import { pathOf } from "./route.ts";
import { byTitle, titleOf } from "./rows.ts";
import type { Row } from "./types.ts";

const MOST = 1000;
const TYPING_MS = 700;

type Lines = { readonly entries?: readonly Row[]; readonly end?: { readonly isCut: boolean } };

/** The tree in `element`; `open` is called with the names of a folder. */
export class Tree {
  readonly #element: HTMLElement;
  readonly #open: (names: readonly string[]) => void;
  readonly #root: TreeNode;
  #active: TreeNode;
  #typed = "";
  #typedAt = -Infinity;

  constructor(
    element: HTMLElement,
    title: string,
    open: (names: readonly string[]) => void,
  ) {
    this.#element = element;
    this.#open = open;
    this.#root = new TreeNode(undefined, { name: title, isDir: true });
    this.#active = this.#root;
    this.#root.item.tabIndex = 0;
    element.replaceChildren(this.#root.item);
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("click", (event) => this.#click(event));
  }

  /** Opens the tree down to the folder that the page shows, and marks it. `signal` ends the reading. */
  async reveal(names: readonly string[], signal: AbortSignal): Promise<void> {
    let node = this.#root;
    await node.expand(signal);
    for (const name of names) {
      const child = node.children.find((one) => one.name === name);
      // It may be beyond what the tree shows.
      if (!child) break;
      node = child;
      // What is in the folder itself may take long, and is not needed to mark it.
      if (node.names.length < names.length) await node.expand(signal);
    }
    if (signal.aborted) return;
    void node.expand(signal);
    for (const item of this.#element.querySelectorAll("[aria-selected=true]")) {
      item.setAttribute("aria-selected", "false");
    }
    node.item.setAttribute("aria-selected", "true");
    this.#activate(node, false);
    node.row.scrollIntoView({ block: "nearest" });
  }

  /** What people call the folders down to a place, as far as the tree knows. */
  titles(names: readonly string[]): string[] {
    let node: TreeNode | undefined = this.#root;
    return names.map((name) => {
      node = node?.children.find((one) => one.name === name);
      return node ? titleOf(node) : name;
    });
  }

  /** Reads a folder again, after a change in it. */
  async refresh(names: readonly string[]): Promise<void> {
    let node: TreeNode | undefined = this.#root;
    for (const name of names) node = node?.children.find((one) => one.name === name);
    if (!node?.isLoaded) return;
    node.forget();
    await node.expand();
    if (!this.#element.contains(this.#active.item)) this.#activate(node, false);
  }

  #visible(): TreeNode[] {
    const all: TreeNode[] = [];
    const add = (node: TreeNode) => {
      all.push(node);
      if (node.isOpen) node.children.forEach(add);
    };
    add(this.#root);
    return all;
  }

  #activate(node: TreeNode, focus = true): void {
    this.#active.item.tabIndex = -1;
    this.#active = node;
    node.item.tabIndex = 0;
    if (focus) node.item.focus();
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element;
    const node = this.#visible().find(({ row }) => row.contains(target));
    if (!node) return;
    this.#activate(node);
    if (target.closest(".twist")) return void node.toggle();
    this.#open(node.names);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const node = this.#active;
    const visible = this.#visible();
    const at = visible.indexOf(node);
    const go = (to: TreeNode | undefined) => to && this.#activate(to);
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(visible[at + 1]),
      ArrowUp: () => go(visible[at - 1]),
      Home: () => go(visible[0]),
      End: () => go(visible.at(-1)),
      ArrowRight: () => node.isOpen ? go(node.children[0]) : void node.expand(),
      ArrowLeft: () => node.isOpen && node !== this.#root ? node.collapse() : go(node.above),
      Enter: () => this.#open(node.names),
      " ": () => this.#open(node.names),
    };
    const action = keys[event.key];
    if (action) {
      this.#typedAt = -Infinity;
      action();
    } else if (event.key.length === 1) go(this.#typeAhead(event.key, visible, at));
    else return;
    event.preventDefault();
  }

  /** The next folder whose name begins with what was typed. */
  #typeAhead(key: string, visible: TreeNode[], at: number): TreeNode | undefined {
    const now = performance.now();
    const isNew = now - this.#typedAt > TYPING_MS;
    this.#typed = (isNew ? "" : this.#typed) + key.toLowerCase();
    this.#typedAt = now;
    const from = isNew ? at + 1 : at;
    return [...visible.slice(from), ...visible.slice(0, from)]
      .find(({ title }) => title.toLowerCase().startsWith(this.#typed));
  }
}

/** One folder of the tree. */
class TreeNode {
  readonly above: TreeNode | undefined;
  readonly name: string;
  readonly label: string | undefined;
  readonly title: string;
  readonly item: HTMLLIElement;
  readonly row: HTMLElement;
  readonly #group = h("ul", { role: "group" });
  #loading: Promise<void> | undefined;
  #stop = new AbortController();
  #isWanted = false;
  children: TreeNode[] = [];
  isLoaded = false;

  constructor(above: TreeNode | undefined, { name, label }: Row) {
    const shown = titleOf({ name, label });
    const title = label && shown === name ? `${name} ${label}` : shown;
    this.above = above;
    this.name = name;
    this.label = label;
    this.title = title;
    this.row = h(
      "span",
      { class: "branch", title: name },
      h("span", { class: "twist", "aria-hidden": "true" }),
      h("span", { class: "branch-name" }, title),
    );
    this.item = h("li", {
      role: "treeitem",
      tabindex: -1,
      "aria-expanded": "false",
      "aria-selected": "false",
      "aria-label": title,
    }, this.row);
  }

  get names(): string[] {
    return this.above ? [...this.above.names, this.name] : [];
  }

  get isOpen(): boolean {
    return this.item.getAttribute("aria-expanded") === "true";
  }

  toggle(): void {
    if (this.isOpen) this.collapse();
    else void this.expand();
  }

  collapse(): void {
    this.#isWanted = false;
    this.#stop.abort();
    if (this.isOpen) this.item.setAttribute("aria-expanded", "false");
  }

  /** Reads what is in it, where that is not done. A reading that somebody else ended begins anew. */
  async expand(signal?: AbortSignal): Promise<void> {
    if (this.isLoaded && this.children.length === 0) return;
    this.#isWanted = true;
    this.item.setAttribute("aria-expanded", "true");
    while (this.#isWanted && !this.isLoaded && !signal?.aborted) {
      this.#loading ??= this.#load(signal);
      await this.#loading;
    }
    if (!this.isLoaded && !this.#loading) this.item.setAttribute("aria-expanded", "false");
  }

  forget(): void {
    this.#loading = undefined;
    this.isLoaded = false;
    this.children = [];
  }

  async #load(given?: AbortSignal): Promise<void> {
    const stop = this.#stop = new AbortController();
    const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal;
    this.item.setAttribute("aria-busy", "true");
    let rest = "";
    try {
      const found: Row[] = [];
      const params = { path: pathOf(this.names), dirs: 1 };
      for await (const { entries } of askLines<Lines>("list", params, signal)) {
        for (const row of entries ?? []) found.push(row);
        if (found.length > MOST) break;
      }
      if (found.length > MOST) rest = "There are more: see the table";
      this.children = found.slice(0, MOST).sort(byTitle)
        .map((row) => new TreeNode(this, row));
    } catch (error) {
      this.item.removeAttribute("aria-busy");
      this.#loading = undefined;
      if (signal.aborted) return;
      rest = plainWords(error).title;
      announce(`${this.title}: ${rest}`);
    } finally {
      stop.abort();
    }
    this.isLoaded = true;
    this.#group.replaceChildren(...this.children.map(({ item }) => item));
    if (rest !== "") this.#group.append(h("li", { role: "none", class: "more" }, rest));
    if (this.#group.childElementCount > 0) this.item.append(this.#group);
    else {
      this.#group.remove();
      this.item.removeAttribute("aria-expanded");
    }
    this.item.removeAttribute("aria-busy");
  }
}
