import { strict as assert } from "node:assert";
import {
  type AssociateRq,
  AssociationPool,
  type AsyncWindow,
  cEcho,
  type CommandSet,
  VERIFICATION,
} from "../../../transports/dicom/dimse/mod.ts";
import { COMMAND } from "../../../transports/dicom/dimse/command_set.ts";
import type { AssociateRj } from "../../../transports/dicom/dimse/pdu.ts";
import { serveDicomNode } from "../../../testing/mod.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";
import { file, Peer, vfsWith } from "./_store_kit.ts";
import { context, CT, delay, IMPLICIT, Inbox, serve } from "./dimse/_kit.ts";
import {
  acceptance,
  acceptingPeer,
  message,
  type RawPeer,
  type ScriptedPeer,
  scriptedPeer,
} from "./dimse/_scripted_peer.ts";

const NO_RETRY = { layers: { retry: { attempts: 1 } } };

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("resolved"), (error) => error);
}

const urlOf = ({ port }: { readonly port: number }) => `dicom://127.0.0.1:${port}/NODE`;

/** Stores `count` instances at once, each by a call of its own, and gives how they ended. */
async function storeAll(vfs: Vfs, url: string, count: number): Promise<(string | undefined)[]> {
  const ends = await Promise.allSettled(
    Array.from({ length: count }, (_, n) => vfs.writeFile(url, file(n + 1))),
  );
  return ends.map((end) => end.status === "fulfilled" ? undefined : String(end.reason));
}

/** The C-STORE that comes next; nothing where it is another command. */
async function stored(raw: RawPeer): Promise<CommandSet | undefined> {
  const command = await raw.command();
  return command?.CommandField === COMMAND.C_STORE_RQ ? command : undefined;
}

async function acknowledge(raw: RawPeer, request: AssociateRq, asked: CommandSet): Promise<void> {
  const { MessageID, AffectedSOPClassUID, AffectedSOPInstanceUID } = asked;
  const { id } = request.contexts.find((each) => each.abstractSyntax === AffectedSOPClassUID)!;
  await raw.send(message(id, {
    CommandField: COMMAND.C_STORE_RQ | 0x8000,
    MessageIDBeingRespondedTo: MessageID,
    AffectedSOPClassUID,
    AffectedSOPInstanceUID,
    Status: 0,
  }));
}

// Without an answer it is one at a time, as of DCMTK, Orthanc and pynetdicom; 0 is no limit, as dcm4che has it.
for (
  const [granted, expected] of [
    [undefined, 1],
    [{ invoked: 1, performed: 1 }, 1],
    [{ invoked: 3, performed: 1 }, 3],
    [{ invoked: 0, performed: 0 }, 8],
    [{ invoked: 500, performed: 500 }, 8],
  ] as const
) {
  const of = granted ? `a window of ${granted.invoked}` : "no window";
  Deno.test(`store has ${expected} under way on an association that grants ${of}, answered in any order`, async () => {
    let most = 0;
    let asked: AsyncWindow | undefined;
    await using peer = acceptingPeer(async (raw, request) => {
      asked = request.user.asyncWindow;
      const waiting: CommandSet[] = [];
      for (let left = 24; left > 0;) {
        waiting.push((await stored(raw))!);
        most = Math.max(most, waiting.length);
        if (waiting.length < Math.min(expected, left)) continue;
        for (const each of waiting.splice(0).reverse()) {
          await acknowledge(raw, request, each);
          left--;
        }
        // What comes unasked would come now.
        await delay(2);
      }
      await raw.drain();
    }, { asyncWindow: granted });
    const vfs = vfsWith({ poolSize: 1, timeouts: { releaseMs: 10 } });
    assert.deepEqual(await storeAll(vfs, urlOf(peer), 24), Array(24).fill(undefined));
    assert.deepEqual([most, asked], [expected, { invoked: 8, performed: 1 }]);
    assert.equal(peer.count, 1);
    await vfs.close();
  });
}

Deno.test("store asks for no window, or another, where it is told so", async () => {
  for (const window of [1, 3]) {
    const asked: (AsyncWindow | undefined)[] = [];
    await using peer = new Peer({ authorize: ({ user }) => void asked.push(user.asyncWindow) });
    await using vfs = vfsWith({ store: { window } });
    await vfs.writeFile(peer.url, file(1));
    assert.deepEqual(asked, [window === 1 ? undefined : { invoked: 3, performed: 1 }]);
  }
});

