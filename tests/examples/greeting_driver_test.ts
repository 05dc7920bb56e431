/** The example driver of CONTRIBUTING passes the conformance suite, as a driver that only reads. */

import { greetingDriver } from "../../examples/greeting_driver.ts";
import { conformance, connectForTest } from "../../testing/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

conformance({
  name: "greeting",
  capabilities: greetingDriver.capabilities,
  transport: () => connectForTest(greetingDriver, "greeting://world/"),
  files: { "de.txt": bytes("Guten Tag"), "en.txt": bytes("Hello") },
});
