/**
 * What every request goes through: faults, who asks, CSRF, routes, headers.
 *
 * @module
 */

import { GUEST } from "./auth/sessions.ts";
import { cookie, identify, type Identity, lacksCsrf, pageBefore } from "./auth/authenticate.ts";
import { isBrowser } from "./auth/user_agent.ts";
import { type Call, splitTarget } from "./http/call.ts";
import type { Query } from "./http/query.ts";
import { Refusal, refuse } from "./http/refusal.ts";
import { refusalReply } from "./http/reply.ts";
import { countedBody, countedRequest, logEntry } from "./http/traffic.ts";
import type { OpenEntry } from "./http/request_log.ts";
import { type Found, Router } from "./routes/router.ts";
import { settle } from "./import/auto_archive.ts";
import { APP_ROUTES, DATA_ROUTES, ROOT, XAPI_ROUTES } from "./routes/table.ts";
import type { World } from "./world.ts";

const DATA = new Router(DATA_ROUTES);
const XAPI = new Router(XAPI_ROUTES);
const APP = new Router(APP_ROUTES);

/** Paths that answer whoever asks. */
const OPEN = [/^\/xapi\/siteConfig\/(buildInfo|siteId|siteUrl|siteHome|siteLogoPath|uptime)/]
  .concat(/^\/(data|REST)\/services\/auth$/, /^\/(app\/.*|login|)$/);

/** Where a path leads. */
interface Target {
  /** Whether it is below the context path; what is not is answered by the container. */
  readonly inside: boolean;
  readonly found?: Found;
  /** Whether Restlet answers, rather than Spring or the container. */
  readonly restlet: boolean;
  readonly segments: readonly string[];
  readonly path: string;
}

/** Makes the handler of all requests. */
export function pipeline(world: World): (request: Request) => Promise<Response> {
  return async (request) => {
    const { path, query } = splitTarget(request.url);
    const target = targetOf(world, path);
    const entry = world.log.open(logEntry(world, request, target.path, query, target.found));
    const faults = world.faults.take(entry);
    if (faults.some((fault) => "expire" in fault)) {
      world.sessions.end(cookie(request, "JSESSIONID") ?? "");
    }
    if (world.options.latencyMs > 0) await wait(world, world.options.latencyMs);
    const counted = countedRequest(request, entry);
    const response = await world.faults.answer(
      faults,
      () => answer(world, counted, target, query, entry),
    );
    // Deno 2.9.6 resets the connection of who still sends when an answer comes as a stream.
    if (!counted.bodyUsed) await counted.body?.cancel();
    entry.status = response.status;
    // The platform sends the headers of a body and drops the body itself.
    return request.method === "HEAD" ? response : countedBody(response, entry);
  };
}

function wait(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => void world.options.clock.schedule(resolve, ms));
}

function targetOf(world: World, whole: string): Target {
  const { contextPath } = world.options;
  const inside = whole === contextPath || whole.startsWith(`${contextPath}/`);
  if (!inside) return { inside, restlet: false, segments: [], path: whole };
  const path = whole.slice(contextPath.length);
  const [first = "", ...rest] = path.split("/").slice(1);
  if (first === "data" || first === "REST") {
    const segments = rest[0] === "archive" ? rest.slice(1) : rest;
    return { inside, found: DATA.find(segments), restlet: true, segments, path };
  }
  const segments = [first, ...rest];
  if (first === "") {
    const found = { route: { template: "/", handler: ROOT }, vars: {}, tail: "" };
    return { inside, found, restlet: false, segments, path };
  }
  const router = first === "xapi" ? XAPI : APP;
  return { inside, found: router.find(segments), restlet: false, segments, path };
}

async function answer(
  world: World,
  request: Request,
  target: Target,
  query: Query,
  entry: OpenEntry,
): Promise<Response> {
  let identity: Identity = { login: GUEST, fresh: false };
  let response: Response;
  if (!target.inside) return refusalReply(new Refusal(404, "Not found", "tomcat"));
  try {
    // The container refuses encoded slashes and cut escapes before anybody looks at the request.
    if (/%2f|%(?![0-9a-f]{2})/i.test(target.path)) refuse(400, "Invalid URI", "tomcat");
    identity = identify(world, request);
    entry.user = identity.login.name;
    const turnedAway = gate(world, request, target, identity);
    response = turnedAway ?? await handle(world, request, target, query, identity);
  } catch (error) {
    response = refusalReply(asRefusal(error));
  }
  decorate(world, response, target, identity);
  return response;
}

/** What happens to those who did not log in where that is needed, and to those who have something else to do first. */
function gate(
  world: World,
  request: Request,
  target: Target,
  { login }: Identity,
): Response | undefined {
  const page = pageBefore(world, login);
  if (page !== undefined && !target.path.startsWith("/app/")) {
    const location = `${world.options.siteUrl}/app/template/${page}`;
    return new Response(null, { status: 302, headers: { location } });
  }
  if (!login.guest || world.options.guest || OPEN.some((open) => open.test(target.path))) return;
  if (isBrowser(request.headers.get("user-agent") ?? "")) {
    const location = `${world.options.contextPath}/app/template/Login.vm`;
    return new Response(null, { status: 302, headers: { location } });
  }
  refuse(401, "Full authentication is required to access this resource", "tomcat");
}

async function handle(
  world: World,
  request: Request,
  target: Target,
  query: Query,
  identity: Identity,
): Promise<Response> {
  const { found, segments, restlet } = target;
  if (restlet && lacksCsrf(world, request, identity, query.get("XNAT_CSRF"))) {
    refuse(500, "INVALID CSRF (SEE LOG)");
  }
  if (!found) {
    refuse(
      404,
      "The server has not found anything matching the request URI",
      restlet ? "restlet" : "tomcat",
    );
  }
  const changes = ["PUT", "POST", "DELETE"].includes(request.method);
  const call: Call = {
    world,
    request,
    method: request.method === "HEAD" ? "GET" : request.method,
    segments,
    query,
    login: identity.login,
    session: identity.session,
    vars: found.vars,
    tail: found.tail,
    now: world.now(),
  };
  await settle(world);
  try {
    return await found.route.handler(call);
  } finally {
    if (changes) world.changed();
  }
}

/** Bugs in the emulator are answered as errors of the server, with their trace. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const trace = error instanceof Error ? error.stack ?? error.message : String(error);
  return new Refusal(500, `Internal error of the emulator: ${trace}`);
}

function decorate(
  world: World,
  { headers, status }: Response,
  target: Target,
  identity: Identity,
): void {
  if (target.restlet) {
    headers.set("server", "Restlet-Framework/1.1.10");
    headers.set("accept-ranges", "bytes");
    headers.set("vary", "Accept-Charset, Accept-Encoding, Accept-Language, Accept");
  }
  if (status === 401) headers.set("www-authenticate", `Basic realm="${world.options.siteId}"`);
  if (identity.fresh && identity.session) {
    headers.append("set-cookie", world.sessionCookie(identity.session.id));
  }
  const { sessionTimeoutMs, contextPath } = world.options;
  headers.append(
    "set-cookie",
    `SESSION_EXPIRATION_TIME="${world.now()},${sessionTimeoutMs}"; Version=1; Path=${
      contextPath || "/"
    }`,
  );
}
