/**
 * Open transports by origin, and the credentials they ask for.
 *
 * @module
 */

import { Aliases } from "./aliases.ts";
import type { CredentialProvider, Credentials } from "./credentials.ts";
import { isVfsError, VfsError } from "./errors.ts";
import { guard } from "./layers/guard.ts";
import { stack, type StackOptions } from "./layers/stack.ts";
import { Location, type ParsedLocation, parseLocation } from "./location.ts";
import type { Registry } from "./registry.ts";
import type { FetchLike, Transport } from "./transport.ts";
import { systemClock } from "./clock.ts";

/** A location and the transport that serves it. */
export interface Resolved {
  /** Where. */
  readonly location: Location;
  /** The driver's connection under all layers. */
  readonly transport: Transport;
}

/** Options of {@linkcode Connections}. */
export interface ConnectionsOptions {
  /** Finds credentials that are not in the URL. */
  readonly credentials?: CredentialProvider;
  /** HTTP client. @default {globalThis.fetch} */
  readonly fetch?: FetchLike;
  /** Settings of the layers. */
  readonly layers?: StackOptions;
  /** Nothing above this location may be reached. */
  readonly root?: Location;
  /**
   * URLs by the beginnings of URLs that stand for them: `{ "dicom://pacs": "dicom://WS1@pacs.example.org/ARCHIVE" }`.
   * Results have the URLs that are meant.
   */
  readonly aliases?: Readonly<Record<string, string>>;
}

/**
 * One transport per origin and user. A URL without userinfo means the user last named for that origin, so
 * that the URLs which a walk gives can be opened.
 */
export class Connections implements AsyncDisposable {
  readonly #open = new Map<string, Promise<Transport>>();
  /** The credentials last given in a URL, by origin and by {@linkcode keyOf}. */
  readonly #named = new Map<string, Credentials>();
  readonly #aliases: Aliases;
  #disposed = false;

  constructor(
    readonly registry: Registry,
    readonly options: ConnectionsOptions = {},
  ) {
    this.#aliases = new Aliases(options.aliases);
  }

  /** What a URL or path means, once aliases are replaced. @throws `InvalidUrl` */
  parse(input: string | URL | Location): ParsedLocation {
    return this.#aliases.resolve(parseLocation(input));
  }

  /**
   * Finds the transport for `input`, connecting if need be.
   *
   * @throws `InvalidUrl`, `TransportNotFound`
   */
  async resolve(input: string | URL | Location): Promise<Resolved> {
    const parsed = this.parse(input);
    const { location } = parsed;
    if (this.#disposed) {
      throw new VfsError("Aborted", {
        op: "open",
        url: location.href,
        reason: "the Vfs is closed",
      });
    }
    const credentials = this.credentialsFor(parsed);
    const key = keyOf(location, credentials);
    let transport = this.#open.get(key);
    if (transport === undefined) {
      transport = this.#connect(location, credentials?.username, key);
      this.#open.set(key, transport);
      transport.catch(() => this.#open.delete(key));
    }
    return { location, transport: await transport };
  }

  /** Closes all transports. Errors of closing are thrown after all were tried. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const closing = await Promise.allSettled(
      [...this.#open.values()].map(async (opening) => {
        const transport = await opening.catch(() => undefined);
        await transport?.[Symbol.asyncDispose]();
      }),
    );
    this.#open.clear();
    this.#named.clear();
    const failed = closing.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** The credentials in a URL, or those last given for its origin. */
  credentialsFor({ location, credentials }: ParsedLocation): Credentials | undefined {
    if (credentials) {
      this.#named.set(location.origin, credentials);
      this.#named.set(keyOf(location, credentials), credentials);
    }
    return credentials ?? this.#named.get(location.origin);
  }

  async #connect(
    location: Location,
    username: string | undefined,
    key: string,
  ): Promise<Transport> {
    const { scheme, host, port } = location;
    const { layers, root } = this.options;
    const driver = await this.registry.driver(scheme, location.href);
    const connect = {
      origin: new Location({ scheme, host, port }),
      root,
      credentials: async () => {
        // Asked each time: a URL may have brought a better password since.
        const named = this.#named.get(key);
        if (named?.password || named?.token) return named;
        const realm = { scheme, host, port, username };
        return await this.options.credentials?.(realm) ?? named;
      },
      fetch: this.options.fetch ?? globalThis.fetch,
      clock: layers?.clock ?? systemClock,
    };
    try {
      return stack(guard(scheme, root)(await driver.connect(connect)), layers);
    } catch (error) {
      if (isVfsError(error)) throw error;
      throw new VfsError("Unexpected", { op: "connect", url: location.href, cause: error });
    }
  }
}

function keyOf({ origin }: Location, credentials: Credentials | undefined): string {
  return JSON.stringify([origin, credentials?.username]);
}
