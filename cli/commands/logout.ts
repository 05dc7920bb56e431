/** `medvfs logout`. @module */

import { isVfsError } from "../../vfs/errors.ts";
import type { CommandSpec } from "../command.ts";
import { messageOf } from "../messages.ts";

/** Logs out of an XNAT. */
export const logout: CommandSpec<Record<string, never>> = {
  name: "logout",
  summary: "end what login has begun",
  operands: "<url>",
  details:
    `The server is asked to end the token; when it cannot be reached, the token is forgotten here all the same,
and ends by itself later.`,
  examples: [
    ["logout xnat://xnat.example.org", "the token ends, here and there"],
    ["logout xnat+http://localhost:8080", "of a server on this machine"],
  ],
  async run(context, [url = ""]) {
    const [{ serverOf, usualStore, withClient }, { revokeToken }] = await Promise.all([
      import("../xnat_server.ts"),
      import("../../transports/xnat/alias_token.ts"),
    ]);
    const server = serverOf(url);
    const store = usualStore();
    const login = await store.get(server.key, server.username);
    if (login === undefined) {
      context.note(`not logged in to ${server.key}`);
      return;
    }
    const credentials = { username: login.alias, password: login.secret };
    const purpose = { op: "log out of", url: server.origin.href, signal: context.signal };
    try {
      await withClient(
        server,
        credentials,
        context.global,
        (client) => revokeToken(client, login, purpose),
      );
    } catch (error) {
      if (!isVfsError(error) || context.signal.aborted) throw error;
      const reason = messageOf(error, "logout");
      context.console.warning(`medvfs logout: the token stays valid on the server: ${reason}`);
    } finally {
      await store.delete(server.key);
    }
    context.note(`logged out of ${server.key}`);
  },
};
