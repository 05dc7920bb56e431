/**
 * Orthanc over TLS, in both roles. Needs the Debian package orthanc.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { serveDicomNode } from "../../testing/mod.ts";
import { type MadeTls, makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { assertSame, readAll, vfsWith } from "./dicom_driver_kit.ts";
import { type Archive, type Instance, ORTHANC, phantom, withOrthanc } from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { withFolder } from "./servers.ts";

type Orthanc = Archive & { readonly rest: string };

/** Runs an Orthanc that speaks TLS alone, and only with those who have a certificate. */
function withTls(fn: (orthanc: Orthanc, made: MadeTls) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const made = makeTls("localhost", Date.now());
    const files = { "cert.pem": made.cert, "key.pem": made.key, "ca.pem": made.authority };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await withOrthanc((orthanc) => fn(orthanc, made), {
      DicomTlsEnabled: true,
      DicomTlsCertificate: join(folder, "cert.pem"),
      DicomTlsPrivateKey: join(folder, "key.pem"),
      DicomTlsTrustedCertificates: join(folder, "ca.pem"),
      DicomAlwaysAllowStore: true,
    });
  });
}

/** The driver with its own certificate, or without. */
function clientOf({ cert, key, authority }: MadeTls, isKnown = true) {
  const tls = { caCerts: [authority], serverName: "localhost" };
  return vfsWith({ tls: isKnown ? { ...tls, cert, key } : tls });
}

async function write(vfs: Vfs, list: readonly Instance[]): Promise<void> {
  for (const { name, file } of list) await vfs.writeFile(`memory:///study/${name}`, file);
}

await peerTest(
  ORTHANC,
  "dicoms: copies a study into an Orthanc that wants a certificate, walks it and reads it byte by byte",
  () =>
    withTls(async ({ port }, made) => {
      const list = await phantom();
      await using vfs = clientOf(made);
      const url = `dicoms://127.0.0.1:${port}/ORTHANC`;
      await write(vfs, list);
      const { done } = await vfs.copy("memory:///study", url);
      assert.equal(done, list.length);
      assertSame(await readAll(vfs, url), list);
    }),
);

await peerTest(
  ORTHANC,
  "dicoms: without a certificate, and dicom: without TLS, are told what an Orthanc with TLS wants",
  () =>
    withTls(async ({ port }, made) => {
      const failure = async (vfs: ReturnType<typeof clientOf>, scheme: string) => {
        await using _vfs = vfs;
        const begin = performance.now();
        const error = await vfs.stat(`${scheme}://127.0.0.1:${port}/ORTHANC`)
          .then(() => assert.fail("it did not fail"), (error) => error);
        assert(performance.now() - begin < 20_000);
        return error.message as string;
      };
      assert.match(await failure(clientOf(made, false), "dicoms"), /certificate/);
      assert.match(await failure(clientOf(made), "dicom"), /TLS/);
    }),
);

await peerTest(
  ORTHANC,
  "an Orthanc with TLS echoes to, queries and stores into serveDicomNode() that wants a certificate",
  () =>
    withTls(async ({ destination, rest }, made) => {
      const list = await phantom();
      await using vfs = createVfs();
      await write(vfs, list.slice(0, 1));
      const { cert, key, authority } = made;
      await using node = await serveDicomNode({
        aeTitle: "MEDVFS",
        port: destination,
        vfs,
        root: "memory:///study",
        tls: { cert, key, ca: [authority], requestClientCertificate: true },
      });
      const send = async (path: string, body: BodyInit, method = "POST") => {
        const answer = await fetch(rest + path, { method, body });
        const text = await answer.text();
        assert.equal(answer.status, 200, `${path}: ${text}`);
        return text;
      };
      const modality = {
        AET: "MEDVFS",
        Host: "127.0.0.1",
        Port: destination,
        UseDicomTls: true,
      };
      await send("/modalities/tls", JSON.stringify(modality), "PUT");
      await send("/modalities/tls/echo", "{}");
      const query = { Level: "Study", Query: { StudyInstanceUID: "" } };
      const { Path } = JSON.parse(await send("/modalities/tls/query", JSON.stringify(query)));
      const answers = await (await fetch(`${rest}${Path}/answers`)).json();
      assert.equal(answers.length, 1);
      const ids: string[] = [];
      for (const { file } of list) ids.push(JSON.parse(await send("/instances", file)).ID);
      await send("/modalities/tls/store", JSON.stringify(ids));
      assert.equal(node.counts.instances, list.length);
    }),
);
