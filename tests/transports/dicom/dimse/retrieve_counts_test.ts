/** What is made of the numbers of sub-operations, by us and for a peer. */
import { strict as assert } from "node:assert";
import {
  cMove,
  type Query,
  QUERY_RETRIEVE,
  type RetrieveProgress,
  ServiceFailed,
  type Suboperation,
} from "../../../../transports/dicom/dimse/mod.ts";
import { parseDicomHeader } from "../../../../formats/mod.ts";
import { writeDicomDataset } from "../../../../testing/dicom_writer.ts";
import { COMMAND, type CommandSet } from "../../../../transports/dicom/dimse/command_set.ts";
import { encodeIdentifier } from "../../../../transports/dicom/dimse/identifier.ts";
import { requestCommand } from "../../../../transports/dicom/dimse/invocation.ts";
import { MemorySink } from "../../../../transports/dicom/dimse/sink.ts";
import { acceptingPeer, message } from "./_scripted_peer.ts";
import { associate, context, CT, EXPLICIT, serve } from "./_kit.ts";

const MOVE = QUERY_RETRIEVE.study.move;
const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" };

/** Moves from a peer that gives these answers: the error or the result, and all that `onProgress` heard. */
async function movedFrom(
  ...answers: (Partial<CommandSet> & { readonly Status: number; readonly failed?: string[] })[]
) {
  await using peer = acceptingPeer(async (raw) => {
    const asked = await raw.command();
    assert.equal(asked!.MoveDestination, "DEST");
    await raw.pdu();
    const common = {
      CommandField: COMMAND.C_MOVE_RSP,
      MessageIDBeingRespondedTo: asked!.MessageID!,
    };
    for (const { failed, ...answer } of answers) {
      const list = failed && writeDicomDataset({ FailedSOPInstanceUIDList: failed });
      await raw.send(message(1, { ...common, ...answer }, list));
    }
    await raw.drain();
  });
  const association = await associate(peer.port, { contexts: [context(MOVE)] });
  const told: RetrieveProgress[] = [];
  const onProgress = (progress: RetrieveProgress) => told.push(progress);
  try {
    const result = await cMove(association, { identifier, destination: "DEST", onProgress });
    return { told, result };
  } catch (error) {
    assert(error instanceof ServiceFailed, String(error));
    return { told, error };
  } finally {
    await association.abort();
  }
}

const counts = (completed: number, failed: number, warning: number) => ({
  NumberOfCompletedSuboperations: completed,
  NumberOfFailedSuboperations: failed,
  NumberOfWarningSuboperations: warning,
});

Deno.test("cMove() tells the numbers of each answer, and those of the last with the result", async () => {
  const { told, result } = await movedFrom(
    { Status: 0xFF00, NumberOfRemainingSuboperations: 7, ...counts(3, 0, 1) },
    { Status: 0xFF00 },
    { Status: 0, ...counts(10, 0, 1) },
  );
  const none = {
    remaining: undefined,
    completed: undefined,
    failed: undefined,
    warning: undefined,
  };
  assert.deepEqual(told, [
    { remaining: 7, completed: 3, failed: 0, warning: 1 },
    none,
    { ...none, completed: 10, failed: 0, warning: 1 },
  ]);
  assert.deepEqual([result?.completed, result?.warning, result?.status.code], [10, 1, 0]);
});

Deno.test("cMove() resolves when all instances have arrived, though the destination warned of some", async () => {
  const { result, error } = await movedFrom({ Status: 0xB000, ...counts(1, 0, 2) });
  assert.equal(error, undefined);
  assert.deepEqual([result?.status.class, result?.completed, result?.warning], ["warning", 1, 2]);
});

Deno.test("cMove() is a PartialFailure when instances are missing, whatever the status says", async () => {
  const partial = [
    { Status: 0xB000, ...counts(1, 1, 0) },
    { Status: 0xB000, ...counts(1, 1, 1) },
    { Status: 0xB000, ...counts(2, 0, 0) },
    { Status: 0xB000 },
    { Status: 0xB000, NumberOfWarningSuboperations: 1 },
    { Status: 0, ...counts(1, 1, 0) },
  ];
  for (const answer of partial) {
    const { error } = await movedFrom(answer);
    assert.equal(error?.kind, "PartialFailure", JSON.stringify(answer));
    assert.equal(error.status, "permanent");
  }
});

Deno.test("cMove() names five of the instances that failed at most, and says how many more there are", async () => {
  const failed = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];
  const messageOf = async (count: number) => {
    const answer = { Status: 0xB000, ...counts(1, count, 0), failed: failed.slice(0, count) };
    return (await movedFrom(answer)).error!.message;
  };
  assert.match(await messageOf(4), /failed instances 1\.1, 1\.2, 1\.3, 1\.4, status/);
  assert.match(await messageOf(5), /1\.4, 1\.5, status/);
  assert.match(await messageOf(7), /1\.4, 1\.5 and 2 more, status/);
});

