import { strict as assert } from "node:assert";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { until } from "../../until.ts";
import { asRead, seriesOf, type World, world } from "./_archive.ts";

const SERIES = "PAT1/1.2.3.1/1.2.3.1.1";

async function list(world: World, path: string): Promise<string[]> {
  return (await Array.fromAsync(world.vfs.readDir(`${world.url}/${path}`), (e) => e.url)).sort();
}

async function failure(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(isVfsError(error), `${error}`);
  return error;
}

const sameFile = (actual: Uint8Array, stored: Uint8Array<ArrayBuffer>) =>
  assert.deepEqual(actual, asRead(stored));

Deno.test("a walk and reading all of 90 instances cost 4 C-FIND and 1 C-GET (D3)", async () => {
  const samples = seriesOf({ count: 90, bytes: 100_000 });
  await using archive = await world(samples);
  const { vfs, url, files } = archive;
  const found: string[] = [];
  for await (const entry of vfs.entries(url)) if (entry.isFile) found.push(entry.url);
  assert.equal(found.length, 90);
  for (const each of found) sameFile(await vfs.readFile(each), files.get(each.split("/").at(-1)!)!);
  assert.equal(archive.count(), "4 C-FIND, 1 C-GET");
});

Deno.test("copy() of a series costs one C-GET, whatever order it is read in", async () => {
  const samples = seriesOf({ count: 30, bytes: 50_000 });
  await using archive = await world(samples.toReversed());
  const report = await archive.vfs.copy(`${archive.url}/${SERIES}`, "memory:///out");
  assert.deepEqual([report.done, report.failed], [30, 0]);
  for (const [uid, file] of archive.files) {
    sameFile(await archive.vfs.readFile(`memory:///out/${uid}`), file);
  }
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("copy() of a study costs one C-FIND for each directory, and one C-GET for each series", async () => {
  const samples = [1, 2, 3, 4, 5].flatMap((series) => seriesOf({ series, count: 90 }));
  await using archive = await world(samples);
  const report = await archive.vfs.copy(`${archive.url}/PAT1/1.2.3.1`, "memory:///copied");
  assert.equal(report.done, 450);
  // The first is to see what is there.
  assert.equal(archive.count(), "7 C-FIND, 5 C-GET");
});

Deno.test("a cold instance costs one C-FIND and one C-GET of its own", async () => {
  await using archive = await world(seriesOf({ count: 5 }));
  const file = await archive.vfs.readFile(`${archive.url}/${SERIES}/1.2.3.1.1.4`);
  sameFile(file, archive.files.get("1.2.3.1.1.4")!);
  assert.equal(archive.count(), "1 C-FIND, 1 C-GET");
  assert.deepEqual(archive.node.requests.entries.map(({ level }) => level), ["IMAGE", "IMAGE"]);
});

Deno.test("a missing instance is NotFound by one C-FIND, and nothing is fetched for it (D13)", async () => {
  await using archive = await world(seriesOf({ count: 5 }));
  const error = await failure(archive.vfs.readFile(`${archive.url}/${SERIES}/1.9`));
  assert.equal(error.kind, "NotFound");
  assert.equal(archive.count(), "1 C-FIND, 0 C-GET");
});

Deno.test("exists(), isFile(), isDirectory() and stat() ask by C-FIND alone", async () => {
  await using archive = await world(seriesOf({ count: 2 }));
  const series = `${archive.url}/${SERIES}`;
  const { vfs } = archive;
  for (const [place, kind] of [["/1.2.3.1.1.2", "file"], ["", "directory"], ["/1.9", ""]]) {
    const at = `${series}${place}`;
    assert.equal(await vfs.exists(at), kind !== "", at);
    assert.equal(await vfs.isFile(at), kind === "file", at);
    assert.equal(await vfs.isDirectory(at), kind === "directory", at);
    if (kind) assert.equal((await vfs.stat(at)).kind, kind, at);
    else assert.equal((await failure(vfs.stat(at))).kind, "NotFound");
  }
  assert.match(archive.count(), /^[1-9]\d* C-FIND, 0 C-GET$/);
});

Deno.test("the header of a large instance is read without the rest", async () => {
  await using archive = await world(seriesOf({ count: 1, bytes: 20_000_000 }));
  const at = `${archive.url}/${SERIES}/1.2.3.1.1.1`;
  const header = await archive.vfs.readDicomHeader(at);
  assert.equal(header.string("PatientName"), "Doe^Jane");
  sameFile(await archive.vfs.readFile(at), archive.files.get("1.2.3.1.1.1")!);
});

Deno.test("dimse 54: a reader that closes after its first bytes leaves a healthy pool", async () => {
  await using archive = await world(seriesOf({ count: 3, bytes: 30_000_000 }), {
    driver: { poolSize: 1 },
  });
  for (const url of [`${archive.url}/${SERIES}/1.2.3.1.1.1`, ...await list(archive, SERIES)]) {
    const handle = await archive.vfs.open(url);
    const reader = handle.readable.getReader();
    assert(!(await reader.read()).done);
    await reader.cancel();
  }
  const at = `${archive.url}/${SERIES}/1.2.3.1.1.3`;
  sameFile(await archive.vfs.readFile(at), archive.files.get("1.2.3.1.1.3")!);
});

Deno.test("dimse 53: more open readers than associations do not wait for each other", async () => {
  await using archive = await world(seriesOf({ count: 6, bytes: 3_000_000 }), {
    driver: { poolSize: 2 },
  });
  const urls = await list(archive, SERIES);
  // Each twice: those that are not of the series' one C-GET.
  const handles = await Promise.all([...urls, ...urls].map((url) => archive.vfs.open(url)));
  for (const handle of handles.reverse()) {
    sameFile(await handle.bytes(), archive.files.get(handle.url.split("/").at(-1)!)!);
  }
});

Deno.test("instances that do not fit into the spool are fetched alone", async () => {
  await using archive = await world(seriesOf({ count: 8, bytes: 400_000 }), {
    driver: { spool: { maxBytes: 1_000_000 } },
  });
  const urls = (await list(archive, SERIES)).reverse();
  for (const url of urls) {
    sameFile(await archive.vfs.readFile(url), archive.files.get(url.split("/").at(-1)!)!);
  }
  const gets = archive.node.requests.entries.filter(({ service }) => service === "C-GET");
  assert(gets.some(({ level }) => level === "IMAGE"));
});

Deno.test("reads at once do not keep the only association from each other, whatever fits on disk", async () => {
  const spools = [0, 300_000, 256_000_000].map((maxBytes) => ({ maxBytes }));
  for (const spool of [...spools, { directory: false, maxBytes: 3_000_000 } as const]) {
    const samples = [1, 2].flatMap((series) => seriesOf({ series, count: 6, bytes: 1_500_000 }));
    await using archive = await world(samples, {
      driver: { poolSize: 1, spool },
      layers: { retry: false, timeout: { idleMs: 10_000 } },
    });
    const urls: string[] = [];
    for await (const entry of archive.vfs.entries(archive.url)) {
      if (entry.isFile) urls.push(entry.url);
    }
    const files = await Promise.all(urls.reverse().map((url) => archive.vfs.readFile(url)));
    for (const [i, url] of urls.entries()) {
      sameFile(files[i]!, archive.files.get(url.split("/").at(-1)!)!);
    }
  }
});

Deno.test("a series comes by one C-GET also where instances can wait only in memory", async () => {
  await using archive = await world(seriesOf({ count: 20, bytes: 400_000 }), {
    driver: { spool: { directory: false } },
  });
  for (const url of (await list(archive, SERIES)).reverse()) {
    sameFile(await archive.vfs.readFile(url), archive.files.get(url.split("/").at(-1)!)!);
  }
  assert.equal(archive.node.requests.count("C-GET"), 1);
});

Deno.test("a spool of no size fetches each instance alone", async () => {
  await using archive = await world(seriesOf({ count: 4 }), {
    driver: { spool: { maxBytes: 0 } },
  });
  for (const url of await list(archive, SERIES)) await archive.vfs.readFile(url);
  assert.equal(archive.node.requests.count("C-GET"), 4);
});

Deno.test("an instance read twice is the same twice, and a series listed again is fetched again", async () => {
  await using archive = await world(seriesOf({ count: 4 }));
  const read = async () => {
    const files = [];
    for (const url of await list(archive, SERIES)) files.push(await archive.vfs.readFile(url));
    return files;
  };
  assert.deepEqual(await read(), await read());
  assert.equal(archive.node.requests.count("C-GET"), 2);
  const [url] = await list(archive, SERIES);
  assert.deepEqual(await archive.vfs.readFile(url!), await archive.vfs.readFile(url!));
});

Deno.test("dimse 51: an instance that cannot be sent is named, and the others are read", async () => {
  await using archive = await world(seriesOf({ count: 4 }));
  const bad = "1.2.3.1.1.2";
  archive.node.faults.inject({ service: "C-GET", uid: bad, status: 0xA700, times: Infinity });
  const results = await Promise.allSettled(
    (await list(archive, SERIES)).map((url) => archive.vfs.readFile(url)),
  );
  assert.deepEqual(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  const { reason } = results[1] as PromiseRejectedResult;
  assert(isVfsError(reason));
  assert(reason.message.includes(bad), reason.message);
});

Deno.test("copy() of a series tells of each instance that could not be sent", async () => {
  await using archive = await world(seriesOf({ count: 4 }));
  archive.node.faults.inject({
    service: "C-GET",
    uid: "1.2.3.1.1.2",
    status: 0xA700,
    times: Infinity,
  });
  const error = await archive.vfs.copy(`${archive.url}/${SERIES}`, "memory:///out")
    .catch((error) => error);
  assert.deepEqual([error.report.done, error.report.failed], [3, 1]);
});

Deno.test("promise 2: a peer that dies in mid-object fails the read, and the next one works", async () => {
  for (const path of ["1.2.3.1.1.1", ""]) {
    await using archive = await world(seriesOf({ count: 3, bytes: 3_000_000 }));
    const urls = path ? [`${archive.url}/${SERIES}/${path}`] : await list(archive, SERIES);
    archive.node.faults.inject({ service: "C-GET", drop: 1_500_000, times: path ? 1 : 2 });
    const results = await Promise.allSettled(urls.map((url) => archive.vfs.readFile(url)));
    const failed = results.filter((each) => each.status === "rejected");
    assert(failed.length > 0, "none failed");
    for (const { reason } of failed) assert(isVfsError(reason) && reason.status === "temporary");
    for (const url of urls) {
      sameFile(await archive.vfs.readFile(url), archive.files.get(url.split("/").at(-1)!)!);
    }
  }
});

Deno.test("a read that is tried again gives the file whole", async () => {
  await using archive = await world(seriesOf({ count: 1, bytes: 3_000_000 }), { layers: {} });
  archive.node.faults.inject({ service: "C-GET", drop: 1_500_000 });
  const [uid, file] = [...archive.files][0]!;
  sameFile(await archive.vfs.readFile(`${archive.url}/${SERIES}/${uid}`), file);
});

Deno.test("promise 6: an abort ends a read that has stalled at once, and others go on", async () => {
  await using archive = await world(seriesOf({ count: 4, bytes: 1_000_000 }));
  archive.node.faults.inject({ service: "C-GET", stall: 10_000 });
  const url = `${archive.url}/${SERIES}/1.2.3.1.1.1`;
  const abort = new AbortController();
  const reading = failure(archive.vfs.readFile(url, { signal: abort.signal }));
  await until(() => archive.node.faults.pending === 0);
  const begun = performance.now();
  abort.abort();
  assert.equal((await reading).kind, "Aborted");
  // Time limits are 30 s and more.
  assert(performance.now() - begun < 10_000);
  sameFile(await archive.vfs.readFile(url), archive.files.get("1.2.3.1.1.1")!);
});

Deno.test("an archive that gives nothing to the retrieval of a series is asked for each instance", async () => {
  await using archive = await world(seriesOf({ count: 3 }));
  archive.node.faults.inject({ service: "C-GET", status: 0xA701 });
  for (const url of await list(archive, SERIES)) {
    sameFile(await archive.vfs.readFile(url), archive.files.get(url.split("/").at(-1)!)!);
  }
  assert.equal(archive.node.requests.count("C-GET"), 4);
});

Deno.test("disposal waits for all retrievals, alone, of a series, or cancelled: no time limit runs after it", async () => {
  for (const [maxBytes, count] of [[0, 3], [300_000, 6], [1e9, 6]] as const) {
    await using archive = await world(seriesOf({ count, bytes: 1_500_000 }));
    archive.node.faults.inject({ service: "C-GET", stall: 2_000_000, after: 1, times: Infinity });
    const { location } = parseLocation(`${archive.url}/${SERIES}`);
    const running = new Set<() => void>();
    const driver = dicomTransport({ poolSize: 2, spool: { maxBytes } });
    const transport = await driver.connect({
      origin: parseLocation(archive.url).location,
      credentials: () => Promise.resolve(undefined),
      fetch: () => Promise.reject(new Error("no web here")),
      clock: {
        ...systemClock,
        schedule(callback, ms, idle) {
          const cancel = systemClock.schedule(
            () => {
              running.delete(cancel);
              callback();
            },
            ms,
            idle,
          );
          running.add(cancel);
          return () => {
            running.delete(cancel);
            cancel();
          };
        },
      },
    });
    const names: string[] = [];
    for await (const page of transport.list(location, { signal: NEVER })) {
      names.push(...page.map(({ name }) => name));
    }
    const reads = Promise.allSettled(names.map(async (name) => {
      const { body } = await transport.get(location.join(name), { signal: NEVER });
      if (!(body instanceof Uint8Array)) await body.read();
    }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await transport[Symbol.asyncDispose]();
    assert.equal(running.size, 0, `with ${maxBytes} bytes of room`);
    await reads;
  }
});

Deno.test("get() of what has come already tells its length, and gives a small one as one array", async () => {
  await using archive = await world(seriesOf({ count: 3 }));
  const { location } = parseLocation(`${archive.url}/${SERIES}`);
  await using transport = await dicomTransport().connect({
    origin: parseLocation(archive.url).location,
    credentials: () => Promise.resolve(undefined),
    fetch: () => Promise.reject(new Error("no web here")),
    clock: systemClock,
  });
  const names: string[] = [];
  for await (const page of transport.list(location, { signal: NEVER })) {
    names.push(...page.map(({ name }) => name));
  }
  const bodies: unknown[] = [];
  for (const name of names) {
    const got = await transport.get(location.join(name), { signal: NEVER });
    const whole = asRead(archive.files.get(name)!);
    if (got.length !== undefined) assert.equal(got.length, whole.length);
    if (got.length !== undefined) bodies.push(got.body);
    assert.deepEqual(await collect(got.body), whole);
    // By then all of the series has come.
    await until(() => archive.node.requests.count("C-GET") > 0);
  }
  assert(bodies.length >= 2, `${bodies.length}`);
  assert(bodies.every((body) => body instanceof Uint8Array));
});
