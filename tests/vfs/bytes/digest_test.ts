import { strict as assert } from "node:assert";
import { digester } from "../../../vfs/bytes/digest.ts";
import { bytes } from "../_fakes.ts";

const MD5_OF_ABC = "900150983cd24fb0d6963f7d28e17f72";
const SHA1_OF_ABC = "a9993e364706816aba3e25717850c26c9cd0d89d";
const SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("digester() digests chunk by chunk, as often as asked", async () => {
  const digest = await digester(["md5", "sha1", "sha256"]);
  assert(digest);
  digest.update(bytes("a"));
  digest.digests();
  digest.update(bytes("bc"));
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(digest.digests(), {
      md5: MD5_OF_ABC,
      sha1: SHA1_OF_ABC,
      sha256: SHA256_OF_ABC,
    });
  }
});

Deno.test("digester() tells a difference whatever the case, and none where nothing can be compared", async () => {
  const digest = await digester(["md5"]);
  digest?.update(bytes("abc"));
  assert.equal(digest?.difference({ md5: MD5_OF_ABC.toUpperCase() }), undefined);
  assert.equal(digest?.difference(undefined), undefined);
  assert.equal(digest?.difference({ sha1: "0" }), undefined);
  assert.match(digest?.difference({ md5: "0".repeat(32) }) ?? "", /^md5 900150.* instead of 0000/);
});

Deno.test("digester() makes nothing when no algorithm is asked for", async () => {
  assert.equal(await digester([]), undefined);
});
