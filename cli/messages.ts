/**
 * Errors in words.
 *
 * @module
 */

import { urlOfPage } from "../transports/xnat/web_address.ts";
import { isVfsError } from "../vfs/errors.ts";

/** The line that tells of `error`, with a hint where one helps. */
export function messageOf(error: unknown, command: string): string {
  const message = withoutCredentials(error instanceof Error ? error.message : String(error));
  const hint = hintFor(error, command);
  return hint ? `${message} (${hint})` : message;
}

/** `error` and what lies underneath, with stacks. */
export function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? String(at));
  return withoutCredentials(stacks.join("\ncaused by "));
}

/** Removes userinfo from all URLs in `text`. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi, "$1");
}

function hintFor(error: unknown, command: string): string | undefined {
  if (!isVfsError(error)) return undefined;
  if (error.kind === "IsADirectory" && command === "cp") return "use -r to copy directories";
  if (error.kind === "IsADirectory" && command === "hash") return "use -r for directories";
  if (error.kind === "NotEmpty" && command === "rm") return "use -r to remove what is in it";
  if (error.kind === "NotFound" && command === "mkdir") return "use -p to make what is above too";
  if (error.kind === "NotSupported" && command === "check") {
    return "sync -n --exists tells what an archive does not have";
  }
  const ours = /^https?:/.test(error.url) ? urlOfPage(error.url) : undefined;
  if (ours) return `if that is an XNAT, write "${ours}"`;
  const isXnat = /^xnat\b/.test(error.url);
  if (error.kind === "NotFound" && isXnat && ["write", "import into"].includes(error.op)) {
    return "a project has to be there first: medvfs mkdir makes one";
  }
  // The XNAT driver tells all the ways to log in.
  if (error.kind === "Unauthenticated" && !isXnat) {
    return `name the user in the URL, as in ${/^[^:]*/.exec(error.url)}://USER:PASSWORD@HOST/`;
  }
  const flag = missingFlag(error.cause);
  return flag && !error.message.includes(flag) ? `run Deno with ${flag}` : undefined;
}

/** The flag that Deno asks for, in an error or underneath. */
function missingFlag(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof Deno.errors.NotCapable) return /--allow-[a-z]+/.exec(at.message)?.[0];
  }
}
