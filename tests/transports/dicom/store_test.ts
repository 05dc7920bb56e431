import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readDicomHeader } from "../../../formats/mod.ts";
import { writeDicomDataset } from "../../../testing/mod.ts";
import {
  AssociationAborted,
  AssociationFailed,
  AssociationPool,
} from "../../../transports/dicom/dimse/mod.ts";
import { InstanceStore } from "../../../transports/dicom/store.ts";
import { toImplicit } from "../../../transports/dicom/store_convert.ts";
import { type ChunkReader, collect, concat } from "../../../vfs/bytes/bytes.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { answer, CT, explicitFirst, file, image, Peer, SYNTAX, vfsWith } from "./_store_kit.ts";

const NO_RETRY = { layers: { retry: { attempts: 1 } } };

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("resolved"), (error) => error);
}

const only = (...syntaxes: string[]) => ({
  preferSyntax: (_: string, offered: readonly string[]) =>
    syntaxes.find((syntax) => offered.includes(syntax)) ?? null,
});

/** Everything that a sequence can be, in explicit VR. */
const nested = {
  ...image(1),
  "00080000": { vr: "UL", value: 4000 },
  "00090010": "MEDVFS",
  "00091001": { vr: "UN", value: new Uint8Array(6).fill(9) },
  "00091002": { vr: "SQ", value: [{ PatientID: "private" }, {}] },
  OtherPatientIDsSequence: [
    { PatientID: "A", OtherPatientIDsSequence: [{ PatientID: "B" }, {}] },
    { PatientID: "C".repeat(30) },
  ],
  RequestAttributesSequence: [],
  TextValue: { vr: "UT", value: "long ".repeat(4) },
};

for (const undefinedLengths of [false, true]) {
  const lengths = undefinedLengths ? "undefined" : "stated";

  Deno.test(`dimse 24: store converts explicit to implicit VR, with ${lengths} lengths`, async () => {
    await using peer = new Peer(only(SYNTAX.implicit));
    await using vfs = vfsWith();
    await vfs.writeFile(peer.url, writeDicomDataset(nested, { undefinedLengths }));
    const [{ instance, dataset }] = peer.received as [Peer["received"][0]];
    assert.equal(instance.transferSyntaxUID, SYNTAX.implicit);
    const { "00080000": _, ...rest } = nested;
    const expected = await readDicomHeader(writeDicomDataset(rest), {
      transferSyntaxUID: SYNTAX.explicit,
    });
    const actual = await readDicomHeader(dataset, {
      transferSyntaxUID: SYNTAX.implicit,
      strict: true,
    });
    assert.deepEqual(actual.toJSON(), { ...expected.toJSON(), ...pixelData(actual.toJSON()) });
    assert.deepEqual(dataset.slice(-32), new Uint8Array(32).fill(1));
  });
}

/** Where the pixel data lies depends on how sequences end. */
const pixelData = (json: { "7FE00010"?: unknown }) => ({ "7FE00010": json["7FE00010"] });

