/** A label server's handler over a store in memory. */

import { FolderDatastore } from "../../../datastore/folder/folder_datastore.ts";
import {
  type LabelHandler,
  labelHandler,
  type LabelHandlerOptions,
} from "../../../datastore/label_server/mod.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

/** A store with images `a`, `b` and `c`, and what serves it. */
export class Kit implements AsyncDisposable {
  readonly vfs: Vfs = createVfs();
  readonly clock = manualClock({ start: 1_700_000_000_000 });
  readonly store: FolderDatastore;
  readonly handler: LabelHandler;
  /** What went wrong on our side. */
  readonly errors: unknown[] = [];

  constructor(options: Partial<LabelHandlerOptions> = {}) {
    this.store = new FolderDatastore("memory:///store", { vfs: this.vfs });
    this.handler = labelHandler({
      datastore: this.store,
      files: this.vfs,
      clock: this.clock,
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  static async begin(options: Partial<LabelHandlerOptions> = {}): Promise<Kit> {
    const kit = new Kit(options);
    for (const id of ["a", "b", "c"]) {
      await kit.vfs.writeFile(`memory:///store/${id}.png`, `image ${id}`);
    }
    return kit;
  }

  /** Asks for `path` on the loopback. */
  ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return this.handler.handle(new Request(`http://127.0.0.1:8000${path}`, { ...init, method }));
  }

  /** The JSON of an answer with status 200. */
  async json(method: string, path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await this.ask(method, path, init);
    const body = await response.json();
    if (response.status !== 200) {
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(body)}`);
    }
    return body;
  }

  /** Stores a label. */
  label(image: string, content: string, query = ""): Promise<unknown> {
    return this.json("PUT", `/datastore/label?image=${image}${query}`, {
      body: form({ params: "{}" }, { label: ["drawn.png", content] }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handler.settled();
    await this.store[Symbol.asyncDispose]();
    await this.vfs.close();
  }
}

/** A form with fields and files. */
export function form(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, readonly [name: string, content: string]>> = {},
): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  for (const [name, [fileName, content]] of Object.entries(files)) {
    data.set(name, new File([content], fileName));
  }
  return data;
}
