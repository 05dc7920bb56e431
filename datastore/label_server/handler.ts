/**
 * What becomes of a request.
 *
 * @module
 */

import { checkHost, checkOrigin, checkToken, corsHeaders } from "./access.ts";
import { NextSample } from "./next_sample.ts";
import { type LabelHandlerOptions, type Settings, settingsOf } from "./options.ts";
import { problemOf } from "../../serving/problem.ts";
import { problemResponse } from "./problem.ts";
import { findRoute, type Route } from "./route.ts";
import { ACTIVE_LEARNING_ROUTES } from "./routes/active_learning.ts";
import { IMAGE_ROUTES } from "./routes/images.ts";
import { LABEL_ROUTES } from "./routes/labels.ts";
import { SERVER_ROUTES } from "./routes/server.ts";
import { STORE_ROUTES } from "./routes/store.ts";
import { UploadBudget } from "./upload_budget.ts";

const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...STORE_ROUTES,
  ...IMAGE_ROUTES,
  ...LABEL_ROUTES,
  ...ACTIVE_LEARNING_ROUTES,
];

/** Answers requests as MONAI Label's server does. */
export interface LabelHandler {
  /** Answers one. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** Resolves when what goes on after the answers has settled. */
  settled(): Promise<void>;
}

/** Makes the handler of a store, for any server that speaks `Request` and `Response`. */
export function labelHandler(options: LabelHandlerOptions): LabelHandler {
  const settings = settingsOf(options);
  const nextSample = new NextSample(settings);
  const uploads = new UploadBudget(settings);
  const running = new Set<Promise<void>>();

  const answer = async (request: Request): Promise<Response> => {
    checkHost(request, settings);
    if (request.method === "OPTIONS") return new Response(null, { status: 204 });
    checkOrigin(request, settings);
    const { pathname, searchParams: query } = new URL(request.url);
    const { route, params } = findRoute(ROUTES, request.method, pathname);
    if (!route.isOpen) checkToken(request, settings);
    const afterwards = (work: () => Promise<unknown>) => {
      const done = work()
        .then(() => {}, (error) => report(settings, request, error))
        .finally(() => running.delete(done));
      running.add(done);
    };
    const { signal } = settings;
    const call = { request, query, params, settings, nextSample, signal, afterwards };
    return await uploads.run(request, () => route.handle(call));
  };

  return {
    async handle(request) {
      let response: Response;
      try {
        response = await answer(request);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.status >= 500) report(settings, request, error);
        response = problemResponse(problem);
      }
      for (const [name, value] of Object.entries(corsHeaders(request, settings))) {
        response.headers.set(name, value);
      }
      return response;
    },
    async settled() {
      await Promise.all(running);
    },
  };
}

function report({ onError }: Settings, { method, url }: Request, error: unknown): void {
  onError(error, { method, path: new URL(url).pathname });
}