function chunked(bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]): ChunkReader {
  let at = 0;
  let i = 0;
  return {
    read() {
      if (at >= bytes.length) return Promise.resolve(undefined);
      const size = sizes[i++ % sizes.length]!;
      return Promise.resolve(bytes.slice(at, at += size));
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("toImplicit() gives the same for chunks of any size", async () => {
  const explicit = writeDicomDataset(nested);
  const whole = await collect(toImplicit(chunked(explicit, [explicit.length])));
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  await fc.assert(fc.asyncProperty(sizes, async (sizes) => {
    assert.deepEqual(await collect(toImplicit(chunked(explicit, sizes))), whole);
  }));
});

Deno.test("toImplicit() fails with FormatError, or not at all, for damaged datasets", async () => {
  const explicit = writeDicomDataset(nested, { undefinedLengths: true });
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.nat(), changes, async (cut, changes) => {
      const damaged = explicit.slice(0, cut % (explicit.length + 1));
      for (const [at, value] of changes) if (damaged.length) damaged[at % damaged.length] = value;
      try {
        await collect(toImplicit(chunked(damaged, [50])));
      } catch (error) {
        assert.equal((error as Error).name, "FormatError");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("toImplicit() fails for an uncompressed dataset whose pixels are in fragments", async () => {
  const { PixelData: _, ...rest } = image(1);
  const fragments = [0x7FE0, 0x0010, 0x574F, 0, 0xFFFF, 0xFFFF, 0xFFFE, 0xE000, 2, 0, 7];
  const ending = [0xFFFE, 0xE0DD, 0, 0];
  const pixels = new Uint8Array(new Uint16Array([...fragments, ...ending]).buffer);
  const start = writeDicomDataset(rest);
  const dataset = concat([start, pixels], start.length + pixels.length);
  await assert.rejects(collect(toImplicit(chunked(dataset, [50]))), /divided into fragments/);
});

Deno.test("store refuses to convert when told so", async () => {
  await using peer = new Peer(only(SYNTAX.implicit));
  await using vfs = vfsWith({ store: { convert: false } });
  const error = await errorOf(vfs.writeFile(peer.url, file(1)));
  assert.ok(isVfsError(error) && error.kind === "NotSupported", String(error));
  assert.deepEqual(peer.received, []);
  await vfs.writeFile(peer.url, file(2, {}, { transferSyntaxUID: SYNTAX.implicit }));
  assert.equal(peer.received.length, 1);
});

for (const taken of [SYNTAX.deflated, SYNTAX.explicit, SYNTAX.implicit]) {
  Deno.test(`store sends a deflated dataset to a peer that takes ${taken}`, async () => {
    await using peer = new Peer(only(taken));
    await using vfs = vfsWith();
    const content = file(1, {}, { transferSyntaxUID: SYNTAX.deflated });
    await vfs.writeFile(peer.url, new Blob([content]).stream());
    const [{ instance, dataset }] = peer.received as [Peer["received"][0]];
    assert.equal(instance.transferSyntaxUID, taken);
    assert.deepEqual(dataset, writeDicomDataset(image(1), { transferSyntaxUID: taken }));
  });
}

Deno.test("dimse 24: copy() fails for the compressed file alone where the peer takes none", async () => {
  await using peer = new Peer(only(SYNTAX.explicit));
  await using vfs = vfsWith();
  const frames = { PixelData: [new Uint8Array(0), new Uint8Array(10)] };
  await vfs.writeFile("memory:///s/1", file(1));
  await vfs.writeFile("memory:///s/2", file(2, frames, { transferSyntaxUID: SYNTAX.jpeg }));
  await vfs.writeFile("memory:///s/3", file(3, {}, { transferSyntaxUID: SYNTAX.big }));
  await vfs.writeFile("memory:///s/4", file(4));
  const error = await errorOf(vfs.copy("memory:///s", peer.url));
  assert.ok(error instanceof TransferFailed);
  const { report } = error;
  assert.deepEqual([report.done, report.failed], [2, 2]);
  assert.deepEqual(report.problems.map(({ error }) => error?.kind), [
    "NotSupported",
    "NotSupported",
  ]);
  assert.match(report.problems.map(({ error }) => error?.message).join(), /1\.2\.4\.50/);
});

Deno.test("copy() stores every file below a folder, and tells of each", async () => {
  await using peer = new Peer();
  peer.onStored = ({ sopInstanceUID }) => {
    if (sopInstanceUID === "2.25.3.4") throw answer(0xC123);
    if (sopInstanceUID === "2.25.3.5") throw answer(0xB007);
  };
  await using vfs = vfsWith();
  for (let n = 1; n <= 5; n++) await vfs.writeFile(`memory:///f/${n % 2}/${n}.dcm`, file(n));
  await vfs.writeFile("memory:///f/readme.txt", "no image");
  const outcomes = new Map<string, string>();
  const error = await errorOf(
    vfs.copy("memory:///f", peer.url, {
      onOutcome: ({ from, to, result, verified, warnings, error }) => {
        const text = [result, to, verified, warnings?.join(), error?.kind].filter(Boolean);
        outcomes.set(from.replace("memory:///f/", ""), text.join(" "));
      },
    }),
  );
  assert.ok(error instanceof TransferFailed);
  assert.deepEqual([error.report.done, error.report.warned, error.report.failed], [4, 1, 2]);
  const at = (n: number) => `${peer.url}/P%252F1/2.25.1/2.25.2/2.25.3.${n}`;
  assert.deepEqual(Object.fromEntries(outcomes), {
    "1/1.dcm": `done ${at(1)} reply`,
    "0/2.dcm": `done ${at(2)} reply`,
    "1/3.dcm": `done ${at(3)} reply`,
    "0/4.dcm": `failed ${peer.url} Corrupt`,
    "1/5.dcm": `done ${at(5)} reply status B007H, data set does not match SOP class, "Unexpected"`,
    "readme.txt": `failed ${peer.url} NotSupported`,
  });
});

Deno.test("move() to an archive removes what was stored, and only that", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  await vfs.writeFile("memory:///m/1", file(1));
  await vfs.writeFile("memory:///m/2", "no image");
  await errorOf(vfs.move("memory:///m", peer.url));
  assert.equal(await vfs.exists("memory:///m/1"), false);
  assert.equal(await vfs.exists("memory:///m/2"), true);
});

Deno.test("copy() uses one association after the other for many instances", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith({ poolSize: 1 });
  const classes = ["1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7", CT];
  for (let n = 0; n < 30; n++) {
    const options = { transferSyntaxUID: n % 2 ? SYNTAX.implicit : SYNTAX.explicit };
    await vfs.writeFile(`memory:///n/${n}`, file(n, { SOPClassUID: classes[n % 3] }, options));
  }
  assert.equal((await vfs.copy("memory:///n", peer.url)).done, 30);
  assert.equal(peer.associations, 1);
});

Deno.test("dimse 17: copy() of 200 kinds of instances takes further associations", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith({ poolSize: 2 });
  for (let n = 0; n < 200; n++) {
    const SOPClassUID = `1.2.3.${n >> 1}`;
    const options = { transferSyntaxUID: n % 2 ? SYNTAX.big : SYNTAX.jpeg };
    await vfs.writeFile(`memory:///k/${n}`, file(n, { SOPClassUID }, options));
  }
  assert.equal((await vfs.copy("memory:///k", peer.url)).done, 200);
  assert.ok(peer.contexts <= 128, `${peer.contexts} contexts`);
  const syntaxes = new Set(
    peer.received.map(({ instance: { sopClassUID, transferSyntaxUID } }) =>
      `${sopClassUID} ${transferSyntaxUID}`
    ),
  );
  assert.equal(syntaxes.size, 200);
});

/** Lets one connection after the other through to `port`, as storescp does. */
function oneByOne(port: number): { readonly port: number; close(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      await Promise.allSettled([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async close() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("copy() does not wait for associations that a peer lets wait", async () => {
  await using peer = new Peer();
  const door = oneByOne(Number(new URL(peer.url.replace("dicom:", "http:")).port));
  const vfs = vfsWith({ poolSize: 4, timeouts: { requestMs: 600_000 } });
  for (let n = 0; n < 20; n++) await vfs.writeFile(`memory:///o/${n}`, file(n));
  const report = await vfs.copy("memory:///o", `dicom://127.0.0.1:${door.port}/NODE`);
  assert.equal(report.done, 20);
  assert.equal(peer.associations, 1);
  await vfs.close();
  await door.close();
});

Deno.test("dimse 28: copy() sends again once what an abort left unacknowledged, and nothing else", async () => {
  await using peer = new Peer();
  const begun = new Map<string, number>();
  peer.onStore = ({ sopInstanceUID }, abort) => {
    const count = (begun.get(sopInstanceUID) ?? 0) + 1;
    begun.set(sopInstanceUID, count);
    if (sopInstanceUID === "2.25.3.3" && count === 1) abort();
  };
  await using vfs = vfsWith({ poolSize: 1 });
  for (let n = 0; n < 6; n++) await vfs.writeFile(`memory:///a/${n}`, file(n));
  assert.equal((await vfs.copy("memory:///a", peer.url)).done, 6);
  assert.deepEqual([...begun.values()].sort(), [1, 1, 1, 1, 1, 2]);
  assert.equal(peer.associations, 2);
});

Deno.test("dimse 28: copy() sends each whole file among cut ones, once", async () => {
  await using peer = new Peer();
  const begun = new Map<string, number>();
  peer.onStore = ({ sopInstanceUID }) => {
    begun.set(sopInstanceUID, (begun.get(sopInstanceUID) ?? 0) + 1);
  };
  await using vfs = vfsWith({ poolSize: 1 }, NO_RETRY);
  for (let n = 0; n < 30; n++) {
    const whole = file(n, { PixelData: new Uint8Array(300_000) });
    await vfs.writeFile(`memory:///c/${n}`, n % 2 ? whole.slice(0, -1000) : whole);
  }
  const error = await errorOf(vfs.copy("memory:///c", peer.url));
  assert.ok(error instanceof TransferFailed);
  assert.deepEqual([error.report.done, error.report.failed], [15, 15]);
  for (const { from, error: why } of error.report.problems) {
    assert.equal(why?.kind, "Corrupt", `${from}: ${why}`);
  }
  const received = peer.received.map(({ instance }) => instance.sopInstanceUID);
  assert.equal(new Set(received).size, 15);
  assert.equal(received.length, 15);
  for (const uid of received) assert.equal(begun.get(uid), 1, uid);
});

Deno.test("dimse 28: copy() stores all others among instances that are always aborted", async () => {
  await using peer = new Peer();
  peer.onStore = ({ sopInstanceUID }, abort) => {
    if (Number(sopInstanceUID.split(".").at(-1)) % 3 === 0) abort();
  };
  await using vfs = vfsWith({ poolSize: 2 }, NO_RETRY);
  for (let n = 0; n < 30; n++) await vfs.writeFile(`memory:///a/${n}`, file(n));
  const error = await errorOf(vfs.copy("memory:///a", peer.url));
  assert.ok(error instanceof TransferFailed);
  assert.deepEqual([error.report.done, error.report.failed], [20, 10]);
  const failed = error.report.problems.map(({ from }) => Number(from.split("/").at(-1)));
  assert.deepEqual(failed.sort((a, b) => a - b), Array.from({ length: 10 }, (_, i) => 3 * i));
  assert.equal(peer.received.length, 20);
});

Deno.test("dimse 28: copy() gives up on an instance that is aborted twice, and stores the others", async () => {
  await using peer = new Peer();
  let tries = 0;
  peer.onStore = ({ sopInstanceUID }, abort) => {
    if (sopInstanceUID !== "2.25.3.3") return;
    tries++;
    abort();
  };
  await using vfs = vfsWith({ poolSize: 1 });
  for (let n = 0; n < 6; n++) await vfs.writeFile(`memory:///a/${n}`, file(n));
  const error = await errorOf(vfs.copy("memory:///a", peer.url));
  assert.ok(error instanceof TransferFailed);
  assert.deepEqual([error.report.done, error.report.failed], [5, 1]);
  const [problem] = error.report.problems;
  assert.ok(problem?.error instanceof AssociationAborted, String(problem?.error));
  assert.equal(problem.error.attempts, 2);
  assert.equal(tries, 2);
});

Deno.test("dimse 29: writeFile() fails once, as TimedOut, when the peer does not answer", async () => {
  await using peer = new Peer();
  const over = Promise.withResolvers<void>();
  peer.onStored = () => over.promise;
  await using vfs = vfsWith({ timeouts: { responseMs: 100 } });
  const error = await errorOf(vfs.writeFile(peer.url, file(1)));
  over.resolve();
  assert.ok(error instanceof AssociationFailed && error.kind === "TimedOut", String(error));
  assert.equal(error.status, "exhausted");
  assert.equal(peer.associations, 1);
});

Deno.test("dimse 32: copy() reports exactly what was not acknowledged when the peer dies", async () => {
  const peer = new Peer();
  let closing: Promise<void> | undefined;
  peer.onStore = () => {
    if (peer.received.length >= 10) closing ??= peer.close();
  };
  await using vfs = vfsWith({ poolSize: 2 }, NO_RETRY);
  for (let n = 0; n < 40; n++) await vfs.writeFile(`memory:///d/${n}`, file(n));
  const done: string[] = [];
  const error = await errorOf(
    vfs.copy("memory:///d", peer.url, {
      onOutcome: ({ result, to }) => result === "done" && done.push(to!.split("/").at(-1)!),
    }),
  );
  await closing;
  assert.ok(error instanceof TransferFailed);
  const { report } = error;
  assert.equal(report.done + report.failed, 40);
  assert.ok(report.failed > 0);
  const received = new Set(peer.received.map(({ instance }) => instance.sopInstanceUID));
  assert.ok(done.every((uid) => received.has(uid)));
  // One on each association can have been stored and not acknowledged.
  assert.ok(received.size - done.length <= 2, `${received.size} received, ${done.length} done`);
});

Deno.test("InstanceStore.store() ends reading a source that was opened when nobody wanted it any more", async () => {
  await using pool = new AssociationPool({ hostname: "127.0.0.1", port: 9, calledAET: "NODE" });
  const stop = new AbortController();
  const closed = Promise.withResolvers<undefined>();
  const silent: ChunkReader = {
    read: () => closed.promise,
    close: () => Promise.resolve(closed.resolve(undefined)),
  };
  const open = () => {
    stop.abort();
    return Promise.resolve(silent);
  };
  const { location } = parseLocation("dicom://127.0.0.1:9/NODE");
  const source = { replayable: false, open };
  const storing = new InstanceStore(pool).store(location, source, (_, send) => send(), stop.signal);
  await assert.rejects(storing, (error) => isVfsError(error) && error.kind === "Aborted");
});

Deno.test("writeFile() aborted ends its association, and the next one works", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const abort = new AbortController();
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  peer.onStored = (_, count) => {
    begun.resolve();
    return count === 0 ? over.promise : undefined;
  };
  const writing = errorOf(vfs.writeFile(peer.url, file(1), { signal: abort.signal }));
  await begun.promise;
  abort.abort();
  const error = await writing;
  over.resolve();
  assert.ok(isVfsError(error) && error.kind === "Aborted", String(error));
  assert.match(error.message, /the peer may have it all the same$/);
  peer.onStored = () => {};
  await vfs.writeFile(peer.url, file(2));
});

Deno.test("store refuses a dataset of an odd length, in memory and as a stream", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const even = file(1);
  const content = concat([even, new Uint8Array(1)], even.length + 1);
  // The length of the pixel data, which are the last 32 bytes.
  content[even.length - 36] = 33;
  for (const data of [content, new Blob([content]).stream()]) {
    const error = await errorOf(vfs.writeFile(peer.url, data));
    assert.ok(isVfsError(error) && error.kind === "Corrupt", String(error));
    assert.match(error.message, /odd length/);
  }
  assert.deepEqual(peer.received, []);
});

Deno.test("writeFile() gives the error of a source that breaks, and sends it once", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const boom = new Error("boom");
  let pulled = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulled++ === 0) controller.enqueue(file(1, { PixelData: new Uint8Array(99_000) }));
      else controller.error(boom);
    },
  });
  const error = await errorOf(vfs.writeFile(peer.url, stream)) as Error & { cause?: unknown };
  assert.ok([error, error.cause].includes(boom), String(error));
  assert.deepEqual(peer.received, []);
  assert.equal(peer.associations, 1);
});

Deno.test("store sends implicit VR by itself to a peer that does not take it beside explicit VR", async () => {
  await using peer = new Peer(explicitFirst());
  await using vfs = vfsWith({ poolSize: 1 });
  const order = [SYNTAX.explicit, SYNTAX.implicit, SYNTAX.implicit, SYNTAX.explicit];
  for (const [n, transferSyntaxUID] of order.entries()) {
    await vfs.writeFile(peer.url, file(n, {}, { transferSyntaxUID }));
  }
  for (const [n, { instance, dataset }] of peer.received.entries()) {
    assert.equal(instance.transferSyntaxUID, order[n]);
    assert.deepEqual(dataset, writeDicomDataset(image(n), { transferSyntaxUID: order[n] }));
  }
  assert.equal(peer.received.length, 4);
  assert.equal(
    peer.associations,
    3,
    "one when implicit VR comes, one when explicit VR comes again",
  );
});

Deno.test("store fails for implicit VR that a peer does not take at all, by itself either", async () => {
  await using peer = new Peer(only(SYNTAX.explicit));
  await using vfs = vfsWith({}, NO_RETRY);
  for (const n of [1, 2]) {
    const sent = vfs.writeFile(peer.url, file(n, {}, { transferSyntaxUID: SYNTAX.implicit }));
    assert.match(
      `${await errorOf(sent)}`,
      /does not take instance 2.25.3.\d .* 1\.2\.840\.10008\.1\.2$/,
    );
  }
  assert.equal(peer.associations, 2);
});
