import { strict as assert } from "node:assert";
import { writeDicomDataset } from "../../../testing/mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { ServiceFailed } from "../../../transports/dicom/dimse/mod.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { answer, file, image, Peer, SYNTAX, vfsWith } from "./_store_kit.ts";

async function errorOf(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("resolved"), (error) => error);
  assert.ok(isVfsError(error), String(error));
  return error;
}

const datasetOf = (n: number, transferSyntaxUID: string = SYNTAX.explicit) =>
  writeDicomDataset(image(n), { transferSyntaxUID });

Deno.test("writeFile() stores the dataset unchanged, and tells where it is", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const stored = await vfs.writeFile(`${peer.url}/`, file(1));
  assert.equal(stored.location?.href, `${peer.url}/P%252F1/2.25.1/2.25.2/2.25.3.1`);
  assert.deepEqual(stored.warnings, []);
  const [{ instance, dataset }] = peer.received as [Peer["received"][0]];
  assert.deepEqual(dataset, datasetOf(1));
  assert.equal(instance.transferSyntaxUID, SYNTAX.explicit);
  assert.equal(instance.sopInstanceUID, "2.25.3.1");
});

const PLACES = [
  "",
  "/P%252F1",
  "/P%252F1/2.25.1",
  "/P%252F1/ACC1",
  "/P%252F1/2.25.1/2.25.2",
  "/P%252F1/2.25.1/7",
  "/P%252F1/2.25.1/2.25.2/2.25.3.1",
  "/P%252F1/2.25.1/2.25.2/2.25.3.1.dcm",
  "/.studies/2.25.1",
  "/.by-accession/ACC1/2.25.1/7",
  "/.by-date/2019/02/07",
];

for (const place of PLACES) {
  Deno.test(`writeFile() stores at "${place}" what belongs there`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    await vfs.writeFile(peer.url + place, file(1));
    assert.equal(peer.received.length, 1);
  });
}

const WRONG = [
  "/P2",
  "/P*",
  "/P%252F1/2.25.9",
  "/P%252F1/2.25.1/8",
  "/P%252F1/2.25.1/2.25.2/2.25.3.2",
  "/P%252F1/2.25.1/2.25.2/2.25.3.1/more",
  "/.studies/2.25.9",
  "/.by-accession/ACC2",
  "/.by-date/2019/02/08",
  "/.nothing",
];

for (const place of WRONG) {
  Deno.test(`dimse 26: writeFile() refuses at "${place}" before it connects`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    const error = await errorOf(vfs.writeFile(peer.url + place, file(1)));
    assert.equal(error.kind, "InvalidArgument");
    assert.equal(peer.associations, 0);
  });
}

Deno.test("writeFile() refuses a query in the URL", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const error = await errorOf(vfs.writeFile(`${peer.url}?Modality=CT`, file(1)));
  assert.equal(error.kind, "NotSupported");
  assert.equal(peer.associations, 0);
});

const dicomdir = file(1, { SOPClassUID: "1.2.840.10008.1.3.10" });
const REFUSED: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, string]>> = {
  "text": [new TextEncoder().encode("{}"), "NotSupported"],
  "nothing": [new Uint8Array(0), "NotSupported"],
  "a DICOMDIR": [dicomdir, "NotSupported"],
  "a dataset without instance": [writeDicomDataset({ PatientID: "P" }), "Corrupt"],
};

for (const [name, [content, kind]] of Object.entries(REFUSED)) {
  Deno.test(`writeFile() refuses ${name} before it connects`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    assert.equal((await errorOf(vfs.writeFile(peer.url, content))).kind, kind);
    assert.equal(peer.associations, 0);
  });
}

for (const syntax of [SYNTAX.explicit, SYNTAX.implicit, SYNTAX.big]) {
  Deno.test(`dimse 25: writeFile() stores a bare dataset in ${syntax} as it is`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    await vfs.writeFile(peer.url, datasetOf(1, syntax));
    const [{ instance, dataset }] = peer.received as [Peer["received"][0]];
    assert.deepEqual(dataset, datasetOf(1, syntax));
    assert.equal(instance.transferSyntaxUID, syntax);
  });
}

/** `content`, of a size that is not told. */
const streamed = (content: Uint8Array<ArrayBuffer>) => new Blob([content]).stream();

