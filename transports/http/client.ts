/**
 * Requests to one web server, and to where it sends us.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Credentials } from "../../vfs/credentials/credentials.ts";
import type { ConnectOptions, FetchedResponse } from "../../vfs/transport.ts";
import { bodyOf } from "../web/body.ts";
import { broken, unreachable } from "../web/errors.ts";
import { ADVICE, refused } from "./errors.ts";

/** An answer that is no error. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** Where it came from, after redirections. */
  readonly url: string;
  /** Response headers. */
  readonly headers: FetchedResponse["headers"];
  /** The content; empty for HEAD. It must be closed. */
  readonly body: ChunkReader;
}

/** Options of {@linkcode Client.request}. */
export interface RequestOptions {
  /** Headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of errors that the caller looks at himself. */
  readonly accepts?: readonly number[];
}

const MAX_REDIRECTIONS = 5;
const REDIRECTIONS = [301, 302, 303, 307, 308];
/** Others of the two hundreds have no content, or something else for one (RFC 9110 §15.3). */
const ANSWERS: Readonly<Record<"GET" | "HEAD", readonly number[]>> = {
  GET: [200, 203, 206],
  HEAD: [200, 203, 204, 206],
};

/** Asks one server. */
export class Client {
  readonly #options: Pick<ConnectOptions, "fetch" | "clock" | "credentials">;
  readonly #origin: string;
  #authorization: Promise<string | undefined> | undefined;

  /** Makes a client; it asks nothing yet. */
  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#origin = new URL(options.origin.href).origin;
  }

  /** Asks, and follows where the server leads; credentials go to its own origin alone. */
  async request(
    method: "GET" | "HEAD",
    from: string,
    ask: Ask,
    { headers = {}, accepts = [] }: RequestOptions = {},
  ): Promise<Answer> {
    let url = from;
    for (let i = 0; i <= MAX_REDIRECTIONS; i++) {
      const answer = await this.#fetch(method, url, headers, ask);
      const { status } = answer;
      if (REDIRECTIONS.includes(status)) {
        await answer.body?.cancel();
        url = redirected(answer, url, ask);
        continue;
      }
      if (ANSWERS[method].includes(status) || accepts.includes(status)) {
        return { status, url, headers: answer.headers, body: bodyOf(answer, ask, ADVICE) };
      }
      await answer.body?.cancel();
      // Somebody may bring a better password.
      if (status === 401) this.#authorization = undefined;
      throw refused(ask, answer, this.#options.clock.now());
    }
    throw broken(ask, "the server redirects without end");
  }

  async #fetch(
    method: string,
    url: string,
    more: Readonly<Record<string, string>>,
    ask: Ask,
  ): Promise<FetchedResponse> {
    // What is compressed on its way has no ranges and no size that we could tell.
    const headers: Record<string, string> = { "accept-encoding": "identity", ...more };
    if (new URL(url).origin === this.#origin) {
      const authorization = await this.#login();
      if (authorization) headers.authorization = authorization;
    }
    try {
      const { signal } = ask;
      return await this.#options.fetch(url, { method, headers, signal, redirect: "manual" });
    } catch (error) {
      throw unreachable(error, ask, ADVICE, false);
    }
  }

  #login(): Promise<string | undefined> {
    this.#authorization ??= this.#options.credentials().then(authorizationOf);
    this.#authorization.catch(() => this.#authorization = undefined);
    return this.#authorization;
  }
}

/** The header `Authorization` (RFC 7617, RFC 6750). */
function authorizationOf(credentials: Credentials | undefined): string | undefined {
  if (!credentials) return undefined;
  const { username = "", password, token } = credentials;
  if (token) return `Bearer ${token.reveal()}`;
  if (!password) return undefined;
  const bytes = new TextEncoder().encode(`${username}:${password.reveal()}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function redirected({ headers }: FetchedResponse, from: string, ask: Ask): string {
  const to = URL.parse(headers.get("location") ?? "", from);
  if (to === null || !/^https?:$/.test(to.protocol)) {
    throw broken(ask, "the server redirects to nowhere");
  }
  if (from.startsWith("https:") && to.protocol === "http:") {
    throw broken(ask, "the server redirects from https to http");
  }
  to.username = "";
  to.password = "";
  to.hash = "";
  return to.href;
}
