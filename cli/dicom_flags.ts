/**
 * What a user can say about DICOM peers, on the command line and in the environment.
 *
 * @module
 */

import type { Option } from "commander";
import type {
  DicomTransportOptions,
  ListenOptions,
  PeerOptions,
  TlsFiles,
} from "../transports/dicom/mod.ts";
import { permittedEnv } from "../vfs/platform.ts";
import { option, repeatable, wholeNumber, wrong } from "./command.ts";
import { UsageError } from "./exit_code.ts";

/** Options for `dicom:` and `dicoms:` that every command has. */
export interface DicomFlags {
  /** Our AE title. */
  readonly callingAet?: string;
  /** Associations at once. */
  readonly pool?: number;
  /** Longest wait for an association, in seconds. */
  readonly connectTimeout?: number;
  /** Longest wait without progress, in seconds. */
  readonly timeout?: number;
  /** Where archives without C-GET send to. */
  readonly listen?: ListenOptions;
  /** Files of certificates to trust. */
  readonly tlsCa?: readonly string[];
  /** File of our certificate. */
  readonly tlsCert?: string;
  /** File of our private key. */
  readonly tlsKey?: string;
  /** Believe any certificate. */
  readonly insecure?: boolean;
}

/** Parses `AET:PORT`. */
function parseListen(text: string): ListenOptions {
  const [, aeTitle = "", digits] = /^([^:]{1,16}):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (aeTitle !== "" && port > 0 && port < 65536) return { aeTitle, port };
  throw wrong("It must be an AE title and a port, such as MEDVFS:11112.");
}

/** Parses seconds. */
export function parseSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1e6) return value;
  throw wrong("It must be a number of seconds above 0.");
}

function parsePool(text: string): number {
  const size = wholeNumber(1)(text);
  if (size <= 16) return size;
  throw wrong("It must be 16 or less.");
}

/** The options, under a heading of their own in the help. */
export function dicomFlags(): Option[] {
  const flags = [
    option("--calling-aet <title>", "our AE title (MEDVFS_CALLING_AET; default: MEDVFS)"),
    option(
      "--pool <n>",
      "associations at once, 1 to 16 (MEDVFS_POOL; default: 4); 1 for dcmqrscp, which loses " +
        "images that come side by side",
      parsePool,
    ),
    option(
      "--connect-timeout <seconds>",
      "longest wait for an association (MEDVFS_CONNECT_TIMEOUT)",
      parseSeconds,
    ),
    option(
      "--listen <title:port>",
      "receive from archives without C-GET, which must know us (MEDVFS_LISTEN)",
      parseListen,
    ),
    repeatable(
      "--tls-ca <file>",
      "certificates to trust besides the system's, PEM (MEDVFS_TLS_CA)",
      String,
    ),
    option("--tls-cert <file>", "our certificate, PEM (MEDVFS_TLS_CERT)"),
    option("--tls-key <file>", "its private key, PEM (MEDVFS_TLS_KEY)"),
  ];
  return flags.map((flag) => flag.helpGroup("Options for dicom: and dicoms: URLs:"));
}

/** The flags, and the environment where there is none. @throws {UsageError} for a malformed variable */
export function withEnvironment(flags: DicomFlags): DicomFlags {
  const env = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = permittedEnv(name);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw new UsageError(`Cannot use ${name}: ${(error as Error).message}`);
    }
  };
  return {
    ...flags,
    callingAet: flags.callingAet ?? env("MEDVFS_CALLING_AET", String),
    pool: flags.pool ?? env("MEDVFS_POOL", parsePool),
    connectTimeout: flags.connectTimeout ?? env("MEDVFS_CONNECT_TIMEOUT", parseSeconds),
    listen: flags.listen ?? env("MEDVFS_LISTEN", parseListen),
    tlsCa: flags.tlsCa ?? env("MEDVFS_TLS_CA", (text) => [text]),
    tlsCert: flags.tlsCert ?? env("MEDVFS_TLS_CERT", String),
    tlsKey: flags.tlsKey ?? env("MEDVFS_TLS_KEY", String),
  };
}

/** What the driver is told; of what the user did not say, nothing. */
export function peerOptions(
  flags: DicomFlags,
  readTls: (files: TlsFiles) => ReturnType<Extract<DicomTransportOptions["tls"], () => unknown>>,
): PeerOptions {
  const { callingAet, pool, connectTimeout, timeout, listen, insecure } = flags;
  const { tlsCa: ca, tlsCert: cert, tlsKey: key } = flags;
  const waits = timeout === undefined ? undefined : timeout * 1000;
  const connects = connectTimeout === undefined ? waits : connectTimeout * 1000;
  const hasTls = [ca, cert, key, insecure].some((each) => each !== undefined);
  return definedOf({
    callingAET: callingAet,
    poolSize: pool,
    listen,
    timeouts: waits ?? connects
      ? definedOf({
        connectMs: connects,
        requestMs: connects,
        responseMs: waits,
        subOperationMs: waits,
      })
      : undefined,
    tls: hasTls ? () => readTls({ ca, cert, key, insecure }) : undefined,
  });
}

function definedOf<T extends object>(record: T): T {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as T;
}
