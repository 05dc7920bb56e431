/** A connection that takes its time, as one to a hospital on the other side of a country does. */

/** Where to reach what is far away. */
export interface FarAway extends AsyncDisposable {
  readonly port: number;
}

/** Passes on what comes for `port`, half of `roundTripMs` late in each direction, however much is on its way. */
export function farAway(port: number, roundTripMs: number): FarAway {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const serving = (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const each of [near, far]) {
        each.setNoDelay(true);
        open.add(each);
      }
      void pass(near, far, roundTripMs / 2);
      void pass(far, near, roundTripMs / 2);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      for (const each of open) closed(each);
    },
  };
}

async function pass(from: Deno.TcpConn, to: Deno.TcpConn, ms: number): Promise<void> {
  const buffer = new Uint8Array(256 << 10);
  let last = Promise.resolve();
  const later = (action: () => Promise<void> | void) => {
    const due = new Promise((resolve) => setTimeout(resolve, ms));
    // Either end may have gone.
    last = last.then(() => due).then(action).catch(() => {});
  };
  for (let count; (count = await from.read(buffer).catch(() => null)) !== null;) {
    const bytes = buffer.slice(0, count);
    later(async () => {
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    });
  }
  later(() => closed(to));
}

function closed(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
