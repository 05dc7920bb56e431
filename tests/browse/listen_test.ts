import { strict as assert } from "node:assert";
import { listen } from "../../browse/listen.ts";

Deno.test({
  name: "listen() without --allow-net is NotCapable, and what to give is told",
  permissions: { net: false, read: true },
  async fn() {
    const refused = { name: "NotCapable", message: /--allow-net=\[::1\]$/ };
    await assert.rejects(listen("::1", 0, () => Promise.reject(new Error("unused"))), refused);
  },
});
