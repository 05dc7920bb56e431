/**
 * One login, shared by all requests: made when first needed, made again when the server has forgotten it, and ended.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import type { Credentials } from "../../vfs/credentials/credentials.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { broken } from "../web/errors.ts";
import type { Answer } from "./answer.ts";
import { messageOf, refused } from "./errors.ts";

/** Who a request is made as. */
export interface Login {
  /** Value of the cookie JSESSIONID; absent for a guest. */
  readonly id?: string;
  /** Counts the logins of a client, to tell an old one from the present one. */
  readonly generation: number;
}

/** What a session needs from its client. */
export interface SessionOptions {
  /** Asks for credentials. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** Sends one request without a session. */
  readonly send: (
    method: string,
    path: string,
    headers: Record<string, string>,
    purpose: Purpose,
    signal: AbortSignal,
  ) => Promise<Answer>;
  /** Time. */
  readonly clock: Clock;
}

/** A request that logs in by the way: XNAT begins a session for whoever sends a password along. */
export interface Lead {
  /** To be sent with it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Tells how it was answered, if it was; gives the login that came of it. Must be called. */
  end(answer?: Answer): Login | undefined;
}

/** A login under way, and how many wait for it. */
interface Pending {
  readonly promise: Promise<Login>;
  readonly abort: AbortController;
  waiting: number;
}

const LOGIN_LIMIT_MS = 30_000;
const LOGOUT_LIMIT_MS = 3_000;
/** A refused login is not tried again for so long: XNAT locks an account after 20 failures. */
const REFUSED_MS = 30_000;
const SESSION_ID = /^[A-Za-z0-9._!-]{8,128}$/;

