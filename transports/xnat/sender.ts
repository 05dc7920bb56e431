/**
 * Sends requests, follows redirects within the origin, and notes what makes a login doubtful.
 *
 * @module
 */

import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { FetchLike } from "../../vfs/transport.ts";
import { Answer } from "./answer.ts";
import type { Ask } from "../../vfs/ask.ts";
import { broken, unreachable } from "../web/errors.ts";
import { Cookies } from "./cookies.ts";
import { ADVICE } from "./errors.ts";
import { redirection } from "./redirection.ts";

/** What a body can be; whatever the HTTP client takes. */
export type RequestBody = NonNullable<NonNullable<Parameters<FetchLike>[1]>["body"]>;

const MAX_REDIRECTS = 5;
/** After such a pause a login may be gone. */
const IDLE_MS = 60_000;

/** The HTTP client, with what we make of redirects. */
export class Sender {
  /** How often something happened after which the server may have forgotten the login. */
  doubts = 0;
  readonly #fetch: FetchLike;
  readonly #clock: Clock;
  readonly #cookies = new Cookies();
  #last: { readonly time: number; readonly elapsed: number } | undefined;

  constructor(fetch: FetchLike, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** Sends a request; an answer that leads to the login page is given as it is. */
  async send(
    method: string,
    url: string,
    { headers: own, signal, op, url: of }: Ask & { readonly headers: Record<string, string> },
    body?: () => RequestBody | Promise<RequestBody>,
  ): Promise<Answer> {
    const ask = { op, url: of, signal };
    let target = url;
    for (let hops = 0;; hops++) {
      throwIfAborted(signal, op, of);
      let answer: Answer;
      try {
        const content = await body?.();
        const cookie = this.#cookies.header(own.cookie);
        const headers = { ...own, ...(cookie !== undefined && { cookie }) };
        const init = { method, headers, body: content, signal, redirect: "manual" } as const;
        answer = new Answer(await this.#fetch(target, init), ask);
      } catch (error) {
        // A server that was started anew has forgotten all logins.
        this.doubts++;
        throw unreachable(error, ask, ADVICE, false);
      }
      const now = this.#clock.now();
      if (answer.status >= 500 || this.#pause(now) > IDLE_MS) this.doubts++;
      this.#cookies.note(answer.headers.get("set-cookie"), now);
      const next = redirection(answer, target, ask);
      if (next === undefined || next === "login") return answer;
      await answer.body.close();
      const changesMethod = answer.status < 307 && method !== "GET" && method !== "HEAD";
      if (hops >= MAX_REDIRECTS || changesMethod) {
        throw broken(ask, "the server redirects without end, or where it must not");
      }
      target = next;
    }
  }

  /** How long it is since the last answer, by the clock that tells more: one may be set back, the other sleeps with a laptop. */
  #pause(time: number): number {
    const last = this.#last;
    const now = this.#last = { time, elapsed: steadyClock(this.#clock).now() };
    return last ? Math.max(now.time - last.time, now.elapsed - last.elapsed) : 0;
  }
}
