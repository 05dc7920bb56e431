import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { isTemporaryName } from "../../transports/file/temporaries.ts";
import { until } from "../until.ts";
import { medvfs, withFolder } from "./child.ts";

/** How often `cp` is ended at a random moment, by each signal in turn. */
const KILLS = Number(Deno.env.get("MEDVFS_KILLS") ?? 8);
const SMALL = 60;
const SMALL_SIZE = 300_000;
const BIG_SIZE = 60_000_000;

interface Run {
  readonly code: number;
  readonly signal: string | null;
  readonly elapsedMs: number;
  /** From the signal to the end; 0 when it ended before. */
  readonly settledMs: number;
}

async function copyAndSignal(
  folder: string,
  target: string,
  signal?: Deno.Signal,
  afterMs = 0,
): Promise<Run> {
  const start = performance.now();
  const child = medvfs(["-A"], ["cp", "-r", `${folder}/source`, target], {
    stdout: "null",
    stderr: "null",
  }).spawn();
  let signalled: number | undefined;
  const timer = signal && setTimeout(() => {
    signalled = performance.now();
    try {
      child.kill(signal);
    } catch (error) {
      // It ended before.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }, afterMs);
  const status = await child.status;
  clearTimeout(timer);
  const end = performance.now();
  return {
    code: status.code,
    signal: status.signal,
    elapsedMs: end - start,
    settledMs: end - (signalled ?? end),
  };
}

/** Checks that whatever has a final name is whole, and gives how many files have one and how many are temporary. */
async function look(source: string, target: string): Promise<{ whole: number; temporary: number }> {
  let [whole, temporary] = [0, 0];
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(target)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const { name } of entries) {
    if (isTemporaryName(name)) {
      temporary++;
      continue;
    }
    const [expected, actual] = await Promise.all(
      [source, target].map((folder) => Deno.readFile(`${folder}/${name}`)),
    );
    assert.ok(expected!.length === actual!.length, `${name} has ${actual!.length} bytes`);
    assert.ok(equal(expected!, actual!), `${name} differs`);
    whole++;
  }
  return { whole, temporary };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

async function makeSource(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/source`);
  const bytes = new Uint8Array(BIG_SIZE).map((_, i) => i % 251);
  await Deno.writeFile(`${folder}/source/big`, bytes);
  for (let i = 0; i < SMALL; i++) {
    await Deno.writeFile(`${folder}/source/small${i}`, bytes.subarray(i, i + SMALL_SIZE));
  }
}

Deno.test(`cp ended at a random moment, ${KILLS} times, leaves no half file under a final name`, {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolder(async (folder) => {
    await makeSource(folder);
    const source = `${folder}/source`;
    const undisturbed = await copyAndSignal(folder, `${folder}/all`);
    assert.equal(undisturbed.code, 0);
    assert.deepEqual(await look(source, `${folder}/all`), { whole: SMALL + 1, temporary: 0 });
    await Deno.remove(`${folder}/all`, { recursive: true });

    let cut = 0;
    for (let i = 0; i < KILLS; i++) {
      const signal = i % 2 === 0 ? "SIGINT" : "SIGKILL";
      const target = `${folder}/copy${i}`;
      const afterMs = Math.random() * undisturbed.elapsedMs;
      const run = await copyAndSignal(folder, target, signal, afterMs);
      const { whole, temporary } = await look(source, target);
      const story = JSON.stringify({ ...run, sent: signal, afterMs, whole, temporary });
      if (run.code === 0) assert.equal(whole, SMALL + 1, story);
      if (signal === "SIGINT") {
        assert.equal(temporary, 0, story);
        assert.ok(run.settledMs < 30_000, story);
        // Before the listener is there the default of the system applies.
        assert.ok([0, 130].includes(run.code), story);
      }
      if (whole > 0 && whole <= SMALL) cut++;
      await Deno.remove(target, { recursive: true }).catch(() => {});
    }
    console.log(`${cut} of ${KILLS} runs were cut in the middle`);
  }));

Deno.test("a second signal right after the first ends cp at once and leaves no temporary file", {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolder(async (folder) => {
    const size = 10_000_000;
    const headers = { "content-length": `${size}`, etag: '"1"' };
    // Half of each file comes, and the rest never.
    const half = () =>
      new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(size / 2)) });
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      ({ method }) => new Response(method === "HEAD" ? null : half(), { headers }),
    );
    const sources = ["a", "b", "c"].map((name) => `http://127.0.0.1:${server.addr.port}/${name}`);
    const child = medvfs(["-A"], ["cp", ...sources, `${folder}/t/`], {
      stdout: "null",
      stderr: "null",
    }).spawn();
    const isUnderWay = () =>
      Array.fromAsync(Deno.readDir(`${folder}/t`))
        .then((entries) => entries.some(({ name }) => isTemporaryName(name)), () => false);
    await until(isUnderWay);
    assert.ok(await isUnderWay());
    child.kill("SIGINT");
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    assert.equal((await child.status).code, 130);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/t`)), []);
  }));
