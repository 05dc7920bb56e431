/**
 * Finds out who asks: cookie, Basic, alias token, guest.
 *
 * @module
 */

import { Refusal, refuse } from "../http/refusal.ts";
import type { World } from "../world.ts";
import { GUEST, type HttpSession, type Login } from "./sessions.ts";
import { isBrowser } from "./user_agent.ts";

/** Who asks, and how that is remembered. */
export interface Identity {
  readonly login: Login;
  readonly session?: HttpSession;
  /** Whether the session began with this request, so that its cookie must be set. */
  readonly fresh: boolean;
}

const LOCK_AFTER = 20;
/** Whatever the reason is (`XnatBasicAuthenticationFilter`). */
const FAILED = "Login attempt failed. Please try again.";

/** Value of a cookie. */
export function cookie(request: Request, name: string): string | undefined {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
}

/** The login of a name and a password, or of an alias and a secret. */
export function checkPassword(world: World, name: string, secret: string): Login | undefined {
  const now = world.now();
  const token = world.sessions.token(name, now);
  if (token) return token.secret === secret ? world.loginOf(token.user) : undefined;
  const user = world.users.get(name);
  if (!user || user.disabled === true || (world.failures.get(name) ?? 0) >= LOCK_AFTER) return;
  if (user.password !== secret) {
    world.failures.set(name, (world.failures.get(name) ?? 0) + 1);
    return;
  }
  world.failures.delete(name);
  return world.loginOf(name);
}

/** The page to which a user is led until he has done what it asks for (`XnatExpiredPasswordFilter`). */
export function pageBefore({ users }: World, { name }: Login): string | undefined {
  const { disabled, passwordExpired } = users.get(name) ?? {};
  if (disabled) return "InactiveAccount.vm";
  return passwordExpired ? "XDATScreen_UpdateUser.vm" : undefined;
}

/** Name and password of a Basic header. @throws {Refusal} 401 for one that cannot be read. */
function basic(request: Request): { name: string; secret: string } | undefined {
  const header = request.headers.get("authorization") ?? "";
  if (!/^basic /i.test(header)) return;
  try {
    const bytes = Uint8Array.from(atob(header.slice(6).trim()), (c) => c.charCodeAt(0));
    const [name = "", ...secret] = new TextDecoder().decode(bytes).split(":");
    return { name, secret: secret.join(":") };
  } catch (cause) {
    throw Object.assign(new Refusal(401, "Invalid basic authentication token", "tomcat"), {
      cause,
    });
  }
}

/**
 * Tells who asks. A session of another user does not count against Basic; without a session, Basic
 * opens a new one each time.
 *
 * @throws {Refusal} 401 for a wrong password and when a user has too many sessions.
 */
export function identify(world: World, request: Request): Identity {
  const now = world.now();
  const id = cookie(request, "JSESSIONID");
  const session = id === undefined ? undefined : world.sessions.use(id, now);
  const given = basic(request);
  if (!given) {
    return session
      ? { login: session.login, session, fresh: false }
      : { login: GUEST, fresh: false };
  }
  const login = checkPassword(world, given.name, given.secret);
  if (!login) refuse(401, FAILED, "tomcat");
  if (session && session.login.name === login.name) return { login, session, fresh: false };
  // An id from before the login must not work after it.
  if (session) world.sessions.end(session.id);
  const opened = world.sessions.open(login, now);
  if (!opened) refuse(401, FAILED, "tomcat");
  return { login, session: opened, fresh: true };
}

/** Whether a request that changes something lacks the token that browsers must send. */
export function lacksCsrf(
  world: World,
  request: Request,
  identity: Identity,
  token: string | undefined,
): boolean {
  if (!world.options.csrf || !identity.session || identity.fresh) return false;
  if (!["PUT", "POST", "DELETE"].includes(request.method)) return false;
  if (!isBrowser(request.headers.get("user-agent") ?? "")) return false;
  return token !== identity.session.csrf;
}
