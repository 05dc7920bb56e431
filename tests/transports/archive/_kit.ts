/** Short forms for tests of archives. @module */

import { strict as assert } from "node:assert";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { type ErrorKind, isVfsError, type VfsError } from "../../../vfs/errors.ts";
import type { Location } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { GetOptions, Info, Transport } from "../../../vfs/transport.ts";

/** A transport, its root, and short forms of what can be asked. */
export class Kit {
  constructor(
    readonly transport: Transport,
    readonly root: Location,
    readonly dispose: () => Promise<void> = () => Promise.resolve(),
  ) {}

  at(path: string): Location {
    return path === "" ? this.root : this.root.join(...path.split("/"));
  }

  stat(path: string): Promise<Info> {
    return this.transport.stat(this.at(path), { signal: NEVER });
  }

  async bytes(path: string, options: Partial<GetOptions> = {}): Promise<Uint8Array<ArrayBuffer>> {
    const got = await this.transport.get(this.at(path), { signal: NEVER, ...options });
    return await collect(got.body);
  }

  async text(path: string, options: Partial<GetOptions> = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path, options));
  }

  async names(at: string | Location = "", options: { refresh?: boolean } = {}): Promise<string[]> {
    const location = typeof at === "string" ? this.at(at) : at;
    const names: string[] = [];
    for await (const page of this.transport.list(location, { signal: NEVER, ...options })) {
      names.push(...page.map(({ name, kind }) => kind === "directory" ? `${name}/` : name));
    }
    return names.sort();
  }

  /** The paths of all files. */
  async paths(at: Location = this.root): Promise<string[]> {
    const paths: string[] = [];
    for await (const step of this.transport.tree!(at, { signal: NEVER })) {
      for (const { name, kind } of step.entries) {
        if (kind !== "directory") {
          paths.push([...step.location.segments, name].slice(this.root.segments.length).join("/"));
        }
      }
    }
    return paths.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport[Symbol.asyncDispose]();
    await this.dispose();
  }
}

/** The error that `promise` is rejected with, which is of `kind`. */
export async function rejection(
  promise: Promise<unknown>,
  kind: ErrorKind,
): Promise<VfsError> {
  const error = await promise.then((value) => value, (error: unknown) => error);
  assert(isVfsError(error), `not a VfsError: ${error}`);
  assert.equal(error.kind, kind, error.message);
  return error;
}
