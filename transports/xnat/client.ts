/**
 * The wire to one XNAT: requests with a shared login, and answers that are what was asked for.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import type { Credentials } from "../../vfs/credentials/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { FetchLike } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Answer } from "./answer.ts";
import { refused } from "./errors.ts";
import { jsonRows } from "./json_rows.ts";
import { Presence } from "./presence.ts";
import type { XnatRequest } from "./request.ts";
import { type RequestBody, Sender } from "./sender.ts";
import { type Login, Session } from "./session.ts";
import { parseJson, type Query, queryText, type Row } from "./table.ts";
import { xmlRows } from "./xml_rows.ts";

export type { Query, RequestBody, Row, XnatRequest };

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
  /** Longest answer that is taken, in bytes. @default {134_217_728, eight times as much for lists} */
  readonly maxAnswer?: number;
}

const MAX_ANSWER = 134_217_728;
/** Lists are read piece by piece. */
const MAX_LIST = 8 * MAX_ANSWER;
const MAX_PAGE = 1_048_576;

/** A client of one XNAT. */
export class XnatClient implements AsyncDisposable {
  /** Start of all URLs: scheme, host, port, context path. */
  readonly base: string;
  readonly #options: XnatClientOptions;
  readonly #session: Session;
  readonly #closing = new AbortController();
  readonly #sender: Sender;
  readonly #presence: Presence;
  /** So many doubts about the login are settled. */
  #settled = 0;
  #disposal: Promise<void> | undefined;

