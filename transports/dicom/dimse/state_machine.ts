/**
 * The state machine of the DICOM upper layer as a table (PS3.8 §9.2, Table 9-10).
 *
 * @module
 */

/** States of PS3.8 Tables 9-1 to 9-5. */
export type State =
  | "Sta1"
  | "Sta2"
  | "Sta3"
  | "Sta4"
  | "Sta5"
  | "Sta6"
  | "Sta7"
  | "Sta8"
  | "Sta9"
  | "Sta10"
  | "Sta11"
  | "Sta12"
  | "Sta13";

/** Actions of PS3.8 Tables 9-6 to 9-9. */
export type Action =
  | "AE-1"
  | "AE-2"
  | "AE-3"
  | "AE-4"
  | "AE-5"
  | "AE-6"
  | "AE-7"
  | "AE-8"
  | "DT-1"
  | "DT-2"
  | "AR-1"
  | "AR-2"
  | "AR-3"
  | "AR-4"
  | "AR-5"
  | "AR-6"
  | "AR-7"
  | "AR-8"
  | "AR-9"
  | "AR-10"
  | "AA-1"
  | "AA-2"
  | "AA-3"
  | "AA-4"
  | "AA-5"
  | "AA-6"
  | "AA-7"
  | "AA-8";

/** Events, in the order of Table 9-10. */
export type StateEvent =
  | "associate request"
  | "transport connected"
  | "A-ASSOCIATE-AC"
  | "A-ASSOCIATE-RJ"
  | "transport connection indication"
  | "A-ASSOCIATE-RQ"
  | "accept response"
  | "reject response"
  | "data request"
  | "P-DATA-TF"
  | "release request"
  | "A-RELEASE-RQ"
  | "A-RELEASE-RP"
  | "release response"
  | "abort request"
  | "A-ABORT"
  | "transport closed"
  | "ARTIM expired"
  | "invalid PDU";

/** What to do, and the state after it. */
export interface Transition {
  /** The action. */
  readonly action: Action;
  /** The next state. AE-6 and AR-8 choose another one where the request is refused or we accepted. */
  readonly next: State;
}

type Cell = readonly [Action, State];
type Row = Readonly<Partial<Record<State, Cell>>>;

const ESTABLISHED = ["Sta6", "Sta7", "Sta8", "Sta9", "Sta10", "Sta11", "Sta12"] as const;

function each(states: readonly State[], action: Action, next: State): Row {
  return Object.fromEntries(states.map((state) => [state, [action, next]]));
}

/** A PDU that is unexpected in all states but those of `row`. */
function unexpected(row: Row, closing: Action = "AA-6"): Row {
  return {
    Sta2: ["AA-1", "Sta13"],
    ...each(["Sta3", "Sta5", ...ESTABLISHED], "AA-8", "Sta13"),
    Sta13: [closing, "Sta13"],
    ...row,
  };
}

const TABLE: Readonly<Record<StateEvent, Row>> = {
  "associate request": { Sta1: ["AE-1", "Sta4"] },
  "transport connected": { Sta4: ["AE-2", "Sta5"] },
  "A-ASSOCIATE-AC": unexpected({ Sta5: ["AE-3", "Sta6"] }),
  "A-ASSOCIATE-RJ": unexpected({ Sta5: ["AE-4", "Sta1"] }),
  "transport connection indication": { Sta1: ["AE-5", "Sta2"] },
  "A-ASSOCIATE-RQ": unexpected({ Sta2: ["AE-6", "Sta3"] }, "AA-7"),
  "accept response": { Sta3: ["AE-7", "Sta6"] },
  "reject response": { Sta3: ["AE-8", "Sta13"] },
  "data request": { Sta6: ["DT-1", "Sta6"], Sta8: ["AR-7", "Sta8"] },
  "P-DATA-TF": unexpected({ Sta6: ["DT-2", "Sta6"], Sta7: ["AR-6", "Sta7"] }),
  "release request": { Sta6: ["AR-1", "Sta7"] },
  "A-RELEASE-RQ": unexpected({ Sta6: ["AR-2", "Sta8"], Sta7: ["AR-8", "Sta9"] }),
  "A-RELEASE-RP": unexpected({
    Sta7: ["AR-3", "Sta1"],
    Sta10: ["AR-10", "Sta12"],
    Sta11: ["AR-3", "Sta1"],
  }),
  "release response": {
    Sta8: ["AR-4", "Sta13"],
    Sta9: ["AR-9", "Sta11"],
    Sta12: ["AR-4", "Sta13"],
  },
  "abort request": {
    Sta4: ["AA-2", "Sta1"],
    ...each(["Sta3", "Sta5", ...ESTABLISHED], "AA-1", "Sta13"),
  },
  "A-ABORT": {
    ...each(["Sta2", "Sta13"], "AA-2", "Sta1"),
    ...each(["Sta3", "Sta5", ...ESTABLISHED], "AA-3", "Sta1"),
  },
  "transport closed": {
    Sta2: ["AA-5", "Sta1"],
    ...each(["Sta3", "Sta4", "Sta5", ...ESTABLISHED], "AA-4", "Sta1"),
    Sta13: ["AR-5", "Sta1"],
  },
  "ARTIM expired": each(["Sta2", "Sta13"], "AA-2", "Sta1"),
  "invalid PDU": unexpected({}, "AA-7"),
};

/**
 * What PS3.8 Table 9-10 says for `event` in `state`; undefined for an empty cell, which cannot occur.
 *
 * @example
 * ```ts
 * import { transition } from "./state_machine.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(transition("Sta6", "release request"), { action: "AR-1", next: "Sta7" });
 * ```
 */
export function transition(state: State, event: StateEvent): Transition | undefined {
  const cell = TABLE[event][state];
  return cell && { action: cell[0], next: cell[1] };
}

/** All events, in the order of Table 9-10. */
export const STATE_EVENTS: readonly StateEvent[] = Object.keys(TABLE) as StateEvent[];
