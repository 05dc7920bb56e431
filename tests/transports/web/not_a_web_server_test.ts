import { strict as assert } from "node:assert";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { serveDicom } from "../../../transports/dicom/dimse/mod.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { Vfs } from "../../../vfs/vfs.ts";

async function errorOf(url: string): Promise<VfsError> {
  await using vfs = new Vfs({ registry: builtinRegistry() });
  const error = await vfs.stat(url).then(() => assert.fail("resolved"), (error) => error);
  assert(isVfsError(error), String(error));
  return error;
}

for (const scheme of ["xnat+http", "http"]) {
  Deno.test(`${scheme}: a DICOM peer is said to be no web server, and is not tried again`, async () => {
    await using server = serveDicom({ aeTitle: "NODE", port: 0 });
    const error = await errorOf(`${scheme}://127.0.0.1:${server.port}/P`);
    assert.deepEqual([error.kind, error.status], ["Unavailable", "permanent"]);
    assert.match(error.message, /no web server; check scheme, host and port$/);
  });

  Deno.test(`${scheme}: what hangs up is tried again, and then its port is questioned`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let tries = 0;
    const serving = (async () => {
      for await (const conn of listener) {
        tries++;
        // As DCMTK does: what is not read makes a reset of the end.
        await conn.read(new Uint8Array(1));
        conn.close();
      }
    })();
    try {
      const error = await errorOf(`${scheme}://127.0.0.1:${listener.addr.port}/P`);
      assert.equal(error.kind, "Unavailable");
      assert.match(error.message, /check that a web server listens there/);
      assert(tries > 1);
    } finally {
      listener.close();
      await serving;
    }
  });
}
