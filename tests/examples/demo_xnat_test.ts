import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { withFolder } from "../cli/child.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the demo walks an XNAT, copies a series down and a label up, and tells its requests", () =>
  withFolder(async (folder) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", `--config=${fromFileUrl(new URL("deno.json", ROOT))}`],
        ...["--allow-read=medvfs-demo", "--allow-write=medvfs-demo", "--allow-net=127.0.0.1"],
        new URL("examples/demo_xnat.ts", ROOT).href,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const printed = new TextDecoder().decode(stdout);
    const lines = [
      /^ {3}… 52 directories and 186 files, [1-9] requests so far$/m,
      /^ {3}XNAT_E\d{5} 2019-02-07 09:00:00, MR, 4 scans$/m,
      /^ {3}16 files, 547 kB, \d+ requests so far$/m,
      /^ {3}352 bytes, AI, 352, \d+ requests so far$/m,
      /^ {3}Unauthenticated: .* check user, password or token; XNAT says the same of/m,
      /^Done, 1?\d requests so far\./m,
    ];
    for (const line of lines) assert.match(printed, line);
    assert(!printed.includes("guess"));
  }));
