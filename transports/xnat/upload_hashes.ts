/**
 * MD5 of small uploads, in a thread of its own while there are many.
 *
 * @module
 */

import { digester } from "../../vfs/bytes/digest.ts";
import { type HashWorker, startHashWorker } from "../../vfs/bytes/hash_worker.ts";

/** So many bytes are hashed on the main thread first: then it is worth starting another. */
const MANY = 32 * 1024 * 1024;

/** Content, and its MD5 in lower-case hexadecimal. */
export interface Hashed {
  /** The bytes, in the same array or in another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their MD5. */
  readonly md5: string;
}

/** Hashes small uploads. Its thread lives only while one of them is under way. */
export class UploadHashes {
  #users = 0;
  #hashed = 0;
  #thread: Promise<HashWorker | undefined> | undefined;

  /** An upload begins; it ends when what this gives is disposed. */
  begin(): Disposable {
    this.#users++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /** Hashes `bytes`, all of whose memory may go away and come back. */
  async md5Of(bytes: Uint8Array<ArrayBuffer>): Promise<Hashed> {
    this.#hashed += bytes.length;
    if (this.#hashed >= MANY) this.#thread ??= startHashWorker(["md5"]);
    const thread = await this.#thread;
    if (!thread) {
      const digest = (await digester(["md5"]))!;
      digest.update(bytes);
      return { bytes, md5: digest.digests().md5! };
    }
    const { byteOffset: start, length } = bytes;
    const parts = [{ start, end: start + length }];
    const { memory, digests } = await thread.digestsOf(bytes.buffer, parts);
    return { bytes: new Uint8Array(memory, start, length), md5: digests[0]!.md5! };
  }

  #leave(): void {
    if (--this.#users > 0) return;
    this.#hashed = 0;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.then((thread) => thread?.[Symbol.dispose]());
  }
}
