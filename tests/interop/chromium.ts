/**
 * Drives Chromium by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
 *
 * @module
 */

import { join } from "@std/path";
import type { Peer } from "./peers.ts";

/** Chromium under `MEDVFS_CHROMIUM`, or that of the path. */
export const CHROMIUM: Peer = {
  name: "Chromium",
  command: [Deno.env.get("MEDVFS_CHROMIUM") ?? "chromium"],
  probe: ["--version"],
};

const WAIT_MS = 120_000;

type Answer = Record<string, unknown>;

/** An event of the protocol. */
export interface ProtocolEvent {
  readonly method: string;
  readonly params: Answer;
}

/** What a page looks like to a test. */
export interface PageOptions {
  readonly width: number;
  readonly height: number;
  readonly scheme?: "light" | "dark";
}

/** A browser with a profile of its own. */
export class Chromium implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #pages = new Map<string, Page>();
  #count = 0;

  private constructor(child: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Starts it. */
  static async start(): Promise<Chromium> {
    const profile = await Deno.makeTempDir({ prefix: "medvfs-chromium-" });
    const [program = ""] = CHROMIUM.command;
    const child = new Deno.Command(program, {
      args: [
        "--headless=new",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-sync",
        // Its sandbox does not run for root.
        ...Deno.uid() === 0 ? ["--no-sandbox"] : [],
        "about:blank",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const socket = new WebSocket(await endpointOf(profile));
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      return new Chromium(child, profile, socket);
    } catch (error) {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(profile, { recursive: true });
      throw error;
    }
  }

  /** Opens an empty page. */
  async page({ width, height, scheme = "light" }: PageOptions): Promise<Page> {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId as string, browserContextId as string);
    this.#pages.set(sessionId as string, page);
    for (const domain of ["Page", "Runtime", "Log", "Network", "Accessibility"]) {
      await page.send(`${domain}.enable`);
    }
    await page.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
    return page;
  }

  /** Asks, of one page with its session. */
  async send(method: string, params: Answer = {}, sessionId?: string): Promise<Answer> {
    const id = ++this.#count;
    const answer = Promise.withResolvers<Answer>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return await answer.promise;
  }

  #receive(message: Answer): void {
    const { id, method, params, sessionId, error, result } = message;
    if (typeof id !== "number") {
      this.#pages.get(sessionId as string)?.events.push({ method, params } as ProtocolEvent);
      return;
    }
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (error) answer?.reject(new Error(JSON.stringify(error)));
    else answer?.resolve(result as Answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It answers by closing the connection.
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.send("Browser.close").catch(() => {});
    await closed;
    await this.#child.status;
    await Deno.remove(this.#profile, { recursive: true });
  }
}

/** A page. */
export class Page {
  readonly #browser: Chromium;
  readonly #session: string;
  /** Its context, which shares nothing with others. */
  readonly context: string;
  /** Everything that it told since it was opened. */
  readonly events: ProtocolEvent[] = [];

  constructor(browser: Chromium, session: string, context: string) {
    this.#browser = browser;
    this.#session = session;
    this.context = context;
  }

  /** Asks the page. */
  send(method: string, params: Answer = {}): Promise<Answer> {
    return this.#browser.send(method, params, this.#session);
  }

  /** Goes somewhere. */
  async open(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
  }

  /** Loads the page anew, and waits until the old one is gone: what is true of that one says nothing. */
  async reload(): Promise<void> {
    await this.value("window.isOld = true");
    await this.send("Page.reload");
    await this.until("!window.isOld");
  }

  /** The value of an expression, which may be a promise. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression is true, and says what it was waiting for when it never is. */
  async until(expression: string): Promise<void> {
    const end = Date.now() + WAIT_MS;
    while (!await this.value<boolean>(`Boolean(${expression})`).catch(() => false)) {
      if (Date.now() > end) throw new Error(`Not true within ${WAIT_MS} ms: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Presses keys, one after the other: `ArrowDown`, `a`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
      const code = CODES[key] ?? key.toUpperCase().charCodeAt(0);
      const event = { key, code: key, text, windowsVirtualKeyCode: code };
      await this.send("Input.dispatchKeyEvent", {
        type: text ? "keyDown" : "rawKeyDown",
        ...event,
      });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    }
  }

  /** Clicks into the middle of the first element of a selector. */
  async click(selector: string): Promise<void> {
    const [x, y] = await this.middle(selector);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** Chooses files for an input. */
  async files(selector: string, files: readonly string[]): Promise<void> {
    const { root } = await this.send("DOM.getDocument");
    const { nodeId } = root as Answer;
    const found = await this.send("DOM.querySelector", { nodeId, selector });
    await this.send("DOM.setFileInputFiles", { files, nodeId: found.nodeId });
  }

  /** Where an element is. */
  async middle(selector: string): Promise<[x: number, y: number]> {
    const found = JSON.stringify(selector);
    await this.until(`document.querySelector(${found})`);
    return await this.value(`(() => {
      const { x, y, width, height } = document.querySelector(${found}).getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    })()`);
  }

  /** What it looks like, as PNG. */
  async picture(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(data as string);
  }

  /** What the page complained about: errors, and violations of its policy. */
  get complaints(): string[] {
    return this.events.filter(({ method, params }) =>
      method === "Runtime.exceptionThrown" ||
      method === "Log.entryAdded" && (params.entry as Answer).level === "error" ||
      method === "Runtime.consoleAPICalled" && params.type === "error"
    ).map(({ params }) => JSON.stringify(params));
  }

  /** The URLs that were asked for. */
  get requests(): string[] {
    return this.events.filter(({ method }) => method === "Network.requestWillBeSent")
      .map(({ params }) => (params.request as { url: string }).url);
  }
}

const CODES: Readonly<Record<string, number>> = {
  ArrowDown: 40,
  ArrowLeft: 37,
  ArrowRight: 39,
  ArrowUp: 38,
  End: 35,
  Enter: 13,
  Home: 36,
  PageDown: 34,
  PageUp: 33,
  Tab: 9,
};

/** Chromium writes into its profile where it listens. */
async function endpointOf(profile: string): Promise<string> {
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end) {
    try {
      const text = await Deno.readTextFile(join(profile, "DevToolsActivePort"));
      const [port, path] = text.split("\n");
      if (port && path) return `ws://127.0.0.1:${port}${path}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Chromium does not listen");
}
