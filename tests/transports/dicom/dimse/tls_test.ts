import { strict as assert } from "node:assert";
import { isVfsError } from "../../../../vfs/errors.ts";
import { makeTls } from "../../../../testing/xnat_server/tls/make_tls.ts";
import {
  AssociationNotEstablished,
  cEcho,
  cStore,
  type DicomServer,
  serveDicoms,
  type ServerTls,
  TIMEOUTS,
  type TlsOptions,
} from "../../../../transports/dicom/dimse/mod.ts";
import { associate, CT, EXPLICIT, Inbox, serve } from "./_kit.ts";

const { cert, key, authority } = makeTls("localhost", Date.now());
const stranger = makeTls("localhost", Date.now());
const trusting: TlsOptions = { caCerts: [authority], serverName: "localhost" };
/** As `trusting`, by `node:tls`. */
const withCertificate: TlsOptions = { ...trusting, cert, key };
const asking: Partial<ServerTls> = { ca: [authority], requestClientCertificate: true };

function secureServer(
  inbox: Partial<Inbox> = {},
  more: Partial<ServerTls> = {},
  onClosed?: (peer: string, error?: Error) => void,
  artimMs = TIMEOUTS.artimMs,
): Promise<DicomServer> {
  return serveDicoms({
    aeTitle: "NODE",
    port: 0,
    tls: { cert, key, ...more },
    timeouts: { artimMs },
    onClosed,
    ...inbox,
  });
}

/** Stores an object of 3 MB over TLS. */
async function exchange(port: number, inbox: Inbox, options: TlsOptions): Promise<void> {
  await using association = await associate(port, { tls: options });
  await cEcho(association);
  const dataset = new Uint8Array(3_000_000).map((_, at) => at * 7 + (at >> 9));
  const request = { sopClassUID: CT, sopInstanceUID: "1.2", transferSyntaxUID: EXPLICIT };
  await cStore(association, { ...request, dataset });
  assert.deepEqual(inbox.received[0]!.bytes, dataset);
}

/** Is refused for good before any time limit, with a message that `says` so. */
async function refused(port: number, tls: TlsOptions | undefined, says: RegExp): Promise<void> {
  const begin = performance.now();
  await assert.rejects(
    associate(port, { tls }),
    (error) => error instanceof AssociationNotEstablished && says.test(error.message),
  );
  assert(performance.now() - begin < TIMEOUTS.connectMs);
}

Deno.test("serveDicoms() takes an object from both of our ways to speak TLS", async () => {
  for (const options of [trusting, withCertificate]) {
    const inbox = new Inbox();
    await using server = await secureServer(inbox);
    await exchange(server.port, inbox, options);
  }
});

Deno.test("behaviour 14: TLS to a plain port is a clear error at once, which is not tried again", async () => {
  await using plain = serve();
  for (const tls of [trusting, withCertificate]) {
    await refused(plain.port, tls, /TLS failed: the peer does not speak TLS/);
    const error = await associate(plain.port, { tls }).catch((error) => error);
    assert.equal(error.status, "permanent");
  }
});

Deno.test("behaviour 14: a plain port that hangs up on TLS is told as what it may be", async () => {
  for (const tls of [trusting, withCertificate]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const hangUp = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(10));
    })();
    await refused(
      (listener.addr as Deno.NetAddr).port,
      tls,
      /TLS failed: .*; the peer may not speak TLS at this port/,
    );
    await hangUp;
  }
});

Deno.test("behaviour 14: no TLS to a TLS port is a clear error within 2 s on both sides", async () => {
  const seen: string[] = [];
  await using server = await secureServer({}, {}, (_, error) => void seen.push(String(error)));
  await refused(server.port, undefined, /not a DICOM peer.*looks like TLS/);
  await using plain = serve({ onClosed: (_, error) => void seen.push(String(error)) });
  await refused(plain.port, trusting, /TLS failed/);
  await plain.close();
  assert.equal(seen.length, 2);
  assert.match(seen[1]!, /looks like TLS/);
});

Deno.test("behaviour 15: a server that asks for a certificate gets ours", async () => {
  const inbox = new Inbox();
  await using server = await secureServer(inbox, asking);
  await exchange(server.port, inbox, withCertificate);
});

Deno.test("behaviour 15: where a certificate is wanted, none or a stranger's is an error that says so", async () => {
  await using server = await secureServer({}, asking);
  await refused(server.port, trusting, /may want a client certificate/);
  const { cert, key } = stranger;
  await refused(server.port, { ...trusting, cert, key }, /may not accept our certificate/);
  assert.equal(server.connections, 0);
});

Deno.test("behaviour 16: a certificate for another host, or of a stranger, is refused, and accepted on request", async () => {
  const inbox = new Inbox();
  await using server = await secureServer(inbox);
  await refused(server.port, { serverName: "localhost" }, /unknown issuer/);
  for (const way of [trusting, withCertificate]) {
    await refused(server.port, { ...way, serverName: "elsewhere.example" }, /another host/);
    await refused(server.port, { ...way, caCerts: [stranger.authority] }, /unknown issuer/);
  }
  await exchange(server.port, inbox, { insecure: true });
});

Deno.test("serveDicoms() ends handshakes that do not come, and the listener lives", async () => {
  const inbox = new Inbox();
  // Enough for a handshake on a machine that is slow.
  await using server = await secureServer(inbox, {}, undefined, 1_000);
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null);
  using garbage = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await garbage.write(crypto.getRandomValues(new Uint8Array(1000)));
  while (await garbage.read(new Uint8Array(100)).catch(() => null));
  await exchange(server.port, inbox, trusting);
});

Deno.test("serveDicoms() closes with a handshake and an association under way", async () => {
  const server = await secureServer();
  const association = await associate(server.port, { tls: trusting });
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await server.close();
  assert(isVfsError(await association.closed));
  assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null);
  await assert.rejects(associate(server.port, { tls: trusting }), isVfsError);
});

Deno.test("serveDicoms() rejects for a port that is taken", async () => {
  await using server = await secureServer();
  const { port } = server;
  await assert.rejects(serveDicoms({ aeTitle: "NODE", port, tls: { cert, key } }), /EADDRINUSE/);
});