/** Refuses who asks for a window in its own way, and takes what others send. */
function disliking(refuse: (raw: RawPeer) => Promise<void>): ScriptedPeer & { windows: boolean[] } {
  const windows: boolean[] = [];
  const peer = scriptedPeer(async (raw) => {
    const request = await raw.pdu() as AssociateRq;
    windows.push(request.user.asyncWindow !== undefined);
    if (windows.at(-1)) return await refuse(raw);
    await raw.send(acceptance(request));
    for (let each = await stored(raw); each; each = await stored(raw)) {
      await acknowledge(raw, request, each);
    }
  });
  return Object.assign(peer, { windows });
}

const rejection = (result: number, source: number, reason: number): AssociateRj => ({
  type: "A-ASSOCIATE-RJ",
  result,
  source,
  reason,
});

const REFUSALS: Readonly<Record<string, (raw: RawPeer) => Promise<void>>> = {
  "rejects it without a reason": (raw) => raw.send(rejection(1, 1, 1)),
  "rejects it by ACSE": (raw) => raw.send(rejection(1, 2, 1)),
  "aborts": (raw) => raw.send({ type: "A-ABORT", source: 2, reason: 4 }),
  "closes the connection": () => Promise.resolve(),
};

for (const [what, refuse] of Object.entries(REFUSALS)) {
  Deno.test(`store asks a peer that ${what} for no window, from then on`, async () => {
    await using peer = disliking(refuse);
    const vfs = vfsWith({ poolSize: 1, timeouts: { releaseMs: 10, responseMs: 5_000 } }, NO_RETRY);
    for (const n of [1, 2]) await vfs.writeFile(urlOf(peer), file(n));
    // A class that has not been proposed yet takes an association of its own.
    await vfs.writeFile(urlOf(peer), file(3, { SOPClassUID: "1.2.3.4" }));
    assert.deepEqual(peer.windows, [true, false, false]);
    await vfs.close();
  });
}

for (
  const [what, refusal] of [
    ["the called AE title", rejection(1, 1, 7)],
    ["the calling AE title", rejection(1, 1, 3)],
    ["one too many", rejection(2, 3, 2)],
  ] as const
) {
  Deno.test(`store does not try without a window where a peer rejects ${what}`, async () => {
    const windows: boolean[] = [];
    await using peer = scriptedPeer(async (raw) => {
      windows.push((await raw.pdu() as AssociateRq).user.asyncWindow !== undefined);
      await raw.send(refusal);
    });
    await using vfs = vfsWith({ poolSize: 1 }, NO_RETRY);
    await errorOf(vfs.writeFile(urlOf(peer), file(1)));
    assert(windows.every((each) => each), String(windows));
    assert.equal(windows.length, refusal.result === 1 ? 1 : 3);
  });
}

Deno.test("copy() sends again what a peer that aborts in the middle of a window has not acknowledged, and nothing else", async () => {
  const begun = new Map<string, number>();
  const windows: number[] = [];
  await using peer = scriptedPeer(async (raw) => {
    const request = await raw.pdu() as AssociateRq;
    await raw.send(acceptance(request));
    const isFirst = windows.push(request.user.asyncWindow?.invoked ?? 1) === 1;
    for (let each = await stored(raw), n = 1; each; each = await stored(raw), n++) {
      const uid = each.AffectedSOPInstanceUID!;
      begun.set(uid, (begun.get(uid) ?? 0) + 1);
      // The second and the fifth are acknowledged, in this order, before it aborts.
      if (isFirst && n === 6) return await raw.send({ type: "A-ABORT", source: 2, reason: 0 });
      if (!isFirst || n === 2 || n === 5) await acknowledge(raw, request, each);
    }
  });
  const vfs = vfsWith({ poolSize: 1, timeouts: { releaseMs: 10 } }, NO_RETRY);
  assert.deepEqual(await storeAll(vfs, urlOf(peer), 6), Array(6).fill(undefined));
  assert.deepEqual([...begun.values()].sort(), [1, 1, 2, 2, 2, 2]);
  assert.equal(windows.length, 2);
  await vfs.close();
});

