/** `medvfs peers`. @module */

import type { PeerProfile } from "../../transports/dicom/mod.ts";
import { type CommandSpec, SHARED } from "../command.ts";
import { table } from "../format.ts";

interface PeersOptions {
  readonly json?: boolean;
}

/** Lists the DICOM peers that have a name. */
export const peers: CommandSpec<PeersOptions> = {
  name: "peers",
  summary: "list the DICOM peers that have a name",
  details:
    `Peers are named in peers.json, in $XDG_CONFIG_HOME/medvfs or ~/.config/medvfs (or $MEDVFS_PEERS_FILE), as in
{"peers": {"pacs": {"url": "dicom://WS1@pacs.example.org:104/ARCHIVE", "poolSize": 8}}}, or in $MEDVFS_PEERS as
NAME=URL, parted by blanks. Then dicom://pacs is enough. Other settings of a peer are callingAET, listen (aeTitle, port),
timeouts (connectMs, responseMs) and tls (ca, cert, key: paths of PEM files). What is said on the command line counts
more.`,
  options: [SHARED.json()],
  examples: [
    ["peers", "as a table"],
    ["echo dicom://pacs", "whether one is there"],
  ],
  async run(context, _operands, { json }) {
    const { console } = context;
    const { readPeerProfiles } = await import("../../transports/dicom/mod.ts");
    const profiles = await readPeerProfiles();
    if (json) {
      for (const { options: { tls, ...options }, ...profile } of profiles) {
        console.json({ ...profile, ...options, tls: tls !== undefined });
      }
      return;
    }
    if (profiles.length === 0) {
      context.note('no peer has a name; "medvfs peers --help" tells how to give one');
      return;
    }
    const rows = profiles.map((profile) => [
      `dicom://${profile.name}`,
      profile.url,
      settingsOf(profile).join(" "),
      profile.source,
    ]);
    for (const line of table([["NAME", "ARCHIVE", "SETTINGS", "FROM"], ...rows])) {
      console.line(console.safe(line));
    }
  },
};

function settingsOf({ options }: PeerProfile): string[] {
  const { callingAET, poolSize, listen, timeouts, store, tls } = options;
  return [
    callingAET && `as ${callingAET}`,
    poolSize === undefined ? undefined : `pool ${poolSize}`,
    listen && `listen ${listen.aeTitle}:${listen.port}`,
    timeouts && "timeouts",
    store?.window === undefined ? undefined : `window ${store.window}`,
    tls && "tls",
  ].filter((text) => text !== undefined);
}
