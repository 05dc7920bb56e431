import { DEFAULT_FILES } from "../../../testing/conformance/files.ts";
import { conformance, connectForTest } from "../../../testing/mod.ts";
import { httpTransport } from "../../../transports/http/mod.ts";
import { stack } from "../../../vfs/layers/stack.ts";
import { type Manners, serveFiles } from "./_server.ts";

const below = Object.fromEntries(
  Object.entries(DEFAULT_FILES).map(([path, bytes]) => [`work/${path}`, bytes]),
);
const { capabilities } = httpTransport();
const common = { capabilities, files: DEFAULT_FILES, query: "any=thing" };

conformance({ ...common, name: "http", transport: () => connected() });
conformance({
  ...common,
  name: "http, without HEAD and ranges",
  transport: () => connected({ head: false, ranges: false }),
});
conformance({
  ...common,
  name: "http, layered",
  transport: () => connected(),
  layers: (inner) => stack(inner),
});

async function connected(manners?: Manners) {
  const server = serveFiles(below, manners);
  const at = await connectForTest(httpTransport(), `${server.origin}/work`);
  return { ...at, dispose: () => server[Symbol.asyncDispose]() };
}
