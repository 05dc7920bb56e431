/**
 * The DIMSE layer over TLS against DCMTK's programs, in both roles. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import {
  AssociationNotEstablished,
  cEcho,
  requestAssociation,
  serveDicoms,
  type TlsOptions,
  VERIFICATION,
} from "../../transports/dicom/dimse/mod.ts";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { type Peer, peerTest } from "./peers.ts";

const STORESCP: Peer = { name: "storescp", command: ["storescp"], probe: ["--version"] };
const STORESCU: Peer = { name: "storescu", command: ["storescu"], probe: ["--version"] };

const { cert, key, authority } = makeTls("localhost", Date.now());
const trusting: TlsOptions = { caCerts: [authority], serverName: "localhost" };

/** A folder with `cert.pem`, `key.pem` and `ca.pem`. */
async function withPem(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const files = { "cert.pem": cert, "key.pem": key, "ca.pem": authority };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const pemFlags = (folder: string) => [
  "+tls",
  join(folder, "key.pem"),
  join(folder, "cert.pem"),
  "+cf",
  join(folder, "ca.pem"),
];

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

function echo(port: number, tls?: TlsOptions): Promise<void> {
  const contexts = [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: ["1.2.840.10008.1.2"] }];
  const options = { hostname: "127.0.0.1", port, calledAET: "ANY", contexts, tls };
  return requestAssociation(options).then(async (association) => {
    await cEcho(association);
    await association.release();
  });
}

await peerTest(
  STORESCP,
  "behaviours 14, 15, 16: storescp +tls with and without a certificate, by a stranger, and without TLS",
  () =>
    withPem(async (folder) => {
      const port = freePort();
      const args = [...pemFlags(folder), "--ignore", String(port)];
      const child = new Deno.Command("storescp", { args, stdout: "null", stderr: "null" }).spawn();
      try {
        for (let tries = 0; tries < 100; tries++) {
          const reached = await echo(port, { ...trusting, cert, key }).then(
            () => true,
            () => false,
          );
          if (reached) break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await echo(port, { ...trusting, cert, key });
        const refusals: [TlsOptions | undefined, RegExp][] = [
          [trusting, /certificate/],
          [{ ...trusting, cert, key, serverName: "elsewhere.example" }, /TLS failed/],
          [{ cert, key, serverName: "localhost" }, /TLS failed/],
          [undefined, /may want TLS/],
        ];
        for (const [tls, says] of refusals) {
          const begin = performance.now();
          await assert.rejects(
            echo(port, tls),
            (error) => error instanceof AssociationNotEstablished && says.test(error.message),
          );
          assert(performance.now() - begin < 2000);
        }
        await echo(port, { cert, key, insecure: true });
      } finally {
        child.kill("SIGKILL");
        await child.status;
      }
    }),
);

await peerTest(
  STORESCU,
  "storescu +tls with a certificate stores into serveDicoms(), and without one is refused",
  (run) =>
    withPem(async (folder) => {
      const file = join(folder, "1.dcm");
      const SOPClassUID = "1.2.840.10008.5.1.4.1.1.7";
      const bytes = writeDicomFile({ SOPClassUID, SOPInstanceUID: "2.25.1", PatientID: "P" });
      await Deno.writeFile(file, bytes);
      const received: string[] = [];
      await using server = await serveDicoms({
        aeTitle: "NODE",
        port: 0,
        tls: { cert, key, ca: [authority], requestClientCertificate: true },
        store: ({ sopInstanceUID }) => ({
          write() {},
          close: () => void received.push(sopInstanceUID),
          abort() {},
        }),
      });
      // The certificate is for the name.
      const peer = ["localhost", String(server.port), file];
      await run(...pemFlags(folder), ...peer);
      assert.deepEqual(received, ["2.25.1"]);
      await assert.rejects(run("+tla", "+cf", join(folder, "ca.pem"), ...peer));
      await assert.rejects(run(...peer));
      assert.equal(received.length, 1);
    }),
);
