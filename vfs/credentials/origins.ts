/**
 * Which server credentials are for, in one spelling.
 *
 * @module
 */

import { Location } from "../location/location.ts";
import type { Realm } from "./credentials.ts";

/** The one spelling of a server's origin: host in lower case, the scheme's own port left out. */
export function originOf({ scheme, host, port }: Realm): string {
  const shown = port === defaultPort(scheme) ? undefined : port;
  return new Location({ scheme, host: host.toLowerCase(), port: shown }).origin;
}

const PORTS: Readonly<Record<string, number>> = {
  "xnat": 443,
  "xnat+http": 80,
  "dicom": 104,
  "dicoms": 2762,
};

/** The port that a URL of `scheme` means when it names none. */
export function defaultPort(scheme: string): number | undefined {
  return PORTS[scheme];
}
