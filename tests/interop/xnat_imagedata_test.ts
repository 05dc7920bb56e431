/**
 * The XNAT emulator as imagedata's XnatTransport sees it, over https.
 *
 * With its dependencies imagedata takes 1.2 GB, so it is only asked for where `MEDVFS_IMAGEDATA_PYTHON`
 * names a Python that has it; `xnat_raw_test.ts` sends the same requests everywhere.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("xnat_imagedata.py", import.meta.url));
const NAME = "startXnatServer() is an XNAT for imagedata";
const python = Deno.env.get("MEDVFS_IMAGEDATA_PYTHON");

async function test(run: (...args: string[]) => Promise<string>): Promise<void> {
  await using server = await startXnatServer({ tls: true });
  const names = { subject: "head", session: "mr" };
  const study = phantomStudy({ modalities: ["MR"] });
  const [session] = await server.seed.dicom("PH", study, names);
  const authority = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await Deno.writeTextFile(authority, server.certificate!);
    const said = JSON.parse(await run(SCRIPT, new URL(server.url).host, session!, authority));
    assert.deepEqual(said.walk.slice(0, 3), [
      ["/PH", ["head"]],
      ["/PH/head", [session]],
      [`/PH/head/${session}`, ["1", "2", "3", "4"]],
    ]);
    assert.equal(said.T1, 16);
    assert.deepEqual(said.info, [
      "head, 1 experiment",
      `${session} 2019-02-07 09:00:00, MR, 4 scans`,
      "2 T1 16 frames",
    ]);
  } finally {
    await Deno.remove(authority);
  }
}

if (python === undefined) {
  Deno.test({ name: `${NAME} (MEDVFS_IMAGEDATA_PYTHON is not set)`, ignore: true, fn: () => {} });
} else {
  await peerTest(
    { name: "imagedata", command: [python], probe: ["-c", "import imagedata"] },
    NAME,
    test,
  );
}
