import { strict as assert } from "node:assert";
import {
  AssociationNotEstablished,
  AssociationPool,
  cEcho,
  type DicomServer,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";
import { seededRandom } from "../../../../testing/random.ts";
import { type Clock, systemClock } from "../../../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../../../vfs/errors.ts";
import { context, CT, delay, Inbox, serve } from "./_kit.ts";

for (const size of [1, 2, 4]) {
  Deno.test(`AssociationPool of ${size} serves everybody, whatever aborts, is rejected and ends meanwhile`, async () => {
    const random = seededRandom(size);
    let isCalm = false;
    await using server = serve({
      store: new Inbox().store,
      authorize: () => isCalm || random() > 0.1 ? undefined : { result: 2, source: 3, reason: 2 },
    });
    for (let round = 0; round < 60; round++) {
      isCalm = false;
      await serveAll(server, size, random, () => isCalm = true);
    }
  });
}

/** Some at once, of whom half are aborted; then whoever is left in peace. */
async function serveAll(
  { port }: DicomServer,
  size: number,
  random: () => number,
  onCalm: () => void,
): Promise<void> {
  const stops: AbortController[] = [];
  const clock = disturbedClock(random, () => stops[Math.floor(random() * stops.length)]?.abort());
  const to = { hostname: "127.0.0.1", port, calledAET: "NODE" };
  await using pool = new AssociationPool({ ...to, size, clock, backOffMs: 1, growBackMs: 2 });
  let running = 0;
  const all = Array.from({ length: size + 2 }, async (_, i) => {
    const stop = new AbortController();
    if (i % 2 === 0) stops.push(stop);
    const contexts = [context(random() < 0.5 ? VERIFICATION : CT)];
    await pool.run({ contexts, signal: stop.signal }, async (association) => {
      assert(++running <= size, "no more at once than the pool may have");
      if (random() < 0.3) await delay(1);
      if (random() < 0.1) await association.abort();
      running--;
    });
  });
  for (const each of await unstuck(Promise.allSettled(all))) {
    if (each.status === "fulfilled" || each.reason instanceof AssociationNotEstablished) continue;
    assert(isVfsError(each.reason) && each.reason.kind === "Aborted", `${each.reason}`);
  }
  onCalm();
  stops.length = 0;
  const echo = () => pool.run({ contexts: [context(VERIFICATION)] }, (a) => cEcho(a));
  await unstuck(Promise.all(Array.from({ length: size + 1 }, echo)));
  assert(pool.open <= size);
}

/** Disturbs soon after a timer was stopped, as one is when a connection is there, and when it is agreed on. */
function disturbedClock(random: () => number, disturb: () => void): Clock {
  const later = async () => {
    for (let steps = Math.floor(random() * 12); steps >= 0; steps--) await undefined;
    disturb();
  };
  const schedule: Clock["schedule"] = (...args) => {
    const cancel = systemClock.schedule(...args);
    return () => {
      cancel();
      if (random() < 0.3) later();
    };
  };
  return { ...systemClock, schedule };
}

/** What settles in a moment, unless it waits for ever. */
async function unstuck<T>(promise: Promise<T>): Promise<T> {
  const stuck = Promise.withResolvers<never>();
  const timer = setTimeout(() => stuck.reject(new Error("it is stuck")), 60_000);
  try {
    return await Promise.race([promise, stuck.promise]);
  } finally {
    clearTimeout(timer);
  }
}
