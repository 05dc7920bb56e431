import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { CALL, connect, fails, type Fixture, listAll, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

const RECURSIVE = { ...CALL, recursive: true };
const OVERWRITE = { ...CALL, overwrite: true };
const content = sourceOfBytes(new Uint8Array([1]));

/** A root with a file beside it, and a connection confined to the root. */
function confined(test: (fixture: Fixture) => Promise<void>): Promise<void> {
  return withFixture(async (fixture) => {
    const { path } = fixture;
    await Deno.mkdir(path("root", "in"), { recursive: true });
    await Deno.mkdir(path("out"));
    await Deno.writeTextFile(path("out", "secret"), "secret");
    await Deno.writeTextFile(path("root", "in", "f"), "inside");
    await test(fixture);
    assert.deepEqual(fixture.names("out"), ["secret"]);
    assert.equal(await Deno.readTextFile(path("out", "secret")), "secret");
  }, (dir) => ({ root: `${dir}/root/` }));
}

/** Everything that could be done at `names` must be refused. */
async function refusesAll({ transport, at }: Fixture, ...names: string[]): Promise<void> {
  const place = at("root", ...names);
  const inside = at("root", "in", "f");
  const calls = {
    stat: () => transport.stat(place, CALL),
    list: () => listAll(transport, place),
    get: () => transport.get(place, CALL),
    put: () => transport.put(place, content, CALL),
    append: () => transport.put(place, content, { ...CALL, mode: "append" }),
    mkdir: () => transport.mkdir(place, RECURSIVE),
    copyFrom: () => transport.copy(place, at("root", "copied"), CALL),
    copyTo: () => transport.copy(inside, place, OVERWRITE),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await fails("PermissionDenied", call());
    assert(error.message.includes("outside the root"), `${name}: ${error.message}`);
  }
}

Deno.test("a root keeps out what lies beside and above it", () =>
  confined(async (fixture) => {
    await refusesAll(fixture, "..", "out", "secret").catch((error) => {
      // A location never holds "..", so the text is refused even earlier.
      assert.equal(error.kind, "InvalidUrl");
    });
    const { transport, at } = fixture;
    for (const place of [at(), at("out"), at("out", "secret"), at("root2")]) {
      await fails("PermissionDenied", transport.stat(place, CALL));
      await fails("PermissionDenied", transport.put(place, content, CALL));
      await fails("PermissionDenied", transport.remove(place, RECURSIVE));
      await fails("PermissionDenied", transport.mkdir(place, CALL));
      await fails("PermissionDenied", transport.rename(at("root", "in"), place, CALL));
      await fails("PermissionDenied", transport.rename(place, at("root", "x"), CALL));
    }
  }));

testWithLinks(
  "links that lead out are refused: absolute, relative, chained, in the middle, to what is missing",
  () =>
    confined(async (fixture) => {
      const { path } = fixture;
      await Deno.symlink(path("out", "secret"), path("root", "absolute"));
      await Deno.symlink("../out/secret", path("root", "relative"));
      await Deno.symlink("relative", path("root", "chained"));
      await Deno.symlink("../out", path("root", "folder"));
      await Deno.symlink("../out/none", path("root", "missing"));
      for (const name of ["absolute", "relative", "chained", "folder", "missing"]) {
        await refusesAll(fixture, name);
      }
      await refusesAll(fixture, "folder", "secret");
      await refusesAll(fixture, "folder", "new");
      await refusesAll(fixture, "folder", "new", "below");
      const { transport, at } = fixture;
      await fails("PermissionDenied", transport.remove(at("root", "folder", "secret"), CALL));
      await fails(
        "PermissionDenied",
        transport.rename(at("root", "folder", "secret"), at("root", "x"), CALL),
      );
      await fails(
        "PermissionDenied",
        transport.rename(at("root", "in", "f"), at("root", "folder", "x"), CALL),
      );
      await fails(
        "PermissionDenied",
        transport.put(at("root", "folder", "x"), content, { ...CALL, mode: "create" }),
      );
      for (const entry of await listAll(transport, at("root"), true)) {
        if (entry.kind === "symlink") {
          assert.deepEqual([entry.target, entry.info], [undefined, undefined], entry.name);
        }
      }
    }),
);

testWithLinks(
  "a link that is swapped between two operations is refused",
  () =>
    confined(async ({ transport, at, path }) => {
      await Deno.symlink("in", path("root", "swapped"));
      const place = at("root", "swapped", "f");
      assert.equal((await transport.stat(place, CALL)).size, 6);
      await Deno.remove(path("root", "swapped"));
      await Deno.symlink("../out", path("root", "swapped"));
      await fails("PermissionDenied", transport.stat(at("root", "swapped", "secret"), CALL));
      await fails("PermissionDenied", transport.put(at("root", "swapped", "f"), content, CALL));
    }),
);

testWithLinks(
  "links within the root work as without a root",
  () =>
    confined(async ({ transport, at, path, names }) => {
      await Deno.symlink("in", path("root", "folder"));
      await Deno.symlink("in/new", path("root", "broken"));
      const got = await transport.get(at("root", "folder", "f"), CALL);
      assert.equal(new TextDecoder().decode(got.body as Uint8Array), "inside");
      await transport.put(at("root", "broken"), content, CALL);
      assert.deepEqual(names("root", "in"), ["f", "new"]);
      const entries = await listAll(transport, at("root"));
      assert.deepEqual(entries.map((e) => [e.name, e.target]), [
        ["broken", "file"],
        ["folder", "directory"],
        ["in", undefined],
      ]);
    }),
);

testWithLinks(
  "links that lead out can themselves be removed and moved",
  () =>
    confined(async ({ transport, at, path, names }) => {
      await Deno.symlink(path("out"), path("root", "a"));
      await Deno.symlink(path("out"), path("root", "b"));
      await transport.rename(at("root", "a"), at("root", "c"), CALL);
      await transport.remove(at("root", "b"), RECURSIVE);
      await transport.remove(at("root", "c"), CALL);
      assert.deepEqual(names("root"), ["in"]);
    }),
);

Deno.test("the root itself cannot be removed, moved or replaced, but listed and made", () =>
  confined(async ({ transport, at, names }) => {
    await fails("PermissionDenied", transport.remove(at("root"), RECURSIVE));
    await fails("PermissionDenied", transport.rename(at("root"), at("root", "x"), CALL));
    await fails("PermissionDenied", transport.rename(at("root", "in"), at("root"), OVERWRITE));
    await fails("IsADirectory", transport.put(at("root"), content, CALL));
    await fails("AlreadyExists", transport.mkdir(at("root"), CALL));
    await transport.mkdir(at("root"), RECURSIVE);
    assert.equal((await listAll(transport, at("root"))).length, 1);
    assert.deepEqual(names("root"), ["in"]);
  }));

testWithLinks(
  "a root that is reached through a link confines to where the link leads",
  () =>
    confined(async ({ at, path, dir }) => {
      await Deno.symlink("root", path("alias"));
      await using transport = connect({ root: `${dir}/alias` });
      assert.equal((await transport.stat(at("alias", "in", "f"), CALL)).size, 6);
      await fails("PermissionDenied", transport.stat(at("root", "in", "f"), CALL));
      await fails("PermissionDenied", transport.remove(at("alias"), RECURSIVE));
    }),
);

Deno.test("a mount's root and the driver's root both hold", () =>
  confined(async ({ at, path, dir }) => {
    const root = parseLocation(toFileUrl(path("root", "in"))).location;
    await using transport = connect({ root: `${dir}/root` }, root);
    assert.equal((await transport.stat(at("root", "in", "f"), CALL)).size, 6);
    await fails("PermissionDenied", transport.stat(at("root"), CALL));
    await fails("PermissionDenied", transport.mkdir(at("root", "x"), CALL));
  }));

Deno.test("a root that is missing is NotFound, and works once it is there", () =>
  withFixture(async ({ at, path, dir }) => {
    await using transport = connect({ root: `${dir}/later` });
    await fails("NotFound", transport.stat(at("later", "f"), CALL));
    await Deno.mkdir(path("later"));
    await transport.put(at("later", "f"), content, CALL);
    assert.equal((await transport.stat(at("later", "f"), CALL)).size, 1);
  }));
