/**
 * The little that the core needs to know of the machine: the seam for a build on another runtime.
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

/** Whether Deno permits it already; nobody is asked. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
