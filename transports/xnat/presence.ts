/**
 * Whether a server still knows a login. A site that is open to guests does not say when it has forgotten one: it answers as
 * it answers guests, and private things are missing without an error.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { VfsError } from "../../vfs/errors.ts";
import type { Answer } from "./answer.ts";
import type { Login } from "./session.ts";

/** Asks who somebody is (`/data/auth`, XNAT 1.8). */
export type AskWho = (
  headers: Record<string, string>,
  purpose: Purpose,
  signal: AbortSignal,
) => Promise<Answer>;

/** What is known of whether a site is open to guests. */
export class Presence {
  readonly #askWho: AskWho;
  /** As whom guests are answered, if at all. */
  #guest: Promise<string | undefined> | undefined;

  /** Asks by `askWho`. */
  constructor(askWho: AskWho) {
    this.#askWho = askWho;
  }

  /** Whether the server still knows `login`; only sites that are open to guests need to be asked. */
  async isStill(
    login: Login,
    purpose: Purpose,
    signal: AbortSignal,
    refuse: (status: number, text: string) => VfsError,
  ): Promise<boolean> {
    if (login.id === undefined) return true;
    if (!await this.#isOpenSite(purpose, signal, refuse)) return true;
    const user = await this.#who({ cookie: `JSESSIONID=${login.id}` }, purpose, signal, refuse);
    return user !== undefined && user !== "guest";
  }

  async #isOpenSite(
    purpose: Purpose,
    signal: AbortSignal,
    refuse: (status: number, text: string) => VfsError,
  ): Promise<boolean> {
    for (;;) {
      const isOwn = this.#guest === undefined;
      const guest = this.#guest ??= this.#who({}, purpose, signal, refuse);
      try {
        return await guest !== undefined;
      } catch (error) {
        if (this.#guest === guest) this.#guest = undefined;
        // Somebody else's question may have been given up.
        if (isOwn || signal.aborted) throw error;
      }
    }
  }

  /** As whom the server answers; `undefined` when it wants a login first. */
  async #who(
    headers: Record<string, string>,
    purpose: Purpose,
    signal: AbortSignal,
    refuse: (status: number, text: string) => VfsError,
  ): Promise<string | undefined> {
    const answer = await this.#askWho(headers, purpose, signal);
    const text = await answer.excerpt();
    if (answer.status >= 500) throw refuse(answer.status, text);
    return answer.status === 200 ? /^User '(.*)' is logged in/.exec(text)?.[1] : undefined;
  }
}
