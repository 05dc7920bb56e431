import { contract } from "../_contract.ts";
import { setting } from "./_kit.ts";

contract("XnatDatastore", async () => {
  const it = await setting();
  return {
    store: it.store,
    ids: it.ids,
    vfs: it.vfs,
    open: () => it.open(),
    [Symbol.asyncDispose]: () => it[Symbol.asyncDispose](),
  };
});
