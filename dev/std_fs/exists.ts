/** What {@linkcode exists} asks beyond being there. */
export interface ExistsOptions {
  /** It can be read. */
  isReadable?: boolean;
  /** It is a directory. */
  isDirectory?: boolean;
  /** It is a file. */
  isFile?: boolean;
}

/**
 * Whether something is there and is what the options ask.
 *
 * @throws `TypeError` when asked for a file that is a directory.
 */
export async function exists(
  path: string | URL,
  options: ExistsOptions = {},
): Promise<boolean> {
  const { isReadable, isDirectory, isFile } = options;
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // The file system's refusal (not Deno's own) means it is there.
    if (error instanceof Deno.errors.PermissionDenied) return !isReadable;
    throw error;
  }
  if (isDirectory && isFile) {
    throw new TypeError(
      "ExistsOptions.options.isDirectory and ExistsOptions.options.isFile must not be true together",
    );
  }
  if (isDirectory && !info.isDirectory) return false;
  if (isFile && !info.isFile) return false;
  return !isReadable || mayRead(info);
}

function mayRead({ mode, uid, gid }: Deno.FileInfo): boolean {
  if (mode === null) return true;
  if (Deno.uid() === uid) return (mode & 0o400) !== 0;
  if (Deno.gid() === gid) return (mode & 0o040) !== 0;
  return (mode & 0o004) !== 0;
}
