/**
 * What a driver is, and what it gets to connect with.
 *
 * @module
 */

import type { Clock } from "./concurrency/clock.ts";
import type { Credentials } from "./credentials/credentials.ts";
import type { FetchLike } from "./fetch_like.ts";
import type { Location } from "./location/location.ts";
import type { Capabilities, Transport } from "./transport.ts";

/** What a driver gets to connect with. */
export interface ConnectOptions {
  /** The origin to serve: a location without segments. */
  readonly origin: Location;
  /** Nothing above this location may be reached, by whatever link. */
  readonly root?: Location;
  /** Asks for credentials, when the driver needs them. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** HTTP client. */
  readonly fetch: FetchLike;
  /** Time. */
  readonly clock: Clock;
  /**
   * Finds the connection for another location, with all its layers, for a driver that serves what is in a file of
   * another driver. It is closed by who gave it.
   */
  readonly nested?: (location: Location) => Promise<Place>;
}

/** A location, and the connection that serves it. */
export interface Place {
  /** Where. */
  readonly location: Location;
  /** The driver's connection under all layers. */
  readonly transport: Transport;
}

/** What is known of a driver without a connection. */
export interface TransportAbout {
  /** Short name, such as `file`. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** Who wrote it. */
  readonly authors: string;
  /** Version of the driver. */
  readonly version: string;
  /** Where its home page is. */
  readonly url: string;
  /** URL schemes that it serves, lower case. */
  readonly schemes: readonly string[];
  /** Endings of the names of files that its first scheme serves the content of: `[".zip"]`. */
  readonly archives?: readonly string[];
  /** What it can do at best; a connection may do less. */
  readonly capabilities: Capabilities;
  /** The narrowest Deno permission flags for it. */
  readonly permissions: string;
}

/** A driver: what it is, and how to connect. */
export interface TransportDriver extends TransportAbout {
  /** Makes the transport for one origin. Does no I/O that can wait until the first operation. */
  connect(options: ConnectOptions): Transport | Promise<Transport>;
}
