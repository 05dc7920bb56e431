import { strict as assert } from "node:assert";
import * as tls from "node:tls";
import type { AddressInfo } from "node:net";
import { isVfsError } from "../../../../vfs/errors.ts";
import { systemClock } from "../../../../vfs/clock.ts";
import { makeTls } from "../../../../testing/xnat_server/tls/make_tls.ts";
import {
  acceptAssociation,
  type Association,
  cEcho,
  cStore,
  type Socket,
  type TlsOptions,
} from "../../../../transports/dicom/dimse/mod.ts";
import { socketOf } from "../../../../transports/dicom/dimse/socket.ts";
import { tlsSocketOf } from "../../../../transports/dicom/dimse/tls_socket.ts";
import { associate, CT, EXPLICIT, Inbox, serve } from "./_kit.ts";

const { cert, key, authority } = makeTls("localhost", Date.now());
const trusting: TlsOptions = { caCerts: [authority], serverName: "localhost" };

/** Stores one object of 300 KB over TLS. */
async function exchange(port: number, inbox: Inbox, options: TlsOptions): Promise<void> {
  await using association = await associate(port, { tls: options });
  await cEcho(association);
  const dataset = crypto.getRandomValues(new Uint8Array(60_000));
  const all = new Uint8Array(300_000).map((_, i) => dataset[i % dataset.length]!);
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT };
  await cStore(association, { ...request, dataset: all });
  assert.deepEqual(inbox.received[0]!.bytes, all);
}

/** A TLS listener of Deno. */
function denoServer(inbox: Inbox): AsyncDisposable & { port: number } {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const open: Association[] = [];
  const served = (async () => {
    while (true) {
      let connection: Deno.TlsConn | undefined;
      try {
        connection = await listener.accept();
        await connection.handshake();
      } catch (error) {
        connection?.close();
        if (error instanceof Deno.errors.BadResource) return;
        continue;
      }
      const options = { aeTitle: "NODE", ...inbox };
      open.push(acceptAssociation(socketOf(connection), options, systemClock));
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
      await Promise.all(open.map((each) => each.abort()));
    },
  };
}

Deno.test("requestAssociation() over TLS stores an object", async () => {
  const inbox = new Inbox();
  await using server = denoServer(inbox);
  await exchange(server.port, inbox, trusting);
});

Deno.test("dimse 16: a certificate that nobody vouches for is refused, and accepted on request", async () => {
  const inbox = new Inbox();
  await using server = denoServer(inbox);
  await assert.rejects(
    associate(server.port, { tls: { serverName: "localhost" } }),
    (error) => isVfsError(error) && error.kind === "Unavailable",
  );
  await exchange(server.port, inbox, { insecure: true });
});

Deno.test("dimse 14: TLS to a plain port is a clear error within 2 s", async () => {
  await using plain = serve();
  const begin = performance.now();
  await assert.rejects(associate(plain.port, { tls: trusting }), isVfsError);
  assert(performance.now() - begin < 2000);
});

Deno.test("dimse 15: a server that asks for a certificate gets ours", async () => {
  const inbox = new Inbox();
  const open: Association[] = [];
  let name: string | undefined;
  const server = tls.createServer({ cert, key, ca: [authority], requestCert: true }, (stream) => {
    name = stream.authorized ? "authorized" : String(stream.authorizationError);
    const socket: Socket = tlsSocketOf(stream);
    open.push(acceptAssociation(socket, { aeTitle: "NODE", ...inbox }, systemClock));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await exchange((server.address() as AddressInfo).port, inbox, { ...trusting, cert, key });
    assert.equal(name, "authorized");
  } finally {
    await Promise.all(open.map((each) => each.abort()));
    await new Promise((resolve) => server.close(resolve));
  }
});
