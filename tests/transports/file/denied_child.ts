/** Reads and writes in the folder given, where only reading `in` is allowed, and prints what it met. */

import { toFileUrl } from "@std/path";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { CALL, connect } from "./fixture.ts";

const { location } = parseLocation(toFileUrl(Deno.args[0] ?? ""));
const transport = connect();
const ONE = sourceOfBytes(new Uint8Array(1));
const calls = [
  () => transport.get(location.join("in", "f"), CALL),
  () => transport.get(location.join("out"), CALL),
  () => transport.stat(location.join("out"), CALL),
  () => transport.put(location.join("in", "f"), ONE, CALL),
  () => transport.put(location.join("out", "f"), ONE, CALL),
  () => transport.copy!(location.join("in", "f"), location.join("out", "f"), CALL),
  () => transport.copy!(location.join("out", "f"), location.join("in", "g"), CALL),
];

async function meet(call: () => Promise<unknown>): Promise<[string, string]> {
  try {
    await call();
    return ["fine", ""];
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return [error.kind, error.message.slice(error.message.indexOf("needs"))];
  }
}

const results: [string, string][] = [];
for (const call of calls) results.push(await meet(call));
console.log(JSON.stringify(results));
