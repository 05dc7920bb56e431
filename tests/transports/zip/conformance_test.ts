import { DEFAULT_FILES } from "../../../testing/conformance/files.ts";
import { conformance, masked } from "../../../testing/conformance.ts";
import { READING } from "../../../transports/archive/archive_transport.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { stack } from "../../../vfs/layers/stack.ts";
import { inside } from "../archive/_inside.ts";
import { type Draft, zipOf } from "./_build.ts";

const below = Object.fromEntries(
  Object.entries(DEFAULT_FILES).map(([path, bytes]) => [`work/${path}`, bytes]),
);
const mask = {
  put: "none",
  batches: undefined,
  remove: false,
  removeTree: false,
  removeMany: false,
  rename: false,
} as const;
const common = { capabilities: READING, files: DEFAULT_FILES, query: "*", mask };

const kinds: Readonly<Record<string, Partial<Draft>>> = {
  stored: {},
  deflated: { deflated: true },
  "sizes after the data": { deflated: true, described: true },
  zip64: { zip64: true, deflated: true },
};

for (const [name, options] of Object.entries(kinds)) {
  conformance({
    ...common,
    name: `zip, ${name}`,
    transport: () => connected(options),
  });
}

conformance({
  ...common,
  name: "zip, layered",
  transport: () => connected({ deflated: true }),
  layers: (inner) => stack(inner),
});

conformance({
  ...common,
  name: "zip, in what has no etags",
  capabilities: { ...READING, etag: false },
  transport: () => connected({}, true),
});

async function connected(options: Partial<Draft>, isPlain = false) {
  const bytes = zipOf(below, options, { zip64: options.zip64 });
  const { transport, root, dispose } = await inside(
    zipTransport(),
    bytes,
    (inner) => isPlain ? masked(inner, { etag: false }) : inner,
  );
  return { transport, root: root.child("work"), dispose };
}

const { capabilities } = zipTransport();
const skip = { "name: a backslash": "zips have slashes alone, and others take one for the other" };
const written = { capabilities, query: "*", transport: empty, skip };
conformance({ ...written, name: "zip, written" });
conformance({ ...written, name: "zip, written, layered", layers: (inner) => stack(inner) });

async function empty() {
  const { transport, root, dispose } = await inside(zipTransport(), undefined);
  return { transport, root: root.child("work"), dispose };
}
