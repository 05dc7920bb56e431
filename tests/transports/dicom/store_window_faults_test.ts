import { strict as assert } from "node:assert";
import type { AssociateRq, CommandSet } from "../../../transports/dicom/dimse/mod.ts";
import type { AssociateAc } from "../../../transports/dicom/dimse/pdu.ts";
import { COMMAND } from "../../../transports/dicom/dimse/command_set.ts";
import { file, vfsWith } from "./_store_kit.ts";
import { delay } from "./dimse/_kit.ts";
import {
  acceptance,
  acceptingPeer,
  message,
  type RawPeer,
  scriptedPeer,
} from "./dimse/_scripted_peer.ts";

const NO_RETRY = { layers: { retry: { attempts: 1 } } };
const GRANTED: Partial<AssociateAc["user"]> = { asyncWindow: { invoked: 8, performed: 1 } };

const urlOf = ({ port }: { readonly port: number }) => `dicom://127.0.0.1:${port}/NODE`;

/** The C-STORE that comes next. */
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

for (const granted of [GRANTED, {}]) {
  Deno.test(`store waits for an association no longer than others for their turn, ${granted.asyncWindow ? "with" : "without"} a window`, async () => {
    let before = Promise.resolve();
    // As many do, it accepts connections, and answers on one at a time.
    await using peer = scriptedPeer(async (raw) => {
      const isMine = Promise.withResolvers<void>();
      const others = before;
      before = isMine.promise;
      await others;
      const request = await raw.pdu() as AssociateRq | undefined;
      if (request) {
        await raw.send(acceptance(request, granted));
        for (let each = await stored(raw); each; each = await stored(raw)) {
          await delay(5);
          await acknowledge(raw, request, each).catch(() => {});
        }
      }
      isMine.resolve();
    });
    const timeouts = { releaseMs: 10, requestMs: 700 };
    const vfs = vfsWith({ poolSize: 3, timeouts }, NO_RETRY);
    let n = 0;
    const until = performance.now() + 1_500;
    const ends: string[] = [];
    const many = Array.from({ length: 20 }, async () => {
      while (performance.now() < until) {
        await vfs.writeFile(urlOf(peer), file(++n)).catch((error) => ends.push(String(error)));
      }
    });
    await Promise.all(many);
    assert.deepEqual(ends, []);
    await vfs.close();
  });
}

Deno.test("store lets others of a window be, when one is not answered at all", async () => {
  await using peer = acceptingPeer(async (raw, request) => {
    for (let each = await stored(raw); each; each = await stored(raw)) {
      if (each.AffectedSOPInstanceUID === "2.25.3.3") return await raw.drain();
      await acknowledge(raw, request, each);
    }
  }, GRANTED);
  const vfs = vfsWith({ poolSize: 1, timeouts: { releaseMs: 10, responseMs: 200 } }, NO_RETRY);
  const ends = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => vfs.writeFile(urlOf(peer), file(i + 1))),
  );
  assert.deepEqual(
    ends.map((end) => end.status === "rejected" ? end.reason.kind : ""),
    ["", "", "TimedOut", "", "", "", "", ""],
  );
  await vfs.close();
});

Deno.test("store asks a peer that took the request for a window once for no other, whatever it does then", async () => {
  const windows: boolean[] = [];
  await using peer = scriptedPeer(async (raw, turn) => {
    const request = await raw.pdu() as AssociateRq;
    windows.push(request.user.asyncWindow !== undefined);
    if (turn > 0) return;
    await raw.send(acceptance(request));
    for (let each = await stored(raw); each; each = await stored(raw)) {
      if (windows.length === 1) await delay(100);
      await acknowledge(raw, request, each);
    }
  });
  const vfs = vfsWith({ poolSize: 2, timeouts: { releaseMs: 10 } }, NO_RETRY);
  const first = vfs.writeFile(urlOf(peer), file(1));
  await delay(50);
  await assert.rejects(vfs.writeFile(urlOf(peer), file(2)));
  await first;
  assert.deepEqual(windows, [true, true]);
  await vfs.close();
});

Deno.test("store tries once to connect to where nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const { connect } = Deno;
  let count = 0;
  Deno.connect = ((options: Deno.ConnectOptions) => {
    count++;
    return connect(options);
  }) as typeof connect;
  try {
    await using vfs = vfsWith({}, NO_RETRY);
    await assert.rejects(vfs.writeFile(urlOf({ port }), file(1)), { kind: "Unavailable" });
    assert.equal(count, 1);
  } finally {
    Deno.connect = connect;
  }
});

Deno.test("a window is a whole number of 1 to 65535", async () => {
  for (const window of [0, -1, 1.5, 65_536, NaN]) {
    await using vfs = vfsWith({ store: { window } }, NO_RETRY);
    await assert.rejects(
      vfs.writeFile(urlOf({ port: 1 }), file(1)),
      ({ cause }) => cause instanceof RangeError,
    );
  }
});

Deno.test("store lets others of a window be, when one is answered as what was not asked", async () => {
  await using peer = acceptingPeer(async (raw, request) => {
    for (let each = await stored(raw); each; each = await stored(raw)) {
      const isWrong = each.AffectedSOPInstanceUID === "2.25.3.3";
      await acknowledge(raw, request, isWrong ? { ...each, MessageID: 60_000 } : each);
      if (isWrong) return await raw.drain();
    }
  }, GRANTED);
  const vfs = vfsWith({ poolSize: 1, timeouts: { releaseMs: 10 } }, NO_RETRY);
  const ends = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => vfs.writeFile(urlOf(peer), file(i + 1))),
  );
  assert.deepEqual(
    ends.map((end) => end.status === "rejected" ? end.reason.kind : ""),
    ["", "", "Protocol", "", "", "", "", ""],
  );
  await vfs.close();
});
