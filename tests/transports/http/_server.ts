/** A web server of files in memory, as good or as bad as a test wants it. @module */

/** What a server is like. */
export interface Manners {
  readonly head?: boolean;
  readonly ranges?: boolean;
  readonly etags?: boolean;
  /** Answers instead, where it gives an answer. */
  readonly before?: (request: Request) => Response | undefined;
  /** Milliseconds before each answer. */
  readonly delayMs?: number;
}

/** A server that is under way. */
export interface TestServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Method, path and range of each request. */
  readonly requests: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves `files` by path. */
export function serveFiles(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  manners: Manners = {},
): TestServer {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range");
    requests.push(`${request.method} ${pathname}${range ? ` ${range}` : ""}`);
    if (manners.delayMs) await new Promise((resolve) => setTimeout(resolve, manners.delayMs));
    return manners.before?.(request) ?? answer(request, files, manners);
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answer(
  request: Request,
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  { head = true, ranges = true, etags = true }: Manners,
): Response {
  if (request.method === "HEAD" && !head) return new Response(null, { status: 405 });
  const { pathname } = new URL(request.url);
  const path = decodeURIComponent(pathname.slice(1));
  const content = Object.hasOwn(files, path) ? files[path] : undefined;
  if (content) return file(request, content, ranges, etags);
  const folder = path === "" || path.endsWith("/") ? path : `${path}/`;
  const inside = Object.keys(files).filter((name) => name.startsWith(folder));
  if (inside.length === 0) return new Response("none", { status: 404 });
  if (folder !== path) {
    return new Response(null, { status: 301, headers: { location: `${pathname}/` } });
  }
  const names = new Set(inside.map((name) => {
    const [first, ...more] = name.slice(folder.length).split("/");
    return more.length > 0 ? `${first}/` : first!;
  }));
  return index(path, [...names]);
}

/** A page as nginx makes it. */
export function index(title: string, hrefs: readonly string[]): Response {
  const rows = hrefs.map((name) => {
    const href = encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("'", "&#x27;");
    return `<a href="${href}">${name.slice(0, 20)}</a>   01-Jan-2026 00:00   5`;
  });
  const page = `<html><head><title>Index of /${title}</title></head><body>` +
    `<a href="?C=N;O=D">Name</a><a href="../">../</a>\n${rows.join("\n")}</body></html>`;
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
}

function file(
  request: Request,
  content: Uint8Array<ArrayBuffer>,
  ranges: boolean,
  etags: boolean,
): Response {
  const size = content.length;
  const headers: Record<string, string> = {
    "content-type": "application/octet-stream",
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    ...(etags && { etag: `"${size}-${content[0] ?? ""}"` }),
  };
  const part = ranges ? /^bytes=([0-9]*)-([0-9]*)$/.exec(request.headers.get("range") ?? "") : null;
  if (part === null) {
    const body = request.method === "HEAD" ? null : content;
    return new Response(body, { headers: { ...headers, "content-length": `${size}` } });
  }
  const start = part[1] === "" ? Math.max(0, size - Number(part[2])) : Number(part[1]);
  const end = part[1] === "" || part[2] === "" ? size : Math.min(size, Number(part[2]) + 1);
  if (start >= size) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  }
  return new Response(content.subarray(start, end), {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` },
  });
}
