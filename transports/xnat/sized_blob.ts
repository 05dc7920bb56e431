/**
 * A body that is read as it is sent.
 *
 * @module
 */

/**
 * A blob of known size whose bytes are made when they are asked for. An HTTP client sends a blob with its length,
 * which XNAT insists on, and a stream without one (`Transfer-Encoding: chunked`).
 */
export class SizedBlob extends Blob {
  readonly #size: number;
  readonly #open: () => ReadableStream<Uint8Array<ArrayBuffer>>;

  /** `open` starts from the first byte each time, and gives `size` bytes. */
  constructor(size: number, open: () => ReadableStream<Uint8Array<ArrayBuffer>>) {
    super([]);
    this.#size = size;
    this.#open = open;
  }

  /** Bytes. */
  override get size(): number {
    return this.#size;
  }

  /** The bytes. */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#open();
  }
}
