/**
 * Cookies that are not XNAT's: what stands before several machines tells by them which one has the session.
 *
 * @module
 */

const MAX_COOKIES = 32;
const MAX_LENGTH = 4096;
/** The session has a keeper of its own; the other one tells how long it lives. */
const XNATS: ReadonlySet<string> = new Set(["JSESSIONID", "SESSION_EXPIRATION_TIME"]);

/** The cookies of one origin (RFC 6265). Paths are not looked at: all requests go below one. */
export class Cookies {
  readonly #values = new Map<string, string>();

  /** Keeps what a header `Set-Cookie`, or several joined by commas, tells at the time `now`, in milliseconds. */
  note(header: string | null, now: number): void {
    // A comma in a date is not followed by a name.
    for (const text of header?.split(/,(?=[^;,=]+=)/) ?? []) {
      const [, name, value] = /^\s*([^\s;=]+)=([^;]*)/.exec(text) ?? [];
      if (name === undefined || value === undefined || XNATS.has(name)) continue;
      this.#values.delete(name);
      const isKept = text.length <= MAX_LENGTH && this.#values.size < MAX_COOKIES;
      if (isKept && !isOver(text, now)) this.#values.set(name, value.trim());
    }
  }

  /** The header `Cookie` with what `own` says besides; `undefined` when there is nothing to say. */
  header(own?: string): string | undefined {
    const others = [...this.#values].map(([name, value]) => `${name}=${value}`);
    const all = own === undefined ? others : [own, ...others];
    return all.length > 0 ? all.join("; ") : undefined;
  }
}

function isOver(text: string, now: number): boolean {
  const age = /;\s*max-age=(-?[0-9]+)/i.exec(text)?.[1];
  if (age !== undefined) return Number(age) <= 0;
  const end = /;\s*expires=([^;]+)/i.exec(text)?.[1];
  return end !== undefined && Date.parse(end) <= now;
}
