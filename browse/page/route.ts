/** What the address bar says: `#/folder/`, `#/folder/file`, `#/folder/file?view=header&frame=3`. */

/** A place, and how it is looked at. */
export interface Route {
  /** Names below the root. */
  readonly names: readonly string[];
  readonly isDir: boolean;
  readonly view?: string;
  readonly frame?: number;
}

/** Names as the path that the server takes. */
export function pathOf(names: readonly string[]): string {
  return names.map(encodeURIComponent).join("/");
}

/** The address of a route. */
export function hashOf({ names, isDir, view, frame }: Route): string {
  const query = new URLSearchParams();
  if (view !== undefined) query.set("view", view);
  if (frame !== undefined) query.set("frame", String(frame));
  const slash = isDir && names.length > 0 ? "/" : "";
  const asked = query.size > 0 ? `?${query}` : "";
  return `#/${pathOf(names)}${slash}${asked}`;
}

/** The route of an address; one that is malformed is the root. */
export function routeOf(hash: string): Route {
  const [path = "", asked = ""] = hash.replace(/^#\/?/, "").split("?");
  const query = new URLSearchParams(asked);
  const frame = Number(query.get("frame") ?? NaN);
  try {
    return {
      names: path.split("/").filter((part) => part !== "").map(decodeURIComponent),
      isDir: path === "" || path.endsWith("/"),
      view: query.get("view") ?? undefined,
      frame: Number.isSafeInteger(frame) && frame > 0 ? frame : undefined,
    };
  } catch {
    return { names: [], isDir: true };
  }
}
