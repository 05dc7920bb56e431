/**
 * The `dicom:` driver before the server of PixelMed, and its clients before the node. Needs the Debian package
 * pixelmed-apps.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { serveDicom } from "../../transports/dicom/dimse/mod.ts";
import { assertSame, readAll, urlOf, vfsWith } from "./dicom_driver_kit.ts";
import { assertDatasets, filesIn, nodeOf, writeAll } from "./dicom_node_kit.ts";
import {
  type Archive,
  EXPLICIT,
  IMPLICIT,
  inbox,
  phantom,
  pixelsOf,
  started,
} from "./dimse_kit.ts";
import { type Peer, peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { withFolder } from "./servers.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const JAVA = ["-Djava.awt.headless=true", "-cp", "/usr/share/java/pixelmed.jar"];
const PIXELMED: Peer = {
  name: "PixelMed",
  command: ["java", ...JAVA],
  probe: ["com.pixelmed.dicom.VersionAndConstants"],
};

/** Runs its archive. */
async function withPixelMed(fn: (archive: Pick<Archive, "port" | "aeTitle">) => Promise<void>) {
  await withFolder(async (folder) => {
    const [port, http] = [freePort(), freePort()];
    const images = join(folder, "images");
    await Deno.mkdir(images);
    const settings = join(folder, "server.properties");
    await Deno.writeTextFile(
      settings,
      `Application.DatabaseFileName=${join(folder, "database")}\n` +
        `Application.SavedImagesFolderName=${images}\n` +
        `Dicom.ListeningPort=${port}\nDicom.CalledAETitle=PIXELMED\n` +
        `Dicom.CallingAETitle=PIXELMED\nDicom.PrimaryDeviceType=ARCHIVE\n` +
        `WebServer.ListeningPort=${http}\nWebServer.NumberOfWorkers=1\n`,
    );
    const main = "com.pixelmed.server.DicomAndWebStorageServer";
    await using _server = await started("java", [...JAVA, main, settings], port);
    await fn({ port, aeTitle: "PIXELMED" });
  });
}

await peerTest(
  PIXELMED,
  "PixelMed gives back what the driver stores, explicit VR byte by byte",
  async () => {
    await withPixelMed(async (archive) => {
      await using vfs = vfsWith();
      const url = urlOf(archive);
      const list = await phantom(EXPLICIT);
      for (const { name, file } of list) await vfs.writeFile(`memory:///in/${name}`, file);
      await vfs.copy("memory:///in", url);
      const found = await readAll(vfs, url);
      assert.ok([...found.values()].every((each) => each.transferSyntaxUID === EXPLICIT));
      assertSame(found, list);
      const scans = list.filter(({ sopClassUID }) => sopClassUID === CT);
      assertSame(await readAll(vfs, `${url}?Modality=CT`), scans);
      const again = await vfs.copy("memory:///in", url, { existing: "skip" });
      assert.deepEqual([again.done, again.skipped], [0, list.length]);
    });
  },
);

await peerTest(
  PIXELMED,
  "PixelMed takes implicit VR from the driver beside explicit VR",
  async () => {
    await withPixelMed(async (archive) => {
      await using vfs = vfsWith();
      const url = urlOf(archive);
      const [explicit, implicit] = [(await phantom(EXPLICIT))[0]!, (await phantom(IMPLICIT))[1]!];
      for (const { file } of [explicit, implicit]) await vfs.writeFile(url, file);
      const found = await readAll(vfs, url);
      assert.equal(found.size, 2);
      const { dataset, transferSyntaxUID } = found.get(implicit.sopInstanceUID)!;
      assert.deepEqual(
        await pixelsOf(dataset, transferSyntaxUID),
        await pixelsOf(implicit.dataset, IMPLICIT),
      );
    });
  },
);

await peerTest(
  PIXELMED,
  "PixelMed's clients store in the node, and have a study moved",
  async (run) => {
    await withFolder(async (folder) => {
      const list = (await phantom()).slice(0, 2);
      const [file] = await writeAll(folder, list);
      const { all, store } = inbox();
      await using destination = serveDicom({ aeTitle: "WS", port: 0, store });
      const peers = { WS: { host: "127.0.0.1", port: destination.port } };
      await using node = await nodeOf(list.slice(1), { peers });
      const at = ["127.0.0.1", String(node.port), "NODE", "PIXELMED"];
      await run("com.pixelmed.network.StorageSOPClassSCU", ...at, file!, "0");
      assertDatasets(await filesIn("memory:///node", node.vfs), list);
      const move = "com.pixelmed.network.MoveSOPClassSCU";
      await run(move, ...at, "WS", "STUDY", list[0]!.studyInstanceUID);
      const came = new Map([...all].map(([uid, { dataset }]) => [uid, dataset]));
      assertDatasets(came, list);
    });
  },
);
