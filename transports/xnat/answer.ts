/**
 * An answer of the server: its status, its headers, and its body to be read once.
 *
 * @module
 */

import type { Ask, Purpose } from "../../vfs/ask.ts";
import { type ChunkReader, concat, readerOf } from "../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { FetchedResponse } from "../../vfs/transport.ts";
import { bodyOf } from "../web/body.ts";
import { broken } from "../web/errors.ts";
import { ADVICE } from "./errors.ts";

/** An answer. Its body must be read to the end or closed. */
export class Answer {
  /** HTTP status. */
  readonly status: number;
  /** Headers. */
  readonly headers: FetchedResponse["headers"];
  #body: ChunkReader;
  readonly #purpose: Purpose;

  /** Takes over the body of `response`. */
  constructor(response: FetchedResponse, ask: Ask) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = bodyOf(response, ask, ADVICE);
    this.#purpose = ask;
  }

  /** The body; errors of the network come as `Incomplete`. */
  get body(): ChunkReader {
    return this.#body;
  }

  /** The whole body as text, which can be read again afterwards. */
  async peek(limit: number): Promise<string> {
    const bytes = await this.bytes(limit);
    this.#body = readerOf(bytes);
    return new TextDecoder().decode(bytes);
  }

  /** The value of a cookie that the answer sets. */
  cookie(name: string): string | undefined {
    const cookies = this.headers.get("set-cookie") ?? "";
    const pattern = new RegExp(`(?:^|[,;\\s])${name}="?([^";\\s]*?)"?(?:[;\\s]|, |$)`);
    return pattern.exec(cookies)?.[1] || undefined;
  }

  /** Length of the body, when the server tells and nothing on the way has changed it. */
  get length(): number | undefined {
    const text = this.headers.get("content-length");
    if (text === null || !/^[0-9]+$/.test(text)) return undefined;
    return this.headers.has("content-encoding") ? undefined : Number(text);
  }

  /** The media type without its parameters, such as `text/html`; empty without one. */
  get mediaType(): string {
    const [type = ""] = (this.headers.get("content-type") ?? "").toLowerCase().split(";");
    return /^\s*[\w.+-]+\/[\w.+-]+\s*$/.test(type) ? type.trim() : "";
  }

  /** True for a page. */
  get isHtml(): boolean {
    return this.mediaType === "text/html";
  }

  /** The whole body. @throws `Protocol` when it is longer than `limit` bytes */
  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for (let c = await this.body.read(); c !== undefined; c = await this.body.read()) {
        length += c.length;
        if (length > limit) throw broken(this.#purpose, `the answer is longer than ${limit} bytes`);
        chunks.push(c);
      }
    } finally {
      await this.body.close();
    }
    return concat(chunks, length);
  }

  /** The whole body as text. @throws `Protocol` when it is longer than `limit` bytes */
  async text(limit: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limit));
  }

  /** The beginning of the body as text, for errors; the rest is dropped. */
  async excerpt(limit = 16_384): Promise<string> {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for (let c = await this.body.read(); c !== undefined; c = await this.body.read()) {
        text += decoder.decode(c, { stream: true });
        if (text.length > limit) break;
      }
    } catch (error) {
      // The status says enough; only what comes from the caller goes on.
      if (!isVfsError(error) || error.kind !== "Incomplete") throw error;
    } finally {
      await this.body.close();
    }
    return text;
  }
}
