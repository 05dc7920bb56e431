import { strict as assert } from "node:assert";
import type { DatasetSink } from "../../../transports/dicom/dimse/mod.ts";
import type { RetrieveOptions, Retriever } from "../../../transports/dicom/retrieve.ts";
import { SeriesRetrieval } from "../../../transports/dicom/series_retrieval.ts";
import { Spool } from "../../../transports/dicom/spool.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { MR } from "./_archive.ts";

Deno.test("instances that come side by side all go on when one of them is asked for", async () => {
  const uids = ["1.2", "1.3"];
  const ask = { op: "read", url: "dicom://h/A", signal: NEVER };
  const retriever: Pick<Retriever, "run"> = {
    async run({ onInstance }: RetrieveOptions) {
      const sinks: DatasetSink[] = [];
      for (const sopInstanceUID of uids) {
        const transferSyntaxUID = "1.2.840.10008.1.2.1";
        sinks.push(await onInstance({ sopClassUID: MR, sopInstanceUID, transferSyntaxUID }));
      }
      await Promise.all(sinks.map(async (sink) => {
        // Nobody has asked for anything: behind the first bytes the archive is held up.
        for (let i = 0; i < 2; i++) await sink.write(new Uint8Array(40_000));
        await sink.close();
      }));
    },
  };
  const retrieval = new SeriesRetrieval({
    retriever: retriever as Retriever,
    spool: new Spool({ directory: false }),
    clock: systemClock,
    place: { patient: "P", study: "1", series: "1.1" },
    model: "study",
    instances: new Map(uids.map((uid) => [uid, MR])),
    url: ask.url,
    isOnly: false,
    idleMs: 1_000,
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const lengths = await Promise.all(uids.map(async (uid) => {
    const arrival = await retrieval.claim(uid, ask);
    return (await collect(arrival!.landing.reader)).length;
  }));
  assert.deepEqual(lengths, [80_000, 80_000]);
});
