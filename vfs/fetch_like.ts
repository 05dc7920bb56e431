/**
 * The HTTP client that transports are given.
 *
 * @module
 */

/** The part of `fetch` that transports use; the platform's and undici's both fit. */
export type FetchLike = (
  url: string,
  init?: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer> | Blob | null;
    signal?: AbortSignal;
    redirect?: "follow" | "manual" | "error";
  },
) => Promise<FetchedResponse>;

/** The part of `Response` that transports use. */
export interface FetchedResponse {
  /** True for status 200–299. */
  readonly ok: boolean;
  /** HTTP status code. */
  readonly status: number;
  /** URL after redirects. */
  readonly url: string;
  /** Response headers. */
  readonly headers: {
    get(name: string): string | null;
    has(name: string): boolean;
  };
  /** Response body. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** The whole body as bytes. */
  arrayBuffer(): Promise<ArrayBuffer>;
  /** The whole body as text. */
  text(): Promise<string>;
  /** The whole body as JSON. */
  json(): Promise<unknown>;
}
