/** `medvfs info`. @module */

import { type CommandSpec, option, SHARED } from "../command.ts";
import { inOrder } from "../ordered.ts";
import { Operand } from "../operand.ts";

interface InfoOptions {
  readonly brief?: boolean;
  readonly json?: boolean;
}

/** Says what things are. */
export const info: CommandSpec<InfoOptions> = {
  name: "info",
  summary: "say in one line what each file or directory is",
  operands: "<url...>",
  sources: "all",
  options: [option("-b, --brief", "without the name in front"), SHARED.json()],
  examples: [
    ["info /data/study/*.dcm", "what these files are"],
    ["info --brief dicom://pacs.example.org:104/ARCHIVE/PAT1", "only the description"],
  ],
  async run(context, operands, { brief, json }) {
    const { console, vfs, signal } = context;
    const described = inOrder(operands, context.concurrency(16), async (place) => {
      let line: string | undefined;
      await context.attempt(async () => {
        line = await vfs.info(place, { signal });
      });
      return line;
    });
    for await (const [place, description] of described) {
      if (description === undefined) continue;
      const operand = new Operand(place);
      const url = operand.location.href;
      const line = console.safe(description);
      if (json) console.json({ ...operand.pathField(), url, description });
      else console.line(brief ? line : `${console.safe(operand.show())}: ${line}`);
      await console.drain();
    }
  },
};
