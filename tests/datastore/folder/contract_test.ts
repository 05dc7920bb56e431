import { toFileUrl } from "@std/path";
import { FolderDatastore } from "../../../datastore/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { contract } from "../_contract.ts";
import { maskOf } from "../_mask.ts";

for (const scheme of ["file", "memory"]) {
  contract(`FolderDatastore on ${scheme}`, async () => {
    const vfs = createVfs();
    const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
    const url = scheme === "file" ? toFileUrl(folder).href : "memory:///store";
    for (const id of ["a", "b"]) await vfs.writeFile(`${url}/${id}.nii.gz`, await maskOf(1));
    const open = () => new FolderDatastore(url, { vfs });
    return {
      store: open(),
      ids: ["a", "b"],
      open,
      vfs,
      async [Symbol.asyncDispose]() {
        await vfs.close();
        await Deno.remove(folder, { recursive: true });
      },
    };
  });
}
