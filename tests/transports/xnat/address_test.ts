import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isVfsError } from "../../../vfs/errors.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";
import { isName } from "../../../vfs/location/names.ts";
import {
  type Address,
  addressOf,
  isShowable,
  locationOf,
  segmentsOf,
} from "../../../transports/xnat/address.ts";

const CASES: readonly (readonly [path: string, expected: Partial<Address>])[] = [
  ["", { level: "root" }],
  ["P", { level: "project", project: "P" }],
  ["P/.resources", { level: "resources", project: "P" }],
  ["P/.resources/R/a/b", { level: "file", project: "P", resource: "R", path: ["a", "b"] }],
  ["P/S", { level: "subject", project: "P", subject: "S" }],
  ["P/S/.resources/R", { level: "resource", subject: "S", resource: "R" }],
  ["P/S/E", { level: "experiment", experiment: "E" }],
  ["P/S/E/.resources", { level: "resources", experiment: "E" }],
  ["P/S/E/.assessors", { level: "assessors", experiment: "E" }],
  ["P/S/E/.assessors/A", { level: "assessor", assessor: "A" }],
  ["P/S/E/.assessors/A/R/f", { level: "file", assessor: "A", resource: "R", path: ["f"] }],
  ["P/S/E/.reconstructions", { level: "reconstructions" }],
  ["P/S/E/.reconstructions/X/R", { level: "resource", reconstruction: "X", resource: "R" }],
  ["P/S/E/.assessors/A/.in", { level: "inputs", assessor: "A", isInput: true }],
  ["P/S/E/.reconstructions/X/.in/R/f", { level: "file", isInput: true, resource: "R" }],
  [".quality=usable,Other", { level: "root", quality: ["usable", "other"] }],
  ["~xnat/.quality=usable/P", { level: "project", context: "/xnat", quality: ["usable"] }],
  ["P/S/E/1", { level: "scan", scan: "1" }],
  ["P/S/E/1/DICOM", { level: "resource", scan: "1", resource: "DICOM" }],
  ["P/S/E/1/DICOM/a/.resources", { level: "file", path: ["a", ".resources"] }],
  ["~xnat/P/S", { level: "subject", context: "/xnat", project: "P", subject: "S" }],
  ["~a%2Fb", { level: "root", context: "/a/b" }],
  ["~", { level: "root", context: "" }],
];

Deno.test("addressOf() tells the level of each place of the grammar", () => {
  for (const [path, expected] of CASES) {
    const address = addressOf(parseLocation(`xnat://h/${path}`).location);
    const told = Object.fromEntries(
      Object.keys(expected).map((key) => [key, address[key as keyof Address]]),
    );
    assert.deepEqual(told, expected, path);
  }
});

Deno.test("addressOf() refuses a context path that leads elsewhere", () => {
  for (const context of ["~..", "~a%2F..%2Fb", "~a%2F."]) {
    const at = parseLocation(`xnat://h/${context}/P`).location;
    assert.throws(() => addressOf(at), (e) => isVfsError(e) && e.kind === "InvalidUrl", context);
  }
});

const name = fc.string({ unit: "binary", minLength: 1 }).filter(isName);
const plain = name.filter((text) => isShowable(text) && !text.startsWith("~"));
const below = fc.oneof(
  fc.array(name, { maxLength: 4 }),
  fc.array(name, { maxLength: 3 }).map((path) => [".resources", ...path]),
  fc.array(name, { maxLength: 3 }).map((path) => [".assessors", ...path]),
  fc.array(name, { maxLength: 3 }).map((path) => [".reconstructions", ...path]),
  fc.array(name, { maxLength: 3 }).map((path) => [".assessors", "A", ".in", ...path]),
);

Deno.test("locationOf() of addressOf() is the location again", () => {
  const origin = new Location({ scheme: "xnat", host: "h", port: 8443 });
  const segments = fc.tuple(fc.array(plain, { maxLength: 3 }), below)
    .map(([objects, rest]) => [...objects, ...(objects.length === 3 ? rest : [])]);
  const contexts = fc.constantFrom(
    [],
    ["~xnat"],
    ["~a/b"],
    ["~ä b"],
    [".quality=usable"],
    ["~xnat", ".quality=usable,ä b"],
  );
  fc.assert(fc.property(contexts, segments, (context, rest) => {
    const at = new Location({
      scheme: "xnat",
      host: "h",
      port: 8443,
      segments: [...context, ...rest],
    });
    const address = addressOf(at);
    assert.deepEqual(segmentsOf(address), at.segments);
    assert.equal(locationOf(origin, address).href, at.href);
  }));
});
