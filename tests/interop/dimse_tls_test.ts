/**
 * The DIMSE layer over TLS against DCMTK, in both roles. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import {
  AssociationNotEstablished,
  cStore,
  serveDicoms,
  TIMEOUTS,
  type TlsOptions,
} from "../../transports/dicom/dimse/mod.ts";
import { readFileMeta } from "../../formats/mod.ts";
import { type MadeTls, makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { associate, dcmtk, inbox, type Instance, phantom, started } from "./dimse_kit.ts";
import { peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { withFolder } from "./servers.ts";

const [STORESCP, STORESCU] = ["storescp", "storescu"].map(dcmtk);

/** Certificate, key and authority as the files that DCMTK reads. */
async function filesOf(folder: string, { cert, key, authority }: MadeTls): Promise<string[]> {
  const files = { "key.pem": key, "cert.pem": cert, "ca.pem": authority };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
  return Object.keys(files).map((name) => join(folder, name));
}

/** Runs storescp +tls with a certificate for `hostname`. */
function withStorescp(
  hostname: string,
  fn: (store: (tls?: TlsOptions) => Promise<void>, made: MadeTls) => Promise<void>,
  ...flags: string[]
): Promise<void> {
  return withFolder(async (folder) => {
    const made = makeTls(hostname, Date.now(), [hostname]);
    const [key, cert, ca] = await filesOf(folder, made);
    const [port, target] = [freePort(), join(folder, "stored")];
    await Deno.mkdir(target);
    const tls = ["+tls", key!, cert!, "+cf", ca!];
    const args = [...tls, "+B", ...flags, "-od", target, String(port)];
    await using _peer = await started("storescp", args, port);
    const list = await phantom();
    const peer = { port, aeTitle: "ANY" };
    await fn(async (tls) => {
      await using association = await associate(peer, list, { tls, hostname: "127.0.0.1" });
      for (const each of list) await cStore(association, each);
      await checkStored(target, list);
    }, made);
  });
}

async function checkStored(folder: string, list: readonly Instance[]): Promise<void> {
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const file = await Deno.readFile(join(folder, name));
    const { sopInstanceUID, datasetOffset } = await readFileMeta(file);
    const sent = list.find((each) => each.sopInstanceUID === sopInstanceUID);
    assert.deepEqual(file.subarray(datasetOffset), sent!.dataset);
    count++;
  }
  assert.equal(count, list.length);
}

await peerTest(
  STORESCP!,
  "behaviours 14 and 15: storescp +tls gets our certificate, and without one, or TLS, the error says so",
  () =>
    withStorescp("localhost", async (store, { cert, key, authority }) => {
      const trusting = { caCerts: [authority], serverName: "localhost" };
      await store({ ...trusting, cert, key });
      const refusals: [TlsOptions | undefined, RegExp][] = [
        [trusting, /certificate/],
        [{ cert, key, serverName: "localhost" }, /TLS failed/],
        [undefined, /may want TLS/],
      ];
      for (const [tls, says] of refusals) {
        const begin = performance.now();
        await assert.rejects(
          store(tls),
          (error) => error instanceof AssociationNotEstablished && says.test(error.message),
        );
        assert(performance.now() - begin < TIMEOUTS.connectMs);
      }
    }),
);

await peerTest(
  STORESCP!,
  "storescp +tls that wants no certificate is stored to without one",
  () =>
    withStorescp("localhost", async (store, { authority }) => {
      await store({ caCerts: [authority], serverName: "localhost" });
    }, "-ic"),
);

await peerTest(
  STORESCP!,
  "behaviour 16: storescp +tls with a certificate for another host is refused, but where that is wanted",
  () =>
    withStorescp("elsewhere.example", async (store, { authority }) => {
      await assert.rejects(
        store({ caCerts: [authority], serverName: "localhost" }),
        (error) => error instanceof AssociationNotEstablished && /TLS failed/.test(error.message),
      );
      await store({ insecure: true });
    }, "-ic"),
);

await peerTest(
  STORESCU!,
  "storescu +tls stores into serveDicoms() unchanged, and is refused without a certificate",
  (run) =>
    withFolder(async (folder) => {
      const made = makeTls("localhost", Date.now());
      const { cert, key, authority } = made;
      const [keyFile, certFile, ca] = await filesOf(folder, made);
      const { all, store } = inbox();
      await using server = await serveDicoms({
        aeTitle: "MEDVFS",
        port: 0,
        tls: { cert, key, ca: [authority], requestClientCertificate: true },
        store,
      });
      const images = join(folder, "images");
      await Deno.mkdir(images);
      const list = await phantom();
      for (const { sopInstanceUID, file } of list) {
        await Deno.writeFile(join(images, sopInstanceUID), file);
      }
      const to = ["-xe", "-aec", "MEDVFS", "127.0.0.1", String(server.port), "+sd", images];
      await run("+tls", keyFile!, certFile!, "+cf", ca!, ...to);
      for (const { sopInstanceUID, dataset } of list) {
        assert.deepEqual(all.get(sopInstanceUID)!.dataset, dataset);
      }
      all.clear();
      await assert.rejects(run("+tla", "+cf", ca!, ...to));
      assert.equal(all.size, 0);
    }),
);