Deno.test("store sends again alone, so that one instance that a peer always aborts takes no other with it", async () => {
  await using peer = new Peer();
  peer.onStore = ({ sopInstanceUID }, abort) => {
    if (Number(sopInstanceUID.split(".").at(-1)) % 5 === 0) abort();
  };
  await using vfs = vfsWith({ poolSize: 2 }, NO_RETRY);
  const ends = await storeAll(vfs, peer.url, 40);
  const failed = ends.flatMap((end, i) => end === undefined ? [] : [i + 1]);
  assert.deepEqual(failed, [5, 10, 15, 20, 25, 30, 35, 40]);
  const received = new Set(peer.received.map(({ instance }) => instance.sopInstanceUID));
  assert.equal(received.size, 32);
});

Deno.test("store lets others of a window be, when one is aborted by its caller", async () => {
  await using peer = new Peer();
  const stop = new AbortController();
  const isStopped = Promise.withResolvers<void>();
  peer.onStored = async ({ sopInstanceUID }) => {
    if (sopInstanceUID !== "2.25.3.3" || stop.signal.aborted) return;
    stop.abort();
    await isStopped.promise;
  };
  await using vfs = vfsWith({ poolSize: 1 }, NO_RETRY);
  const ends = await Promise.allSettled(Array.from({ length: 8 }, async (_, i) => {
    const signal = i === 2 ? stop.signal : undefined;
    await vfs.writeFile(peer.url, file(i + 1), { signal }).finally(isStopped.resolve);
  }));
  assert.deepEqual(
    ends.map((end) => end.status === "rejected" ? end.reason.kind : ""),
    ["", "", "Aborted", "", "", "", "", ""],
  );
  assert.equal(new Set(peer.received.map(({ instance }) => instance.sopInstanceUID)).size, 8);
});

Deno.test("copy() tells of each instance of a window what became of it, when the peer dies", async () => {
  const peer = new Peer();
  let closing: Promise<void> | undefined;
  peer.onStore = () => {
    if (peer.received.length >= 10) closing ??= peer.close();
  };
  await using vfs = vfsWith({ poolSize: 1 }, NO_RETRY);
  for (let n = 0; n < 40; n++) await vfs.writeFile(`memory:///d/${n}`, file(n));
  const done: string[] = [];
  const error = await errorOf(vfs.copy("memory:///d", peer.url, {
    concurrency: 20,
    onOutcome: ({ result, to }) => result === "done" && done.push(to!.split("/").at(-1)!),
  }));
  await closing;
  assert(error instanceof TransferFailed);
  assert.equal(error.report.done + error.report.failed, 40);
  const received = new Set(peer.received.map(({ instance }) => instance.sopInstanceUID));
  assert(done.every((uid) => received.has(uid)));
  assert(received.size - done.length <= 8, `${received.size} received, ${done.length} done`);
});

Deno.test("AssociationPool lets whoever wants an association alone have its turn among many that share", async () => {
  await using server = serve(new Inbox());
  const { port } = server;
  const name = { hostname: "127.0.0.1", port, calledAET: "NODE" };
  await using pool = new AssociationPool({ ...name, size: 1 });
  const contexts = [context(CT), context(VERIFICATION, IMPLICIT)];
  let sharing = 0;
  let most = 0;
  let isDone = false;
  const share = async () => {
    while (!isDone) {
      await pool.run({ contexts, window: 8, isShared: true }, async (association) => {
        most = Math.max(most, ++sharing);
        await cEcho(association);
        sharing--;
      });
    }
  };
  const sharers = Array.from({ length: 20 }, share);
  await until(() => most === 8);
  await pool.run({ contexts }, async (association) => {
    assert.equal(sharing, 0);
    await cEcho(association);
    assert.equal(sharing, 0);
  });
  // Nor has whoever shares with nobody here.
  const other = { contexts: [context(VERIFICATION, IMPLICIT)], isExact: true, isShared: true };
  await pool.run(other, (association) => cEcho(association));
  isDone = true;
  await Promise.all(sharers);
  assert.equal(most, 8);
});

Deno.test("serve-dicom's node takes a window, and has all that was acknowledged after an abort in the middle", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  node.faults.inject({ service: "C-STORE", abort: 0, after: 13 });
  await using vfs = vfsWith({ poolSize: 1 }, NO_RETRY);
  assert.deepEqual(await storeAll(vfs, node.url, 40), Array(40).fill(undefined));
  assert.equal(node.counts.instances, 40);
  assert.equal(node.requests.associations, 2);
});
