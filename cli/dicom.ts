/**
 * The `dicom:` driver as the user wants it: flags, environment, named peers.
 *
 * @module
 */

import type { DicomTransportOptions, PeerProfile } from "../transports/dicom/mod.ts";
import { Aliases } from "../vfs/location/aliases.ts";
import { parseLocation } from "../vfs/location/location.ts";
import type { Registry } from "../vfs/registry.ts";
import { type DicomFlags, peerOptions, withEnvironment } from "./dicom_flags.ts";

const DICOM_URL = /^dicoms?:/i;

/** What holds for DICOM in one run. */
export interface DicomSettings {
  /** Options of the driver. */
  readonly options: DicomTransportOptions;
  /** Short URLs. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Peers that have a name. */
  readonly profiles: readonly PeerProfile[];
}

/** Reads what holds. Flags count more than the environment, and that more than named peers' own settings. */
export async function dicomSettings(flags: DicomFlags): Promise<DicomSettings> {
  const { optionsOfProfiles, readPeerProfiles, readTls } = await import(
    "../transports/dicom/mod.ts"
  );
  const common = peerOptions(withEnvironment(flags), readTls);
  const profiles = await readPeerProfiles();
  const { aliases, peers } = optionsOfProfiles(profiles);
  const merged = Object.entries(peers).map(([url, own]) => [url, {
    ...own,
    ...common,
    timeouts: { ...own.timeouts, ...common.timeouts },
  }]);
  return { options: { ...common, peers: Object.fromEntries(merged) }, aliases, profiles };
}

/** Whether any of the places is on a DICOM peer. */
export function namesPeer(places: readonly string[]): boolean {
  return places.some((place) => DICOM_URL.test(place));
}

/** A registry whose `dicom:` driver is as `options` say. */
export function withDicom(registry: Registry, options: DicomTransportOptions): Registry {
  const own = registry.clone();
  own.register({
    schemes: ["dicom", "dicoms"],
    load: async () => (await import("../transports/dicom/mod.ts")).dicomTransport(options),
  }, { override: true });
  return own;
}

/** Places by the URLs that are meant, since these are what is shown. */
export function withoutAliases(
  places: readonly string[],
  { aliases }: Pick<DicomSettings, "aliases">,
): string[] {
  const all = new Aliases(aliases);
  return places.map((place) => DICOM_URL.test(place) ? meant(place, all) : place);
}

function meant(place: string, aliases: Aliases): string {
  const parsed = parseLocation(place);
  const { location } = aliases.resolve(parsed);
  if (location === parsed.location) return place;
  const [, userinfo = ""] = /^[^:]*:\/\/([^/?]*@)/.exec(place) ?? [];
  return location.href.replace("://", `://${userinfo}`);
}
