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
  /** HTTP status code. */
  readonly status: number;
  /** Response headers. */
  readonly headers: {
    get(name: string): string | null;
    has(name: string): boolean;
  };
  /** Response body. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}
