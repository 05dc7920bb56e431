import { strict as assert } from "node:assert";
import { setting } from "./_kit.ts";

Deno.test("labels of a session that is shared into the project are saved and removed, and its images stay", async () => {
  await using s = await setting({ segmentations: false });
  s.server.seed.share(["P", "sub1", "ses1"], "Q");
  await using store = s.open({ project: "Q" });
  const [id = ""] = await store.listImages();
  const nrrd = new TextEncoder().encode("NRRD0004\ntype: uchar\n\n");
  for (let i = 0; i < 2; i++) {
    await store.saveLabel(id, { bytes: nrrd, extension: ".nrrd" }, "final");
  }
  assert.equal((await s.files("P/sub1/ses1/2/AI")).length, 2);
  await store.removeLabel(id, "final");
  const left = await s.files("P/sub1/ses1");
  assert.deepEqual(left.filter((path) => path.includes("AI/")), []);
  await assert.rejects(store.removeImage(id), { kind: "NotSupported" });
  assert.deepEqual((await s.files("Q")).filter((path) => path.includes("TRASH")), []);
  assert.deepEqual(await s.files("P/sub1/ses1"), left);
});
