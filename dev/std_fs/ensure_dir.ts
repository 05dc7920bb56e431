/**
 * Makes a directory and its parents unless it is there.
 *
 * @throws `Error` when something other than a directory is there.
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  if (await isThere(dir)) return;
  try {
    await Deno.mkdir(dir, { recursive: true });
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    await isThere(dir);
  }
}

async function isThere(dir: string | URL): Promise<boolean> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(dir);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  if (info.isDirectory) return true;
  throw new Error(
    `Failed to ensure directory exists: expected 'dir', got '${info.isFile ? "file" : "symlink"}'`,
  );
}
