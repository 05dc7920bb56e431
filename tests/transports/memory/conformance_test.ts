import {
  conformance,
  connectForTest,
  faults,
  manualClock,
  memoryTransport,
} from "../../../testing/mod.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import { stack } from "../../../vfs/layers/stack.ts";
import { STORING_ONLY } from "../../testing/content_named.ts";

const { capabilities } = memoryTransport();
const subject = {
  transport: () => connectForTest(memoryTransport(), "memory:///work"),
  capabilities,
};

conformance({ name: "memory", ...subject, guard: false, large: true });

conformance({
  name: "memory, layered",
  ...subject,
  layers: (inner) => stack(inner),
});

for (const seed of [1, 20_261_122]) {
  conformance({
    name: `memory, with faults by seed ${seed}`,
    ...subject,
    faults: faults({
      seed,
      rate: 0.25,
      clock: manualClock({ auto: true }),
      // A removal that is tried again cannot tell "gone by the first try" from "never there".
      operations: ["stat", "list", "get", "put", "mkdir", "copy"],
    }),
    layers: retry({ attempts: 10, clock: manualClock({ auto: true }) }),
  });
}

conformance({
  name: "memory, without what is optional",
  ...subject,
  mask: { ...STORING_ONLY, range: false, etag: false, tree: false },
});

conformance({
  name: "memory, read only",
  ...subject,
  mask: { ...STORING_ONLY, put: "none", keepsTimes: undefined },
});
