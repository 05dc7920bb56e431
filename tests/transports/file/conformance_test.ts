import { toFileUrl } from "@std/path";
import {
  conformance,
  type ConformanceHooks,
  type Connected,
  connectForTest,
  faults,
  manualClock,
} from "../../../testing/mod.ts";
import { nativePath } from "../../../vfs/location/file_path.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import type { Location } from "../../../vfs/location/location.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import { stack } from "../../../vfs/layers/stack.ts";

const { capabilities } = fileTransport();

async function connect(isConfined: boolean): Promise<Connected> {
  const path = await Deno.makeTempDir({ prefix: "medvfs" });
  const driver = fileTransport(isConfined ? { root: path } : {});
  const connected = await connectForTest(driver, toFileUrl(path).href);
  return {
    ...connected,
    dispose: () => Deno.remove(path, { recursive: true }),
  };
}

/** The path below the temporary folder, whose name is another one each time. */
function pathInWorld({ segments }: Location): string {
  const world = segments.findIndex((name) => name.startsWith("medvfs"));
  return segments.slice(world + 1).join("/");
}

const hooks: ConformanceHooks = {
  symlink: (at, target) => Deno.symlink(nativePath(target), nativePath(at)),
  async sparse(at, size, tail) {
    using file = await Deno.open(nativePath(at), { write: true, create: true });
    await file.truncate(size);
    await file.seek(size - tail.length, Deno.SeekMode.Start);
    await file.write(tail);
  },
};

const subject = { capabilities, ...hooks, transport: () => connect(true) };

conformance({
  name: "file",
  ...subject,
  transport: () => connect(false),
  guard: false,
});

conformance({ name: "file, confined and layered", ...subject, layers: (t) => stack(t) });

const layer = faults({
  seed: 20_261_122,
  rate: 0.2,
  name: pathInWorld,
  clock: manualClock({ auto: true }),
  // A removal that is tried again cannot tell "gone by the first try" from "never there".
  operations: ["stat", "list", "get", "put", "mkdir", "copy"],
});

conformance({
  name: "file, confined and with faults",
  ...subject,
  faults: layer,
  layers: retry({ attempts: 10, clock: manualClock({ auto: true }) }),
});
