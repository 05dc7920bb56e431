import { strict as assert } from "node:assert";
import { makeTls } from "../../../testing/xnat_server/tls/make_tls.ts";
import { platformClient } from "../../../transports/web/platform_client.ts";

Deno.test("platformClient() speaks HTTP/1.1 to a server that has HTTP/2, too, and trusts the authority", async () => {
  const { cert, key, authority } = makeTls("localhost", Date.now());
  const alpnProtocols = ["h2", "http/1.1"];
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key, alpnProtocols });
  const serving = (async () => {
    using connection = await listener.accept();
    const { alpnProtocol } = await connection.handshake();
    await connection.read(new Uint8Array(1000));
    await connection.write(
      new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    );
    return alpnProtocol;
  })();
  const client = platformClient(globalThis.fetch, [authority]);
  try {
    const { port } = listener.addr as Deno.NetAddr;
    const answer = await client.fetch(`https://localhost:${port}/`);
    assert.equal(await new Response(answer.body).text(), "ok");
    assert.notEqual(await serving, "h2");
  } finally {
    client.close();
  }
});

Deno.test("platformClient() leaves a fetch that was given as it is", () => {
  const fetch = () => Promise.reject(new Error("not called"));
  const client = platformClient(fetch);
  assert.equal(client.fetch, fetch);
  client.close();
});

Deno.test("platformClient() holds nothing for plain HTTP, so that who never closes it leaks nothing", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, () => new Response("ok"));
  const client = platformClient(globalThis.fetch);
  const answer = await client.fetch(`http://127.0.0.1:${server.addr.port}/`);
  assert.equal(await new Response(answer.body).text(), "ok");
});
