import { strict as assert } from "node:assert";
import { walk } from "@std/fs";
import { dirname, fromFileUrl, relative, resolve, SEPARATOR } from "@std/path";

const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** What each room may import besides itself. The longest name that fits a file is its room. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "formats": [],
  "pictures": ["formats"],
  "vfs": ["formats", "transports/builtin.ts"],
  "transports/archive": ["vfs"],
  "transports/dicom": ["vfs", "formats"],
  "transports/file": ["vfs"],
  "transports/http": ["vfs", "transports/web"],
  "transports/memory": ["vfs"],
  "transports/tar": ["vfs", "transports/archive"],
  "transports/web": ["vfs"],
  "transports/xnat": ["vfs", "formats", "transports/web"],
  "transports/zip": ["vfs", "formats", "transports/archive"],
  "transports/builtin.ts": ["vfs"],
  "mod.ts": ["vfs", "formats"],
  "driver.ts": ["vfs"],
  "serving": ["vfs"],
  "datastore": ["vfs", "formats", "pictures", "serving", "deno.json"],
  "display": ["vfs", "formats", "pictures", "datastore"],
  // Stands in for servers, and so speaks their protocols; what it keeps, it keeps in memory.
  "testing": ["vfs", "formats", "transports/dicom", "transports/memory"],
  "browse": ["vfs", "formats", "pictures", "display", "serving"],
  "cli": [
    "vfs",
    "transports",
    "formats",
    "pictures",
    "browse",
    "display",
    "datastore",
    "serving",
    "testing",
    "deno.json",
  ],
};

/** What a room may load besides when it is needed, and not before, and take the types of. */
const LATE: Readonly<Record<string, readonly string[]>> = {
  "transports/builtin.ts": ["transports"],
  // What a notebook shows of results.
  "vfs": ["display"],
};

/** What no room imports, and what may import all. */
const OUTSIDE = ["tests", "bench", "examples", "dev"];

interface Import {
  readonly from: string;
  readonly to: string;
  /** Types alone are imported, or it is loaded when it is needed. */
  readonly isLoose: boolean;
}

const IMPORT =
  /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"\s*\)/gm;

async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  const entries = walk(ROOT, { exts: [".ts"], skip: [/node_modules/, /[\\/]\./] });
  for await (const { path } of entries) {
    const code = (await Deno.readTextFile(path)).replace(/^\s*(\*|\/\*\*|\/\/).*$/gm, "");
    for (const [, type, fixed, late] of code.matchAll(IMPORT)) {
      const to = named(resolve(dirname(path), (fixed ?? late)!));
      found.push({ from: named(path), to, isLoose: type !== undefined || late !== undefined });
    }
  }
  return found;
}

function named(path: string): string {
  return relative(ROOT, path).replaceAll(SEPARATOR, "/");
}

function roomOf(path: string): string | undefined {
  const rooms = Object.keys(ARROWS).filter((room) => isIn(path, room));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

Deno.test("imports between rooms go the ways that CONTRIBUTING tells, and no others", async () => {
  const all = (await imports()).filter(({ from }) => !OUTSIDE.some((each) => isIn(from, each)));
  assert(all.length > 1000, `${all.length} imports`);
  const wrong = all.filter(({ from, to, isLoose }) => {
    const room = roomOf(from);
    if (room === undefined) return true;
    const allowed = [room, ...ARROWS[room]!, ...isLoose ? LATE[room] ?? [] : []];
    return !allowed.some((each) => isIn(to, each));
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});

Deno.test("no modules import each other in a circle", async () => {
  const after = Map.groupBy(
    (await imports()).filter(({ isLoose }) => !isLoose),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    assert(start < 0, [...path.slice(start), file].join(" -> "));
    if (done.has(file)) return;
    for (const { to } of after.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of after.keys()) visit(file, []);
});

Deno.test("mod.ts loads 40 modules at the most; the rest waits until it is used", async () => {
  const after = Map.groupBy(
    (await imports()).filter(({ isLoose }) => !isLoose),
    ({ from }) => from,
  );
  const loaded = new Set(["mod.ts"]);
  for (const file of loaded) {
    for (const { to } of after.get(file) ?? []) loaded.add(to);
  }
  assert(loaded.has("vfs/walk.ts"));
  assert(loaded.size <= 40, `${loaded.size}: ${[...loaded].join(" ")}`);
});
