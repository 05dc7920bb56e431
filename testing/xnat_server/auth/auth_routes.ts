/**
 * Login, logout, who am I, alias tokens.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty, text } from "../http/reply.ts";
import { checkPassword, cookie } from "./authenticate.ts";
import { type AliasToken, GUEST } from "./sessions.ts";

/** `/JSESSION`: the session's id; DELETE ends it. */
export function jsession(call: Call): Response {
  const { world, request, method, query } = call;
  if (method === "DELETE") {
    const id = call.session?.id ?? cookie(request, "JSESSIONID");
    if (id) world.sessions.end(id);
    return empty();
  }
  const session = call.session ?? world.sessions.open(GUEST, call.now)!;
  const response = text(query.is("CSRF") ? `${session.id}; XNAT_CSRF=${session.csrf}` : session.id);
  if (!call.session) response.headers.append("set-cookie", world.sessionCookie(session.id));
  return response;
}

/** `/services/auth`: a form with name and password. */
export async function serviceAuth(call: Call): Promise<Response> {
  const form = new URLSearchParams(await call.request.text());
  const login = checkPassword(call.world, form.get("username") ?? "", form.get("password") ?? "");
  const before = cookie(call.request, "JSESSIONID");
  if (login && before) call.world.sessions.end(before);
  const opened = login && call.world.sessions.open(login, call.now);
  if (!opened) refuse(401, "Authentication failed.");
  const response = text(opened.id);
  response.headers.append("set-cookie", call.world.sessionCookie(opened.id));
  return response;
}

/** `/auth`: who am I. */
export function whoAmI({ login }: Call): Response {
  return text(`User '${login.name}' is logged in`);
}

/** `/services/tokens/{op}[/user/{name} | /{alias}[/{secret}]]`: issues, shows, checks and ends alias tokens. */
export function tokens(call: Call): Response {
  const { world: { sessions, users }, login, now } = call;
  if (login.guest) refuse(403, "The guest user can't request alias tokens");
  const [operation, first = "", second = ""] = [call.vars.op, ...call.tail.split("/")];
  const user = first === "user" ? second : login.name;
  const token = first === "user" ? undefined : sessions.token(first, now);
  const isOther = user !== login.name || (token !== undefined && token.user !== login.name);
  if (isOther && !login.admin) {
    refuse(
      403,
      "Non-admin users can only request operations on alias tokens for their own account",
    );
  }
  switch (operation) {
    case "issue":
      if (!users.has(user)) refuse(404, `Unknown user ${user}`);
      return json(shown(sessions.issueToken(user, now)));
    case "show":
      return json(sessions.tokensOf(user, now).map(shown));
    case "validate":
      return json(token && token.secret === second ? { valid: token.user } : {});
    case "invalidate":
      if (token) sessions.dropToken(first);
      return json({ result: "OK" });
  }
  refuse(400, `Unknown operation: ${operation}`);
}

function shown(token: AliasToken): Record<string, unknown> {
  return {
    alias: token.alias,
    secret: token.secret,
    xdatUserId: token.user,
    estimatedExpirationTime: token.expires,
    singleUse: false,
    created: token.created,
    enabled: true,
    disabled: 0,
    timestamp: token.created,
  };
}

function json(value: unknown): Response {
  return document(JSON.stringify(value), "application/json");
}
