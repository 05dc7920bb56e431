import { strict as assert } from "node:assert";
import config from "../../deno.json" with { type: "json" };
import { Cli } from "./run_main.ts";

const COMMANDS = [
  "browse",
  "cat",
  "check",
  "completion",
  "cp",
  "du",
  "dump",
  "echo",
  "find",
  "hash",
  "info",
  "label",
  "label-server",
  "login",
  "logout",
  "ls",
  "mkdir",
  "mv",
  "peers",
  "rm",
  "schemes",
  "serve-dicom",
  "serve-xnat",
  "show",
  "stat",
  "sync",
  "tree",
];

const LABEL_COMMANDS = ["archive", "get", "ls", "rm", "save", "status"];

/** What stands after `medvfs` to call each command. */
const CALLS = COMMANDS.flatMap((name) =>
  name === "label" ? LABEL_COMMANDS.map((verb) => [name, verb]) : [[name]]
);

Deno.test("--help lists all commands and the exit codes on stdout", async () => {
  await using cli = new Cli();
  const { code, out, err } = await cli.run(["--help"]);
  assert.deepEqual([code, err], [0, ""]);
  for (const name of COMMANDS) assert.match(out, new RegExp(`^  ${name} `, "m"));
  for (const exit of [0, 1, 2, 3, 4, 5, 130, 141]) {
    assert.match(out, new RegExp(`^  ${exit} +\\w`, "m"));
  }
});

Deno.test("-q may stand among the letters of a command", async () => {
  await using cli = new Cli();
  await cli.write({ "in/a": "a" });
  const copy = async (letters: string) => {
    const { code, err } = await cli.run(["cp", letters, "memory:///in", `memory:///out${letters}`]);
    return [code, err === ""];
  };
  assert.deepEqual(await copy("-qr"), [0, true]);
  assert.deepEqual(await copy("-rq"), [0, true]);
  assert.deepEqual(await copy("-r"), [0, false]);
});

Deno.test("one command alone is parsed as all are: its name may follow options, and be mistyped", async () => {
  await using cli = new Cli();
  const { out } = await cli.run(["schemes"]);
  assert.equal((await cli.run(["--concurrency", "2", "--quiet", "schemes"])).out, out);
  assert.match((await cli.run(["-q", "mvv", "ls", "/data"])).err, /Did you mean mv\?/);
  const missing = await cli.run(["--concurrency", "ls", "/data"]);
  assert.match(missing.err, /^medvfs: option '--concurrency <n>' argument 'ls' is invalid/);
  assert.deepEqual(await cli.run(["--version"]).then(({ code, err }) => [code, err]), [0, ""]);
});

