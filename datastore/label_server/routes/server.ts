/**
 * `/`, `/info`, `/auth`, `/session`: the server itself.
 *
 * @module
 */

import config from "../../../deno.json" with { type: "json" };
import { isSame } from "../../../serving/access.ts";
import { readLogin } from "../form.ts";
import { STRATEGIES } from "../next_sample.ts";
import { Problem } from "../../../serving/problem.ts";
import type { Settings } from "../options.ts";
import type { Call, Route } from "../route.ts";

/** Where MONAI Label's server has models work. */
const OF_MODELS = [
  "infer/:model",
  "infer/wsi/:model",
  "infer/wsi_v2/:model",
  "train",
  "train/:model",
]
  .concat(["batch/infer", "batch/infer/:model", "scoring", "scoring/:method"]);

/** The routes. */
export const SERVER_ROUTES: readonly Route[] = [
  { methods: ["GET", "HEAD"], path: "", handle: getRoot },
  { methods: ["GET"], path: "/info", handle: getInfo },
  { methods: ["GET"], path: "/auth", isOpen: true, handle: getAuth },
  { methods: ["POST"], path: "/auth/token", isOpen: true, handle: postToken },
  { methods: ["GET"], path: "/auth/token/valid", handle: () => Response.json(ADMIN) },
  { methods: ["PUT"], path: "/session", handle: noSessions },
  ...OF_MODELS.map((path) => ({
    methods: ["GET", "POST", "DELETE"],
    path: `/${path}`,
    handle: noModels,
  })),
];

const ADMIN = { username: "admin", email: "", name: "admin", roles: ["*"] };

function getRoot(): Response {
  return new Response("medvfs label server\n", { headers: { "content-type": "text/plain" } });
}

/** No top-level `config`: 3D Slicer takes that for the mark of a server too old for it. */
async function getInfo({ settings: { datastore, labels }, signal }: Call): Promise<Response> {
  const options = { signal };
  const strategies = Object.fromEntries(
    Object.entries(STRATEGIES).map(([name, { description }]) => [name, { description }]),
  );
  return Response.json({
    name: await datastore.name(),
    description: await datastore.description(),
    version: config.version,
    labels: drawable(labels),
    models: {},
    trainers: {},
    strategies,
    scoring: {},
    train_stats: {},
    datastore: await datastore.status(options),
  });
}

/**
 * Names in the order of their values: OHIF takes nothing but a list. 3D Slicer makes a segment of each, leaves out
 * `background` when it counts the voxels' values, and counts it when it names them.
 */
function drawable(labels: Settings["labels"]): string[] {
  const names: readonly string[] = Array.isArray(labels)
    ? labels
    : Object.entries(labels).sort(([, a], [, b]) => a - b).map(([name]) => name);
  return names.filter((name) => name !== "background");
}

function getAuth({ settings: { token } }: Call): Response {
  return Response.json({ enabled: token !== undefined, client_id: "medvfs", realm: "medvfs" });
}

/** Clients log in by name and password (RFC 6749 §4.3): the password is the token. */
async function postToken(call: Call): Promise<Response> {
  const { settings: { token } } = call;
  if (token === undefined) throw new Problem(404, "Not Found");
  const password = (await readLogin(call)).get("password");
  if (typeof password !== "string" || !isSame(password, token)) {
    throw new Problem(401, "Invalid user or password");
  }
  return Response.json({ access_token: token, token_type: "bearer" });
}

/** Clients take 404 for "nothing runs", and show the words to who wanted a model to work. */
function noModels(): never {
  throw new Problem(404, "There are no models on this server, which keeps images and labels");
}

/** Sessions are for inference, which this server leaves to others. */
function noSessions(): never {
  throw new Problem(406, "Sessions are not enabled on this server");
}
