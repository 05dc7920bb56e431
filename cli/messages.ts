/**
 * Errors in words.
 *
 * @module
 */

import { hintFor } from "./hints.ts";

/** The line that tells of `error`, with a hint where one helps; see {@linkcode hintFor}. */
export function messageOf(error: unknown, command: string, subject?: string): string {
  const message = withoutCredentials(error instanceof Error ? error.message : String(error));
  const hint = hintFor(error, command, subject);
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
