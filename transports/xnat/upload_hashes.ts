/**
 * MD5 of small uploads, in a thread of its own while there are many.
 *
 * @module
 */

import { digester } from "../../vfs/bytes/digest.ts";
import { type HashWorker, startHashWorker } from "../../vfs/bytes/hash_worker.ts";

/** So many bytes are hashed on the main thread first: then it is worth starting another. */
const MANY = 32 * 1024 * 1024;
/** So many bytes at the most go to the thread by one message, unless it is one file. */
const TOGETHER = 1024 * 1024;

/** Content, and its MD5 in lower-case hexadecimal. */
export interface Hashed {
  /** A copy of the bytes, perhaps in memory that it shares with others. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their MD5. */
  readonly md5: string;
}

/** Content that waits for the thread. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly hashed: PromiseWithResolvers<Hashed>;
}

/** Hashes small uploads. Its thread lives only while one of them is under way. */
export class UploadHashes {
  #users = 0;
  #hashed = 0;
  #thread: Promise<HashWorker | undefined> | undefined;
  /** What came while the thread was busy: a message costs as much as hashing half of a small file. */
  #waiting: Waiting[] = [];
  #isBusy = false;

  /** An upload begins; it ends when what this gives is disposed. */
  begin(): Disposable {
    this.#users++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /** Copies `bytes`, which are not to be changed before this resolves, and hashes the copy. */
  async md5Of(bytes: Uint8Array): Promise<Hashed> {
    this.#hashed += bytes.length;
    if (this.#hashed >= MANY) this.#thread ??= startHashWorker(["md5"]);
    const thread = await this.#thread;
    if (!thread) {
      const copy = new Uint8Array(bytes);
      const digest = (await digester(["md5"]))!;
      digest.update(copy);
      return { bytes: copy, md5: digest.digests().md5! };
    }
    const hashed = Promise.withResolvers<Hashed>();
    this.#waiting.push({ bytes, hashed });
    if (!this.#isBusy) this.#work(thread);
    return await hashed.promise;
  }

  async #work(thread: HashWorker): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const those = this.#take();
      await hashTogether(those, thread).catch((error) => {
        for (const { hashed } of those) hashed.reject(error);
      });
    }
    this.#isBusy = false;
  }

  /** The first of those that wait. */
  #take(): Waiting[] {
    let length = 0;
    const end = this.#waiting.findIndex(({ bytes }) => (length += bytes.length) > TOGETHER);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(end, 1));
  }

  #leave(): void {
    if (--this.#users > 0) return;
    this.#hashed = 0;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.then((thread) => thread?.[Symbol.dispose]());
  }
}

/** Hashes copies, in one piece of memory that goes to the thread and comes back. */
async function hashTogether(those: readonly Waiting[], thread: HashWorker): Promise<void> {
  const whole = new Uint8Array(those.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let end = 0;
  const parts = those.map(({ bytes }) => {
    whole.set(bytes, end);
    return { start: end, end: end += bytes.length };
  });
  const { memory, digests } = await thread.digestsOf(whole.buffer, parts);
  those.forEach(({ hashed }, i) => {
    const { start, end } = parts[i]!;
    hashed.resolve({ bytes: new Uint8Array(memory, start, end - start), md5: digests[i]!.md5! });
  });
}
