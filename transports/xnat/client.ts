/**
 * The wire to one XNAT: requests with a shared login, and answers that are what was asked for.
 *
 * @module
 */

import type { Clock } from "../../vfs/clock.ts";
import type { Credentials } from "../../vfs/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location.ts";
import { throwIfAborted } from "../../vfs/signals.ts";
import type { FetchLike } from "../../vfs/transport.ts";
import { Answer } from "./answer.ts";
import { broken, messageOf, type Purpose, refused, unreachable } from "./errors.ts";
import { Presence } from "./presence.ts";
import { redirection } from "./redirection.ts";
import { parseJson, type Query, queryText, type Row, rowsOf } from "./table.ts";
import { type Login, Session } from "./session.ts";

export type { Query, Row };

/** What a body can be; whatever the HTTP client takes. */
export type RequestBody = NonNullable<NonNullable<Parameters<FetchLike>[1]>["body"]>;

/** What an answer must be. A page in its place means that the login is gone, or an error. */
export type Accept = "json" | "text" | "file" | "zip";

/** A request. */
export interface XnatRequest extends Purpose {
  /** Aborts it. */
  readonly signal: AbortSignal;
  /** Query. */
  readonly query?: Query;
  /** Headers besides those of the session. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, made anew for each time that it is sent. */
  readonly body?: () => RequestBody | Promise<RequestBody>;
  /** The body can be sent twice, so that a login which has run out is no error. @default {true} */
  readonly replayable?: boolean;
  /** What must come back. @default {"text"} */
  readonly accept?: Accept;
  /** Statuses of 400 and above that the caller deals with. */
  readonly expect?: readonly number[];
}

/** What a client is made with. */
export interface XnatClientOptions {
  /** Scheme, host and port; `xnat` is https, `xnat+http` is http. */
  readonly origin: Location;
  /** Context path such as `/xnat`. @default {""} */
  readonly context?: string;
  /** Asks for credentials. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** HTTP client. */
  readonly fetch: FetchLike;
  /** Time. */
  readonly clock: Clock;
  /** Longest answer that is kept in memory, in bytes. @default {134_217_728} */
  readonly maxAnswer?: number;
}

const MAX_ANSWER = 134_217_728;
const MAX_REDIRECTS = 5;
/** After such a pause a login may be gone. */
const IDLE_MS = 60_000;
const MAX_PAGE = 1_048_576;

/** How much a client has asked for. */
export interface XnatCounters {
  /** Requests sent, with logins and those sent again. */
  requests: number;
  /** Requests sent again after a new login. */
  replays: number;
}

/** A client of one XNAT. */
export class XnatClient implements AsyncDisposable {
  /** Start of all URLs: scheme, host, port, context path. */
  readonly base: string;
  /** What was asked so far. */
  readonly counters: XnatCounters = { requests: 0, replays: 0 };
  readonly #options: XnatClientOptions;
  readonly #session: Session;
  readonly #closing = new AbortController();
  #isDoubtful = false;
  #lastAnswer = Infinity;
  readonly #presence: Presence;
  #disposal: Promise<void> | undefined;

