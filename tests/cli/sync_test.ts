import { strict as assert } from "node:assert";
import { lockJournal } from "../../cli/sync_journal.ts";
import { isTemporaryName } from "../../transports/file/temporaries.ts";
import { serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Transport } from "../../vfs/transport.ts";
import { seededBytes } from "../../testing/random.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { medvfs, output, withFolder } from "./child.ts";
import { interruptible } from "./interruptible.ts";
import { Cli, lines } from "./run_main.ts";

const NO_JOURNAL = ["--journal", "none"];

async function pair(work: (cli: Cli) => Promise<void>): Promise<void> {
  await using cli = new Cli();
  await cli.write({ "a/new": "n", "a/sub/changed": "after", "a/same": "s" });
  await cli.write({ "b/sub/changed": "b", "b/gone": "g" });
  await cli.vfs.copy("memory:///a/same", "memory:///b/same");
  await work(cli);
}

Deno.test("sync makes a directory hold what another holds, and again does nothing", () =>
  pair(async (cli) => {
    const args = ["sync", "-v", "--delete", ...NO_JOURNAL, "memory:///a", "memory:///b"];
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 0, err);
    assert.deepEqual(lines(out).sort(), [
      "copied new",
      "deleted gone",
      "same same",
      "updated sub/changed",
    ]);
    assert.match(err, /^copied 1, updated 1, deleted 1, 1 the same, /m);
    const again = await cli.run(args);
    assert.equal(again.code, 0);
    assert.match(again.err, /^nothing to do, 3 the same in /m);
  }));

Deno.test("sync that is interrupted tells what was done, in words, as records and in the log", () =>
  withFolder(async (folder) => {
    for (const more of [[], ["--json"], ["--quiet"]]) {
      await using cli = new Cli();
      const { signal } = await interruptible(cli, 5);
      await cli.write({ "n/0": "other" });
      const log = `${folder}/log${more}`;
      const args = ["sync", "--concurrency", "1", "--log", log, ...NO_JOURNAL, ...more];
      const { code, out, err } = await cli.run([...args, "cut://h/s", "memory:///n"], { signal });
      assert.equal(code, 130);
      if (more.includes("--quiet")) assert.equal(err, "");
      else assert.match(err, /^interrupted: copied 1, updated 1, 4 bytes in \d\.\d s\n$/);
      const { report } = JSON.parse(lines(await Deno.readTextFile(log)).at(-1)!);
      const { interrupted, done, failed, bytes, actions } = report;
      assert.deepEqual([interrupted, done, failed, bytes], [true, 2, 0, 4]);
      assert.deepEqual([actions.copy, actions.update, actions.error], [1, 1, 0]);
      if (more.includes("--json")) assert.deepEqual(JSON.parse(lines(out).at(-1)!), { report });
    }
  }));

Deno.test("sync --dry-run prints the plan, and changes nothing", () =>
  pair(async (cli) => {
    const args = ["sync", "-n", "--delete", ...NO_JOURNAL, "memory:///a", "memory:///b"];
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 0);
    assert.deepEqual(lines(out).sort(), ["copy new", "delete gone", "update sub/changed"]);
    assert.match(err, /would copy 1, update 1, delete 1, 1 the same/);
    assert.equal(await cli.vfs.readTextFile("memory:///b/gone"), "g");
    assert.equal(await cli.vfs.exists("memory:///b/new"), false);
  }));

Deno.test("sync --max-delete deletes nothing when more would go, and says so", () =>
  pair(async (cli) => {
    const args = ["sync", "--delete", "--max-delete", "0", ...NO_JOURNAL];
    const plan = await cli.run([...args, "-n", "memory:///a", "memory:///b"]);
    assert.equal(plan.code, 4);
    assert.match(plan.err, /; nothing would be deleted: 1 would go, and at most 0 may/);
    const { code, err } = await cli.run([...args, "memory:///a", "memory:///b"]);
    assert.equal(code, 4);
    assert.match(err, /nothing was deleted: 1 would go, and at most 0 may/);
    assert.match(err, /^2 done of 1 to copy, 1 to update, 1 to delete, 1 the same, 1 skipped/m);
    assert.equal(
      (await cli.run(["sync", "--max-delete", "0", "memory:///a", "memory:///b"])).code,
      2,
    );
    assert.equal(await cli.vfs.exists("memory:///b/gone"), true);
    assert.equal(await cli.vfs.exists("memory:///b/new"), true);
  }));

