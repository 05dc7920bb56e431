import { toFileUrl } from "@std/path";
import {
  conformance,
  conformanceCases,
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
import { NO_LINKS } from "../../links.ts";
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

async function symlink(at: Location, target: Location): Promise<void> {
  const path = nativePath(target);
  const isFolder = await Deno.stat(path).then((stat) => stat.isDirectory, () => false);
  await Deno.symlink(path, nativePath(at), { type: isFolder ? "dir" : "file" });
}

/** Cases whose names no file can have on Windows. */
const UNNAMEABLE = [
  "spaces at its ends",
  "a question mark",
  "an asterisk",
  "quotes",
  "a newline",
  "a tab",
  "a backslash",
  "a colon",
  "an at sign",
  "three dots",
  "a trailing dot",
  "a control character",
  "a device of Windows",
  "HTML",
  "names that begin alike are different",
];
const NAMES = Deno.build.os === "windows" ? UNNAMEABLE.map((id) => `name: ${id}`) : [];
const LINKS = NO_LINKS
  ? conformanceCases.map(({ id }) => id).filter((id) => /^symlink:/.test(id))
  : [];
const skip = Object.fromEntries([
  ...NAMES.map((id) => [id, "no file name on Windows"]),
  ...LINKS.map((id) => [id, "no symbolic links can be made here"]),
]);

const hooks: ConformanceHooks = {
  symlink,
  async sparse(at, size, tail) {
    using file = await Deno.open(nativePath(at), { write: true, create: true });
    await file.truncate(size);
    await file.seek(size - tail.length, Deno.SeekMode.Start);
    await file.write(tail);
  },
};

const subject = { capabilities, skip, ...hooks, transport: () => connect(true) };

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