/** The session of a client. */
export class Session {
  #login: Login | undefined;
  #pending: Pending | undefined;
  /** Settles when the request that leads has been answered, or has failed. */
  #leading: Promise<void> | undefined;
  #generation = 0;
  #isClosed = false;
  #lastUsed = 0;
  #timeoutMs = Infinity;
  #refusal: { error: VfsError; basic: string; until: number } | undefined;
  #secrets: readonly string[] = [];
  /** What is sent along with the session, where a proxy wants to see the password with each request. */
  #basic: string | undefined;
  #isBasicSent = false;
  readonly #options: SessionOptions;
  readonly #clock: Clock;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = steadyClock(options.clock);
  }

  /** How often it logged in. */
  get logins(): number {
    return this.#generation;
  }

  /**
   * The login to use, made now if there is none, if `stale` is the present one, or if it has surely run out. Parallel
   * callers share one login; it goes on while one of them waits.
   *
   * @throws `Unauthenticated` when the server refuses the credentials
   */
  async login(purpose: Purpose, signal: AbortSignal, stale?: Login): Promise<Login> {
    while (this.#leading) await orAborted(this.#leading, signal, purpose.op, purpose.url);
    const present = this.#login;
    if (present && present.generation !== stale?.generation && !this.#hasRunOut(present)) {
      return present;
    }
    const pending = this.#pending ??= this.#start(purpose);
    pending.waiting++;
    try {
      return await orAborted(pending.promise, signal, purpose.op, purpose.url);
    } finally {
      if (--pending.waiting === 0) this.#forget(pending);
    }
  }

  /**
   * Lets a request log in by the way, when nobody has logged in or is about to: the password goes with it, and others
   * wait until it is answered. `undefined` where there is a login, or no password that may be tried.
   */
  async lead(purpose: Purpose, signal: AbortSignal): Promise<Lead | undefined> {
    if (this.#login || this.#pending || this.#leading) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#leading = promise;
    const leave = () => {
      this.#leading = undefined;
      resolve();
    };
    try {
      const asking = this.#options.credentials();
      const credentials = await orAborted(asking, signal, purpose.op, purpose.url);
      const basic = this.#basicOf(credentials, purpose);
      if (basic !== undefined && !this.#refused(basic)) {
        return {
          headers: { authorization: `Basic ${basic}` },
          end: (answer) => {
            leave();
            return answer && this.#begin(answer, basic, purpose);
          },
        };
      }
    } catch (error) {
      leave();
      throw error;
    }
    leave();
    return undefined;
  }

  /** The session that came with an answer; remembers when the password was refused. */
  #begin(answer: Answer, basic: string, purpose: Purpose): Login | undefined {
    if (answer.status === 401) {
      throw this.#refuse(basic, purpose);
    }
    const id = answer.cookie("JSESSIONID");
    if (id === undefined || !SESSION_ID.test(id) || this.#isClosed) return undefined;
    this.note(answer);
    return this.#login = { id, generation: ++this.#generation };
  }

  #refused(basic: string): VfsError | undefined {
    const { error, until, basic: tried } = this.#refusal ?? {};
    return tried === basic && this.#clock.now() < until! ? error : undefined;
  }

  #refuse(basic: string, purpose: Purpose): VfsError {
    const now = this.#options.clock.now();
    const error = refused(purpose, { status: 401, isGuest: false, now });
    this.#refusal = { error, basic, until: this.#clock.now() + REFUSED_MS };
    return error;
  }

  /** The headers that show who asks. */
  headersOf({ id }: Login): Record<string, string> {
    if (id === undefined) return {};
    const cookie = `JSESSIONID=${id}`;
    if (!this.#isBasicSent || this.#basic === undefined) return { cookie };
    return { cookie, authorization: `Basic ${this.#basic}` };
  }

  /**
   * From now on the password goes with each request, beside the session. Proxies that have a list of users of their own
   * want that, as well as XNAT. False when there is none.
   */
  sendBasic(): boolean {
    return this.#isBasicSent = this.#basic !== undefined;
  }

  /** Notes what an answer tells about how long the session lives. */
  note(answer: Answer): void {
    this.#lastUsed = this.#options.clock.now();
    const [, timeout] = (/SESSION_EXPIRATION_TIME="?[0-9]+,([0-9]+)/
      .exec(answer.headers.get("set-cookie") ?? "")) ?? [];
    if (timeout !== undefined) this.#timeoutMs = Number(timeout);
  }

  /** Ends the session on the server, within bounded time; a server that is gone has ended it itself. */
  async logout(purpose: Purpose): Promise<void> {
    this.#isClosed = true;
    this.#pending?.abort.abort();
    await this.#pending?.promise.catch(() => {});
    const login = this.#login;
    this.#login = undefined;
    if (login?.id === undefined || this.#hasRunOut(login)) return;
    const headers = this.headersOf(login);
    try {
      await this.#within(LOGOUT_LIMIT_MS, new AbortController(), async (signal) => {
        const answer = await this.#options.send(
          "DELETE",
          "/data/JSESSION",
          headers,
          purpose,
          signal,
        );
        await answer.body.close();
      });
    } catch (error) {
      // Nothing is lost: the server forgets the session by itself after some minutes.
      if (!isVfsError(error)) throw error;
    }
  }

  /** What the server says in `text`, by which it answered `login`, without what we sent to log in. */
  said(text: string, login?: Login): string {
    return messageOf(text, [login?.id ?? "", this.#login?.id ?? "", ...this.#secrets]);
  }

  #basicOf(credentials: Credentials | undefined, purpose: Purpose): string | undefined {
    const basic = basicOf(credentials, purpose);
    const { password, token } = credentials ?? {};
    const secret = token?.reveal().split(":").at(-1) ?? password?.reveal();
    this.#secrets = basic && secret ? [basic, secret] : [];
    this.#basic = basic;
    return basic;
  }

  #hasRunOut({ id }: Login): boolean {
    // The server's clock starts later than ours; a little less than its time is safe.
    return id !== undefined &&
      this.#options.clock.now() - this.#lastUsed > this.#timeoutMs * 0.95;
  }

  #start(purpose: Purpose): Pending {
    const abort = new AbortController();
    const promise = this.#within(LOGIN_LIMIT_MS, abort, (signal) => this.#make(purpose, signal));
    return { promise, waiting: 0, abort };
  }

  /** Ends a login that is made, or for which nobody waits any more. */
  #forget(pending: Pending): void {
    pending.abort.abort();
    if (this.#pending === pending) this.#pending = undefined;
  }

  async #make(purpose: Purpose, signal: AbortSignal): Promise<Login> {
    this.#login = undefined;
    const basic = this.#basicOf(await this.#options.credentials(), purpose);
    if (basic === undefined) return this.#login = { generation: this.#generation };
    const known = this.#refused(basic);
    if (known) throw known;
    const headers = { authorization: `Basic ${basic}` };
    const answer = await this.#options.send("GET", "/data/JSESSION", headers, purpose, signal);
    const text = (await answer.excerpt()).trim();
    if (answer.status === 401) throw this.#refuse(basic, purpose);
    if (answer.status === 404) {
      throw broken(purpose, "there is no XNAT; check host and context path (/~xnat/…)", {
        detail: { http: 404 },
      });
    }
    if (answer.status !== 200) {
      const retryAfter = answer.headers.get("retry-after");
      const now = this.#options.clock.now();
      throw refused(purpose, { status: answer.status, retryAfter, isGuest: false, now });
    }
    const id = answer.cookie("JSESSIONID") ?? text;
    if (!SESSION_ID.test(id) || !SESSION_ID.test(text)) {
      throw broken(purpose, "the login gave no session; is this an XNAT, or a proxy before it?");
    }
    this.note(answer);
    return this.#login = { id, generation: ++this.#generation };
  }

  async #within<T>(
    ms: number,
    abort: AbortController,
    action: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const cancel = this.#options.clock.schedule(
      () => abort.abort(new DOMException("The server did not answer in time", "TimeoutError")),
      ms,
    );
    try {
      return await action(abort.signal);
    } finally {
      cancel();
    }
  }
}

/** The text after `Basic ` (RFC 7617, in UTF-8). An alias token counts as user and password. */
function basicOf(credentials: Credentials | undefined, purpose: Purpose): string | undefined {
  const { username = "", password, token } = credentials ?? {};
  const secret = token ?? password;
  if (secret === undefined) {
    if (username === "") return undefined;
    throw new VfsError("Unauthenticated", {
      ...purpose,
      reason: `there is no password for the user ${JSON.stringify(username)}`,
    });
  }
  const text = token?.reveal().includes(":") ? token.reveal() : `${username}:${secret.reveal()}`;
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