Deno.test("sync and check --json give a record for each item that changes or differs, with -v for each, and a report that adds up", () =>
  pair(async (cli) => {
    const run = async (command: string, ...more: string[]) => {
      const flags = command === "sync" ? NO_JOURNAL : [];
      const args = [command, "--json", ...more, ...flags, "memory:///a", "memory:///b"];
      return lines((await cli.run(args)).out).map((line) => JSON.parse(line));
    };
    const actions = (records: { action: string }[]) => records.map(({ action }) => action).sort();
    const checked = await run("check");
    const { report: found } = checked.pop();
    assert.equal(found.matching, 1);
    assert.ok(checked.length > 0 && !actions(checked).includes("keep"));
    assert.equal((await run("check", "-v")).length, checked.length + 2);

    const records = await run("sync");
    const { report } = records.pop();
    assert.deepEqual(actions(records), ["copy", "update"]);
    assert.deepEqual([report.done, report.kept, report.skipped, report.failed], [2, 1, 0, 0]);
    const copied = records.find(({ action }) => action === "copy");
    assert.deepEqual([copied.path, copied.result, copied.bytes], ["new", "done", 1]);
    assert.deepEqual(actions((await run("sync", "-v")).slice(0, -1)), ["keep", "keep", "keep"]);
  }));

Deno.test("sync --log appends what became of each file", () =>
  withFolder((folder) =>
    pair(async (cli) => {
      const args = ["sync", "--log", `${folder}/log`, ...NO_JOURNAL, "memory:///a", "memory:///b"];
      await cli.run(args);
      await cli.run(args);
      const records = lines(await Deno.readTextFile(`${folder}/log`)).map((line) =>
        JSON.parse(line)
      );
      const actions = records.map(({ action, report }) => report ? "report" : action);
      assert.deepEqual(actions.sort(), [
        "copy",
        "keep",
        "keep",
        "keep",
        "keep",
        "report",
        "report",
        "update",
      ]);
      for (const { time } of records) assert.ok(!Number.isNaN(Date.parse(time)));
      const nowhere = await cli.run(["sync", "--log", `${folder}/none/log`, ...args.slice(3)]);
      assert.equal(nowhere.code, 1);
      assert.match(nowhere.err, /^medvfs sync: Cannot write "file:.*\/none\/log": not found$/m);
    })
  ));

Deno.test("sync names what cannot be at the destination, and does the rest", () =>
  pair(async (cli) => {
    await cli.write({ "b/new/below": "x" });
    const { code, err } = await cli.run(["sync", ...NO_JOURNAL, "memory:///a", "memory:///b"]);
    assert.equal(code, 4);
    assert.match(err, /Cannot sync "memory:\/\/\/a\/new": a directory is at the destination/);
    assert.equal(await cli.vfs.readTextFile("memory:///b/sub/changed"), "after");
  }));

Deno.test("sync takes globs, with braces and at any depth", () =>
  pair(async (cli) => {
    await cli.write({ "a/x/y/1.dcm": "", "a/x/2.nii.gz": "", "a/tmp/3.dcm": "", "a/4.txt": "" });
    const run = async (...flags: string[]) => {
      const args = ["sync", "-n", ...flags, ...NO_JOURNAL, "memory:///a", "memory:///c"];
      const { code, out, err } = await cli.run(args);
      assert.equal(code, 0, err);
      return lines(out).map((line) => line.replace("copy ", "")).sort();
    };
    assert.deepEqual(await run("--match", "*.dcm", "--skip", "tmp"), ["x/y/1.dcm"]);
    assert.deepEqual(await run("--match", "x/**"), ["x/2.nii.gz", "x/y/1.dcm"]);
    assert.deepEqual(await run("--match", "*.{nii.gz,txt}"), ["4.txt", "x/2.nii.gz"]);
    assert.deepEqual(await run("--match", "[0-3].*", "--skip", "**/y"), [
      "tmp/3.dcm",
      "x/2.nii.gz",
    ]);
    assert.deepEqual(await run("--match", "*/?[!a].nii.gz"), []);
    const wrong = await cli.run([
      "sync",
      "--checksum",
      "--size-only",
      "memory:///a",
      "memory:///b",
    ]);
    assert.equal(wrong.code, 2);
  }));

Deno.test("sync takes DICOM files by header into folders by header", async () => {
  await using cli = new Cli();
  let count = 0;
  for await (const { bytes } of phantomStudy({ modalities: ["CT", "MR"] })) {
    await cli.write({ [`in/${count++}`]: bytes });
  }
  await cli.write({ "in/readme.txt": "text" });
  const layout = "{Modality}/{SeriesNumber}-{SeriesDescription}/{InstanceNumber}.dcm";
  const args = ["sync", "--layout", layout, "--modality", "ct", ...NO_JOURNAL];
  const { code, err } = await cli.run([...args, "memory:///in", "memory:///out"]);
  assert.equal(code, 0, err);
  const paths = await Array.fromAsync(cli.vfs.entries("memory:///out", { includeDirs: false }));
  assert.ok(paths.length > 0 && paths.length < count);
  for (const { url } of paths) {
    assert.match(url, /^memory:\/\/\/out\/CT\/[^/]+\/\d+(-[0-9a-f]{12})?\.dcm$/);
    assert.equal((await cli.vfs.readDicomHeader(url)).string("Modality"), "CT");
  }
});

