import { strict as assert } from "node:assert";
import type { DatasetSink } from "../../../transports/dicom/dimse/mod.ts";
import type { Retriever } from "../../../transports/dicom/retrieve.ts";
import { SeriesRetrieval } from "../../../transports/dicom/series_retrieval.ts";
import { Spool } from "../../../transports/dicom/spool.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { until } from "../../until.ts";
import { MR } from "./_archive.ts";

const ASK = { op: "read", url: "dicom://h/A", signal: NEVER };

/** The retrieval of a series, whose instances come as `run` sends them. */
function retrievalOf(
  uids: readonly string[],
  idleMs: number,
  run: Retriever["run"],
): SeriesRetrieval {
  const retriever: Pick<Retriever, "run"> = { run };
  return new SeriesRetrieval({
    retriever: retriever as Retriever,
    spool: new Spool({ directory: false }),
    clock: systemClock,
    place: { patient: "P", study: "1", series: "1.1" },
    model: "study",
    modality: "MR",
    instances: new Map(uids.map((uid) => [uid, MR])),
    areSome: false,
    areMany: false,
    areFew: false,
    mostLanes: 1,
    lane: () => undefined,
    url: ASK.url,
    isOnly: false,
    idleMs,
  });
}

const instanceOf = (sopInstanceUID: string) => ({
  sopClassUID: MR,
  sopInstanceUID,
  transferSyntaxUID: "1.2.840.10008.1.2.1",
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("instances that come side by side all go on when one of them is asked for", async () => {
  const uids = ["1.2", "1.3"];
  const retrieval = retrievalOf(uids, 1_000, async ({ onInstance }) => {
    const sinks: DatasetSink[] = [];
    for (const uid of uids) sinks.push(await onInstance(instanceOf(uid)));
    await Promise.all(sinks.map(async (sink) => {
      // Nobody has asked for anything: behind the first bytes the archive is held up.
      for (let i = 0; i < 2; i++) await sink.write(new Uint8Array(40_000));
      await sink.close();
    }));
  });
  await pause(20);
  const lengths = await Promise.all(uids.map(async (uid) => {
    const arrival = await retrieval.claim(uid, ASK);
    return (await collect(arrival!.landing.reader)).length;
  }));
  assert.deepEqual(lengths, [80_000, 80_000]);
});

Deno.test("whoever takes all of a series may be slow with each instance, until he leaves", async () => {
  const uids = ["1.2", "1.3", "1.4", "1.5"];
  const retrieval = retrievalOf(uids, 20, async ({ onInstance }, { signal }) => {
    for (const uid of uids) {
      const sink = await onInstance(instanceOf(uid));
      await sink.write(new Uint8Array(10));
      await sink.close();
      signal.throwIfAborted();
    }
  });
  for (const uid of uids.slice(0, 3)) {
    const arrival = await retrieval.next(ASK);
    assert.equal(arrival?.instance.sopInstanceUID, uid);
    await collect(arrival.landing.reader);
    await pause(100);
  }
  await retrieval.quit();
  assert.equal(retrieval.isDone, true);
  assert.equal(await retrieval.next(ASK), undefined);
});

Deno.test("what whoever took a series leaves behind is dropped once nobody comes for it", async () => {
  const uids = ["1.2", "1.3"];
  const retrieval = retrievalOf(uids, 20, async ({ onInstance }) => {
    for (const uid of uids) await (await onInstance(instanceOf(uid))).close();
  });
  retrieval.leave((await retrieval.next(ASK))!);
  await until(() => retrieval.isDone);
  assert.equal(retrieval.isDone, true);
});
