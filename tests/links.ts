/** Tests with symbolic links, which Windows lets nobody make who is not allowed to, and Wine nobody at all. */

import { join } from "@std/path";

/** Whether no symbolic links can be made here. */
export const NO_LINKS: boolean = !canLink();

function canLink(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "medvfs-test-" });
  try {
    const link = join(folder, "link");
    Deno.symlinkSync(folder, link, { type: "dir" });
    return Deno.lstatSync(link).isSymlink;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** As `Deno.test`, ignored where no symbolic links can be made. */
export function testWithLinks(name: string, fn: () => Promise<void>): void {
  if (NO_LINKS) console.log(`ignored: no symbolic links can be made here: ${name}`);
  Deno.test({ name, fn, ignore: NO_LINKS });
}
