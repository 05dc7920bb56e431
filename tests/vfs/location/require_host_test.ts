import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";

for (const url of ["xnat:///B/S", "xnat:/h/B", "dicom:///AE/P", "dicoms:/h/AE", "http:///x"]) {
  Deno.test(`stat() of ${url} tells that the host is missing, and asks nobody`, async () => {
    await using vfs = createVfs();
    await assert.rejects(vfs.stat(url), { kind: "InvalidUrl", message: /the host is missing/ });
  });
}
