/**
 * Faults on demand: what a server, a proxy or a network does wrong.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";
import { LOGIN_PAGE } from "./routes/login_page.ts";
import { statusPage } from "./http/reply.ts";
import type { OpenEntry } from "./http/request_log.ts";

/** What goes wrong. */
export type XnatFaultKind =
  /** Answers with `status` and Restlet's page (`body` instead if given) and does nothing. */
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  /** Answers after so many milliseconds. */
  | { readonly delay: number }
  /** Ends the body after so many bytes; the connection drops, the status stays. */
  | { readonly cut: number }
  /** Sends nothing more after so many bytes, until the client or the server gives up. */
  | { readonly stall: number }
  /** Answers 200 with the login page, as a proxy or a session that ended makes it. */
  | { readonly loginPage: true }
  /** Drops the connection before the first byte of the body. Status and headers have left by then. */
  | { readonly reset: true }
  /** Does what was asked, then drops the connection as `reset` does: the answer is lost. */
  | { readonly lostAnswer: true }
  /** Ends the session of whoever asks, before the request is looked at. */
  | { readonly expire: true };

/** Which requests go wrong. */
export interface XnatFaultMatch {
  /** Method; any. */
  readonly method?: string;
  /** A route as in the log, or a pattern that is searched in the path; any. */
  readonly route?: string | RegExp;
  /** How many requests to let through first; 0. */
  readonly after?: number;
  /** How many requests go wrong; 1. `Infinity` is all. */
  readonly times?: number;
}

/** Injects faults into the answers of an emulator. */
export interface XnatFaults {
  /** Adds a fault; the function returned takes it away again. */
  inject(fault: XnatFaultKind & XnatFaultMatch): () => void;
  /** Faults that still wait for a request. */
  readonly pending: number;
  /** Takes all faults away and lets stalled bodies end. */
  clear(): void;
}

interface Armed {
  readonly fault: XnatFaultKind & XnatFaultMatch;
  skip: number;
  left: number;
}

/** Faults, with the door for the server. */
export class Faults implements XnatFaults {
  #armed: Armed[] = [];
  readonly #stalled = new Set<() => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): number {
    return this.#armed.length;
  }

  inject(fault: XnatFaultKind & XnatFaultMatch): () => void {
    const armed = { fault, skip: fault.after ?? 0, left: fault.times ?? 1 };
    this.#armed.push(armed);
    return () => void (this.#armed = this.#armed.filter((each) => each !== armed));
  }

  clear(): void {
    this.#armed = [];
    for (const end of this.#stalled) end();
    this.#stalled.clear();
  }

  /** The faults that fall on a request. */
  take(entry: OpenEntry): (XnatFaultKind & XnatFaultMatch)[] {
    const hit: (XnatFaultKind & XnatFaultMatch)[] = [];
    for (const armed of this.#armed) {
      if (!meant(armed.fault, entry)) continue;
      if (armed.skip > 0) armed.skip--;
      else if (armed.left > 0) {
        armed.left--;
        hit.push(armed.fault);
      }
    }
    this.#armed = this.#armed.filter(({ left }) => left > 0);
    return hit;
  }

  /** Answers through faults. */
  async answer(
    faults: readonly XnatFaultKind[],
    handle: () => Promise<Response>,
  ): Promise<Response> {
    const [fault, ...others] = faults;
    if (!fault) return await handle();
    const next = () => this.answer(others, handle);
    if ("delay" in fault) await this.#sleep(fault.delay);
    if ("status" in fault) return failure(fault.status, fault.body, fault.headers);
    if ("loginPage" in fault) return loginPage();
    if ("reset" in fault) return dropped();
    const response = await next();
    if ("lostAnswer" in fault) return await lost(response);
    if ("cut" in fault) return this.#limited(response, fault.cut, false);
    if ("stall" in fault) return this.#limited(response, fault.stall, true);
    return response;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(resolve, ms));
  }

  /** The first bytes of a body; then nothing more, or the end of the connection. */
  #limited(response: Response, limit: number, stall: boolean): Response {
    if (!response.body) return response;
    const reader = response.body.getReader();
    const stalled = this.#stalled;
    let left = limit;
    let wake: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (left > 0) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          controller.enqueue(value.subarray(0, left));
          left -= value.length;
          return;
        }
        await reader.cancel();
        if (stall) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            stalled.add(resolve);
          });
        }
        controller.close();
      },
      async cancel() {
        wake?.();
        await reader.cancel();
      },
    });
    // A length that is not kept makes the connection drop, whatever form the body had.
    const headers = new Headers(response.headers);
    if (!headers.has("content-length")) headers.set("content-length", String(2 ** 31));
    return new Response(body, { status: response.status, headers });
  }
}

function meant(fault: XnatFaultMatch, { method, route, path }: OpenEntry): boolean {
  if (fault.method && fault.method !== method) return false;
  if (fault.route === undefined) return true;
  return typeof fault.route === "string" ? fault.route === route : fault.route.test(path);
}

function failure(status: number, body?: string, headers?: Record<string, string>): Response {
  const page = statusPage(status, "");
  const merged = new Headers(page.headers);
  if (body !== undefined) merged.delete("content-length");
  for (const [name, value] of Object.entries(headers ?? {})) merged.set(name, value);
  return new Response(body ?? page.body, { status, headers: merged });
}

function loginPage(): Response {
  return new Response(LOGIN_PAGE, { headers: { "content-type": "text/html;charset=UTF-8" } });
}

/** An answer whose promised body never comes: the server drops the connection. */
function dropped(): Response {
  const nothing = new ReadableStream({ pull: (controller) => controller.close() });
  return new Response(nothing, { headers: { "content-length": "1" } });
}

async function lost(response: Response): Promise<Response> {
  await response.body?.cancel();
  return dropped();
}
