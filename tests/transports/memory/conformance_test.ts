import { conformance, connectForTest, memoryTransport } from "../../../testing/mod.ts";

const { capabilities } = memoryTransport();
const transport = () => connectForTest(memoryTransport(), "memory:///work");

conformance({
  name: "memory",
  transport,
  capabilities,
  guard: false,
  large: true,
});
