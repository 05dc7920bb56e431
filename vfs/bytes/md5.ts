/**
 * MD5 (RFC 1321) by WebAssembly: as fast as OpenSSL's assembler, where the platform's own takes a quarter longer. How fast
 * it is decides how fast large files can be compared with what a server tells of them.
 *
 * @module
 */

/** MD5 of what is added. */
export interface Md5 {
  /** Adds a chunk. */
  update(chunk: Uint8Array): Md5;
  /** Another one that has the same added to it. */
  copy(): Md5;
  /** The digest in lower-case hexadecimal. More may be added afterwards. */
  digest(): string;
}

/** What the module exports. */
interface Exports {
  /** The state in its first 16 bytes, and blocks. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Adds the blocks of 64 bytes from `start` to `end`, at least one, to the state. */
  readonly add: (start: number, end: number) => void;
}

/** Makes what starts digests, of an {@linkcode md5Module}. It runs in threads as text: it can use nothing from outside. */
export function md5Starter(module: Uint8Array<ArrayBuffer>): () => Md5 {
  const BLOCK = 64;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const { memory: { buffer }, add } = exports as unknown as Exports;
  const memory = new Uint8Array(buffer);
  const room = memory.length - BLOCK;

  function make(state: Uint8Array, rest: Uint8Array, length: number): Md5 {
    const md5: Md5 = {
      update(chunk) {
        memory.set(state);
        memory.set(rest, BLOCK);
        let filled = rest.length;
        for (let at = 0; at < chunk.length;) {
          const part = chunk.subarray(at, at + room - filled);
          memory.set(part, BLOCK + filled);
          at += part.length;
          const end = filled + part.length;
          filled = end % BLOCK;
          if (end >= BLOCK) add(BLOCK, BLOCK + end - filled);
          rest = memory.slice(BLOCK + end - filled, BLOCK + end);
        }
        state = memory.slice(0, 16);
        length += chunk.length;
        return md5;
      },
      copy: () => make(state, rest, length),
      digest() {
        const end = new Uint8Array(rest.length < BLOCK - 8 ? BLOCK : 2 * BLOCK);
        end.set(rest);
        end[rest.length] = 0x80;
        new DataView(end.buffer).setBigUint64(end.length - 8, 8n * BigInt(length), true);
        memory.set(state);
        memory.set(end, BLOCK);
        add(BLOCK, BLOCK + end.length);
        const bytes = [...memory.subarray(0, 16)];
        return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      },
    };
    return md5;
  }

  const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  const state = new Uint8Array(16);
  start.forEach((word, i) => new DataView(state.buffer).setUint32(4 * i, word, true));
  return () => make(state, new Uint8Array(), 0);
}
