/** What a server has done when it is closed. */

import { strict as assert } from "node:assert";
import {
  cFind,
  cStore,
  type DatasetSink,
  QUERY_RETRIEVE,
} from "../../../../transports/dicom/dimse/mod.ts";
import { encodeCommand } from "../../../../transports/dicom/dimse/command_set.ts";
import { MessageReceiver } from "../../../../transports/dicom/dimse/message_receiver.ts";
import type { ChunkReader } from "../../../../vfs/bytes/bytes.ts";
import { all, associate, context, CT, delay, EXPLICIT, serve } from "./_kit.ts";

const FIND = QUERY_RETRIEVE.study.find;

Deno.test("close() of a server waits for a handler that clears up, and for a sink", async () => {
  const begun = Promise.withResolvers<void>();
  const done: string[] = [];
  const sink: DatasetSink = {
    write: () => begun.resolve(),
    close: () => {},
    async abort() {
      await delay(30);
      done.push("sink");
    },
  };
  const asked = Promise.withResolvers<void>();
  const server = serve({
    store: () => sink,
    async *find({ signal }) {
      asked.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await delay(30);
      done.push("handler");
      yield* [];
    },
  });
  const contexts = [context(FIND), context(CT)];
  const [one, other] = [
    await associate(server.port, { contexts }),
    await associate(server.port, { contexts }),
  ];
  const finding = all(cFind(one, { identifier: { QueryRetrieveLevel: "STUDY" } })).catch(() => {});
  const over = Promise.withResolvers<undefined>();
  let isFirst = true;
  const reader: ChunkReader = {
    read() {
      const chunk = isFirst ? Promise.resolve(new Uint8Array(300_000)) : over.promise;
      isFirst = false;
      return chunk;
    },
    close: () => Promise.resolve(over.resolve(undefined)),
  };
  const storing = cStore(other, {
    sopClassUID: CT,
    sopInstanceUID: "1.2.3",
    transferSyntaxUID: EXPLICIT,
    dataset: { replayable: false, open: () => Promise.resolve(reader) },
  }).catch(() => {});
  await Promise.all([begun.promise, asked.promise]);
  await server.close();
  assert.deepEqual(done.sort(), ["handler", "sink"]);
  over.resolve(undefined);
  await Promise.all([finding, storing, one.closed, other.closed]);
});

Deno.test("close() of a server waits no more than a second for a handler that never ends", async () => {
  const asked = Promise.withResolvers<void>();
  const server = serve({
    async *find() {
      asked.resolve();
      await new Promise(() => {});
      yield* [];
    },
  });
  const one = await associate(server.port, { contexts: [context(FIND)] });
  const finding = all(cFind(one, { identifier: { QueryRetrieveLevel: "STUDY" } })).catch(() => {});
  await asked.promise;
  await server.close();
  await Promise.all([finding, one.closed]);
});

Deno.test("MessageReceiver gives a sink nothing more once it is aborted, though more has come", async () => {
  const writing = Promise.withResolvers<void>();
  const calls: string[] = [];
  const receiver = new MessageReceiver(() => ({
    write: () => {
      calls.push("write");
      return writing.promise;
    },
    close: () => void calls.push("close"),
    abort: () => void calls.push("abort"),
  }), () => true);
  const fragment = { type: "fragment", contextId: 1, isLast: true } as const;
  const command = encodeCommand({ CommandField: 1, MessageID: 1, CommandDataSetType: 0 });
  await receiver.accept({ ...fragment, isCommand: true, pieces: [command] });
  const pieces = [new Uint8Array(2), new Uint8Array(2)];
  const taken = receiver.accept({ ...fragment, isCommand: false, pieces });
  await receiver.abort("over");
  writing.resolve();
  await taken;
  assert.deepEqual(calls, ["write", "abort"]);
});

Deno.test("MessageReceiver aborts a sink that is there only when the association has ended", async () => {
  const made = Promise.withResolvers<DatasetSink>();
  const receiver = new MessageReceiver(() => made.promise, () => true);
  const data = encodeCommand({ CommandField: 1, MessageID: 1, CommandDataSetType: 0 });
  const taken = receiver.accept({
    type: "fragment",
    contextId: 1,
    isCommand: true,
    isLast: true,
    pieces: [data],
  });
  await receiver.abort("over");
  const reasons: unknown[] = [];
  const sink = { write() {}, close() {}, abort: (reason: unknown) => void reasons.push(reason) };
  made.resolve(sink);
  await taken;
  assert.deepEqual(reasons, ["over"]);
});
