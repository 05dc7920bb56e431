/** A web server with one page of links to files, each answered after a while. */

/** Serves `count` files of `size` bytes, each answer `latencyMs` late. */
export function startIndex(
  latencyMs: number,
  count: number,
  size: number,
): { readonly url: string; stop(): Promise<void> } {
  const content = crypto.getRandomValues(new Uint8Array(65536));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += content.length) {
    bytes.set(content.subarray(0, size - at), at);
  }
  const names = Array.from({ length: count }, (_, n) => `${n}.bin`);
  const page = names.map((name) => `<a href="${name}">${name}</a>`).join("\n");
  const headers = { "last-modified": new Date(0).toUTCString() };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url, method }) => {
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
      if (new URL(url).pathname === "/") {
        return new Response(page, { headers: { "content-type": "text/html" } });
      }
      return new Response(method === "HEAD" ? null : bytes, {
        headers: { ...headers, "content-length": `${size}` },
      });
    },
  );
  return { url: `http://127.0.0.1:${server.addr.port}/`, stop: () => server.shutdown() };
}
