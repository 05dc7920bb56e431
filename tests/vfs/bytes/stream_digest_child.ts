/** Prints the digests of three chunks, as content of different sizes; run without permissions. */

import { streamDigester } from "../../../vfs/bytes/stream_digest.ts";

async function print(name: string, size: number): Promise<void> {
  using digest = (await streamDigester(["md5"], size))!;
  for (let i = 0; i < 3; i++) await digest.update(new Uint8Array(1_000_000).fill(i));
  console.log(name, (await digest.digests()).md5);
}

await print("small", 3_000_000);
await print("large", 2 ** 30);
class Failing extends Worker {
  constructor(url: string, options?: WorkerOptions) {
    super(url + "syntax error", options);
  }
}
Object.assign(globalThis, { Worker: Failing });
await print("large where threads fail", 2 ** 30);
Object.assign(globalThis, { Worker: undefined });
await print("large without threads", 2 ** 30);
console.log("ended");
