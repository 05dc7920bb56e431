/** Conformance: whole trees. @module */

import { strict as assert } from "node:assert";
import { sortByName } from "../../vfs/location/names.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, reading, writing } from "./case.ts";
import { fails, type Fixture } from "./fixture.ts";

/** Whole trees, by `list` and by `tree`. */
export const walkCases = group("walk", [
  reading("listing by directories finds every file", [], async (f) => {
    const steps = await byList(f, "");
    const found = Object.entries(steps).flatMap(([path, names]) =>
      names.filter((name) => !name.endsWith("/"))
        .map((name) => path === "" ? name : `${path}/${name}`)
    );
    assert.deepEqual(found.sort(), Object.keys(f.files).sort());
    return steps;
  }),

  reading("tree gives what listing by directories gives", ["tree"], async (f) => {
    const steps = await byTree(f, "");
    const listed = await byList(f, "");
    assert.deepEqual(Object.fromEntries(steps), listed);
    assert.equal(steps.length, Object.keys(listed).length, "a directory twice");
    return steps;
  }),

  reading("tree is in order, depth first", ["tree"], async (f) => {
    const paths = (await byTree(f, "")).map(([path]) => path);
    assert.deepEqual(paths, inOrder(Object.keys(await byList(f, ""))));
  }),

  reading("tree of each directory is a part of the whole", ["tree"], async (f) => {
    const whole = Object.fromEntries(await byTree(f, ""));
    for (const path of f.directories) {
      const part = await byTree(f, path);
      assert.equal(part[0]?.[0], path);
      for (const [below, names] of part) {
        assert.deepEqual(names, whole[below], below);
      }
    }
  }),

  reading("tree of nothing and of a file fails", ["tree"], async (f) => [
    await fails(byTree(f, f.missing), "NotFound"),
    await fails(byTree(f, f.largest[0]), "NotADirectory"),
  ]),

  reading("tree can be left early", ["tree"], async (f) => {
    for await (const step of f.transport.tree!(f.root, { signal: NEVER })) {
      assert.equal(step.location.href, f.root.href);
      break;
    }
  }),

  writing("tree sorts numbers as numbers", ["tree"], async (f) => {
    for (const name of ["10", "9", "1", "2"]) await f.put(`${name}/x`, "x");
    const steps = await byTree(f, "");
    assert.deepEqual(steps.map(([path]) => path), ["", "1", "2", "9", "10"]);
    assert.deepEqual(steps[0]?.[1], ["1/", "2/", "9/", "10/"]);
    return steps;
  }),

  writing(
    "tree shows empty directories",
    ["tree", "mkdir", "emptyDirectories"],
    async (f) => {
      await f.mkdir("a/b", { recursive: true });
      await f.put("c", "x");
      const steps = await byTree(f, "");
      assert.deepEqual(steps, [["", ["a/", "c"]], ["a", ["b/"]], ["a/b", []]]);
      return steps;
    },
  ),
]);

async function byList(
  f: Fixture,
  top: string,
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const stack = [top];
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const entries = await f.list(path);
    found[path] = entries.map(({ name, kind }) => kind === "directory" ? `${name}/` : name);
    for (const { name, kind } of entries) {
      const below = path === "" ? name : `${path}/${name}`;
      if (kind === "directory") stack.push(below);
    }
  }
  return found;
}

async function byTree(
  f: Fixture,
  top: string,
): Promise<[path: string, names: string[]][]> {
  const steps: [string, string[]][] = [];
  const at = f.at(top);
  for await (const step of f.transport.tree!(at, { signal: NEVER })) {
    assert(f.root.contains(step.location), step.location.href);
    const path = step.location.segments.slice(f.root.segments.length);
    const names = step.entries.map(({ name, kind }) => kind === "directory" ? `${name}/` : name);
    steps.push([path.join("/"), names]);
  }
  return steps;
}

/** Paths top-down, the names of one level sorted as listings are. */
function inOrder(paths: readonly string[], top = ""): string[] {
  const depth = top === "" ? 1 : top.split("/").length + 1;
  const children = paths.filter((path) =>
    path !== "" && path.split("/").length === depth &&
    (top === "" || path.startsWith(`${top}/`))
  );
  const sorted = sortByName(
    children.map((path) => ({ path, name: path.split("/").at(-1) ?? "" })),
  );
  return [top, ...sorted.flatMap(({ path }) => inOrder(paths, path))];
}