Deno.test("sync says nothing of what a filter by header leaves out", async () => {
  await using cli = new Cli();
  let count = 0;
  for await (const { bytes } of phantomStudy({ modalities: ["CT", "MR"] })) {
    await cli.write({ [`in/${count++}`]: bytes });
  }
  const args = ["sync", "--modality", "CT", ...NO_JOURNAL, "memory:///in", "memory:///out"];
  const { code, out, err } = await cli.run(args);
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, /^copied [0-9]+, 0 the same, .+ in .+\n$/);
});

Deno.test("sync and cp name ten that failed for one reason, and all with -v", async () => {
  await using cli = new Cli();
  for (let i = 0; i < 12; i++) await cli.write({ [`a/f${i}`]: "x", [`b/a/f${i}/is/there`]: "y" });
  const runs = [["sync", ...NO_JOURNAL, "memory:///a", "memory:///b/a"], [
    "cp",
    "-r",
    "memory:///a",
    "memory:///b",
  ]];
  for (const args of runs) {
    const named = /^medvfs [a-z]+: .*"memory:.*f[0-9]+"/gm;
    const { code, err } = await cli.run(args);
    assert.equal(code, 5, err);
    assert.equal(err.match(named)?.length, 10, err);
    assert.match(err, /^medvfs [a-z]+: 2 more, which -v names: Cannot [a-z]+ …: /m);
    const all = await cli.run([...args, "-v"]);
    assert.equal(all.err.match(named)?.length, 12, all.err);
    assert.doesNotMatch(all.err, /more, which/);
  }
});

Deno.test("sync takes it for one reason how often a peer was tried that went away", async () => {
  await using cli = new Cli();
  for (let i = 0; i < 30; i++) await cli.write({ [`a/f${i}`]: "x" });
  const gone = new VfsError("Unavailable", { op: "associate with", url: "fading://peer/" });
  let left = 25;
  const memory = memoryTransport();
  cli.registry.register({
    ...memory,
    name: "fading",
    schemes: ["fading"],
    connect: async (options) => {
      const inner = await memory.connect(options);
      const put: Transport["put"] = () =>
        Promise.reject(left-- > 0 ? gone.exhausted(left % 2 + 2) : gone);
      return { ...inner, put, putMany: undefined };
    },
  });
  const args = ["sync", "--retries", "0", ...NO_JOURNAL, "memory:///a", "fading://peer/"];
  const { err } = await cli.run(args);
  const named = lines(err).filter((line) => /^medvfs sync: .*f[0-9]+"/.test(line));
  assert.equal(named.length, 10, err);
  assert.match(err, /^medvfs sync: 20 more, which -v names: Cannot associate with …: /m);
});

Deno.test("check tells what differs, by exit code too", () =>
  pair(async (cli) => {
    const args = ["check", "memory:///a", "memory:///b"];
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 4);
    assert.deepEqual(lines(out).sort(), ["differs sub/changed", "extra gone", "missing new"]);
    assert.match(err, /1 the same, 1 differ, 1 missing, 1 extra/);
    await cli.run(["sync", ...NO_JOURNAL, "memory:///a", "memory:///b"]);
    assert.equal((await cli.run(args)).code, 4);
    assert.equal((await cli.run([...args, "--one-way", "--checksum"])).code, 0);
    assert.equal((await cli.run(["check", "memory:///nothing", "memory:///b"])).code, 1);
  }));

