/**
 * What every driver of servers asks of its locations.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { Location } from "./location.ts";

/** Lets pass what names a server. @throws `InvalidUrl` */
export function requireHost(op: string, location: Location): void {
  // Its URL would be made, and kept: there may be thousands.
  if (location.host !== "") return;
  const reason = `the host is missing, write "${location.scheme}://HOST/…"`;
  throw new VfsError("InvalidUrl", { op, url: location.href, reason });
}
