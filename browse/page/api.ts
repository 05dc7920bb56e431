/** Talks with the server. */

/** What the server refused, or that it is gone. */
export class ApiError extends Error {
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Parameters of a request; undefined ones are left out. */
export type Params = Readonly<Record<string, string | number | undefined>>;

/** What a request may have besides. */
export interface Asked {
  readonly method?: string;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The URL of a request. */
export function urlOf(route: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `api/${route}?${query}`;
}

/** Asks. @throws {ApiError} unless it succeeds */
export async function ask(route: string, params?: Params, asked: Asked = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(urlOf(route, params), { ...asked, credentials: "same-origin" });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw gone();
  }
  if (response.ok) return response;
  throw refusalOf(await response.json().catch(() => undefined), response.statusText);
}

/** That nobody answers. */
export function gone(): ApiError {
  return new ApiError("Gone", "The medvfs server does not answer. Is it still running?");
}

/** What the server refused, of the JSON that it answered. */
export function refusalOf(
  answer:
    | { readonly error?: { readonly kind: string; readonly message: string } }
    | null
    | undefined,
  status: string,
): ApiError {
  return new ApiError(answer?.error?.kind ?? "Unexpected", answer?.error?.message ?? status);
}

/** Asks for JSON. */
export async function askJson<T>(
  route: string,
  params: Params,
  signal?: AbortSignal,
): Promise<T> {
  return await (await ask(route, params, { signal })).json();
}

/** Asks for JSON line by line; `T` is what a line can be. @throws {ApiError} also for an answer that was cut */
export async function* askLines<T extends { readonly end?: unknown }>(
  route: string,
  params: Params,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const { body } = await ask(route, params, { signal });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let isWhole = false;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    const lines = (rest + step.value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const value = JSON.parse(line);
      if (value.error) throw new ApiError(value.error.kind, value.error.message);
      if (value.end) isWhole = true;
      yield value;
    }
  }
  if (!isWhole) throw new ApiError("Incomplete", "The answer ended early");
}

/** What to say of an error, in plain words first. */
export function plainWords(error: unknown): { readonly title: string; readonly detail: string } {
  const { kind, message } = error instanceof ApiError
    ? error
    : { kind: "Unexpected", message: String(error) };
  return { title: TITLES[kind] ?? "That did not work", detail: message };
}

const TITLES: Readonly<Record<string, string>> = {
  NotFound: "It is not there",
  PermissionDenied: "You may not look at this",
  Unauthenticated: "The server wants a login",
  NotSupported: "This cannot be shown",
  AlreadyExists: "There is something with that name already",
  Corrupt: "The file is damaged",
  Unavailable: "The server cannot be reached",
  TimedOut: "It took too long",
  RateLimited: "The server is busy",
  StorageFull: "There is no room left",
  Incomplete: "Only a part arrived",
  Protocol: "The server gave an answer that makes no sense",
  Gone: "medvfs has stopped",
  Refused: "That is not allowed",
};
