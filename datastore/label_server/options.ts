/**
 * How a label server is set up.
 *
 * @module
 */

import type { Datastore } from "../datastore.ts";
import { systemClock } from "../../vfs/concurrency/clock.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { Vfs } from "../../vfs/vfs.ts";

/** The part of a filesystem that the server reads with what `getImageUri` and `getLabelUri` name. */
export type Files = Pick<Vfs, "open" | "stat">;

/** What a request was, for a log: no query, which may name people. */
export interface RequestSummary {
  /** HTTP method. */
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
}

/** Options of {@linkcode labelHandler}. */
export interface LabelHandlerOptions {
  /** The store that is served. It is not disposed with the server. */
  readonly datastore: Datastore;
  /** Reads the places that the store names. */
  readonly files: Files;
  /** What can be drawn: names, or names with their values. Viewers offer these. */
  readonly labels?: readonly string[] | Readonly<Record<string, number>>;
  /** Asked of every request, as `Authorization: Bearer`. */
  readonly token?: string;
  /** Host names by which requests may come, beside the loopback's; keeps pages elsewhere from passing for this one. */
  readonly allowedHosts?: readonly string[];
  /** Origins of web pages that may call, such as `https://viewer.example.org`, beside those on the loopback. */
  readonly allowedOrigins?: readonly string[];
  /** Longest form that is taken, in bytes; a login or a request for a sample may have 65,536. @default {268435456} */
  readonly maxUploadBytes?: number;
  /**
   * How long the forms may be together that are under way, in bytes; more wait up to half a minute and are refused with
   * 503 then. Never less than `maxUploadBytes`, which is its default, and which one of unknown length counts as.
   */
  readonly maxUploadsBytes?: number;
  /** How long an image that was given to a user is not given to another, in milliseconds. @default {1800000} */
  readonly leaseMs?: number;
  /** Ends what is under way. A client that goes away ends nothing but its answer: what was fetched stays in the cache. */
  readonly signal?: AbortSignal;
  /** Told of failures that are not the client's. */
  readonly onError?: (error: unknown, request: RequestSummary) => void;
  /** Time. */
  readonly clock?: Clock;
  /** Numbers from 0 to 1, for the strategy `random`. */
  readonly random?: () => number;
}

/** Options of {@linkcode startLabelServer}. */
export interface LabelServerOptions extends Omit<LabelHandlerOptions, "signal"> {
  /** Address to listen at; any but the loopback's needs a `token`. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port; 0 takes a free one. @default {8000} */
  readonly port?: number;
}

/** Options with all that may be left out filled in. */
export type Settings =
  & Required<Omit<LabelHandlerOptions, "token">>
  & Pick<LabelHandlerOptions, "token">;

/** Fills in what was left out. */
export function settingsOf(options: LabelHandlerOptions): Settings {
  const { maxUploadBytes = 256 * 2 ** 20, maxUploadsBytes = 0 } = options;
  const {
    labels = [],
    allowedHosts = [],
    allowedOrigins = [],
    leaseMs = 30 * 60_000,
    signal = NEVER,
    onError = () => {},
    clock = systemClock,
    random = Math.random,
  } = options;
  return {
    ...options,
    labels,
    allowedHosts,
    allowedOrigins,
    leaseMs,
    signal,
    onError,
    clock,
    random,
    maxUploadBytes,
    maxUploadsBytes: Math.max(maxUploadBytes, maxUploadsBytes),
  };
}
