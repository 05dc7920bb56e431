/**
 * The little that medvfs needs to know of the machine: the seam for a build on another runtime.
 *
 * @module
 */

/** How native paths look here. */
export interface Platform {
  /** Paths have drives and backslashes. */
  readonly isWindows: boolean;
  /** The current directory. @throws when reading it is not permitted */
  cwd(): string;
}

/** The machine that we run on. */
export const platform: Platform = {
  isWindows: Deno.build.os === "windows",
  cwd: () => Deno.cwd(),
};

/** A flag of Deno for `values`, as it is typed in a shell, where what means something is quoted. */
export function permissionFlag(name: string, values: readonly string[]): string {
  const listed = [...new Set(values.map(aboveComma))].join(",");
  const flag = `--allow-${name}=${listed}`;
  if (platform.isWindows) return /[\s&()^%!;=]/.test(listed) ? `"${flag}"` : flag;
  const isPlain = /^[\p{L}\p{N}\p{M}_@%+=:,./-]*$/u.test(flag);
  return isPlain ? flag : `'${flag.replaceAll("'", "'\\''")}'`;
}

/** The folder that a name with a comma is in, for such a name: Deno 2.9.6 has no way to tell it, and others want it twice. */
function aboveComma(value: string): string {
  const [, root = "", folder = ""] =
    /^((?:[A-Za-z]:)?[/\\])(?:([^,]*)[/\\])?[^/\\]*,/.exec(value) ?? [];
  return root === "" ? value : root + folder;
}

/** Whether Deno permits it already; nobody is asked. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/**
 * A variable of the environment, or `undefined` where there is none or reading it is not permitted. Nobody is
 * asked for the permission.
 */
export function permittedEnv(variable: string): string | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  return Deno.env.get(variable) || undefined;
}

/** A path below the user's home, as far as the home may be known. */
export function homePath(...names: string[]): string | undefined {
  const home = permittedEnv("HOME") ?? permittedEnv("USERPROFILE");
  return home === undefined ? undefined : [home, ...names].join("/");
}