  constructor(options: XnatClientOptions) {
    const { scheme, host, port } = options.origin;
    const protocol = scheme === "xnat+http" ? "http" : "https";
    const colonPort = port === undefined ? "" : `:${port}`;
    this.base = `${protocol}://${host}${colonPort}${options.context ?? ""}`;
    this.#options = options;
    this.#sender = new Sender(options.fetch, options.clock);
    this.#presence = new Presence((headers, purpose, signal) =>
      this.#sender.send("GET", `${this.base}/data/auth`, { ...purpose, headers, signal })
    );
    this.#session = new Session({
      credentials: options.credentials,
      clock: options.clock,
      send: async (method, path, headers, purpose, signal) =>
        await this.#sender.send(method, this.base + path, { ...purpose, headers, signal }),
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
      const own = this.#session.headersOf(login);
      const asked = { ...options, headers: { ...options.headers, ...own }, signal };
      const answer = await this.#sender.send(method, url, asked, options.body);
      this.#session.note(answer);
      const loss = await this.#loss(method, answer, login, options).catch(async (error) => {
        await answer.body.close();
        throw error;
      });
      if (loss === undefined) return await this.#checked(answer, login, options);
      await answer.body.close();
      const lacksBasic = answer.status === 401 && own.authorization === undefined;
      const isRefused = isReplay && !(lacksBasic && this.#session.sendBasic());
      if (isRefused || login.id === undefined) throw loss;
      if (!isReplay) login = await this.#session.login(options, signal, login);
      if (options.replayable === false) {
        throw new VfsError("Unavailable", {
          op: options.op,
          url: options.url,
          reason: "the login ran out meanwhile, and the content cannot be read again",
        });
      }
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
    const asked = { ...options, headers, signal };
    const answer = await this.#sender.send("GET", url, asked).catch((error) => {
      lead.end();
      throw error;
    });
    try {
      const login = lead.end(answer);
      // Where there is nothing, there may be no XNAT, which a login tells.
      const isSure = login !== undefined || (answer.status >= 400 && answer.status !== 404);
      if (isSure && !await this.#loss("GET", answer, login ?? { generation: 0 }, options)) {
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

  /** What the server says in a text that it answered with, for messages. */
  said(text: string): string {
    return this.#session.said(text);
  }

  /** The JSON that GET answers with. @throws `Protocol` when it is none, `Incomplete` when it ends early */
  async json(path: string, options: XnatRequest): Promise<unknown> {
    const query = { format: "json", ...options.query };
    const answer = await this.request("GET", path, { ...options, query, accept: "json" });
    return parseJson(await answer.text(this.#options.maxAnswer ?? MAX_ANSWER), options);
  }

  /** The rows of the table at `path`; see {@linkcode XnatClient.parts}. */
  async rows(path: string, options: XnatRequest): Promise<Row[]> {
    return (await Array.fromAsync(this.parts(path, options))).flat();
  }

  /**
   * The rows of the table at `path`, some at a time; none for a status that is expected. The query tells the form:
   * `json`, or `xml` for tables of many columns.
   *
   * @throws `Protocol` when it is another document, `Incomplete` when it ends early
   */
  async *parts(path: string, options: XnatRequest): AsyncGenerator<Row[]> {
    const query = { format: "json", ...options.query };
    const accept = query.format === "json" ? "json" : "text";
    const answer = await this.request("GET", path, { ...options, query, accept });
    if (answer.status >= 300) return await answer.body.close();
    const { maxAnswer = MAX_LIST } = this.#options;
    const read = query.format === "json" ? jsonRows : xmlRows;
    yield* read(answer.body, maxAnswer, { op: options.op, url: options.url });
  }

  /** Whether nobody has logged in, so that we ask as a guest. */
  async isGuest(options: Purpose & { readonly signal: AbortSignal }): Promise<boolean> {
    return (await this.#session.login(options, options.signal)).id === undefined;
  }

  /** Whether something happened since the last sure answer after which the server may have forgotten the login. */
  get isDoubtful(): boolean {
    return this.#sender.doubts > this.#settled;
  }

  /**
   * Whether the answers so far were ours. A site that is open to guests answers a login that it has forgotten as it
   * answers guests: private things are missing without an error. When that happened, this logs in again.
   */
  async confirm(options: XnatRequest): Promise<boolean> {
    const login = await this.#session.login(options, options.signal);
    // What happens while the server is asked, its answer says nothing of.
    const { doubts } = this.#sender;
    const isStill = await this.#isStill(login, options);
    this.#settled = doubts;
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

  async #checked(answer: Answer, login: Login, options: XnatRequest): Promise<Answer> {
    const { status } = answer;
    if (status < 300 || options.expect?.includes(status)) return answer;
    throw this.#refused(options, login, status, await answer.excerpt(), answer);
  }

  /** Why an answer says that the login is gone; `undefined` when it does not. */
  async #loss(
    method: string,
    answer: Answer,
    login: Login,
    options: XnatRequest,
  ): Promise<VfsError | undefined> {
    const { status } = answer;
    const gone = () => this.#refused(options, login, 401, "");
    if (status === 401 || (status >= 300 && status < 400 && status !== 304)) return gone();
    // For a session or a scan that is not to be seen, XNAT fails over a null.
    if ((status === 404 || status === 500) && login.id !== undefined) {
      return await this.#isStill(login, options) ? undefined : gone();
    }
    if (status !== 200) return undefined;
    const given = answer.cookie("JSESSIONID");
    if (login.id !== undefined && given !== undefined && given !== login.id) return gone();
    // A stored page has a time of change; a page that the server makes has none.
    const isStored = options.accept === "file" && answer.headers.has("last-modified");
    if (!answer.isHtml || isStored) return undefined;
    const text = await answer.peek(MAX_PAGE);
    // No text comes with the answer to a HEAD.
    if (method !== "HEAD" && !/^\s*<(!doctype|html)/i.test(text)) return undefined;
    if (/login/i.test(text)) return gone();
    const said = this.#session.said(text, login);
    const tail = said === "" ? "; look at it in a browser" : `: ${said}`;
    return broken(options, `the server gave a page in place of what was asked${tail}`);
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
      said: this.#session.said(text, login),
      retryAfter,
      isGuest,
      now: this.#options.clock.now(),
    });
  }
}
