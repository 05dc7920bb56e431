const FIRST = 20_000;
const COUNT = 12_000;

/**
 * A port that nobody listens at. It is below those that the system gives to whoever asks for any, so that nothing which
 * starts meanwhile gets it.
 */
export function freePort(): number {
  while (true) {
    const port = FIRST + crypto.getRandomValues(new Uint16Array(1))[0]! % COUNT;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
