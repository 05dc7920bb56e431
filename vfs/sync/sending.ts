/**
 * A file on its way to an importer.
 *
 * @module
 */

import { type Bytes, readerOf } from "../bytes/bytes.ts";
import { digester } from "../bytes/digest.ts";
import { asVfsError } from "../copy/transfer.ts";
import { VfsError } from "../errors.ts";
import type { Info, NamedSource, Place } from "../transport.ts";
import type { Plan } from "./plan.ts";
import type { ToImport } from "./study_groups.ts";
import type { Subject } from "./tally.ts";

/** The content of a file, counted and digested as it is read. */
export class Sending implements NamedSource {
  /** It can be read again. */
  readonly replayable = true;
  /** Its SOPInstanceUID and an ending. */
  readonly name: string;
  /** Bytes, when a listing told. */
  readonly size: number | undefined;
  /** Who outcomes are about. */
  readonly subject: Subject;
  /** What a listing told. */
  readonly info: Info | undefined;
  /** Bytes of the last reading. */
  bytes = 0;
  /** Digest of the last reading that came to its end. */
  md5: string | undefined;
  /** Why the last reading failed. */
  failure: VfsError | undefined;
  readonly #plan: Plan;
  readonly #at: Place;
  #read: Info | undefined;

  constructor(plan: Plan, { from, path, sopInstanceUID }: Omit<ToImport, "series">) {
    this.#plan = plan;
    this.#at = { ...plan.source, location: from.location };
    this.subject = { from: from.url, to: plan.target.location.href, path };
    this.info = from.info;
    this.size = from.size;
    this.name = `${sopInstanceUID}.dcm`;
  }

  /** Reads it. */
  async open(): Promise<Bytes> {
    const { tally, signal } = this.#plan;
    const { transport, location } = this.#at;
    this.failure = undefined;
    const [digest, got] = await Promise.all([
      digester(["md5"]),
      this.#noting(transport.get(location, { signal })),
    ]);
    this.#read = got.info;
    tally.moved(-this.bytes, location.href);
    this.bytes = 0;
    this.md5 = undefined;
    const reader = readerOf(got.body);
    const end = () => this.md5 = digest!.digests().md5;
    return {
      read: async () => {
        const chunk = await this.#noting(reader.read());
        if (!chunk) return void end();
        digest!.update(chunk);
        this.bytes += chunk.length;
        tally.moved(chunk.length, location.href);
        if (this.bytes === this.size) end();
        return chunk;
      },
      close: (reason) => reader.close(reason),
    };
  }

  async #noting<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.failure = asVfsError(error, "import", this.subject.from);
      throw error;
    }
  }

  /** MD5 of the content, as a listing tells it or by reading. */
  async digest(): Promise<string> {
    const told = this.info?.digests?.md5;
    if (told !== undefined) return told.toLowerCase();
    const reader = readerOf(await this.open());
    try {
      while (await reader.read());
    } finally {
      await reader.close();
    }
    this.#plan.tally.moved(-this.bytes, this.subject.from);
    this.bytes = 0;
    return this.md5!;
  }

  /** Fails when the file is another one than was read. */
  async checkSteady(): Promise<void> {
    const { transport, location } = this.#at;
    const { etag, mtime } = this.#read ?? {};
    if (transport.capabilities.digests.length > 0 || etag === undefined && !mtime) return;
    const now = await transport.stat(location, { signal: this.#plan.signal });
    if (now.etag === etag && now.mtime?.getTime() === mtime?.getTime()) return;
    const reason = "it changed while it was read";
    throw new VfsError("ConditionFailed", { op: "import", url: location.href, reason });
  }

  /** Tells that it failed, and takes its bytes back. */
  fail(error: VfsError): void {
    this.#plan.tally.moved(-this.bytes, this.subject.from);
    this.#plan.tally.fail("copy", this.subject, error);
  }
}
