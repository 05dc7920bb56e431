/** A page over a place in memory, and who asks it. */

import { type BrowserOptions, type BrowserServer, serveBrowser } from "../../browse/mod.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";

/** A visitor with the cookie. */
export class Visit implements AsyncDisposable {
  /** The URL of the page, without the token. */
  readonly page: string;
  readonly token: string;
  /** What went wrong on our side. */
  readonly errors: unknown[];
  cookie = "";

  private constructor(
    readonly vfs: Vfs,
    readonly server: BrowserServer,
    errors: unknown[],
  ) {
    const [page = "", token = ""] = server.link.split("#token=");
    this.page = page;
    this.token = token;
    this.errors = errors;
  }

  /** Serves `memory:///top` with the files, by their paths below it, and comes in. */
  static async begin(
    files: Readonly<Record<string, string | Uint8Array>>,
    options: Partial<BrowserOptions> = {},
  ): Promise<Visit> {
    const vfs = options.vfs ?? createVfs();
    for (const [path, content] of Object.entries(files)) {
      await vfs.writeFile(`memory:///top/${path}`, content);
    }
    const errors: unknown[] = [];
    const server = await serveBrowser({
      vfs,
      where: "memory:///top",
      onError: (error) => errors.push(error),
      ...options,
    });
    const visit = new Visit(vfs, server, errors);
    const answer = await visit.session(visit.token);
    visit.cookie = answer.headers.get("set-cookie")!.split(";", 1)[0]!;
    return visit;
  }

  /** Asks for a session with a token. */
  async session(token: string): Promise<Response> {
    const answer = await fetch(`${this.page}api/session`, {
      method: "POST",
      headers: { origin: this.server.url },
      body: token,
    });
    await answer.body?.cancel();
    return answer;
  }

  /** Asks with the cookie. */
  ask(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("cookie")) headers.set("cookie", this.cookie);
    return fetch(`${this.page}api/${route}`, { ...init, headers });
  }

  /** Asks for a change, as the page does. */
  change(method: string, route: string, body?: BodyInit): Promise<Response> {
    return this.ask(route, { method, body, headers: { origin: this.server.url } });
  }

  /** The status of an answer, whose body is dropped. */
  async status(answer: Promise<Response>): Promise<number> {
    const { status, body } = await answer;
    await body?.cancel();
    return status;
  }

  /** The lines of an answer. */
  async lines(route: string): Promise<Record<string, unknown>[]> {
    const text = await (await this.ask(route)).text();
    return text.trim().split("\n").map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.vfs.close();
  }
}

/** A path below the root, as the page writes it. */
export function at(...names: readonly string[]): string {
  return `path=${encodeURIComponent(names.map(encodeURIComponent).join("/"))}`;
}