  constructor(options: XnatClientOptions) {
    const { scheme, host, port } = options.origin;
    const protocol = scheme === "xnat+http" ? "http" : "https";
    const colonPort = port === undefined ? "" : `:${port}`;
    this.base = `${protocol}://${host}${colonPort}${options.context ?? ""}`;
    this.#options = options;
    this.#presence = new Presence((headers, purpose, signal) =>
      this.#send("GET", `${this.base}/data/auth`, { ...purpose, headers, signal })
    );
    this.#session = new Session({
      credentials: options.credentials,
      clock: options.clock,
      send: async (method, path, headers, purpose, signal) =>
        await this.#send(method, this.base + path, { ...purpose, headers, signal }),
    });
  }

  /** How often it logged in. */
  get logins(): number {
    return this.#session.logins;
  }

  /**
   * Sends a request under the client's login and checks the answer. When the login turns out to be gone (401, a way to
   * the login page, or that page itself) it logs in again, once, and asks again.
   *
   * @throws errors that say what to do; `NotFound` for 404, `PermissionDenied` for 403, `Unavailable` for 5xx
   */
  async request(method: string, path: string, options: XnatRequest): Promise<Answer> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const url = this.base + path + queryText(options.query);
    if (method === "GET" && !options.body) {
      const answer = await this.#lead(url, options, signal);
      if (answer) return answer;
    }
    let login = await this.#session.login(options, signal);
    for (let isReplay = false;; isReplay = true) {
      const headers: Record<string, string> = { ...options.headers };
      if (login.id !== undefined) headers.cookie = `JSESSIONID=${login.id}`;
      const answer = await this.#send(method, url, { ...options, headers, signal }, options.body);
      this.#session.note(answer);
      const loss = await this.#loss(answer, login, options);
      if (loss === undefined) return await this.#checked(answer, login, options);
      await answer.body.close();
      if (isReplay || login.id === undefined) throw loss;
      login = await this.#session.login(options, signal, login);
      if (options.replayable === false) {
        throw new VfsError("Unavailable", {
          op: options.op,
          url: options.url,
          reason: "the login ran out meanwhile, and the content cannot be read again",
        });
      }
      this.counters.replays++;
    }
  }

  /**
   * Sends the first request with the password, which saves one for the login. `undefined` when it is to be asked in the
   * usual way: there is a login, or none came of it.
   */
  async #lead(url: string, options: XnatRequest, signal: AbortSignal): Promise<Answer | undefined> {
    const lead = await this.#session.lead(options, signal);
    if (!lead) return undefined;
    const headers = { ...options.headers, ...lead.headers };
    const answer = await this.#send("GET", url, { ...options, headers, signal }).catch((error) => {
      lead.end();
      throw error;
    });
    try {
      const login = lead.end(answer);
      // Where there is nothing, there may be no XNAT, which a login tells.
      const isSure = login !== undefined || (answer.status >= 400 && answer.status !== 404);
      if (isSure && !await this.#loss(answer, login ?? { generation: 0 }, options)) {
        return await this.#checked(answer, login ?? { id: "", generation: 0 }, options);
      }
    } catch (error) {
      await answer.body.close();
      throw error;
    }
    await answer.body.close();
    return undefined;
  }

  /** The text that a request answers with. */
  async text(method: string, path: string, options: XnatRequest): Promise<string> {
    const answer = await this.request(method, path, options);
    return await answer.text(this.#options.maxAnswer ?? MAX_ANSWER);
  }

  /** The JSON that GET answers with. @throws `Protocol` when it is none, `Incomplete` when it ends early */
  async json(path: string, options: XnatRequest): Promise<unknown> {
    const query = { format: "json", ...options.query };
    const answer = await this.request("GET", path, { ...options, query, accept: "json" });
    return parseJson(await answer.text(this.#options.maxAnswer ?? MAX_ANSWER), options);
  }

  /**
   * The rows of the table at `path`; none for a status that is expected.
   *
   * @throws `Protocol` when it is another document
   */
  async rows(path: string, options: XnatRequest): Promise<Row[]> {
    const query = { format: "json", ...options.query };
    const answer = await this.request("GET", path, { ...options, query, accept: "json" });
    if (answer.status >= 300) {
      await answer.body.close();
      return [];
    }
    const text = await answer.text(this.#options.maxAnswer ?? MAX_ANSWER);
    return rowsOf(text, options);
  }

  /** Whether something happened since the last sure answer after which the server may have forgotten the login. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /**
   * Whether the answers so far were ours. A site that is open to guests answers a login that it has forgotten as it
   * answers guests: private things are missing without an error. When that happened, this logs in again.
   */
  async confirm(options: XnatRequest): Promise<boolean> {
    const login = await this.#session.login(options, options.signal);
    const isStill = await this.#isStill(login, options);
    this.#isDoubtful = false;
    if (isStill) return true;
    await this.#session.login(options, options.signal, login);
    return false;
  }

  /** Ends what is under way and logs out. Twice does no harm. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    const purpose = { op: "close", url: this.#options.origin.href };
    this.#closing.abort(
      new VfsError("Unavailable", {
        ...purpose,
        reason: "the connection is closed",
        status: "permanent",
      }),
    );
    await this.#session.logout(purpose);
  }

  async #send(
    method: string,
    url: string,
    { headers, signal, op, url: of }: Purpose & {
      readonly headers: Record<string, string>;
      readonly signal: AbortSignal;
    },
    body?: XnatRequest["body"],
  ): Promise<Answer> {
    const purpose = { op, url: of };
    let target = url;
    for (let hops = 0;; hops++) {
      throwIfAborted(signal, op, of);
      this.counters.requests++;
      let answer: Answer;
      try {
        const content = await body?.();
        const init = { method, headers, body: content, signal, redirect: "manual" } as const;
        answer = new Answer(await this.#options.fetch(target, init), purpose, signal);
      } catch (error) {
        // A server that was started anew has forgotten all logins.
        this.#isDoubtful = true;
        throw unreachable(error, purpose, signal);
      }
      const now = this.#options.clock.now();
      if (answer.status >= 500 || now - this.#lastAnswer > IDLE_MS) this.#isDoubtful = true;
      if (answer.status < 500) this.#lastAnswer = now;
      const next = redirection(answer, target, purpose);
      if (next === undefined) return answer;
      if (next === "login") return answer;
      await answer.body.close();
      const changesMethod = answer.status < 307 && method !== "GET" && method !== "HEAD";
      if (hops >= MAX_REDIRECTS || changesMethod) {
        throw broken(purpose, "the server redirects without end, or where it must not");
      }
      target = next;
    }
  }

  async #checked(answer: Answer, login: Login, options: XnatRequest): Promise<Answer> {
    const { status } = answer;
    if (status < 300 || options.expect?.includes(status)) return answer;
    throw this.#refused(options, login, status, await answer.excerpt(), answer);
  }

  /** Why an answer says that the login is gone; `undefined` when it does not. */
  async #loss(
    answer: Answer,
    login: Login,
    options: XnatRequest,
  ): Promise<VfsError | undefined> {
    const { status } = answer;
    const gone = () => this.#refused(options, login, 401, "");
    if (status === 401 || (status >= 300 && status < 400 && status !== 304)) return gone();
    if (status === 404 && login.id !== undefined) {
      return await this.#isStill(login, options) ? undefined : gone();
    }
    if (status !== 200) return undefined;
    const given = answer.cookie("JSESSIONID");
    if (login.id !== undefined && given !== undefined && given !== login.id) return gone();
    // A stored page has a time of change; a page that the server makes has none.
    const isStored = options.accept === "file" && answer.headers.has("last-modified");
    if (!answer.isHtml || isStored) return undefined;
    const text = await answer.peek(MAX_PAGE);
    if (!/^\s*<(!doctype|html)/i.test(text)) return undefined;
    return /login/i.test(text)
      ? gone()
      : broken(options, `the server gave a page in place of what was asked: ${messageOf(text)}`);
  }

  #isStill(login: Login, options: XnatRequest): Promise<boolean> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const refuse = (status: number, text: string) => this.#refused(options, login, status, text);
    return this.#presence.isStill(login, { op: options.op, url: options.url }, signal, refuse);
  }

  #refused(
    { op, url }: Purpose,
    login: Login,
    status: number,
    text: string,
    answer?: Answer,
  ): VfsError {
    const isGuest = login.id === undefined;
    const retryAfter = answer?.headers.get("retry-after");
    return refused({ op, url }, {
      status,
      text: login.id === undefined ? text : text.replaceAll(login.id, "…"),
      retryAfter,
      isGuest,
      now: this.#options.clock.now(),
    });
  }
}
