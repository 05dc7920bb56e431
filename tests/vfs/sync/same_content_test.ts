import { strict as assert } from "node:assert";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { isSameContent } from "../../../vfs/sync/same_content.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { at_, fake, rejects } from "../_fakes.ts";

Deno.test("isSameContent() that fails to read one side does not go on reading the other", async () => {
  let isOpen = false;
  const endless: Transport["get"] = (_, { signal }) => {
    isOpen = true;
    return Promise.resolve({
      info: { kind: "file" },
      offset: 0,
      body: {
        async read() {
          await new Promise((resolve) => setTimeout(resolve));
          signal.throwIfAborted();
          return new Uint8Array(10);
        },
        // deno-lint-ignore require-await
        async close() {
          isOpen = false;
        },
      },
    });
  };
  const broken: Transport["get"] = ({ href: url }) =>
    Promise.reject(new VfsError("PermissionDenied", { op: "read", url }));
  const known = (get: Transport["get"]) => ({
    at: { transport: fake({ get }), location: at_("fake:///f") },
  });
  for (const [source, target] of [[endless, broken], [broken, endless]] as const) {
    const comparing = isSameContent(known(source), known(target), NEVER);
    await rejects(comparing, "PermissionDenied");
    assert.equal(isOpen, false);
  }
});
