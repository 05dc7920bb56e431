/** Trees of files, random ones too, and what is in a place. */

import { seededBytes, seededRandom } from "../../../testing/random.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

/** Content by path; a path that ends with a slash is an empty directory. */
export type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** All below `top`: digests of files by path, and directories with a slash. */
export async function harvest(vfs: Vfs, top: string): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  const depth = (await Array.fromAsync(vfs.walk(top, { maxDepth: 1 }))).length;
  if (depth === 0) return {};
  let start: number | undefined;
  for await (const [root, dirs, files] of vfs.walk(top)) {
    start ??= root.length;
    const below = root.slice(start).replace(/^\//, "");
    const at = (name: string) => decodeURIComponent(below === "" ? name : `${below}/${name}`);
    for (const { name } of dirs) found.push([`${at(name)}/`, ""]);
    for (const file of files) {
      const bytes = await vfs.readFile(file.location);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      found.push([at(file.name), digest.toHex()]);
    }
  }
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1));
}

const NAMES = ["1", "2", "10", "a", "B", "c d", "é", "x.dcm", "%41", "#"];

/** Files under random paths; a name is a directory or a file, never both. */
export function randomFiles(seed: number, count: number): Files {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const files: Files = new Map();
  for (let i = 0; i < count; i++) {
    const names = Array.from({ length: Math.floor(random() * 4) }, () => `d${pick(NAMES)}`);
    // Some levels are numbers alone, which sort differently.
    if (random() < 0.5) names.forEach((name, at) => names[at] = name.slice(1));
    const path = [...names, `f${pick(NAMES)}`].join("/");
    const isTaken = names.some((_, at) => files.has(names.slice(0, at + 1).join("/")));
    const size = Math.floor(random() * 300);
    if (!isTaken) files.set(path, seededBytes(seed + i, size));
  }
  return files;
}

/** Changes about every third file: removed, or of other content; and adds some. */
export function edited(files: Files, seed: number): Files {
  const random = seededRandom(seed);
  const result: Files = new Map(randomFiles(seed, 5));
  for (const [path, bytes] of files) {
    const dice = random();
    if (dice < 0.2) continue;
    const other = seededBytes(seed, bytes.length + 1);
    result.set(path, dice < 0.4 ? other : bytes);
  }
  return result;
}

const START = Date.parse("2020-01-01T00:00:00.123Z");
let stored = 0;

/** Makes the directory `top` hold exactly `files`; a file keeps its time unless its content is another. */
export async function store(vfs: Vfs, top: string, files: Files): Promise<void> {
  await vfs.mkdir(top, { recursive: true });
  const names = await Array.fromAsync(vfs.entries(top, { includeDirs: false }));
  const below = top.replace(/\/$/, "");
  for (const entry of names) {
    const path = decodeURIComponent(entry.url.slice(below.length + 1));
    if (!files.has(path)) await vfs.remove(entry.location);
  }
  for (const [path, bytes] of files) {
    const url = `${below}/${path.split("/").map(encodeURIComponent).join("/")}`;
    const old = await vfs.readFile(url).catch(() => undefined);
    const isSame = old && old.length === bytes.length && old.every((byte, i) => byte === bytes[i]);
    // No two contents of the same size were ever of the same time.
    if (!isSame) await vfs.writeFile(url, bytes, { mtime: new Date(START + 10_000 * stored++) });
  }
}