Deno.test("cMove() that the peer cancels is Incomplete, one that it refuses of the kind of its status", async () => {
  const cancelled = await movedFrom({ Status: 0xFE00, ...counts(1, 0, 0) });
  assert.deepEqual([cancelled.error?.kind, cancelled.error?.code], ["Incomplete", 0xFE00]);
  const refused = await movedFrom({ Status: 0xA801 });
  assert.deepEqual([refused.error?.kind, refused.error?.code], ["InvalidArgument", 0xA801]);
});

/** The final status and numbers of a C-MOVE of instances that the destination answers so. */
async function servedWith(...answers: number[]) {
  let count = 0;
  await using destination = serve({
    store: () => {
      const code = answers[count++]!;
      if (code !== 0) {
        throw new ServiceFailed("Unexpected", { op: "store", url: "" }, { code, meaning: "" });
      }
      return { write: () => {}, close: () => {}, abort: () => {} };
    },
  });
  async function* instances(): AsyncGenerator<Suboperation> {
    await using to = await associate(destination.port);
    for (const n of answers.keys()) {
      const dataset = new Uint8Array(8);
      yield {
        to,
        dataset,
        sopClassUID: CT,
        sopInstanceUID: `1.2.${n}`,
        transferSyntaxUID: EXPLICIT,
      };
    }
  }
  const total = answers.length;
  await using server = serve({
    move: () => Promise.resolve({ total, instances: instances() }),
  });
  await using association = await associate(server.port, { contexts: [context(MOVE)] });
  const told: RetrieveProgress[] = [];
  const onProgress = (progress: RetrieveProgress) => told.push(progress);
  const request = { identifier, destination: "DEST", onProgress };
  const code = await cMove(association, request).then(
    ({ status }) => status.code,
    ({ code }) => code,
  );
  return { code, told };
}

Deno.test("serveDicom() ends a C-MOVE with the status that its failures and warnings call for", async () => {
  const ends: [answers: number[], status: number][] = [
    [[0, 0], 0],
    [[], 0],
    [[0, 0xB000], 0xB000],
    [[0xB000], 0xB000],
    [[0, 0xA700], 0xB000],
    [[0xB000, 0xA700], 0xB000],
    [[0xA700, 0xA700], 0xA702],
  ];
  for (const [answers, status] of ends) {
    const { code, told } = await servedWith(...answers);
    assert.equal(code, status, String(answers));
    const { remaining, completed, failed, warning } = told.at(-1)!;
    const count = (of: (answer: number) => boolean) => answers.filter(of).length;
    assert.deepEqual({ remaining, completed, failed, warning }, {
      remaining: undefined,
      completed: count((answer) => answer === 0),
      failed: count((answer) => answer === 0xA700),
      warning: count((answer) => answer === 0xB000),
    });
    // After the last there is nothing to come, and the final answer follows.
    assert.deepEqual(
      told.slice(0, -1).map(({ remaining }) => remaining),
      answers.slice(1).map((_, i) => answers.length - 1 - i),
    );
  }
});

Deno.test("serveDicom() names the instances that had failed when a C-MOVE is cancelled", async () => {
  async function* instances({ signal }: Query): AsyncGenerator<Suboperation> {
    const dataset = new Uint8Array(8);
    // There is no context for it.
    yield { dataset, sopClassUID: CT, sopInstanceUID: "1.2.1", transferSyntaxUID: EXPLICIT };
    await new Promise((resolve) => signal.onabort = resolve);
  }
  await using server = serve({
    move: (query) => Promise.resolve({ total: 3, instances: instances(query) }),
  });
  await using association = await associate(server.port, { contexts: [context(MOVE)] });
  const { transferSyntaxUID } = association.contextFor(MOVE)!;
  let failed: string[] | undefined;
  const operation = association.invoke({
    context: association.contextFor(MOVE)!,
    op: "move from",
    command: { ...requestCommand("C_MOVE_RQ", MOVE), Priority: 0, MoveDestination: "DEST" },
    dataset: encodeIdentifier(identifier, transferSyntaxUID),
    timeoutMs: 60_000,
    onResponse({ Status }) {
      if (Status === 0xFF00) operation.cancel();
      return new MemorySink((bytes) => {
        const list = parseDicomHeader(bytes!, { transferSyntaxUID });
        failed = list.strings("FailedSOPInstanceUIDList");
      });
    },
  });
  const { Status, NumberOfRemainingSuboperations } = await operation.done;
  assert.deepEqual([Status, NumberOfRemainingSuboperations], [0xFE00, 2]);
  assert.deepEqual(failed, ["1.2.1"]);
});
