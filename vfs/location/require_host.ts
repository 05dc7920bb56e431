/**
 * What every driver of servers asks of its locations.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { Location } from "./location.ts";

/** Lets pass what names a server. @throws `InvalidUrl` */
export function requireHost(op: string, { host, scheme, href }: Location): void {
  if (host !== "") return;
  const reason = `the host is missing, write "${scheme}://HOST/…"`;
  throw new VfsError("InvalidUrl", { op, url: href, reason });
}