for (const size of ["known", "unknown"]) {
  const sized = (content: Uint8Array<ArrayBuffer>) =>
    size === "known" ? content : streamed(content);

  Deno.test(`dimse 27: writeFile() never completes a file cut short, of ${size} size`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    const whole = file(1, { PixelData: new Uint8Array(300_000) });
    const error = await errorOf(vfs.writeFile(peer.url, sized(whole.slice(0, -1000))));
    assert.equal(error.kind, "Corrupt");
    assert.match(error.message, /cut short in element \(7FE0,0010\)/);
    assert.deepEqual(peer.received, []);
  });

  Deno.test(`dimse 27: writeFile() never completes a deflated file cut short, of ${size} size`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    const whole = file(1, { PixelData: seededBytes(1, 300_000) }, {
      transferSyntaxUID: SYNTAX.deflated,
    });
    await vfs.writeFile(peer.url, sized(whole));
    assert.equal(peer.received.length, 1);
    for (const cut of [1000, 4]) {
      const error = await errorOf(vfs.writeFile(peer.url, sized(whole.slice(0, -cut))));
      assert.equal(error.kind, "Corrupt");
      assert.match(error.message, /deflated dataset is cut short/);
    }
    assert.equal(peer.received.length, 1);
    await using lenient = vfsWith({ store: { truncated: "send" } });
    await lenient.writeFile(peer.url, sized(whole.slice(0, -1000)));
    assert.equal(peer.received.length, 2);
  });

  Deno.test(`dimse 27: writeFile() sends a file cut short when told, of ${size} size`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith({ store: { truncated: "send" } });
    const whole = file(1, { PixelData: new Uint8Array(300_000) });
    await vfs.writeFile(peer.url, sized(whole.slice(0, -1000)));
    assert.equal(peer.received.length, 1);
  });

  Deno.test(`writeFile() sends zeros behind the last element as well, of ${size} size`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    for (const zeros of [2, 6, 8]) {
      const padded = new Uint8Array([...file(1), ...new Uint8Array(zeros)]);
      await vfs.writeFile(peer.url, sized(padded));
      assert.equal(peer.received.at(-1)!.dataset.length, datasetOf(1).length + zeros);
    }
  });

  Deno.test(`writeFile() refuses a dataset of odd length, of ${size} size`, async () => {
    await using peer = new Peer();
    await using vfs = vfsWith();
    const odd = new Uint8Array([...file(1), 0]);
    odd.set([33], file(1).length - 36); // the pixel data's length
    const error = await errorOf(vfs.writeFile(peer.url, sized(odd)));
    assert.equal(error.kind, "Corrupt");
    assert.match(error.message, /odd length/);
    assert.deepEqual(peer.received, []);
  });
}

Deno.test("dimse 31: writeFile() tells a warning, and the next one has none", async () => {
  await using peer = new Peer();
  peer.onStored = (_, count) => {
    if (count === 0) {
      peer.received.push({} as never);
      throw answer(0xB000);
    }
  };
  await using vfs = vfsWith();
  const warned = await vfs.writeFile(peer.url, file(1));
  assert.deepEqual(warned.warnings, ['status B000H, coercion of data elements, "Unexpected"']);
  assert.deepEqual((await vfs.writeFile(peer.url, file(2))).warnings, []);
});

const FAILURES = [[0xA700, "StorageFull"], [0xA900, "Corrupt"], [0xC123, "Corrupt"]] as const;

for (const [code, kind] of FAILURES) {
  Deno.test(`dimse 31: writeFile() fails as ${kind} for status ${code.toString(16)}`, async () => {
    await using peer = new Peer();
    peer.onStored = () => {
      throw answer(code);
    };
    await using vfs = vfsWith({}, { layers: { retry: { attempts: 2, baseMs: 1 } } });
    const error = await errorOf(vfs.writeFile(peer.url, file(1)));
    assert.ok(error instanceof ServiceFailed);
    assert.equal(error.kind, kind);
    assert.equal(error.code, code);
    assert.equal(error.status, code === 0xA700 ? "exhausted" : "permanent");
    assert.match(error.message, /instance 2\.25\.3\.1/);
    assert.equal(error.url, peer.url);
    assert.equal(peer.associations, 1);
    peer.onStored = () => {};
    assert.deepEqual((await vfs.writeFile(peer.url, file(2))).warnings, []);
  });
}

Deno.test("dimse 22: writeFile() holds no more of a large object than is on its way", async () => {
  const size = 96 * 1024 * 1024;
  let received = 0;
  let ahead = 0;
  await using peer = new Peer({
    store: () => ({
      write: ({ length }) => void (received += length),
      close: () => {},
      abort: () => {},
    }),
  });
  await using vfs = vfsWith();
  const head = file(1).slice(0, -32);
  new DataView(head.buffer).setUint32(head.length - 4, size, true); // the pixel data's length
  let given = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      ahead = Math.max(ahead, given - received);
      const chunk = given === 0 ? head : new Uint8Array(256 * 1024);
      controller.enqueue(chunk);
      given += chunk.length;
      if (given === head.length + size) controller.close();
    },
  }, { highWaterMark: 0 });
  await vfs.writeFile(peer.url, stream);
  assert.ok(received > size, `${received} of ${size} bytes`);
  // Buffers of both sides and of the system lie between.
  assert.ok(ahead < 16 * 1024 * 1024, `${ahead} bytes ahead`);
});
