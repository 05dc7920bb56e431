/** `medvfs schemes`. @module */

import type { Capabilities, TransportAbout } from "../../vfs/transport.ts";
import { type CommandSpec, SHARED } from "../command.ts";
import { table } from "../format.ts";

interface SchemesOptions {
  readonly json?: boolean;
}

/** Lists the drivers. */
export const schemes: CommandSpec<SchemesOptions> = {
  name: "schemes",
  summary: "list the URL schemes and what their drivers can do",
  options: [SHARED.json()],
  examples: [
    ["schemes", "as a table"],
    [
      "schemes --json | jq -r 'select(.capabilities.put != \"none\").schemes[]'",
      "those to write to",
    ],
  ],
  async run(context, _operands, { json }) {
    const { console, vfs } = context;
    const known = new Map<string, TransportAbout>();
    for (const scheme of vfs.schemes()) {
      await context.attempt(async () => {
        const about = await vfs.about(scheme);
        known.set(about.schemes.join(), about);
      });
    }
    if (json) {
      for (const about of known.values()) console.json(record(about));
      return;
    }
    const rows = [...known.values()].map((about) => [
      about.schemes.map((scheme) => `${scheme}:`).join(" "),
      about.description,
      abilities(about.capabilities).join(" "),
      about.permissions || "none",
    ]);
    for (const line of table([["SCHEME", "DRIVER", "CAN", "DENO PERMISSIONS"], ...rows])) {
      console.line(line);
    }
  },
};

/** The fields of the record; a driver object has methods besides. */
function record(about: TransportAbout): TransportAbout {
  const { name, description, authors, version, url, schemes, capabilities, permissions } = about;
  return { name, description, authors, version, url, schemes, capabilities, permissions };
}

function abilities(capabilities: Capabilities): string[] {
  const { put, naming, append, remove, mkdir, rename, copy, range } = capabilities;
  const able: readonly (readonly [string, boolean])[] = [
    ["read", true],
    ["range", range],
    ["write", put !== "none" && naming === "path"],
    // What is stored is filed by what is in it.
    ["store", put !== "none" && naming === "content"],
    ["append", append],
    ["remove", remove],
    ["mkdir", mkdir],
    ["rename", rename],
    ["copy", copy],
  ];
  return able.filter(([, can]) => can).map(([name]) => name);
}
