/** `medvfs serve-xnat`. @module */

import { isLoopback } from "../../serving/access.ts";
import type { XnatServer } from "../../testing/xnat_server/mod.ts";
import { type CommandSpec, option } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit_code.ts";
import { listenError, parsePort, untilAborted } from "../serving.ts";

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  readonly seed?: boolean;
  readonly user: string;
  readonly password: string;
}

/** Runs the XNAT emulator. */
export const serveXnat: CommandSpec<ServeOptions> = {
  name: "serve-xnat",
  summary: "run an XNAT emulator, to try things on",
  details:
    `It behaves as XNAT 1.8 does towards clients, keeps the archive in memory or in a folder, and is there
until Ctrl-C. It is no server for real data: passwords are plain and there is no TLS.`,
  options: [
    option("--port <n>", "port; 0 takes a free one", parsePort).default(8080),
    option("--host <name>", "where to listen; anything but the loopback lets others in")
      .default("127.0.0.1"),
    option("--data <folder>", "keep the archive in a folder, over restarts"),
    option("--seed", "begin with a synthetic study in the project PHANTOM"),
    option("--user <name>", "the one user, who may do everything").default("admin"),
    option("--password <text>", "the user's password").default("admin"),
  ],
  examples: [
    ["serve-xnat --seed", "a study to look at, on http://127.0.0.1:8080"],
    ["serve-xnat --port 8081 --data /var/tmp/archive", "kept over restarts"],
  ],
  async run(context, operands, options) {
    if (operands.length > 0) throw new UsageError(`Nothing can be done with "${operands[0]}"`);
    await using server = await start(options);
    if (options.seed) await seed(server);
    announce(context, server, options);
    await context.console.flush();
    await untilAborted(context.signal);
  },
};

const NO_FOLDER = [Deno.errors.NotADirectory, Deno.errors.AlreadyExists];

/** The emulator is loaded only here: nobody else needs it. */
async function start({ host, port, data, user, password }: ServeOptions): Promise<XnatServer> {
  const { startXnatServer } = await import("../../testing/xnat_server/mod.ts");
  try {
    return await startXnatServer({
      hostname: host,
      port,
      folder: data,
      users: { [user]: { password, admin: true } },
    });
  } catch (error) {
    if (data !== undefined && NO_FOLDER.some((type) => error instanceof type)) {
      throw new UsageError(`Cannot keep the archive in "${data}": not a directory`);
    }
    throw listenError(error, host, port);
  }
}

async function seed(server: XnatServer): Promise<void> {
  const { phantomStudy } = await import("../../testing/phantom.ts");
  await server.seed.dicom("PHANTOM", phantomStudy());
}

function announce({ console }: Context, server: XnatServer, options: ServeOptions): void {
  const { host, user, password } = options;
  console.line(`XNAT emulator at ${server.url}, user ${user}, password ${password}`);
  const url = new URL(server.url);
  // Parts of a URL have no place for these but as escapes.
  const userinfo = [user, password].map(encodeURIComponent).join(":");
  console.line(`medvfs tree xnat+${url.protocol}//${userinfo}@${url.host}/`);
  if (!isLoopback(host)) {
    console.warning(`medvfs serve-xnat: everybody who can reach "${host}" can try this password`);
  }
}
