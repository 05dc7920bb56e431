/**
 * A small archive for the clients of others to read, and what they should find in it.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { phantomStudy } from "../../testing/phantom.ts";
import { seededRandom } from "../../testing/random.ts";
import { startXnatServer, type XnatServer } from "../../testing/xnat_server/mod.ts";
import { zip } from "../../testing/xnat_server/packing/zip_writer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Starts an emulator with a project `P`; the answers of lists come in any order. */
export async function startArchive(): Promise<XnatServer> {
  const options = { contextPath: "/xnat", shuffle: true, random: seededRandom(1) };
  const server = await startXnatServer(options);
  const session = ["P", "sub-01", "ses-01"];
  const { seed } = server;
  seed.session(session, { fields: { date: "2020-01-31", modality: "MR" } });
  seed.scan([...session, "1"], { fields: { type: "T1", series_description: "MPRAGE" } });
  await seed.file([...session, "1", "DICOM", "1.dcm"], bytes("first"), { format: "DICOM" });
  await seed.file([...session, "1", "NIFTI", "sub/img.nii"], bytes("nifti"));
  await seed.file([...session, "2", "DICOM", "2.dcm"], bytes("second"));
  await seed.file([...session, "NOTES", "n.txt"], bytes("notes"), { resourceAt: 3 });
  await seed.file(["P", "PROTOCOL", "p.txt"], bytes("protocol"), { resourceAt: 1 });
  seed.assessor(session, "qc1");
  seed.session(["P", "sub-02", "ses-02"], { xsiType: "xnat:ctSessionData" });
  return server;
}

/** The MR phantom as one zip, in a temporary file. */
export async function phantomZip(): Promise<string> {
  const files = (await Array.fromAsync(phantomStudy({ modalities: ["MR"] }))).map((each) => ({
    path: each.path.join("/"),
    size: each.bytes.length,
    crc: crc32(each.bytes),
    modified: 0,
    read: async function* () {
      yield await Promise.resolve(each.bytes);
    },
  }));
  const path = await Deno.makeTempFile({ suffix: ".zip" });
  await Deno.writeFile(path, ReadableStream.from(zip(files)));
  return path;
}
