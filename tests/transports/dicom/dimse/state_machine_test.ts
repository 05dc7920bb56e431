import { strict as assert } from "node:assert";
import { STATE_EVENTS, transition } from "../../../../transports/dicom/dimse/state_machine.ts";
import type { State } from "../../../../transports/dicom/dimse/state_machine.ts";

/**
 * PS3.8 Table 9-10 written out by event (rows) and state (columns Sta1 to Sta13): action and next state.
 */
const TABLE = `
associate request               | AE-1/4 . . . . . . . . . . . .
transport connected             | . . . AE-2/5 . . . . . . . . .
A-ASSOCIATE-AC                  | . AA-1/13 AA-8/13 . AE-3/6 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-6/13
A-ASSOCIATE-RJ                  | . AA-1/13 AA-8/13 . AE-4/1 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-6/13
transport connection indication | AE-5/2 . . . . . . . . . . . .
A-ASSOCIATE-RQ                  | . AE-6/3 AA-8/13 . AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-7/13
accept response                 | . . AE-7/6 . . . . . . . . . .
reject response                 | . . AE-8/13 . . . . . . . . . .
data request                    | . . . . . DT-1/6 . AR-7/8 . . . . .
P-DATA-TF                       | . AA-1/13 AA-8/13 . AA-8/13 DT-2/6 AR-6/7 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-6/13
release request                 | . . . . . AR-1/7 . . . . . . .
A-RELEASE-RQ                    | . AA-1/13 AA-8/13 . AA-8/13 AR-2/8 AR-8/9 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-6/13
A-RELEASE-RP                    | . AA-1/13 AA-8/13 . AA-8/13 AA-8/13 AR-3/1 AA-8/13 AA-8/13 AR-10/12 AR-3/1 AA-8/13 AA-6/13
release response                | . . . . . . . AR-4/13 AR-9/11 . . AR-4/13 .
abort request                   | . . AA-1/13 AA-2/1 AA-1/13 AA-1/13 AA-1/13 AA-1/13 AA-1/13 AA-1/13 AA-1/13 AA-1/13 .
A-ABORT                         | . AA-2/1 AA-3/1 . AA-3/1 AA-3/1 AA-3/1 AA-3/1 AA-3/1 AA-3/1 AA-3/1 AA-3/1 AA-2/1
transport closed                | . AA-5/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AA-4/1 AR-5/1
ARTIM expired                   | . AA-2/1 . . . . . . . . . . AA-2/1
invalid PDU                     | . AA-1/13 AA-8/13 . AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-8/13 AA-7/13
`.trim().split("\n");

assert.equal(TABLE.length, STATE_EVENTS.length);
for (const row of TABLE) {
  const [name, cells] = row.split("|").map((part) => part.trim()) as [string, string];
  const event = STATE_EVENTS.find((each) => each === name);
  assert(event, name);
  Deno.test(`transition() upon "${event}" is what Table 9-10 says in each state`, async (t) => {
    for (const [i, cell] of cells.split(" ").entries()) {
      const state = `Sta${i + 1}` as State;
      await t.step(`${state}: ${cell}`, () => {
        const found = transition(state, event);
        assert.equal(found ? `${found.action}/${found.next.slice(3)}` : ".", cell);
      });
    }
  });
}
