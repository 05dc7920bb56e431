/** The driver with options of its own, as a user of the package takes it. */

import { strict as assert } from "node:assert";
import { createVfs } from "@medvfs/vfs";
import { fileTransport } from "@medvfs/vfs/file";
import { fails, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

testWithLinks(
  "fileTransport() with a root confines the Vfs that it is registered with",
  () =>
    withFixture(async ({ at, path }) => {
      await Deno.mkdir(path("in"));
      await Deno.writeTextFile(path("in", "a"), "a");
      await Deno.writeTextFile(path("secret"), "s");
      await Deno.symlink(path("secret"), path("in", "link"));
      await using vfs = createVfs();
      vfs.register(fileTransport({ root: path("in"), fsync: true }), { override: true });
      assert.equal(await vfs.readTextFile(at("in", "a")), "a");
      await vfs.writeFile(at("in", "b"), "b");
      assert.equal(await Deno.readTextFile(path("in", "b")), "b");
      await fails("PermissionDenied", vfs.readFile(at("secret")));
      await fails("PermissionDenied", vfs.readFile(at("in", "link")));
      await fails("PermissionDenied", vfs.writeFile(at("new"), "n"));
    }),
);
