/**
 * Credentials that cannot be printed by accident, and where they come from.
 *
 * @module
 */

const INSPECT = Symbol.for("Deno.customInspect");
const NODE_INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A text that shows itself only when asked by {@linkcode Secret.reveal}; printing, serialising and
 * inspecting give `[secret]`.
 */
export class Secret {
  readonly #text: string;

  /** Wraps `text`. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. */
  reveal(): string {
    return this.#text;
  }

  /** Always `[secret]`. */
  toString(): string {
    return "[secret]";
  }

  /** Always `[secret]`. */
  toJSON(): string {
    return "[secret]";
  }

  /** Always `[secret]`. */
  [INSPECT](): string {
    return "[secret]";
  }

  /** Always `[secret]`. */
  [NODE_INSPECT](): string {
    return "[secret]";
  }
}

/** Who we are to a server. For `dicom:` the username is the calling AE title. */
export interface Credentials {
  /** Login name, or calling AE title. */
  readonly username?: string;
  /** Password. */
  readonly password?: Secret;
  /** Bearer or alias token. */
  readonly token?: Secret;
}

/** A server that asks for credentials. */
export interface Realm {
  /** URL scheme, lower case. */
  readonly scheme: string;
  /** Host as written in the URL. */
  readonly host: string;
  /** Port, when the URL has one. */
  readonly port?: number;
  /** Whom the URL names, when it does. */
  readonly username?: string;
}

/** Finds the credentials for a server; `undefined` means none, so guest access. */
export type CredentialProvider = (
  realm: Realm,
) => Credentials | undefined | Promise<Credentials | undefined>;
