import { Buffer } from "node:buffer";
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type ChunkReader, collect } from "../../../vfs/bytes/bytes.ts";
import type { ByteRange } from "../../../vfs/transport.ts";
import { CALL, fails, ignoredWhen, openHandles, pattern, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

const MIB = 1024 * 1024;

const noProc = Deno.build.os !== "linux";

Deno.test("get() gives whole files of all sizes around the chunk boundaries", () =>
  withFixture(async ({ transport, at, path }) => {
    for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, MIB, 2 * MIB + 7]) {
      const content = pattern(size);
      await Deno.writeFile(path("f"), content);
      const got = await transport.get(at("f"), CALL);
      assert.equal(got.offset, 0);
      assert.equal(got.length, size);
      assert.equal(got.info.size, size);
      assert.equal(got.info.kind, "file");
      assert.deepEqual(await collect(got.body), content);
      assert.deepEqual(got.info, await transport.stat(at("f"), CALL));
    }
  }));

Deno.test("get() gives for any range what slice() gives", () =>
  withFixture(async ({ transport, at, path }) => {
    const content = pattern(700_000);
    await Deno.writeFile(path("f"), content);
    const offset = fc.integer({ min: 0, max: 699_999 });
    await fc.assert(
      fc.asyncProperty(offset, fc.nat({ max: 900_000 }), async (start, more) => {
        const range = { start, end: start + more };
        const got = await transport.get(at("f"), { ...CALL, range });
        assert.equal(got.offset, start);
        const body = await collect(got.body);
        assert.equal(body.length, got.length);
        assert(Buffer.compare(body, content.subarray(start, start + more)) === 0);
      }),
      { numRuns: 50 },
    );
  }));

Deno.test("get() resolves the edges of ranges", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeTextFile(path("f"), "0123456789");
    await Deno.writeTextFile(path("empty"), "");
    const read = async (name: string, range: ByteRange) => {
      const got = await transport.get(at(name), { ...CALL, range });
      return `${got.offset}:${new TextDecoder().decode(await collect(got.body))}`;
    };
    assert.equal(await read("f", { start: 7 }), "7:789");
    assert.equal(await read("f", { start: 7, end: 99 }), "7:789");
    assert.equal(await read("f", { start: 3, end: 3 }), "3:");
    assert.equal(await read("f", { suffix: 2 }), "8:89");
    assert.equal(await read("f", { suffix: 99 }), "0:0123456789");
    assert.equal(await read("f", { suffix: 0 }), "10:");
    assert.equal(await read("empty", { start: 0, end: 5 }), "0:");
    assert.equal(await read("empty", { suffix: 5 }), "0:");
    for (const start of [10, 11]) {
      await fails("RangeNotSatisfiable", read("f", { start }));
    }
    await fails("RangeNotSatisfiable", read("empty", { start: 1 }));
    for (const bad of [-1, NaN, 1.5, Infinity]) {
      await fails("InvalidArgument", read("f", { start: bad }));
      await fails("InvalidArgument", read("f", { start: 0, end: bad }));
      await fails("InvalidArgument", read("f", { suffix: bad }));
    }
    await fails("InvalidArgument", read("f", { start: 5, end: 4 }));
  }));

Deno.test("get() reads beyond 4 GiB in a sparse file", () =>
  withFixture(async ({ transport, at, path }) => {
    const far = 5 * 1024 ** 3;
    using file = await Deno.open(path("big"), { write: true, create: true });
    await file.truncate(far + 100);
    await file.seek(far, Deno.SeekMode.Start);
    await file.write(new Uint8Array([1, 2, 3]));
    const range = { start: far - 1, end: far + 4 };
    const got = await transport.get(at("big"), { ...CALL, range });
    assert.deepEqual(await collect(got.body), new Uint8Array([0, 1, 2, 3, 0]));
    assert.equal(got.info.size, far + 100);
    const tail = await transport.get(at("big"), { ...CALL, range: { suffix: 99 } });
    assert.equal((await collect(tail.body))[0], 2);
  }));

Deno.test("get() compares ifMatch with the etag of the file as it is now", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeTextFile(path("f"), "one");
    const { etag } = await transport.stat(at("f"), CALL);
    assert(etag?.startsWith('"'));
    await transport.get(at("f"), { ...CALL, ifMatch: etag });
    await Deno.writeTextFile(path("f"), "three");
    await fails("ConditionFailed", transport.get(at("f"), { ...CALL, ifMatch: etag }));
  }));

testWithLinks("get() says what is no file", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.mkdir(path("dir"));
    await Deno.writeTextFile(path("f"), "x");
    await fails("IsADirectory", transport.get(at("dir"), CALL));
    await fails("NotFound", transport.get(at("none"), CALL));
    await fails("NotFound", transport.get(at("f", "below"), CALL));
    await fails("NotFound", transport.stat(at("f", "below"), CALL));
    await fails("InvalidUrl", transport.get(at("x".repeat(256)), CALL));
    await Deno.symlink("loop", path("loop"));
    await fails("InvalidUrl", transport.get(at("loop"), CALL));
  }));

