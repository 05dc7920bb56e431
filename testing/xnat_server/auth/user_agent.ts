/**
 * Browsers and scripts, which XNAT treats differently.
 *
 * @module
 */

/** Whether a user agent counts as a browser: only those are redirected and need a CSRF token. */
export function isBrowser(userAgent: string): boolean {
  const agent = userAgent.trim();
  if (agent === "" || /java|XNATDesktopClient/i.test(agent)) return false;
  return /Mozilla|Opera|Chrome|Safari/i.test(agent);
}
