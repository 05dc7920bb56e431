import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { Cli } from "./run_main.ts";
import { testWithLinks } from "../links.ts";

/** A `memory:` that stores slowly. */
async function slow(): Promise<Cli> {
  const cli = new Cli();
  const memory = memoryTransport();
  cli.registry.register({
    ...memory,
    schemes: ["slow"],
    async connect(options) {
      const transport = await memory.connect(options);
      const put: typeof transport.put = async (location, source, options) => {
        await new Promise((resolve) => setTimeout(resolve, 350));
        return await transport.put!(location, source, options);
      };
      return { ...transport, put };
    },
  });
  await cli.write({ "s/a": "1", "s/b": "2" });
  return cli;
}

const COPY = ["cp", "-r", "--concurrency", "1", "memory:///s", "slow:///t"];

Deno.test("cp shows a progress line on a terminal, and takes it away at the end", async () => {
  await using cli = await slow();
  const { code, out, err } = await cli.run(COPY, { stderrIsTerminal: true });
  assert.deepEqual([code, out], [0, ""]);
  const states = err.split("\r\x1b[K");
  assert.ok(
    states.some((state) => /^\[#{12}\.{12}\] {2}50% {2}1\/2 files/.test(state)),
    JSON.stringify(states),
  );
  assert.ok(
    states.some((state) => /^\[#{24}\] 100% {2}2\/2 files/.test(state)),
    JSON.stringify(states),
  );
  assert.match(states.at(-1)!, /^copied 2 files, 2 bytes in \d+\.\d s\n$/);
});

Deno.test("cp shows no progress without a terminal or with --quiet", async () => {
  await using cli = await slow();
  assert.match((await cli.run(COPY)).err, /^copied 2 files, 2 bytes in \d+\.\d s\n$/);
  assert.equal((await cli.run([...COPY, "-q"], { stderrIsTerminal: true })).err, "");
});

Deno.test("errors are red on a terminal, and control characters in them escaped", async () => {
  await using cli = new Cli();
  const args = ["dump", "--tag", "x\x1b[2J", "memory:///a"];
  const { err } = await cli.run(args, { stderrIsTerminal: true });
  assert.equal(
    err,
    '\x1b[31mmedvfs dump: Cannot use "x\\x1b[2J": neither a DICOM keyword nor a tag\x1b[0m\n',
  );
});

testWithLinks(
  "a newline in the name of a file makes no line of its own on a terminal",
  async () => {
    await using cli = new Cli();
    const folder = await Deno.makeTempDir();
    try {
      await Deno.symlink("x", `${folder}/a\nmedvfs: all is well\x1b[2J`);
      for (const args of [["cp", "-r"], ["sync", "--journal", "none"]]) {
        const { err } = await cli.run([...args, folder, "memory:///t"], { stderrIsTerminal: true });
        // The last line counts them.
        const [line, ...rest] = err.replaceAll("\r\x1b[K", "").split("\n");
        assert.ok(line!.endsWith("a\\x0amedvfs: all is well\\x1b[2J: a symbolic link"), line);
        assert.equal(rest.some((line) => line.includes("all is well")), false);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("stacks, and what the parser of the options says, keep their lines on a terminal", async () => {
  await using cli = new Cli();
  const { err } = await cli.run(["cat", "memory:///none"], { stderrIsTerminal: true, debug: true });
  assert.match(err, /\n +at .*\n +at /);
  const usage = await cli.run(["cat", "--nonsense"], { stderrIsTerminal: true });
  assert.equal(usage.err.split("\n").length, 3, usage.err);
});

Deno.test("lines of -v do not run into the progress line", async () => {
  await using cli = await slow();
  const { out, err } = await cli.run([...COPY, "-v"], {
    stderrIsTerminal: true,
    stdoutIsTerminal: true,
  });
  assert.equal(out, "memory:///s/a -> slow:///t/a\nmemory:///s/b -> slow:///t/b\n");
  // deno-lint-ignore no-control-regex
  assert.match(err, /^(\r\x1b\[K[^\n]*)*\r\x1b\[Kcopied 2 files[^\n]*\n$/);
});
