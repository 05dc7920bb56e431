import { strict as assert } from "node:assert";
import { lockFile } from "../../datastore/file_lock.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { isKind } from "./_contract.ts";

const HOLDER = `
using file = await Deno.open(Deno.args[0], { read: true, write: true, create: true });
await file.lock(true);
console.log("locked");
for await (const _ of Deno.stdin.readable);
`;

/** A process that holds the lock until it is killed. */
async function holder(path: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", HOLDER, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return async () => {
    child.kill("SIGKILL");
    await reader.cancel();
    await child.stdin.close().catch(() => {});
    await child.status;
  };
}

Deno.test("lockFile() waits for another process, and gets the lock of one that died", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  const at = parseLocation(`${folder}/.lock`).location;
  try {
    const kill = await holder(`${folder}/.lock`);
    await assert.rejects(lockFile(at, { timeoutMs: 50 }), isKind("TimedOut"));
    const stop = new AbortController();
    const stopped = lockFile(at, { timeoutMs: 10_000, signal: stop.signal });
    stop.abort();
    await assert.rejects(stopped, isKind("Aborted"));
    const waiting = lockFile(at, { timeoutMs: 10_000 });
    await kill();
    await using _ = await waiting;
    await assert.rejects(lockFile(at, { timeoutMs: 0 }), isKind("TimedOut"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(
  "lockFile() does not take the lock of a file that another was put in place of while it waited",
  {
    // No file that is open can be replaced there.
    ignore: Deno.build.os === "windows",
  },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
    const path = `${folder}/.lock`;
    const at = parseLocation(path).location;
    const kills: (() => Promise<void>)[] = [];
    try {
      // Both first: where they began late, it would be over before they had it waiting.
      for (const held of [path, `${path}-other`]) kills.push(await holder(held));
      const waiting = lockFile(at, { timeoutMs: 1500 });
      waiting.catch(() => {});
      // It has opened the file by then.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await Deno.rename(`${path}-other`, path);
      await kills.shift()!();
      await assert.rejects(waiting, isKind("TimedOut"));
    } finally {
      for (const kill of kills) await kill();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("lockFile() in a folder that is missing is NotFound", async () => {
  const at = parseLocation("/no/such/folder/.lock").location;
  await assert.rejects(lockFile(at, { timeoutMs: 0 }), isKind("NotFound"));
});

Deno.test("lockFile() waits where Windows says that a file is in use or was just removed, and tells a lasting refusal as it is", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  const at = parseLocation(`${folder}/.lock`).location;
  const { open } = Deno;
  const busy = Object.assign(new Error("being used by another process"), { code: "EBUSY" });
  const denied = new Deno.errors.PermissionDenied("Access is denied");
  const refusing = (refusals: readonly Error[]) => {
    const left = [...refusals];
    Deno.open = (...args) => left.length > 0 ? Promise.reject(left.shift()) : open(...args);
  };
  try {
    refusing([busy, denied, denied, busy]);
    {
      await using _ = await lockFile(at, { timeoutMs: 10_000 });
    }
    refusing(Array.from({ length: 1000 }, () => busy));
    await assert.rejects(lockFile(at, { timeoutMs: 50 }), isKind("TimedOut"));
    refusing(Array.from({ length: 1000 }, () => denied));
    await assert.rejects(lockFile(at, { timeoutMs: 10_000 }), isKind("PermissionDenied"));
    await assert.rejects(lockFile(at, { timeoutMs: 0 }), isKind("PermissionDenied"));
  } finally {
    Deno.open = open;
    await Deno.remove(folder, { recursive: true });
  }
});
