/**
 * Open transports by origin, and the credentials they ask for.
 *
 * @module
 */

import { Aliases } from "./location/aliases.ts";
import type { CredentialProvider, Credentials } from "./credentials/credentials.ts";
import { isVfsError, VfsError } from "./errors.ts";
import { load } from "./lazy_modules.ts";
import type { StackOptions } from "./layers/stack.ts";
import { Location, type ParsedLocation, parseLocation } from "./location/location.ts";
import { platform } from "./platform.ts";
import { isThere } from "./presence.ts";
import type { Registry } from "./registry.ts";
import { locationWithin } from "./location/nested_location.ts";
import { NEVER } from "./concurrency/signals.ts";
import type { FetchLike, Place, Transport } from "./transport.ts";
import { systemClock } from "./concurrency/clock.ts";

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
  /** Those of the files that archives lie in, which need not be below the root. */
  #beyond: Connections | undefined;
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
   * Finds the transport for `input`, connecting if need be. A query after the name of an archive is a pattern for what
   * is in it, unless queries mean something where the archive is and this one has a "=" in it. After a plain path, which
   * has no query, so is what follows a "?", unless there is a file of that name.
   *
   * @throws `InvalidUrl`, `TransportNotFound`
   */
  async resolve(input: string | URL | Location): Promise<Place> {
    const parsed = this.parse(input);
    const place = await this.#resolve(parsed);
    const { location, credentials } = parsed;
    const { query } = location;
    const isPath = typeof input === "string" && location.scheme === "file" && !URL_LIKE.test(input);
    if (isPath && input.includes("?")) {
      const pattern = this.#patternIn(location);
      // On Windows no file has such a name.
      return !pattern || !platform.isWindows && await isThere(place, NEVER)
        ? place
        : await this.#resolve({ location: pattern });
    }
    if (query === "" || place.transport.capabilities.query && query.includes("=")) return place;
    const inside = this.#inside(location);
    return inside ? await this.#resolve({ location: inside, credentials }) : place;
  }

  /** The content of the archive that `location` names with the pattern in its query. */
  #inside(location: Location): Location | undefined {
    const scheme = this.registry.archiveScheme(location.name);
    if (scheme === undefined) return undefined;
    const { query } = location;
    return locationWithin(scheme, new Location({ ...location, query: "" }), { query });
  }

  /** The same of a path, as in `study.zip?time/time0*`. */
  #patternIn(location: Location): Location | undefined {
    const { segments } = location;
    for (const [i, segment] of segments.entries()) {
      const mark = segment.indexOf("?");
      const name = segment.slice(0, Math.max(0, mark));
      if (this.registry.archiveScheme(name) === undefined) continue;
      const query = [segment.slice(mark + 1), ...segments.slice(i + 1)].join("/");
      const file = { ...location, segments: [...segments.slice(0, i), name] };
      return query === "" ? undefined : this.#inside(new Location({ ...file, query }));
    }
    return undefined;
  }

  async #resolve(parsed: ParsedLocation): Promise<Place> {
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
    closing.push(...await Promise.allSettled([this.#beyond?.[Symbol.asyncDispose]()]));
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

  #around(): Connections {
    if (this.options.root === undefined) return this;
    return this.#beyond ??= new Connections(this.registry, { ...this.options, root: undefined });
  }

  async #connect(
    location: Location,
    username: string | undefined,
    key: string,
  ): Promise<Transport> {
    const { scheme, host, port } = location;
    const { layers, root } = this.options;
    const [driver, { guard, stack }] = await Promise.all([
      this.registry.driver(scheme, location.href),
      load.layers(),
    ]);
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
      // No alias counts here: one that leads into an archive at itself would have no end.
      nested: (at: Location) =>
        this.#around().#resolve({ location: at, credentials: this.#named.get(key) }),
    };
    try {
      return stack(guard(scheme, root)(await driver.connect(connect)), layers);
    } catch (error) {
      if (isVfsError(error)) throw error;
      throw new VfsError("Unexpected", { op: "connect", url: location.href, cause: error });
    }
  }
}

const URL_LIKE = /^[A-Za-z][A-Za-z0-9+.-]+:/;

function keyOf({ origin }: Location, credentials: Credentials | undefined): string {
  return JSON.stringify([origin, credentials?.username]);
}
