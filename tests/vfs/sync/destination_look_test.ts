import { strict as assert } from "node:assert";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { DestinationLook } from "../../../vfs/sync/destination_look.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Info, ListedEntry } from "../../../vfs/transport.ts";
import { fake } from "../_fakes.ts";

const { location: top } = parseLocation("fake://h/top");
const file = (size: number): Info => ({ kind: "file", size });

/** A destination with a directory of files, and what it was asked. */
function places(files: ReadonlyMap<string, Info>, list?: () => readonly ListedEntry[]) {
  const asked = { stat: 0, list: 0 };
  const missing = () => new VfsError("NotFound", { op: "stat", url: top.href });
  const transport = fake({
    stat: (at) => {
      asked.stat++;
      const info = files.get(at.segments.slice(1).join("/"));
      return info ? Promise.resolve(info) : Promise.reject(missing());
    },
    async *list(at) {
      asked.list++;
      await Promise.resolve();
      if (at.name !== "d") throw missing();
      yield list?.() ??
        [...files].map(([path, info]) => ({ name: path.slice(2), kind: info.kind, info }));
    },
  });
  return { asked, there: new DestinationLook({ transport, location: top }, NEVER) };
}

Deno.test("DestinationLook.look() lists a directory that is asked for often, and one that is missing", async () => {
  const files = new Map(Array.from({ length: 50 }, (_, i) => [`d/f${i}`, file(i)]));
  const { asked, there } = places(files);
  for (let i = 0; i < 60; i++) {
    assert.deepEqual(await there.look(top.join("d", `f${i}`)), files.get(`d/f${i}`));
    assert.equal(await there.look(top.join("none", `f${i}`)), undefined);
  }
  assert.deepEqual(asked, { stat: 8, list: 2 });
});

Deno.test("DestinationLook.look() asks what a listing cannot tell: names in other case, links, no info", async () => {
  const files = new Map([["d/a", file(1)], ["d/link", file(2)], ["d/bare", file(3)]]);
  const { asked, there } = places(files, () => [
    { name: "A", kind: "file", info: file(9) },
    { name: "link", kind: "symlink", target: "file", info: { kind: "symlink" } },
    { name: "bare", kind: "file" },
  ]);
  for (let i = 0; i < 4; i++) await there.look(top.join("d", `x${i}`));
  for (const name of ["a", "link", "bare"]) {
    assert.deepEqual(await there.look(top.join("d", name)), files.get(`d/${name}`));
  }
  assert.equal(await there.look(top.join("d", "x")), undefined);
  assert.deepEqual(asked, { stat: 7, list: 1 });
});

Deno.test("DestinationLook.look() goes on asking where a directory is too large, or cannot be listed", async () => {
  const many = Array.from({ length: 20_000 }, (_, i): ListedEntry => ({
    name: `f${i}`,
    kind: "file",
    info: file(1),
  }));
  const broken = () => {
    throw new VfsError("Unavailable", { op: "list", url: top.href });
  };
  for (const list of [() => many, broken]) {
    const { asked, there } = places(new Map([["d/x", file(5)]]), list);
    for (let i = 0; i < 10; i++) assert.deepEqual(await there.look(top.join("d", "x")), file(5));
    assert.deepEqual(asked, { stat: 10, list: 1 });
  }
});

Deno.test("DestinationLook.look() passes on what keeps it from finding out", async () => {
  const transport = fake({
    stat: (at) => Promise.reject(new VfsError("PermissionDenied", { op: "stat", url: at.href })),
  });
  const there = new DestinationLook({ transport, location: top }, NEVER);
  await assert.rejects(
    there.look(top.child("x")),
    (error) => isVfsError(error) && error.kind === "PermissionDenied",
  );
});
