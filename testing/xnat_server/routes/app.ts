/**
 * The few pages outside of the interface that clients look at.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { document } from "../http/reply.ts";
import { LOGIN_PAGE } from "./login_page.ts";

/** `/`: the start page, or the way to the login. */
export function root(call: Call): Response {
  const { login, world } = call;
  if (login.guest && !world.options.guest) {
    const location = `${world.options.contextPath}/app/template/Login.vm`;
    return new Response(null, { status: 302, headers: { location } });
  }
  const name = login.guest ? "Guest" : login.name;
  return document(
    `<html>\n<head><title>XNAT</title></head>\n<body>\n<span id="user_info">Logged in as: ` +
      `<b>${name}</b></span><br>\n</body>\n</html>\n`,
    "text/html;charset=UTF-8",
  );
}

/** `/app/…`: the login page; `LogoutUser` ends the session. */
export function app(call: Call): Response {
  if (call.tail.endsWith("action/LogoutUser") && call.session) {
    call.world.sessions.end(call.session.id);
  }
  return document(LOGIN_PAGE, "text/html;charset=UTF-8");
}
