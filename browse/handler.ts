/**
 * What becomes of a request.
 *
 * @module
 */

import { Problem } from "../serving/problem.ts";
import { checkHost, checkSession, checkSource, openSession } from "./access.ts";
import type { Call, Route } from "./call.ts";
import { failureOf, failureResponse, isOurs } from "./failure.ts";
import { guarded } from "./headers.ts";
import type { Settings } from "./options.ts";
import { pageFile } from "./page_file.ts";
import { makeFolder, remove, rename, upload } from "./routes/change.ts";
import { file, folder } from "./routes/download.ts";
import { header } from "./routes/header.ts";
import { list } from "./routes/list.ts";
import { facts, line, root } from "./routes/facts.ts";
import { picture, thumbnail } from "./routes/picture.ts";
import { series } from "./routes/series.ts";

/** By method and the last part of the path. */
const ROUTES: Readonly<Record<string, Route>> = {
  "GET root": root,
  "GET list": list,
  "GET facts": facts,
  "GET line": line,
  "GET header": header,
  "GET picture": picture,
  "GET thumbnail": thumbnail,
  "GET series": series,
  "GET file": file,
  "HEAD file": file,
  "GET folder": folder,
  "PUT upload": upload,
  "POST folder": makeFolder,
  "POST rename": rename,
  "DELETE entry": remove,
};

/** Makes the answer to a request, without ever rejecting. */
export function browserHandler(settings: Settings): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return guarded(await answer(request, settings));
    } catch (error) {
      const aborted = request.signal.aborted || settings.signal.aborted;
      if (!aborted && isOurs(failureOf(error))) {
        const route = new URL(request.url).pathname.split("/").at(-1)!;
        settings.onError(error, { method: request.method, route });
      }
      return guarded(failureResponse(error));
    }
  };
}

async function answer(request: Request, settings: Settings): Promise<Response> {
  const url = new URL(request.url);
  const { method } = request;
  checkHost(url, settings);
  const [, key, ...rest] = url.pathname.split("/");
  if (key !== settings.key) throw new Problem(404, "Open the link that the command printed");
  const [first = "", second] = rest;
  if (first !== "api") {
    if (method !== "GET" || rest.length > 1) throw new Problem(404, "There is no such page");
    return pageFile(first);
  }
  checkSource(request, url);
  if (method === "POST" && second === "session") return await openSession(request, settings);
  checkSession(request, settings);
  const route = rest.length === 2 ? ROUTES[`${method} ${second}`] : undefined;
  if (!route) throw new Problem(404, "There is no such request");
  return await route(callOf(request, url.searchParams, settings));
}

function callOf(request: Request, query: URLSearchParams, settings: Settings): Call {
  const signal = AbortSignal.any([request.signal, settings.signal]);
  const soon = AbortSignal.any([signal, AbortSignal.timeout(settings.limits.answerMs)]);
  return { request, query, settings, signal, soon };
}
