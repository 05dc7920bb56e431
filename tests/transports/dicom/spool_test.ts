import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { asRead, seriesOf, world } from "./_archive.ts";

const CHILD = fromFileUrl(new URL("spool_child.ts", import.meta.url));
const SERIES = "PAT1/1.2.3.1/1.2.3.1.1";
const RUN = ["run", "--no-check", "--no-prompt", "-A", CHILD];

Deno.test("many readers at once of a series larger than the spool get each its own bytes", async () => {
  const samples = seriesOf({ count: 16, bytes: 400_000 });
  const driver = { spool: { maxBytes: 1_000_000 }, poolSize: 2 };
  await using archive = await world(samples, { driver });
  const { vfs, url } = archive;
  const names = await Array.fromAsync(vfs.readDir(`${url}/${SERIES}`), ({ name }) => name);
  // Each holds what has come for it while the others take theirs, and the last begins first.
  const files = await Promise.all(
    names.reverse().map((name) => vfs.open(`${url}/${SERIES}/${name}`)),
  );
  const read = files.map((file) => new Response(file.readable).bytes());
  for (const [i, bytes] of (await Promise.all(read)).entries()) {
    assert.deepEqual(bytes, asRead(archive.files.get(names[i]!)!), names[i]);
  }
});

Deno.test({
  name: "a process that is killed while it spools leaves no file behind",
  // Elsewhere nobody tells which files are open.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await Deno.realPath(await Deno.makeTempDir());
    try {
      await using archive = await world(seriesOf({ count: 6, bytes: 1_000_000 }));
      const child = new Deno.Command(Deno.execPath(), {
        args: [...RUN, "wait", `${archive.url}/${SERIES}`, directory],
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      assert.equal(new TextDecoder().decode(value), "spooling\n");
      assert.deepEqual([...Deno.readDirSync(directory)], []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Runs a program whose `directory` is a disk of 1 MiB, in a mount namespace of its own. */
const ON_SMALL_DISK = ["-rm", "sh", "-c", 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'];

async function hasSmallDisks(directory: string): Promise<boolean> {
  const args = [...ON_SMALL_DISK, directory, "true"];
  const done = new Deno.Command("unshare", { args, stderr: "null" }).output();
  return await done.then(({ success }) => success, () => false);
}

Deno.test("dimse 52: a full disk fails who needs it as StorageFull, others are read, and no file is left", async (test) => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    const isPossible = await hasSmallDisks(directory);
    await test.step({
      name: isPossible ? "on 1 MiB" : "skipped: unshare and mount are not allowed here",
      ignore: !isPossible,
      async fn() {
        await using archive = await world(seriesOf({ count: 5, bytes: 8_000_000 }));
        const run = [Deno.execPath(), ...RUN, "fill", `${archive.url}/${SERIES}`, directory];
        const { stdout, stderr } = await new Deno.Command("unshare", {
          args: [...ON_SMALL_DISK, directory, ...run],
        }).output();
        const said = new TextDecoder().decode(stdout);
        assert(said, new TextDecoder().decode(stderr));
        assert.deepEqual(JSON.parse(said), {
          copied: [5, 0],
          pausing: "StorageFull",
          next: "read",
          open: 0,
          left: 0,
        });
      },
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
