/** Elements without HTML: what servers call things stays text. */

type Listener = (event: never) => void;

/** Attributes; of those that begin with `on`, listeners. False and undefined leave one out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | Listener>>;

/** What can be in an element. */
export type Child = Node | string | undefined | false;

/** Makes an element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as unknown as EventListener);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** An element of the page by its id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}`);
  return found;
}

/** Tells those who listen to the page what happened. */
export function announce(text: string): void {
  byId("status").textContent = text;
}
