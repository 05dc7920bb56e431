/**
 * Alias tokens: a name and a secret that stand for a user for some days (`/data/services/tokens`, XNAT 1.8).
 *
 * @module
 */

import { Secret } from "../../vfs/credentials/credentials.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { broken } from "../web/errors.ts";
import type { XnatClient, XnatRequest } from "./client.ts";
import { route } from "./escape.ts";

/** A token that the server has made. */
export interface AliasToken {
  /** Sent where a user name is asked for. */
  readonly alias: string;
  /** Sent where a password is asked for. */
  readonly secret: Secret;
  /** When it ends, as far as the server tells. */
  readonly expires?: Date;
}

/** Asks for a token of whoever is logged in. @throws `Unauthenticated`, `PermissionDenied` for guests */
export async function issueToken(client: XnatClient, options: XnatRequest): Promise<AliasToken> {
  const answer = await client.json("/data/services/tokens/issue", options);
  const { alias, secret, estimatedExpirationTime: end } = (answer ?? {}) as Record<string, unknown>;
  // Older servers send the secret as a number.
  const text = typeof secret === "number" ? String(secret) : secret;
  if (typeof alias !== "string" || typeof text !== "string" || alias === "" || text === "") {
    throw broken(options, "the server gave no alias token");
  }
  const expires = new Date(typeof end === "number" ? end : NaN);
  const isTold = !Number.isNaN(expires.getTime());
  return { alias, secret: new Secret(text), expires: isTold ? expires : undefined };
}

/** Ends a token; tells false when the server does not know it any more. The client must be logged in with it. */
export async function revokeToken(
  client: XnatClient,
  { alias, secret }: Pick<AliasToken, "alias" | "secret">,
  options: XnatRequest,
): Promise<boolean> {
  try {
    const path = `/data/services/tokens/invalidate${route(alias, secret.reveal())}`;
    const answer = await client.request("GET", path, options);
    await answer.body.close();
    return true;
  } catch (error) {
    if (isVfsError(error) && ["Unauthenticated", "NotFound"].includes(error.kind)) return false;
    throw error;
  }
}
