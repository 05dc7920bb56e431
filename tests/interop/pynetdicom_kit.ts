/**
 * pynetdicom's servers: the one of `dimse_pynetdicom.py`, and its own archive, qrscp.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "@std/path";
import { freePort } from "../free_port.ts";
import { type Archive, type Instance, PYNETDICOM, started } from "./dimse_kit.ts";
import type { Peer } from "./peers.ts";
import { withFolder } from "./servers.ts";

/** Serves, and asks. */
export const SCRIPT = fileURLToPath(new URL("./dimse_pynetdicom.py", import.meta.url));

/** The archive that comes with pynetdicom, which keeps its index by SQLAlchemy. */
export const QRSCP: Peer = {
  ...PYNETDICOM,
  name: "qrscp",
  probe: ["-c", "import pynetdicom.apps.qrscp.handlers"],
};

/** Runs pynetdicom as a server of these files, maybe `without` "get"; what it gets, it writes beside them. */
export function withPynetdicom(
  list: readonly Instance[],
  fn: (peer: Archive, folder: string) => Promise<void>,
  ...without: string[]
): Promise<void> {
  return withFolder(async (folder) => {
    for (const [i, { file }] of list.entries()) {
      await Deno.writeFile(join(folder, `${String(i).padStart(4, "0")}.dcm`), file);
    }
    const destination = freePort();
    const [program, ...first] = PYNETDICOM.command;
    const child = new Deno.Command(program!, {
      args: [...first, SCRIPT, "scp", folder, String(destination), ...without],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      const { value = "" } = await reader.read();
      await fn({ port: Number(value), aeTitle: "PYNET", destination }, folder);
    } finally {
      await child.stdin.close();
      while (!(await reader.read()).done);
      await child.status;
    }
  });
}

/** Runs qrscp, which has nothing yet. */
export function withQrscp(fn: (archive: Archive) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const [port, destination] = [freePort(), freePort()];
    const config = join(folder, "qrscp.ini");
    await Deno.writeTextFile(
      config,
      `[DEFAULT]\nae_title: QRSCP\nport: ${port}\nmax_pdu: 0\nbind_address: 127.0.0.1\n` +
        "acse_timeout: 30\ndimse_timeout: 30\nnetwork_timeout: 30\nlog_identifier: False\n" +
        `instance_location: ${join(folder, "instances")}\n` +
        `database_location: ${join(folder, "instances.sqlite")}\n` +
        `[MEDVFS]\naddress: 127.0.0.1\nport: ${destination}\n`,
    );
    const [program, ...first] = QRSCP.command;
    const args = [...first, "-m", "pynetdicom", "qrscp", "-q", "-c", config];
    await using _peer = await started(program!, args, port);
    await fn({ port, aeTitle: "QRSCP", destination });
  });
}
