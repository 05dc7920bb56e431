import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import {
  type Association,
  cStore,
  type Query,
  requestAssociation,
  serveDicom,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { freePort } from "../../free_port.ts";
import { MR, type Sample, seriesOf } from "./_archive.ts";
import { tickingClock } from "../../ticking_clock.ts";
import { before } from "./_liar.ts";

const SAMPLES = seriesOf({ count: 3, bytes: 300_000 });
const UIDS = SAMPLES.map(({ SOPInstanceUID }) => SOPInstanceUID);
const EXPLICIT = "1.2.840.10008.1.2.1";

/** What an archive can do towards the destination of a C-MOVE. */
interface Move {
  readonly query: Query;
  /** The instance asked for; undefined for the whole series. */
  readonly uid: string | undefined;
  /** Sends a dataset as an instance, with the originator that a C-MOVE has or without. */
  send(uid: string, sample: Sample, from?: Partial<From>): Promise<void>;
  /** Begins to send, and breaks the association in the middle. */
  cut(uid: string, sample: Sample): Promise<void>;
}

interface From {
  readonly callingAET: string;
  /** AE title of whom it names as the one who asked; undefined for nobody. */
  readonly originator: string | undefined;
}

/** An archive without C-GET that lists the samples and does as it likes with a C-MOVE, which it says has been done. */
function lying(work: (move: Move) => Promise<void>) {
  const port = freePort();
  const associate = (callingAET: string): Promise<Association> =>
    requestAssociation({
      hostname: "127.0.0.1",
      port,
      callingAET,
      calledAET: "RECEIVER",
      contexts: [{ sopClassUID: MR, transferSyntaxUIDs: [EXPLICIT] }],
    });
  const server = serveDicom({
    aeTitle: "LIAR",
    port: 0,
    async *find({ transferSyntaxUID }: Query) {
      const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
      const options = { transferSyntaxUID: isImplicit ? "1.2.840.10008.1.2" : undefined };
      for (const { PixelData: _, ...row } of SAMPLES) yield writeDicomDataset(row, options);
    },
    async move(query: Query) {
      const { identifier, transferSyntaxUID } = query;
      const uid = parseDicomHeader(identifier, { transferSyntaxUID }).string("SOPInstanceUID");
      await work({
        query,
        uid,
        async send(sopInstanceUID, sample, from) {
          const asker = query.association.request.callingAET;
          const { callingAET, originator } = { callingAET: "LIAR", originator: asker, ...from };
          await using association = await associate(callingAET);
          await cStore(association, {
            sopClassUID: MR,
            sopInstanceUID,
            transferSyntaxUID: EXPLICIT,
            dataset: writeDicomDataset(sample),
            moveOriginator: originator ? { aeTitle: originator, messageId: 1 } : undefined,
          });
        },
        async cut(sopInstanceUID, sample) {
          await using association = await associate("LIAR");
          // More than is gathered before it is sent.
          const chunks = [writeDicomDataset(sample), ...Array(8).fill(new Uint8Array(1 << 20))];
          const read = () => {
            if (chunks.length === 1) association.drop();
            return Promise.resolve(chunks.shift());
          };
          const open = () => Promise.resolve({ read, close: () => Promise.resolve() });
          const instance = { sopClassUID: MR, sopInstanceUID, transferSyntaxUID: EXPLICIT };
          await cStore(association, { ...instance, dataset: { replayable: false, open } })
            .catch(() => {});
        },
      });
      return { total: 0, instances: (async function* () {})() };
    },
  });
  const listen = { aeTitle: "RECEIVER", port, hostname: "127.0.0.1" };
  const timeouts = { subOperationMs: 1_500 };
  // A sub-operation takes no longer for a machine that stops us.
  const clock = tickingClock();
  const place = before(server, { listen, timeouts }, clock);
  return {
    ...place,
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]();
      await clock[Symbol.asyncDispose]();
    },
  };
}

/** The samples that a C-MOVE asks for. */
const asked = ({ uid }: Move) =>
  SAMPLES.filter(({ SOPInstanceUID }) => uid === undefined || uid === SOPInstanceUID);

const lastByte = (file: Uint8Array) => file.at(-1);

/** Copies the series, and tells what came and what failed with which kind. */
async function copied({ vfs, url }: ReturnType<typeof lying>): Promise<Record<string, unknown>> {
  await Array.fromAsync(vfs.readDir(url));
  const outcomes: Record<string, unknown> = {};
  for (const uid of UIDS) {
    outcomes[uid] = await vfs.readFile(`${url}/${uid}`).then(lastByte, ({ kind }) => kind);
  }
  return outcomes;
}

const ALL = { [UIDS[0]!]: 0, [UIDS[1]!]: 1, [UIDS[2]!]: 2 };