Deno.test("every command has help with two examples, which the parser understands", async () => {
  await using cli = new Cli();
  for (const call of CALLS) {
    const name = call.join(" ");
    const { code, out } = await cli.run([...call, "--help"]);
    assert.equal(code, 0, name);
    const examples = out.slice(out.indexOf("Examples:")).split("\n")
      .filter((line) => line.startsWith("  medvfs "));
    assert.ok(examples.length >= 2, name);
    for (const example of examples) {
      const words = example.replace(/ [|>] .*/, "").trim().replaceAll(/['"]/g, "").split(/ +/);
      // With --help at its end a command line is parsed but not run; an unknown option still fails.
      assert.equal((await cli.run([...words.slice(1), "--help"])).code, 0, example);
    }
    if (call.length === 1) assert.equal((await cli.run(["help", name])).out, out);
  }
});

Deno.test("-h is help where it is no other flag", async () => {
  await using cli = new Cli();
  for (const call of [[], ["cp"], ["find"], ["label"], ["label", "ls"], ["serve-dicom"]]) {
    const [short, long] = [await cli.run([...call, "-h"]), await cli.run([...call, "--help"])];
    assert.deepEqual([short.code, short.out], [0, long.out], call.join(" "));
  }
  assert.doesNotMatch((await cli.run(["ls", "-h", "memory:///"])).out, /Usage/);
});

Deno.test("a group of commands has help that lists them, and wants one of them", async () => {
  await using cli = new Cli();
  const { code, out } = await cli.run(["label", "--help"]);
  assert.equal(code, 0);
  for (const verb of LABEL_COMMANDS) assert.match(out, new RegExp(`^  ${verb} `, "m"));
  assert.equal((await cli.run(["help", "label"])).out, out);
  const none = await cli.run(["label"]);
  assert.deepEqual([none.code, none.out], [2, ""]);
  assert.match(none.err, /^Usage: medvfs label/);
  const unknown = await cli.run(["label", "lss", "/data"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /^medvfs label: unknown command 'lss'/);
  const option = await cli.run(["label", "ls", "--foo", "/data"]);
  assert.match(option.err, /^medvfs label ls: unknown option '--foo'/);
});

Deno.test("--version prints that of the package", async () => {
  await using cli = new Cli();
  assert.equal((await cli.run(["--version"])).out, `${config.version}\n`);
});

Deno.test("wrong usage ends with 2 and says what is wrong on stderr", async () => {
  await using cli = new Cli();
  const cases: [string[], RegExp][] = [
    [[], /^Usage: medvfs/],
    [["lss"], /^medvfs: unknown command 'lss'\n\(Did you mean ls\?\)/],
    [["ls", "--foo"], /^medvfs ls: unknown option '--foo'/],
    [["find", "/data", "-name", "*.dcm"], /unknown option '-name'\n\(Did you mean --name\?\)\n/],
    [["cat"], /^medvfs cat: missing required argument/],
    [["schemes", "x"], /^medvfs schemes: too many arguments/],
    [["ls", "--concurrency", "0"], /whole number, 1 or more/],
    [["ls", "--timeout", "-1"], /above 0/],
    [["completion", "tcsh"], /Allowed choices are bash, zsh, fish/],
    [["ls", "nosuch://host/"], /no transport for "nosuch:"/],
    [["ls", "memory:///%zz"], /not followed by UTF-8/],
  ];
  for (const [args, expected] of cases) {
    const { code, out, err } = await cli.run(args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, expected);
  }
});

Deno.test("credentials in URLs are never printed", async () => {
  await using cli = new Cli();
  const url = "nosuch://joe:s3cret@host/a";
  const commands = [
    [url],
    ["ls", url],
    ["cp", "-v", url, url],
    ["cp", url, "memory:///x"],
    ["ls", "--json", "memory://joe:s3cret@host/no"],
    ["find", "--tag", url],
    ["cat", "--range", url, "x"],
    ["ls", "--verbose", "memory://joe:s3cret@host/"],
    ["find", "memory://joe:s3cret@host/"],
    ["rm", "-r", "memory://joe:s3cret@host/"],
    ["ls", "memory://joe:s3cret@ho st/"],
  ];
  await cli.vfs.writeFile("memory://host/x", "1");
  for (const args of commands) {
    const { out, err } = await cli.run(args, { debug: true });
    assert.doesNotMatch(out + err, /s3cret|joe/, args.join(" "));
    assert.ok(out + err, args.join(" "));
  }
});

Deno.test("global options work before and after the command", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  const quiet = { code: 0, out: "", err: "" };
  assert.deepEqual(await cli.run(["--quiet", "cp", "memory:///a", "memory:///b"]), quiet);
  assert.deepEqual(await cli.run(["cp", "memory:///a", "memory:///b", "--quiet"]), quiet);
  const args = ["--concurrency", "2", "ls", "--retries", "0", "--timeout", "2.5", "memory:///a"];
  assert.equal((await cli.run(args)).out, "memory:///a\n");
});

Deno.test("--verbose logs operations to stderr, and errors with a stack", async () => {
  await using cli = new Cli();
  await cli.write({ a: "1" });
  const { out, err } = await cli.run(["--verbose", "stat", "memory:///a"]);
  assert.match(out, /^name/);
  assert.match(err, /^stat memory:\/\/\/a, \d+ ms\n/);
  assert.match((await cli.run(["--verbose", "stat", "memory:///no"])).err, /\n +at /);
  assert.doesNotMatch((await cli.run(["stat", "memory:///no"])).err, /\n +at /);
});

Deno.test("--retries bounds the tries of what fails for a moment", async () => {
  await using cli = new Cli();
  const { memoryTransport } = await import("../../transports/memory/mod.ts");
  const { VfsError } = await import("../../vfs/errors.ts");
  const memory = memoryTransport();
  let tries = 0;
  cli.registry.register({
    ...memory,
    schemes: ["away"],
    connect: async (options) => ({
      ...await memory.connect(options),
      stat: ({ href }) => {
        tries++;
        return Promise.reject(new VfsError("Unavailable", { op: "stat", url: href }));
      },
    }),
  });
  const { code, err } = await cli.run(["stat", "--retries", "1", "away://host/x"]);
  assert.deepEqual([code, tries], [5, 2]);
  assert.match(err, /after 2 attempts/);
});

Deno.test("an interrupted command ends with 130 soon, also when the driver hangs", async () => {
  await using cli = new Cli();
  const { memoryTransport } = await import("../../transports/memory/mod.ts");
  const memory = memoryTransport();
  cli.registry.register({
    ...memory,
    schemes: ["hang"],
    connect: async (options) => ({
      ...await memory.connect(options),
      stat: () => new Promise(() => {}),
    }),
  });
  const controller = new AbortController();
  const running = cli.run(["stat", "hang://host/x"], { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  const start = performance.now();
  const { code, out, err } = await running;
  assert.deepEqual([code, out, err], [130, "", ""]);
  // Time limits are a minute and more.
  assert.ok(performance.now() - start < 20_000);
});

Deno.test("completion scripts name every command and option", async () => {
  await using cli = new Cli();
  for (const shell of ["bash", "zsh", "fish"]) {
    const { out, code } = await cli.run(["completion", shell]);
    assert.equal(code, 0);
    for (const name of [...COMMANDS, "help"]) assert.match(out, new RegExp(`\\b${name}\\b`));
    for (const option of ["study-date", "no-clobber", "concurrency", "sha256"]) {
      assert.ok(out.includes(option), `${shell} ${option}`);
    }
  }
});

Deno.test("the bash completion completes commands, options, choices and paths", {
  ignore: !hasBash(),
}, async () => {
  await using cli = new Cli();
  const { out } = await cli.run(["completion", "bash"]);
  const complete = (...words: string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const script = `${out}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _medvfs
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = new Deno.Command("bash", {
      args: ["--norc", "-c", script],
      stderr: "null",
      cwd: new URL("../../", import.meta.url),
    }).outputSync();
    return new TextDecoder().decode(stdout).trim().split("\n");
  };
  assert.deepEqual(complete("medvfs", "sch"), ["schemes"]);
  assert.deepEqual(complete("medvfs", "find", "--mod"), ["--modality"]);
  assert.deepEqual(complete("medvfs", "hash", "--algorithm", "sha"), ["sha1", "sha256"]);
  assert.deepEqual(complete("medvfs", "completion", "z"), ["zsh"]);
  assert.deepEqual(complete("medvfs", "label", "sa"), ["save"]);
  assert.deepEqual(complete("medvfs", "label", "ls", "--unl"), ["--unlabeled"]);
  assert.deepEqual(complete("medvfs", "label", "ls", "deno.j"), ["deno.json"]);
  assert.deepEqual(complete("medvfs", "-q", "ls", "deno.j"), ["deno.json"]);
});

function hasBash(): boolean {
  try {
    return new Deno.Command("bash", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
