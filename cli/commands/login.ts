/** `medvfs login`. @module */

import { Secret } from "../../vfs/credentials/credentials.ts";
import { type CommandSpec, option } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit_code.ts";
import { ask, readLine } from "../input.ts";
import type { NamedServer } from "../xnat_server.ts";

interface LoginOptions {
  readonly user?: string;
  readonly passwordStdin?: boolean;
}

/** Logs in to an XNAT. */
export const login: CommandSpec<LoginOptions> = {
  name: "login",
  summary: "log in to an XNAT server, for all later commands",
  operands: "<url>",
  details: `Asks for user and password, has the server make an alias token, and keeps that in
~/.config/medvfs/credentials.json (or $MEDVFS_CONFIG), which only you can read. The password is not kept. XNAT ends a
token after two days, unless it is set up otherwise.`,
  options: [
    option("--user <name>", "the user, instead of asking"),
    option("--password-stdin", "the first line of the standard input is the password"),
  ],
  examples: [
    ["login xnat://xnat.example.org", "asks for user and password"],
    [
      "login --user ann --password-stdin xnat://xnat.example.org < password.txt",
      "in a script, asking nothing",
    ],
  ],
  async run(context, [url = ""], options) {
    const [{ serverOf, usualStore, withClient }, { issueToken }] = await Promise.all([
      import("../xnat_server.ts"),
      import("../../transports/xnat/alias_token.ts"),
    ]);
    const server = serverOf(url);
    const store = usualStore();
    const { username, password } = await identity(context, server, options);
    const credentials = { username, password: new Secret(password) };
    const purpose = { op: "log in to", url: server.origin.href, signal: context.signal };
    const token = await withClient(
      server,
      credentials,
      context.global,
      (client) => issueToken(client, purpose),
    );
    await store.set({ origin: server.key, user: username, ...token });
    const until = token.expires ? ` until ${token.expires.toISOString().slice(0, 16)}Z` : "";
    context.note(`logged in to ${server.key} as ${username}${until}`);
  },
};

async function identity(
  { input, console }: Context,
  server: NamedServer,
  { user = server.username, passwordStdin }: LoginOptions,
): Promise<{ username: string; password: string }> {
  if (passwordStdin) {
    if (user === undefined) throw new UsageError("Name the user, with --user");
    if (input === undefined) throw new UsageError("There is no standard input");
    const password = await readLine(input);
    if (password === "") throw new UsageError("The standard input holds no password");
    return { username: user, password };
  }
  if (!input?.isTerminal) {
    throw new UsageError(
      "There is no terminal to ask at; use --user and --password-stdin",
    );
  }
  const { stderr } = console;
  const username = user ?? await ask(input, stderr, `User for ${server.key}: `);
  if (username === "") throw new UsageError("No user was given");
  const password = await ask(input, stderr, `Password of ${username}: `, true);
  if (password === "") throw new UsageError("No password was given");
  return { username, password };
}