Deno.test("what an archive moves of other studies and patients goes nowhere", async () => {
  const others = seriesOf({ patient: "SOMEBODY", study: 9, bytes: 1_000 });
  await using archive = lying(async (move) => {
    for (const other of others) await move.send(other.SOPInstanceUID, other);
    for (const sample of asked(move)) await move.send(sample.SOPInstanceUID, sample);
  });
  assert.deepEqual(await copied(archive), ALL);
});

Deno.test("what is moved under the UID of another instance fails as Protocol, and the others are read", async () => {
  await using archive = lying(async (move) => {
    for (const sample of asked(move)) {
      const isWrong = sample === SAMPLES[1];
      await move.send(sample.SOPInstanceUID, isWrong ? SAMPLES[0]! : sample);
    }
  });
  assert.deepEqual(await copied(archive), { ...ALL, [UIDS[1]!]: "Protocol" });
});

Deno.test("of instances that are moved twice the first counts", async () => {
  const done = Promise.withResolvers<void>();
  await using archive = lying(async (move) => {
    const again = asked(move).map((s) => ({ ...s, PixelData: new Uint8Array(10).fill(99) }));
    for (const sample of [...asked(move), ...again]) {
      await move.send(sample.SOPInstanceUID, sample);
    }
    done.resolve();
  });
  const { vfs, url } = archive;
  await Array.fromAsync(vfs.readDir(url));
  const first = await vfs.open(`${url}/${UIDS[0]}`);
  await done.promise;
  assert.equal(lastByte(await new Response(first.readable).bytes()), 0);
  assert.deepEqual(await copied(archive), ALL);
});

Deno.test("what another asked for is refused, and what comes without a name of who asked is taken", async () => {
  const refused: unknown[] = [];
  await using archive = lying(async (move) => {
    for (const sample of asked(move)) {
      const false_ = { ...sample, PixelData: new Uint8Array(10).fill(99) };
      await move.send(UIDS[0] + ".9", false_, { callingAET: "STRANGER", originator: undefined })
        .catch(({ kind }) => refused.push(kind));
      await move.send(sample.SOPInstanceUID, sample, { originator: undefined });
    }
  });
  assert.deepEqual(await copied(archive), ALL);
  assert.deepEqual([...new Set(refused)], ["PermissionDenied"]);
});

Deno.test("what an archive moves in its own name, as pynetdicom's do, is read, and the rest goes nowhere", async () => {
  const others = seriesOf({ patient: "SOMEBODY", study: 9, bytes: 1_000 });
  await using archive = lying(async (move) => {
    for (const each of [...others, ...asked(move)]) {
      await move.send(each.SOPInstanceUID, each, { originator: "LIAR" });
    }
  });
  assert.deepEqual(await copied(archive), ALL);
});

Deno.test("promise 2: an instance that breaks off while it is moved fails, whatever the archive says then", async () => {
  let isCut = true;
  await using archive = lying(async (move) => {
    for (const sample of asked(move)) {
      const { SOPInstanceUID: uid } = sample;
      if (isCut && uid === UIDS[1]) await move.cut(uid, sample);
      else await move.send(uid, sample);
    }
  });
  assert.deepEqual(await copied(archive), { ...ALL, [UIDS[1]!]: "Unavailable" });
  isCut = false;
  assert.equal(lastByte(await archive.vfs.readFile(`${archive.url}/${UIDS[1]}`)), 1);
});

Deno.test("what is moved after the archive said that all was done is refused, and what never comes is NotFound", async () => {
  const late: Promise<unknown>[] = [];
  const done = Promise.withResolvers<void>();
  let isLate = true;
  await using archive = lying(async (move) => {
    for (const sample of asked(move)) {
      const send = () => move.send(sample.SOPInstanceUID, sample);
      if (!isLate) await send();
      else late.push(done.promise.then(send).then(() => "taken", ({ kind }) => kind));
    }
  });
  const nothing = UIDS.map((uid) => [uid, "NotFound"]);
  assert.deepEqual(await copied(archive), Object.fromEntries(nothing));
  done.resolve();
  assert.deepEqual([...new Set(await Promise.all(late))], ["PermissionDenied"]);
  isLate = false;
  assert.deepEqual(await copied(archive), ALL);
});

Deno.test("an archive that neither moves nor answers fails within its time, and the next read works", async () => {
  let isSilent = true;
  await using archive = lying(async (move) => {
    if (isSilent) await move.query.association.closed;
    else for (const sample of asked(move)) await move.send(sample.SOPInstanceUID, sample);
  });
  const read = () => archive.vfs.readFile(`${archive.url}/${UIDS[0]}`);
  await assert.rejects(read(), { kind: "TimedOut" });
  isSilent = false;
  assert.equal(lastByte(await read()), 0);
});
