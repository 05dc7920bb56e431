/**
 * HTTP sessions and alias tokens.
 *
 * @module
 */

/** Who asks. */
export interface Login {
  /** Login name; `guest` for nobody. */
  readonly name: string;
  readonly admin: boolean;
  readonly guest: boolean;
}

/** Nobody. */
export const GUEST: Login = { name: "guest", admin: false, guest: true };

/** A login that is remembered by a cookie. */
export interface HttpSession {
  readonly id: string;
  readonly login: Login;
  lastUsed: number;
  readonly csrf: string;
}

/** A second name and password that stand for a user. */
export interface AliasToken {
  readonly alias: string;
  readonly secret: string;
  readonly user: string;
  readonly created: number;
  readonly expires: number;
}

/** What sessions need to know. */
export interface SessionOptions {
  timeoutMs: number;
  perUser: number;
  tokenLifeMs: number;
  random: () => number;
}

/** All sessions and tokens of a server. */
export class Sessions {
  readonly #sessions = new Map<string, HttpSession>();
  readonly #tokens = new Map<string, AliasToken>();
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Sessions that live. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Opens a session; undefined when a user has too many of them. */
  open(login: Login, now: number): HttpSession | undefined {
    if (!login.guest && this.#countOf(login, now) >= this.#options.perUser) return;
    const session = { id: this.#hex(32).toUpperCase(), login, lastUsed: now, csrf: this.#uuid() };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session of a cookie, if it lives; every use prolongs it. */
  use(id: string, now: number): HttpSession | undefined {
    const session = this.#sessions.get(id);
    if (!session) return;
    if (now - session.lastUsed > this.#options.timeoutMs) {
      this.#sessions.delete(id);
      return;
    }
    session.lastUsed = now;
    return session;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }

  /** Ids of the sessions of a user, or of all. */
  idsOf(user?: string): string[] {
    const all = [...this.#sessions.values()];
    return all.filter(({ login }) => user === undefined || login.name === user).map(({ id }) => id);
  }

  /** Ends the sessions of a user, or all; tells their ids. */
  endAll(user?: string): string[] {
    const ids = this.idsOf(user);
    for (const id of ids) this.#sessions.delete(id);
    return ids;
  }

  issueToken(user: string, now: number): AliasToken {
    const token = {
      alias: this.#uuid(),
      secret: this.#hex(64),
      user,
      created: now,
      expires: now + this.#options.tokenLifeMs,
    };
    this.#tokens.set(token.alias, token);
    return token;
  }

  /** The token of an alias, if it is known and valid. */
  token(alias: string, now: number): AliasToken | undefined {
    const token = this.#tokens.get(alias);
    if (token && token.expires > now) return token;
    this.#tokens.delete(alias);
  }

  /** The tokens of a user that are valid. */
  tokensOf(user: string, now: number): AliasToken[] {
    return [...this.#tokens.values()].filter((token) => token.user === user && token.expires > now);
  }

  dropToken(alias: string): void {
    this.#tokens.delete(alias);
  }

  #countOf(login: Login, now: number): number {
    let count = 0;
    for (const session of [...this.#sessions.values()]) {
      if (now - session.lastUsed > this.#options.timeoutMs) this.#sessions.delete(session.id);
      else if (session.login.name === login.name) count++;
    }
    return count;
  }

  #hex(length: number): string {
    let digits = "";
    while (digits.length < length) digits += Math.floor(this.#options.random() * 16).toString(16);
    return digits;
  }

  #uuid(): string {
    const hex = this.#hex(32);
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, hex.slice(16, 20)]
      .concat(hex.slice(20)).join("-");
  }
}
