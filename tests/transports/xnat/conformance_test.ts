import {
  conformance,
  type Connected,
  connectForTest,
  faults,
  type Imports,
  manualClock,
} from "../../../testing/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import { stack } from "../../../vfs/layers/stack.ts";

async function connected(): Promise<Connected> {
  const server = await startXnatServer();
  server.seed.scan(["P", "sub1", "sub1_mr", "1"]);
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub1/sub1_mr/1/WORK`;
  const made = await connectForTest(xnatTransport(), url);
  return { ...made, dispose: () => server.close() };
}

const { capabilities } = xnatTransport();
const skip = {
  "name: a backslash":
    "Tomcat, under which XNAT runs, refuses paths with a backslash, escaped or not",
};
const series: Uint8Array<ArrayBuffer>[] = [];
for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) series.push(bytes);
const imports: Imports = {
  into: (root) => root.parent()!.parent()!.parent()!.child("imported"),
  files: series.slice(0, 3),
};
const subject = { transport: connected, capabilities, skip, query: "refresh=true", imports };

conformance({ name: "xnat", ...subject });

// A thousand uploads take some seconds, and layers change nothing about them.
const layered = {
  ...subject,
  skip: { ...skip, "list: 1,001 entries come once each": "takes long, done without layers" },
};

conformance({ name: "xnat, layered", ...layered, layers: (inner) => stack(inner) });

conformance({
  name: "xnat, with faults",
  ...layered,
  faults: faults({
    seed: 20_261_122,
    rate: 0.25,
    clock: manualClock({ auto: true }),
    operations: ["stat", "list", "get", "getMany", "put", "putMany", "mkdir", "importFiles"],
  }),
  layers: retry({ attempts: 10, clock: manualClock({ auto: true }) }),
});