Deno.test("sync keeps its journal in the state directory, for its owner alone", {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a`);
    await Deno.writeTextFile(`${folder}/a/f`, "x");
    const env = { XDG_STATE_HOME: `${folder}/state` };
    const args = ["sync", `${folder}/a`, `${folder}/b`];
    const { code } = await medvfs(["-A"], args, { env }).output();
    assert.equal(code, 0);
    const { mode } = await Deno.stat(`${folder}/state/medvfs/sync`);
    assert.equal(mode! & 0o777, 0o700);
    // Where there cannot be one, as in a home that is read-only, there is none.
    const nowhere = { XDG_STATE_HOME: `${folder}/a/f` };
    const { code: without } = await medvfs(["-A"], args, { env: nowhere }).output();
    assert.equal(without, 0);
    // Without permissions for it there is none, and nobody is asked.
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const plain = await output(flags, "sync", `${folder}/a`, `${folder}/c`);
    assert.deepEqual([plain.code, plain.out], [0, ""], plain.err);
  }));

Deno.test("sync --patient asks an archive for the patients by id and by name, and for nobody else's studies", async () => {
  await using cli = new Cli();
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  const people = [["P1", "Doe^Jane"], ["P2", "Roe^Ann"], ["DOE7", "Poe^Edgar"], ["P.", "X^Y"]];
  for (const [seed, [patientID, patientName]] of people.entries()) {
    const study = phantomStudy({ seed: seed + 1, patientID, patientName, modalities: ["CT"] });
    for await (const { bytes } of study) {
      await cli.vfs.writeFile(node.url, bytes);
      break;
    }
  }
  const layout = ["--layout", "{PatientID}/{SOPInstanceUID}.dcm"];
  const patients = async (glob: string) => {
    const args = ["sync", "-n", "-v", "--patient", glob, ...layout, ...NO_JOURNAL];
    const { code, out, err } = await cli.run([...args, node.url, "memory:///out"]);
    assert.equal(code, 0, err);
    return lines(out).map((line) => line.split(/[ /]/)[1]).sort();
  };
  const finds = () => node.requests.entries.filter(({ service }) => service === "C-FIND").length;
  const before = finds();
  assert.deepEqual(await patients("DOE*"), ["DOE7", "P1"]);
  // Three lists of patients, and studies, series and instances of two of them.
  assert.ok(finds() - before <= 9, `${finds() - before} queries`);
  // An archive shows names in a form that is safe in paths.
  assert.deepEqual(await patients("P."), ["P%2E"]);
  assert.deepEqual(await patients("nobody"), []);
});

Deno.test("sync --importer fills an XNAT's project from folders, once", async () => {
  await using cli = new Cli();
  await using server = await startXnatServer();
  server.seed.project("P");
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    await cli.write({ [`in/${path.join("/")}`]: bytes });
  }
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  const run = () => cli.run(["sync", "--importer", ...NO_JOURNAL, "memory:///in", url]);
  const missing = await cli.run(["sync", "--importer", ...NO_JOURNAL, "memory:///in", `${url}Q`]);
  assert.match(missing.err, /PQ": not found.*\(a project has to be there first: medvfs mkdir/);
  const first = await run();
  assert.deepEqual([first.code, first.out], [0, ""], first.err);
  assert.match(first.err, /^copied 18, 0 the same, /m);
  assert.match((await run()).err, /^nothing to do, 18 the same in /m);
});

Deno.test("sync refuses to run beside another sync of the same places", () =>
  withFolder((folder) =>
    pair(async (cli) => {
      const args = ["sync", "--journal", `${folder}/j`, "memory:///a", "memory:///b"];
      {
        using _lock = lockJournal(`${folder}/j`);
        const { code, err } = await cli.run(args);
        assert.equal(code, 5);
        assert.match(err, /another sync of these places is running/);
        assert.equal((await cli.run([...args, "-n"])).code, 0);
      }
      assert.equal((await cli.run(args)).code, 0);
    })
  ));

const KILLS = Number(Deno.env.get("MEDVFS_KILLS") ?? 6);

Deno.test(`sync killed at a random moment, ${KILLS} times, goes on to the same trees`, {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolder(async (folder) => {
    const source = `${folder}/a`;
    for (let i = 0; i < 300; i++) {
      await Deno.mkdir(`${source}/${i % 7}`, { recursive: true });
      await Deno.writeFile(`${source}/${i % 7}/f${i}`, seededBytes(i, 40_000 + i));
    }
    const run = async (target: string, afterMs?: number) => {
      const start = performance.now();
      const child = medvfs(["-A"], ["sync", "--delete", ...NO_JOURNAL, source, target], {
        stdout: "null",
        stderr: "null",
      }).spawn();
      const timer = afterMs === undefined ? undefined : setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch (error) {
          // It ended before.
          if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
        }
      }, afterMs);
      const { code } = await child.status;
      clearTimeout(timer);
      return { code, elapsedMs: performance.now() - start };
    };
    const undisturbed = await run(`${folder}/whole`);
    assert.equal(undisturbed.code, 0);
    let cut = 0;
    for (let i = 0; i < KILLS; i++) {
      const target = `${folder}/b${i}`;
      await Deno.mkdir(target);
      await Deno.writeTextFile(`${target}/gone`, "");
      await run(target, Math.random() * undisturbed.elapsedMs);
      const before = await count(target);
      if (before > 1 && before < 300) cut++;
      assert.equal((await run(target)).code, 0);
      const same = await output(["-A"], "check", "--checksum", source, target);
      assert.deepEqual([same.code, same.out], [0, ""], `run ${i}`);
      await Deno.remove(target, { recursive: true });
    }
    console.log(`${cut} of ${KILLS} runs were cut in the middle`);
  }));

/** Files of a tree, without temporary ones. */
async function count(folder: string): Promise<number> {
  let files = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files += await count(`${folder}/${name}`);
    else if (!isTemporaryName(name)) files++;
  }
  return files;
}
