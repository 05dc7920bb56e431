import { strict as assert } from "node:assert";
import { withFixture } from "./fixture.ts";

Deno.test("a permission that Deno was not given is PermissionDenied and names the flag", () =>
  withFixture(async ({ dir, path }) => {
    await Deno.mkdir(path("in"));
    await Deno.writeTextFile(path("in", "f"), "x");
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        `--allow-read=${path("in")}`,
        new URL("./denied_child.ts", import.meta.url).href,
        dir,
      ],
      env: { NO_COLOR: "1" },
    });
    const { stdout, stderr } = await child.output();
    const results: unknown = JSON.parse(new TextDecoder().decode(stdout) || "null");
    assert.deepEqual(results, [
      ["fine", ""],
      ["PermissionDenied", `needs --allow-read=${path("out")}`],
      ["PermissionDenied", `needs --allow-read=${path("out")}`],
      ["PermissionDenied", `needs --allow-read=${path("in")} --allow-write=${path("in")}`],
      ["PermissionDenied", `needs --allow-read=${path("out")} --allow-write=${path("out")}`],
      ["PermissionDenied", `needs --allow-read=${path("out")} --allow-write=${path("out")}`],
      ["PermissionDenied", `needs --allow-read=${path("out", "f")}`],
    ], new TextDecoder().decode(stderr));
  }));
