import { strict as assert } from "node:assert";
import { type Clock, systemClock } from "../../../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../../../vfs/errors.ts";
import {
  AssociationPool,
  AssociationRejected,
  cEcho,
  type PoolOptions,
  requestAssociation,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import type { AssociateRq } from "../../../../transports/dicom/dimse/pdu.ts";
import { tickingClock } from "../../../ticking_clock.ts";
import { until } from "../../../until.ts";
import { context, CT, delay, IMPLICIT, Inbox, serve } from "./_kit.ts";
import { acceptance, scriptedPeer } from "./_scripted_peer.ts";

const contexts = [context(VERIFICATION)];

const poolOf = (port: number, options: Partial<PoolOptions> = {}) =>
  new AssociationPool({ hostname: "127.0.0.1", port, calledAET: "NODE", ...options });

Deno.test("AssociationPool opens as many associations as are in use, four at most, and keeps them", async () => {
  await using server = serve();
  await using pool = poolOf(server.port);
  let running = 0;
  let most = 0;
  const areFour = until(() => most === 4);
  await Promise.all(Array.from({ length: 30 }, () =>
    pool.run({ contexts }, async (association) => {
      most = Math.max(most, ++running);
      await cEcho(association);
      await areFour;
      await delay(2);
      running--;
    })));
  assert.equal(most, 4);
  assert.equal(pool.open, 4);
  const [one, two] = [new Set(), new Set()];
  for (let i = 0; i < 5; i++) await pool.run({ contexts }, (a) => Promise.resolve(one.add(a)));
  await pool.run({ contexts }, (a) => Promise.resolve(two.add(a)));
  assert.equal(one.size, 1);
  assert.deepEqual(two, one);
});

Deno.test("AssociationPool releases an idle association for one with other contexts", async () => {
  await using server = serve(new Inbox());
  await using pool = poolOf(server.port, { size: 1 });
  for (let round = 0; round < 3; round++) {
    await pool.run({ contexts }, (association) => cEcho(association));
    await pool.run({ contexts: [context(CT)] }, (association) => {
      assert(association.contextFor(CT));
      return Promise.resolve();
    });
  }
  assert.equal(pool.open, 1);
});

Deno.test("behaviour 19: an association that idled too long is released, and a new one taken", async () => {
  await using server = serve();
  await using pool = poolOf(server.port, { idlePoolMs: 30 });
  await pool.run({ contexts }, (association) => cEcho(association));
  await until(() => pool.open === 0);
  assert.equal(pool.open, 0);
  await pool.run({ contexts }, (association) => cEcho(association));
});

Deno.test("behaviour 19: an association that the peer ended while idle is replaced", async () => {
  await using clock = tickingClock();
  await using server = serve({ clock, timeouts: { idleMs: 200 } });
  await using pool = poolOf(server.port);
  await pool.run({ contexts }, (association) => cEcho(association));
  await until(() => pool.open === 0);
  assert.equal(pool.open, 0);
  await pool.run({ contexts }, (association) => cEcho(association));
});

Deno.test("AssociationPool is sized down by a transient rejection, and all operations are served", async () => {
  await using server = serve({ maxAssociations: 2 });
  await using pool = poolOf(server.port, { size: 16 });
  let served = 0;
  await Promise.all(Array.from({ length: 20 }, () =>
    pool.run({ contexts }, async (association) => {
      await cEcho(association);
      await delay(3);
      served++;
    })));
  assert.equal(served, 20);
  assert(pool.limit <= 2, `a limit of ${pool.limit}`);
});

Deno.test("AssociationPool grows back one by one, once the peer rejects none any more", async () => {
  let most = 1;
  let busy = 0;
  await using server = serve({
    authorize: () => busy >= most ? { result: 2, source: 3, reason: 2 } : void busy++,
    onClosed: () => void busy--,
  });
  let now = 0;
  const clock = { ...systemClock, elapsed: () => now };
  await using pool = poolOf(server.port, { size: 3, clock });
  const burst = () =>
    Promise.all(Array.from({ length: 6 }, () => pool.run({ contexts }, () => delay(2))));
  const limits: number[] = [];
  for (
    const [passed, room] of [[0, 1], [0, 1], [29_999, 3], [1, 3], [29_999, 3], [1, 3], [1e6, 3]]
  ) {
    now += passed!;
    most = room!;
    await burst();
    limits.push(pool.limit);
  }
  assert.deepEqual(limits, [1, 1, 1, 2, 2, 3, 3]);
});

Deno.test("AssociationPool uses an association with more contexts than are wanted, not one with fewer", async () => {
  await using server = serve(new Inbox());
  await using pool = poolOf(server.port);
  const seen = new Set();
  const both = [context(VERIFICATION), context(CT)];
  for (const contexts of [both, [context(CT)], [context(VERIFICATION)], [...both]]) {
    await pool.run({ contexts }, (association) => Promise.resolve(seen.add(association)));
  }
  assert.equal(seen.size, 1);
  const roles = [{ sopClassUID: CT, scu: false, scp: true }];
  const others = [{ contexts: [context(CT, IMPLICIT)] }, { contexts: [context(CT)], roles }];
  for (const request of others) {
    await pool.run(request, (association) => Promise.resolve(seen.add(association)));
  }
  assert.equal(seen.size, 3);
});

Deno.test("behaviour 5: two rejections 2/3/2 are waited for, then the operation succeeds", async () => {
  await using peer = scriptedPeer(async (raw, turn) => {
    const request = await raw.pdu() as AssociateRq;
    if (turn < 2) {
      await raw.send({ type: "A-ASSOCIATE-RJ", result: 2, source: 3, reason: 2 });
    } else await raw.send(acceptance(request));
    if ((await raw.pdu())?.type === "A-RELEASE-RQ") await raw.send({ type: "A-RELEASE-RP" });
    await raw.drain();
  });
  await using pool = poolOf(peer.port, { backOffMs: 5 });
  await pool.run({ contexts }, () => Promise.resolve());
  assert.equal(peer.count, 3);
});

Deno.test("behaviour 5: with one retry, the second rejection is the exhausted error", async () => {
  await using peer = scriptedPeer(async (raw) => {
    await raw.pdu();
    await raw.send({ type: "A-ASSOCIATE-RJ", result: 2, source: 3, reason: 2 });
    await raw.drain();
  });
  await using pool = poolOf(peer.port, { backOffMs: 5, maxRetries: 1 });
  await assert.rejects(
    pool.run({ contexts }, () => Promise.resolve()),
    (error) => error instanceof AssociationRejected && error.status === "exhausted",
  );
  assert.equal(peer.count, 2);
});

Deno.test("AssociationPool waits abortably, and does not open more once it is closed", async () => {
  await using server = serve();
  const pool = poolOf(server.port, { size: 1 });
  const controller = new AbortController();
  const first = pool.run({ contexts }, () => delay(50));
  const second = pool.run({ contexts, signal: controller.signal }, () => Promise.resolve());
  setTimeout(() => controller.abort(), 10);
  await assert.rejects(second, (error) => isVfsError(error) && error.kind === "Aborted");
  await first;
  await pool[Symbol.asyncDispose]();
  await assert.rejects(pool.run({ contexts }, () => Promise.resolve()), /pool is closed/);
  assert.equal(pool.open, 0);
});

/** A clock that aborts `steps` microtasks after a timer was stopped for the `stage`th time, and what it aborts. */
function abortingClock(stage: number, steps: number): { clock: Clock; signal: AbortSignal } {
  const stop = new AbortController();
  let stopped = 0;
  const abort = async () => {
    for (let i = 0; i <= steps; i++) await undefined;
    stop.abort();
  };
  const schedule: Clock["schedule"] = (...args) => {
    const cancel = systemClock.schedule(...args);
    return () => {
      cancel();
      if (++stopped === stage) abort();
    };
  };
  return { clock: { ...systemClock, schedule }, signal: stop.signal };
}

Deno.test("AssociationPool loses no association to an abort, however it falls together with what is agreed", async () => {
  await using server = serve();
  // A timer is stopped once the socket is there, and another once the peer has accepted.
  for (const stage of [1, 2]) {
    for (let steps = 0; steps < 8; steps++) {
      const { clock, signal } = abortingClock(stage, steps);
      await using pool = poolOf(server.port, { size: 1, clock });
      const aborted = pool.run({ contexts, signal }, () => Promise.resolve());
      await aborted.catch((error) => assert.equal(error.kind, "Aborted"));
      await pool.run({ contexts, signal: AbortSignal.timeout(60_000) }, (a) => cEcho(a));
    }
  }
});

Deno.test("requestAssociation hears of an abort that falls together with the connection", async () => {
  await using server = serve();
  for (let steps = 0; steps < 8; steps++) {
    const { clock, signal } = abortingClock(1, steps);
    const to = { hostname: "127.0.0.1", port: server.port, calledAET: "NODE", contexts };
    const asked = requestAssociation({ ...to, clock, signal });
    await assert.rejects(asked, (error) => isVfsError(error) && error.kind === "Aborted");
  }
});

Deno.test("AssociationPool refuses a size of 0 and of 17", () => {
  for (const size of [0, 17, 1.5]) assert.throws(() => poolOf(1, { size }), RangeError);
});

Deno.test("AssociationPool serves those that wait in the order in which they came", async () => {
  await using server = serve();
  await using pool = poolOf(server.port, { size: 2 });
  const served: number[] = [];
  const all = Array.from({ length: 40 }, (_, i) => i);
  await Promise.all(all.map((i) =>
    pool.run({ contexts }, async (association) => {
      served.push(i);
      await cEcho(association);
    })
  ));
  assert.deepEqual(served, all);
});
