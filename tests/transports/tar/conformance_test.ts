import { gzipSync } from "node:zlib";
import { DEFAULT_FILES } from "../../../testing/conformance/files.ts";
import { conformance } from "../../../testing/conformance.ts";
import { READING } from "../../../transports/archive/archive_transport.ts";
import { tarTransport } from "../../../transports/tar/mod.ts";
import { inside } from "../archive/_inside.ts";
import { tarOf } from "./_build.ts";

const below = Object.fromEntries(
  Object.entries(DEFAULT_FILES).map(([path, bytes]) => [`./top/${path}`, bytes]),
);
const plain = tarOf(below);
const capabilities = { ...READING, getMany: 8 * 1024 * 1024, getManyAcross: true };
const common = { capabilities, files: DEFAULT_FILES, query: "*" };

conformance({ ...common, name: "tar", transport: () => connected(plain) });
conformance({
  ...common,
  name: "tar, gzipped",
  transport: () => connected(new Uint8Array(gzipSync(plain))),
});

async function connected(bytes: Uint8Array<ArrayBuffer>) {
  const { transport, root, dispose } = await inside(tarTransport(), bytes);
  return { transport, root: root.child("top"), dispose };
}
