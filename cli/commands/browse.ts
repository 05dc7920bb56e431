/** `medvfs browse`. @module */

import type { BrowserServer } from "../../browse/mod.ts";
import { isLoopback } from "../../serving/access.ts";
import { type CommandSpec, option, repeatable, SHARED, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit_code.ts";
import { Operand } from "../operand.ts";
import { listenError, parsePort, untilAborted } from "../serving.ts";

interface BrowseOptions {
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly write?: boolean;
  readonly maxUpload: number;
  readonly json?: boolean;
}

/** Serves a page to look at a place with. */
export const browse: CommandSpec<BrowseOptions> = {
  name: "browse",
  summary: "look at a place in a web browser: tree, table, headers, pictures",
  operands: "<url>",
  details:
    `The page is served to this machine alone, shows the place and what is below it and nothing else, and needs no
internet. The link that is printed holds a token: who has it sees what you see, until Ctrl-C. Pictures are for a look,
not for diagnosis.`,
  options: [
    option("--port <n>", "port; 0 takes a free one", parsePort).default(0),
    option(
      "--host <name>",
      "where to listen; anything but the loopback lets others try, and read along",
    )
      .default("127.0.0.1"),
    repeatable("--allow-host <name>", "a host name by which browsers come", String),
    option(
      "--write",
      "let the page upload, make folders, rename and delete, as far as the place can",
    ),
    option("--max-upload <MB>", "longest file that the page may upload", wholeNumber(1))
      .default(4096),
    SHARED.json(),
  ],
  examples: [
    ["browse /data/study", "a folder; open the link that it prints"],
    ["browse xnat://xnat.example.org/BRAIN", "a project on an XNAT"],
    ["browse --port 8080 study.zip", "what is in a zip, always at the same port"],
  ],
  async run(context, operands, options) {
    const [place = "", ...more] = operands;
    if (more.length > 0) throw new UsageError(`Nothing can be done with "${more[0]}"`);
    await using server = await start(context, new Operand(place), options);
    const { console } = context;
    const { link, url, port, root } = server;
    if (options.json) {
      console.json({ event: "listening", link, url, port, root: root.href });
    } else {
      console.line(`Open ${link}`);
      context.note("It is there until Ctrl-C.");
    }
    if (!isLoopback(options.host)) {
      console.warning(
        `medvfs browse: what the page shows, the token too, can be read on the way to "${options.host}"`,
      );
    }
    await console.flush();
    await untilAborted(context.signal);
  },
};

/** The page is loaded only here: nobody else needs it. */
async function start(
  { console, vfs, signal }: Context,
  { where }: Operand,
  { host, port, allowHost, write, maxUpload }: BrowseOptions,
): Promise<BrowserServer> {
  const { serveBrowser } = await import("../../browse/mod.ts");
  try {
    return await serveBrowser({
      vfs,
      where,
      hostname: host,
      port,
      write,
      allowedHosts: allowHost,
      limits: { uploadBytes: maxUpload * 1e6 },
      signal,
      onError: (error, { method, route }) =>
        console.error(`medvfs browse: ${method} ${route}: ${(error as Error).message}`),
    });
  } catch (error) {
    throw listenError(error, host, port);
  }
}