Deno.test({
  name: "get() and copy() refuse a named pipe at once instead of hanging",
  ignore: ignoredWhen(Deno.build.os === "windows", "no named pipes in folders"),
  fn: () =>
    withFixture(async ({ transport, at, path }) => {
      await new Deno.Command("mkfifo", { args: [path("pipe")] }).output();
      await fails("NotSupported", transport.get(at("pipe"), CALL));
      await fails("NotSupported", transport.copy(at("pipe"), at("x"), CALL));
      await Deno.symlink("pipe", path("link"));
      await fails("NotSupported", transport.get(at("link"), CALL));
      assert.equal((await transport.stat(at("pipe"), CALL)).kind, "other");
    }),
});

Deno.test("get() of file after file lets an abort through, though no thread reads them", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeFile(path("f"), new Uint8Array(20_000));
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 20);
    const end = performance.now() + 20_000;
    let isAborted = false;
    while (!isAborted && performance.now() < end) {
      await transport.get(at("f"), { signal: stop.signal }).catch(() => isAborted = true);
    }
    clearTimeout(timer);
    assert(isAborted, "no abort in 20 s");
  }));

Deno.test("get() tells of a file that shrinks while it is read", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeFile(path("f"), new Uint8Array(3 * MIB));
    const { body } = await transport.get(at("f"), CALL);
    const reader = body as ChunkReader;
    const first = await reader.read();
    await Deno.truncate(path("f"), first!.length);
    const error = await fails("Incomplete", reader.read());
    assert.equal(error.status, "temporary");
  }));

Deno.test("get() cuts a file that grows at the length announced", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeFile(path("f"), new Uint8Array(MIB));
    const got = await transport.get(at("f"), CALL);
    await Deno.writeFile(path("f"), new Uint8Array(MIB), { append: true });
    assert.equal((await collect(got.body)).length, MIB);
  }));

Deno.test("get() keeps reading the old content while it is replaced", () =>
  withFixture(async ({ transport, at, path }) => {
    const old = pattern(2 * MIB);
    await Deno.writeFile(path("f"), old);
    const { body } = await transport.get(at("f"), CALL);
    const source = { replayable: true, open: () => Promise.resolve(pattern(9)) };
    await transport.put(at("f"), source, CALL);
    assert(Buffer.compare(await collect(body), old) === 0);
  }));

Deno.test({
  name: "get() closes its handle at the end, on close(), on abort and on errors",
  ignore: ignoredWhen(noProc, "handles can be counted on Linux only"),
  fn: () =>
    withFixture(async ({ transport, at, path, dir }) => {
      await Deno.writeFile(path("f"), new Uint8Array(3 * MIB));
      const open = async (signal = CALL.signal) =>
        (await transport.get(at("f"), { signal })).body as ChunkReader;

      const ended = await open();
      for (let count = 0; count < 3 * MIB;) count += (await ended.read())!.length;
      assert.equal(openHandles(dir), 0);
      assert.equal(await ended.read(), undefined);
      await ended.close();

      const closed = await open();
      const reading = closed.read();
      await closed.close();
      await reading;
      await closed.close();
      assert.equal(openHandles(dir), 0);

      const aborter = new AbortController();
      const aborted = await open(aborter.signal);
      await aborted.read();
      assert.equal(openHandles(dir), 1);
      aborter.abort();
      assert.equal(openHandles(dir), 0);
      await fails("Aborted", aborted.read());
      await aborted.close();

      await fails("ConditionFailed", transport.get(at("f"), { ...CALL, ifMatch: '"x"' }));
      assert.equal(openHandles(dir), 0);
    }),
});

Deno.test("every operation refuses to start when aborted", () =>
  withFixture(async ({ transport, at, names }) => {
    const signal = AbortSignal.abort();
    const source = { replayable: true, open: () => Promise.resolve(pattern(1)) };
    await fails("Aborted", transport.get(at("f"), { signal }));
    await fails("Aborted", transport.stat(at("f"), { signal }));
    await fails("Aborted", Array.fromAsync(transport.list(at(), { signal })));
    await fails("Aborted", transport.put(at("f"), source, { signal }));
    await fails("Aborted", transport.remove(at("f"), { signal }));
    await fails("Aborted", transport.mkdir(at("f"), { signal }));
    await fails("Aborted", transport.rename(at("f"), at("g"), { signal }));
    await fails("Aborted", transport.copy(at("f"), at("g"), { signal }));
    assert.deepEqual(names(), []);
  }));

Deno.test("every operation refuses after dispose, which may come twice", () =>
  withFixture(async ({ transport, at }) => {
    await transport[Symbol.asyncDispose]();
    await transport[Symbol.asyncDispose]();
    const error = await fails("Unavailable", transport.get(at("f"), CALL));
    assert.equal(error.status, "permanent");
    await fails("Unavailable", transport.stat(at("f"), CALL));
    await fails("Unavailable", Array.fromAsync(transport.list(at(), CALL)));
  }));
