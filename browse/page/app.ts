/** Begins: lets the token in, then shows what the address says. */

import { ApiError, ask, askJson, plainWords } from "./api.ts";
import { Changes } from "./changes.ts";
import { announce, byId, h } from "./dom.ts";
import { FileView } from "./file_view.ts";
import { Listing } from "./listing.ts";
import { hashOf, pathOf, type Route, routeOf } from "./route.ts";
import { Tree } from "./tree.ts";
import type { Facts, Root } from "./types.ts";

/** The page as a whole. */
class App {
  readonly #root: Root;
  readonly #tree: Tree | undefined;
  readonly #changes: Changes;
  #shown = new AbortController();

  constructor(root: Root) {
    this.#root = root;
    const mode = byId("mode");
    const { upload, mkdir, remove, rename } = root.can;
    const isWritable = upload || mkdir || remove || rename;
    mode.textContent = isWritable ? "Can be changed" : "Read-only";
    mode.classList.toggle("writable", isWritable);
    mode.title = `${root.driver}: ${root.url}`;
    this.#changes = new Changes(root, (names) => {
      void this.#tree?.refresh(names);
      void this.show();
    });
    if (root.isDirectory) {
      this.#tree = new Tree(byId("tree"), root.name, (names) => {
        location.hash = hashOf({ names, isDir: true });
      });
    } else byId("tree").parentElement!.hidden = true;
    // Otherwise the browser would leave the page for a file that is dropped beside.
    for (const type of ["dragover", "drop"]) {
      addEventListener(type, (event) => event.preventDefault());
    }
    addEventListener("hashchange", () => void this.show());
    byId("skip").addEventListener("click", () => byId("main").focus());
    void this.show();
  }

  /** Shows what the address says. What is under way for the view before ends. */
  async show(): Promise<void> {
    this.#shown.abort();
    const { signal } = this.#shown = new AbortController();
    const main = byId("main");
    const hadFocus = main.contains(document.activeElement) ||
      document.activeElement === document.body;
    let at = location.hash;
    const route = routeOf(at);
    const { names } = route;
    this.#tell(route);
    if (route.isDir && (this.#root.isDirectory || names.length > 0)) {
      const listing = new Listing(names, this.#titles(names).at(-1)!, this.#changes, signal);
      const { element } = listing;
      main.replaceChildren(element);
      if (hadFocus) element.querySelector("h2")!.focus();
      await this.#tree?.reveal(names, signal);
      if (signal.aborted) return;
      listing.title = this.#titles(names).at(-1)!;
      return this.#tell(route);
    }
    let now: readonly [Route, string?] = [route];
    void this.#tree?.reveal(names.slice(0, -1), signal)
      .then(() => signal.aborted || this.#tell(...now));
    main.replaceChildren(h("p", { class: "state" }, "Reading…"));
    try {
      const facts = await askJson<Facts>("facts", { path: pathOf(names) }, signal);
      if (facts.kind === "directory") {
        location.replace(hashOf({ names, isDir: true }));
        return;
      }
      const { element } = new FileView(route, facts, signal, (to, title) => {
        // A step to elsewhere is not undone before its view has come.
        if (location.hash !== at) return;
        const hash = hashOf(to);
        if (hash !== at) history.replaceState(null, "", hash);
        at = location.hash;
        now = [to, title];
        this.#tell(...now);
      });
      main.replaceChildren(element);
      const stage = element.querySelector<HTMLElement>(".stage");
      if (stage) stage.focus();
      else if (hadFocus) element.querySelector("h2")!.focus();
    } catch (error) {
      if (!signal.aborted) main.replaceChildren(problem(error));
    }
  }

  #titles(names: readonly string[]): string[] {
    return [this.#root.name, ...this.#tree?.titles(names) ?? names];
  }

  /** Says where one is; `last` is what the place itself is called, where that is known. */
  #tell({ names }: Route, last?: string): void {
    const all = this.#titles(names);
    if (last !== undefined) all[all.length - 1] = last;
    document.title = `${all.at(-1)} · medvfs`;
    byId("crumbs").replaceChildren(...all.map((name, at) => {
      if (at === all.length - 1) return h("li", {}, h("span", { "aria-current": "page" }, name));
      const href = hashOf({ names: names.slice(0, at), isDir: true });
      return h("li", {}, h("a", { href }, name));
    }));
  }
}

function problem(error: unknown): HTMLElement {
  const { title, detail } = plainWords(error);
  announce(title);
  return h("p", { class: "state problem" }, h("strong", {}, title), " ", detail);
}

/** Gives the token in the address for a cookie, and takes it out of the address. */
async function openSession(): Promise<void> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(null, "", "#/");
  await ask("session", {}, { method: "POST", body: token });
}

try {
  await openSession();
  new App(await askJson<Root>("root", {}));
} catch (error) {
  const isStranger = error instanceof ApiError && error.kind === "Refused";
  const hint = isStranger ? " The link is good until the command ends." : "";
  byId("main").replaceChildren(problem(error));
  byId("main").append(h("p", { class: "state" }, hint));
}
