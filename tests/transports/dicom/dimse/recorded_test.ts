import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isVfsError } from "../../../../vfs/errors.ts";
import { systemClock } from "../../../../vfs/concurrency/clock.ts";
import { concat } from "../../../../vfs/bytes/bytes.ts";
import {
  acceptAssociation,
  type AssociationOptions,
  cEcho,
  type Socket,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import { decodePdu } from "./_decode_pdu.ts";
import { ECHOSCU, FINDSCU, ORTHANC, STORESCP, STORESCU } from "./_recorded.ts";
import { associate, context, delay, IMPLICIT, Inbox } from "./_kit.ts";
import { scriptedPeer } from "./_scripted_peer.ts";

/** A peer that has said all it will say, in pieces that end at `cuts`. */
function recordedSocket(bytes: Uint8Array, cuts: readonly number[] = []) {
  const ends = [...cuts, bytes.length];
  const written: Uint8Array[] = [];
  const release = bytes.length - 10;
  let at = 0;
  const socket: Socket = {
    peer: "recorded",
    async read(buffer) {
      while (ends.length > 0 && ends[0]! <= at) ends.shift();
      // As the peer did, wait for the answer before the release.
      if (at >= release) await new Promise((resolve) => setImmediate(resolve));
      if (at >= bytes.length) return null;
      const end = at < release ? Math.min(ends[0]!, release) : ends[0]!;
      const length = Math.min(buffer.length, end - at);
      buffer.set(bytes.subarray(at, at + length));
      at += length;
      return length;
    },
    write(part) {
      written.push(part.slice());
      return Promise.resolve(part.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  };
  const said = () => concat(written, written.reduce((sum, part) => sum + part.length, 0));
  return { socket, said };
}

/** What our node answers to `bytes`, and what it received. */
async function answered(bytes: Uint8Array, cuts?: readonly number[]) {
  const inbox = new Inbox();
  const { socket, said } = recordedSocket(bytes, cuts);
  async function* find() {
    yield await Promise.resolve(Uint8Array.of(0x20, 0, 0x0D, 0, 2, 0, 0, 0, 0x31, 0));
  }
  const options = { aeTitle: "ANY", store: inbox.store, find };
  const association = acceptAssociation(socket, options, systemClock);
  const error = await association.closed;
  return { error, said: said(), inbox };
}

const SESSIONS = { ECHOSCU, FINDSCU, STORESCU };

for (const [name, bytes] of Object.entries(SESSIONS)) {
  Deno.test(`serveDicom() answers a recorded ${name.toLowerCase()} the same, wherever its bytes are split`, async () => {
    const whole = await answered(bytes);
    assert.equal(whole.error, undefined);
    assert.equal(whole.said[0], 2);
    assert.equal(decodePdu(whole.said.subarray(-10)).type, "A-RELEASE-RP");
    assert.equal(whole.inbox.received.length, name === "STORESCU" ? 1 : 0);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { error, said, inbox } = await answered(bytes, [cut]);
      assert.equal(error, undefined, `at ${cut}`);
      assert.deepEqual(said, whole.said, `at ${cut}`);
      assert.deepEqual(inbox.received, whole.inbox.received, `at ${cut}`);
    }
    const { said } = await answered(bytes, Array.from(bytes, (_, i) => i));
    assert.deepEqual(said, whole.said);
  });

  Deno.test(`serveDicom() ends a recorded ${name.toLowerCase()} that is cut, and keeps no half object`, async () => {
    for (let length = 0; length < bytes.length; length++) {
      const { error, inbox } = await answered(bytes.subarray(0, length));
      // The release is all that may be missing without harm.
      assert(error === undefined || isVfsError(error), `at ${length}`);
      assert(length > bytes.length - 10 || inbox.received.length < 2);
      assert(inbox.received.length === 1 || inbox.aborted.length <= 1);
    }
  });
}

const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
  minLength: 1,
  maxLength: 6,
});

function edited(bytes: Uint8Array, changes: readonly (readonly [number, number])[]) {
  const copy = bytes.slice();
  for (const [at, value] of changes) copy[at % copy.length] = value;
  return copy;
}

Deno.test("serveDicom() ends recorded sessions with changed bytes, with a VfsError at most", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...Object.values(SESSIONS)),
    edits,
    async (bytes, changes) => {
      const { error, inbox } = await answered(edited(bytes, changes));
      assert(error === undefined || isVfsError(error), String(error));
      assert(inbox.received.length <= 1);
    },
  );
  await fc.assert(property, { numRuns: 600 });
});

const IMPATIENT: AssociationOptions["timeouts"] = {
  requestMs: 500,
  responseMs: 500,
  releaseMs: 500,
};

/** An echo of a peer that answers by recorded bytes, split at `cut`; gives the error if any. */
async function echoed(
  bytes: Uint8Array,
  cut = bytes.length,
  timeouts?: AssociationOptions["timeouts"],
): Promise<unknown> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  await using peer = scriptedPeer(async (raw) => {
    for (let at = 0; at + 6 <= bytes.length && await raw.pdu();) {
      const end = Math.min(bytes.length, at + 6 + view.getUint32(at + 2));
      if (at < cut && cut < end) {
        await raw.send(bytes.subarray(at, cut));
        await delay(0);
        at = cut;
      }
      await raw.send(bytes.subarray(at, end)).catch(() => {});
      at = end;
    }
    await raw.drain();
  });
  try {
    const association = await associate(peer.port, {
      contexts: [context(VERIFICATION, IMPLICIT)],
      timeouts,
    });
    await cEcho(association).finally(() => association.release());
    return await association.closed;
  } catch (error) {
    return error;
  }
}

for (const [name, bytes] of Object.entries({ STORESCP, ORTHANC })) {
  Deno.test(`cEcho() is answered by a recorded ${name.toLowerCase()}, wherever its bytes are split`, async () => {
    for (let cut = 1; cut < bytes.length; cut += 3) {
      assert.equal(await echoed(bytes, cut), undefined, `at ${cut}`);
    }
  });
}

Deno.test("cEcho() of a recorded peer with changed bytes succeeds or is a VfsError in its time", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(STORESCP, ORTHANC),
    edits,
    async (bytes, changes) => {
      const error = await echoed(edited(bytes, changes), undefined, IMPATIENT);
      assert(error === undefined || isVfsError(error), String(error));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
