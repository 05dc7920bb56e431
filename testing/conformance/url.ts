/** Conformance: locations and their URLs. @module */

import { strict as assert } from "node:assert";
import { collect } from "../../vfs/bytes/bytes.ts";
import { Location, parseLocation } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, guarded, lacks, reading } from "./case.ts";
import { digest, outcomeOf, sameBytes } from "./digest.ts";
import { fails } from "./fixture.ts";

/** Locations and their URLs. */
export const urlCases = group("url", [
  reading("the URL of each file leads back to it", [], async (f) => {
    for (const [path, bytes] of Object.entries(f.files)) {
      const { location } = parseLocation(f.at(path).href);
      assert.deepEqual(location.segments, f.at(path).segments);
      const got = await f.transport.get(location, { signal: NEVER });
      sameBytes(await collect(got.body), bytes, path);
    }
  }),

  reading("a URL with all letters encoded is the same", [], async (f) => {
    const [path, bytes] = f.largest;
    const href = f.at(path).segments.map((segment) =>
      Array.from(
        new TextEncoder().encode(segment),
        (byte) => `%${byte.toString(16).padStart(2, "0")}`,
      ).join("")
    ).join("/");
    const { location } = parseLocation(`${f.root.origin}/${href}`);
    const got = await f.transport.get(location, { signal: NEVER });
    sameBytes(await collect(got.body), bytes, path);
    return digest(bytes);
  }),

  reading("a slash after a directory changes nothing", [], async (f) => {
    const location = new Location({ ...f.root, isDirectoryHint: true });
    const info = await f.transport.stat(location, { signal: NEVER });
    const names: string[] = [];
    for await (const page of f.transport.list(location, { signal: NEVER })) {
      names.push(...page.map((entry) => entry.name));
    }
    return { info: outcomeOf(info, false), names: names.sort() };
  }),

  reading(
    "a query is refused where none is supported",
    [lacks("query"), guarded],
    async (f) => {
      const [path] = f.largest;
      const at = new Location({ ...f.at(path), query: "a=b" });
      return await fails(f.transport.stat(at, { signal: NEVER }), "NotSupported");
    },
  ),

  reading("a query is borne where it is supported", ["query", {
    name: "the query hook",
    test: (f) => f.hooks.query !== undefined,
  }], async (f) => {
    const [path, bytes] = f.largest;
    const at = new Location({ ...f.at(path), query: f.hooks.query });
    const got = await f.transport.get(at, { signal: NEVER });
    sameBytes(await collect(got.body), bytes, at.href);
  }),
]);
