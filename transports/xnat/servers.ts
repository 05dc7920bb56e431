/**
 * The way from a location to the server that it is on.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { FunctionNotSupported, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { requireHost } from "../../vfs/location/require_host.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { ConnectOptions } from "../../vfs/transport.ts";
import type { HttpClient } from "../web/platform_client.ts";
import { type Address, addressOf } from "./address.ts";
import { Catalogue } from "./catalogue.ts";
import { XnatClient } from "./client.ts";
import type { XnatTransportOptions } from "./options.ts";
import { trusting } from "./trust.ts";
import { type Writing, writingOf } from "./writing.ts";
import { ZIP } from "./zip.ts";

/** The query that makes us ask anew, whatever is remembered of the project. */
const REFRESH = "refresh=true";

/** The servers of one host: it may have one per context path. */
export class Servers implements AsyncDisposable {
  readonly #options: XnatTransportOptions;
  readonly #connect: ConnectOptions;
  readonly #http: HttpClient;
  readonly #catalogues = new Map<string, Catalogue>();
  readonly #writings = new Map<Catalogue, Writing>();
  #disposal: Promise<void> | undefined;

  /** Connects to nothing yet. */
  constructor(options: XnatTransportOptions, connect: ConnectOptions) {
    this.#options = options;
    this.#connect = connect;
    this.#http = trusting(options, options.fetch ?? connect.fetch);
  }

  /**
   * What is needed to read: the lists of the server that `at` is on, and what its URL says. No query but `query` means
   * anything to the operation.
   *
   * @throws `InvalidUrl`, `NotSupported` for another query, `Unavailable` once it is disposed of
   */
  enter(op: string, at: Location, signal: AbortSignal, query = ""): [Catalogue, Address, Ask] {
    const url = at.href;
    throwIfAborted(signal, op, url);
    requireHost(op, at);
    if (!["", REFRESH, query].includes(at.query)) {
      const what =
        `the query "${at.query}"; there are "?${REFRESH}", to read "?${ZIP}", and to write "?collection="; a quality goes into the path, ` +
        `"/.quality=usable/PROJECT"`;
      throw new FunctionNotSupported("xnat", op, url, what);
    }
    if (this.#disposal) {
      const reason = "the connection was closed";
      throw new VfsError("Unavailable", { op, url, reason, status: "permanent" });
    }
    const address = addressOf(at);
    const catalogue = this.#catalogueOf(address);
    if (at.query === REFRESH) forget(catalogue, address);
    return [catalogue, address, { op, url, signal }];
  }

  /** The same, for an operation that changes something. @throws `NotSupported` in a view */
  change(
    op: string,
    at: Location,
    signal: AbortSignal,
    query?: string,
  ): [Writing, Address, Ask] {
    const [catalogue, address, ask] = this.enter(op, at, signal, query);
    if (address.quality) {
      const what = "a change in the view of a quality; leave it out of the URL";
      throw new FunctionNotSupported("xnat", op, ask.url, what);
    }
    const writing = this.#writings.get(catalogue) ?? writingOf(catalogue, this.#options.create);
    this.#writings.set(catalogue, writing);
    return [writing, address, ask];
  }

  /** Logs out everywhere. May be called again. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  #catalogueOf({ context }: Address): Catalogue {
    const known = this.#catalogues.get(context);
    if (known) return known;
    const { origin, credentials, clock } = this.#connect;
    const { fetch } = this.#http;
    const client = new XnatClient({ origin, context, credentials, fetch, clock });
    const ttlMs = this.#options.listingTtlMs ?? 30_000;
    const catalogue = new Catalogue({ client, clock, ttlMs });
    this.#catalogues.set(context, catalogue);
    return catalogue;
  }

  async #dispose(): Promise<void> {
    const catalogues = [...this.#catalogues.values()];
    await Promise.all(catalogues.map(({ client }) => client[Symbol.asyncDispose]()));
    for (const { memory } of this.#writings.values()) memory[Symbol.dispose]();
    this.#http.close();
  }
}

/** Forgets the project of `address`, or all of them. */
export function forget({ memo }: Catalogue, { project }: Address): void {
  memo.forget(project === undefined ? [] : [project]);
}
