/**
 * Which driver serves which scheme.
 *
 * @module
 */

import { once } from "./concurrency/once.ts";
import { TransportNotFound } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { fileAround } from "./location/nested_location.ts";
import type { TransportDriver } from "./transport.ts";

/** A driver that is loaded when a URL of its schemes is first used. */
export interface LazyDriver {
  /** URL schemes that it serves, lower case. */
  readonly schemes: readonly string[];
  /** Endings of the names of files that its first scheme serves the content of: `[".zip"]`. */
  readonly archives?: readonly string[];
  /** Loads the driver: `() => import("./mod.ts").then((m) => m.myTransport())`. */
  load(): Promise<TransportDriver>;
}

/** Options of {@linkcode Registry.register}. */
export interface RegisterOptions {
  /** Take the schemes from a driver that has them already. */
  readonly override?: boolean;
}

/** Drivers by scheme. A driver that cannot be loaded disables its own schemes alone. */
export class Registry {
  readonly #drivers = new Map<string, () => Promise<TransportDriver>>();
  /** Schemes by the endings of names. */
  readonly #archives = new Map<string, string>();

  /**
   * Registers a driver, loaded or lazy, for all of its schemes.
   *
   * @throws `TypeError` when a scheme is malformed or taken
   */
  register(
    driver: TransportDriver | LazyDriver,
    options: RegisterOptions = {},
  ): void {
    if (driver.schemes.length === 0) {
      throw new TypeError("Cannot register a driver without schemes");
    }
    for (const scheme of driver.schemes) this.#check(scheme, options);
    const load = "load" in driver ? once(() => driver.load()) : () => Promise.resolve(driver);
    for (const scheme of driver.schemes) this.#drivers.set(scheme, load);
    const [first = ""] = driver.schemes;
    for (const ending of driver.archives ?? []) this.#archives.set(ending.toLowerCase(), first);
  }

  /** The scheme that serves the content of a file of this name, as far as names can tell. */
  archiveScheme(name: string): string | undefined {
    const lower = name.toLowerCase();
    return this.#archives.entries().find(([ending]) => lower.endsWith(ending))?.[1];
  }

  /** The name that what is at a place goes by elsewhere: that of an archive without its ending, for its content. */
  nameOf(location: Location): string {
    const archive = location.name === "" ? fileAround(location)?.name ?? "" : "";
    const lower = archive.toLowerCase();
    const endings = [...this.#archives.keys()].filter((ending) => lower.endsWith(ending));
    const stem = archive.slice(0, archive.length - Math.max(0, ...endings.map((e) => e.length)));
    return location.name || stem;
  }

  /** The schemes registered, sorted. */
  schemes(): string[] {
    return [...this.#drivers.keys()].sort();
  }

  /** Loads the driver for `scheme`; `url` is for the error. @throws {TransportNotFound} */
  async driver(scheme: string, url: string): Promise<TransportDriver> {
    const load = this.#drivers.get(scheme);
    if (load === undefined) {
      const known = this.schemes().map((name) => `${name}:`).join(" ");
      throw new TransportNotFound(
        url,
        `no transport for "${scheme}:", there are ${known || "none"}`,
      );
    }
    try {
      return await load();
    } catch (error) {
      throw new TransportNotFound(
        url,
        `the transport for "${scheme}:" could not be loaded`,
        error,
      );
    }
  }

  /** A registry with the same drivers, to which others can be added. */
  clone(): Registry {
    const copy = new Registry();
    for (const [scheme, load] of this.#drivers) copy.#drivers.set(scheme, load);
    for (const [ending, scheme] of this.#archives) copy.#archives.set(ending, scheme);
    return copy;
  }

  #check(scheme: string, { override }: RegisterOptions): void {
    if (!/^[a-z][a-z0-9+.-]+$/.test(scheme)) {
      throw new TypeError(
        `Cannot register "${scheme}": not a URL scheme of two or more lower-case characters`,
      );
    }
    if (this.#drivers.has(scheme) && !override) {
      throw new TypeError(
        `Cannot register "${scheme}": taken, give { override: true } to replace it`,
      );
    }
  }
}
