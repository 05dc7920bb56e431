import { strict as assert } from "node:assert";
import { isNotFound } from "@medvfs/vfs";
import { ImageNotFound, LabelNotFound } from "@medvfs/vfs/datastore";

Deno.test("ImageNotFound is a NotFound that names the image and hides the password", () => {
  const error = new ImageNotFound("xnat://user:secret@host/P", "P/S/E/1");
  assert(isNotFound(error));
  assert.equal(error.imageId, "P/S/E/1");
  assert.equal(
    error.message,
    'Cannot find the image "xnat://host/P": there is no image "P/S/E/1"',
  );
});

Deno.test("LabelNotFound is a NotFound that names the label and its tag", () => {
  const error = new LabelNotFound("memory:///labels", "1", "final");
  assert(isNotFound(error));
  assert(error instanceof LabelNotFound);
  assert.deepEqual([error.labelId, error.tag], ["1", "final"]);
  assert.match(error.message, /no label "1" with tag "final"/);
});
