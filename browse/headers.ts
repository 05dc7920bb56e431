/**
 * What every answer tells a browser not to do.
 *
 * @module
 */

/** The page loads nothing but its own modules, style and pictures, and makes no HTML of text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["content-security-policy", POLICY],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
  // Images of patients stay out of the browser's disk.
  ["cache-control", "no-store"],
];

/** Adds the headers that every answer has. */
export function guarded(response: Response): Response {
  for (const [name, value] of HEADERS) response.headers.set(name, value);
  return response;
}
