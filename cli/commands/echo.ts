/** `medvfs echo`. @module */

import { parseLocation } from "../../vfs/location/location.ts";
import { type CommandSpec, SHARED } from "../command.ts";
import { dicomSettings, namesPeer } from "../dicom.ts";
import type { DicomFlags } from "../dicom_flags.ts";
import { UsageError } from "../exit_code.ts";

interface EchoOptions extends DicomFlags {
  readonly json?: boolean;
}

/** Asks DICOM peers whether they are there. */
export const echo: CommandSpec<EchoOptions> = {
  name: "echo",
  summary: "ask DICOM peers whether they are there (C-ECHO)",
  operands: "<url...>",
  details:
    `An answer shows that the host is reached, that it speaks DICOM, and that it knows both AE titles: its own and ours.
Reading and storing may be refused all the same.`,
  options: [SHARED.json()],
  examples: [
    ["echo dicom://pacs.example.org:104/ARCHIVE", "as MEDVFS"],
    ["echo --calling-aet WS1 dicom://pacs", "as WS1, a peer that has a name"],
  ],
  async run(context, operands, { json, ...flags }) {
    const { console, signal, global } = context;
    const { echo } = await import("../../transports/dicom/mod.ts");
    const { options } = await dicomSettings({ ...global, ...flags });
    await context.each(operands, async ({ where, location }) => {
      if (!namesPeer([where])) {
        throw new UsageError(`Cannot echo "${location.href}": expected dicom://HOST[:PORT]/AE`);
      }
      const { credentials } = parseLocation(where);
      const answer = await echo(location, { ...options, credentials, signal });
      if (json) return console.json({ url: location.href, ...answer });
      const { calledAET, callingAET, associationMs, echoMs, implementationVersionName } = answer;
      const software = implementationVersionName ?? answer.implementationClassUID;
      console.line(
        `${console.safe(location.href)}: ${console.safe(calledAET)} answers ${callingAET}` +
          ` in ${milliseconds(echoMs)}, associated in ${milliseconds(associationMs)}` +
          ` (${console.safe(software)})`,
      );
    });
  },
};

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
