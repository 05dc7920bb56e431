/**
 * Control PDUs out of bytes; those of data are read as they come.
 *
 * @module
 */

import { ByteCursor } from "./byte_cursor.ts";
import {
  ABORT_REASON,
  type AnsweredContext,
  type AssociateAc,
  type AssociateRq,
  type ControlPdu,
  MAX_ITEMS,
  PDU_TYPES,
  PduError,
  type ProposedContext,
  type UserInformation,
} from "./pdu.ts";
import { readUserInformation } from "./pdu_user_information.ts";

/**
 * The PDU of `type` with this body (PS3.8 §9.3), but for P-DATA-TF. Every length is checked against the part that it lies
 * in, and unknown items are stepped over.
 *
 * @throws `PduError` with the reason for an A-ABORT
 *
 * @example
 * ```ts
 * import { decodeBody } from "./pdu_decode.ts";
 * import { strict as assert } from "node:assert";
 *
 * const pdu = decodeBody(3, new Uint8Array([0, 1, 1, 7]));
 * assert.deepEqual(pdu, { type: "A-ASSOCIATE-RJ", result: 1, source: 1, reason: 7 });
 * ```
 */
export function decodeBody(type: number, body: Uint8Array): ControlPdu {
  const name = PDU_TYPES[type];
  const cursor = new ByteCursor(body, name ?? "The PDU");
  switch (name) {
    case "A-ASSOCIATE-RQ":
    case "A-ASSOCIATE-AC":
      return readAssociate(name, cursor);
    case "A-ASSOCIATE-RJ": {
      cursor.skip(1);
      const [result, source, reason] = [cursor.uint8(), cursor.uint8(), cursor.uint8()];
      return { type: name, result, source, reason };
    }
    case "A-RELEASE-RQ":
    case "A-RELEASE-RP":
      cursor.skip(4);
      return { type: name };
    case "A-ABORT":
      cursor.skip(2);
      return { type: name, source: cursor.uint8(), reason: cursor.uint8() };
    default:
      throw new PduError(`PDU type ${type} is unknown`, ABORT_REASON.UNRECOGNIZED_PDU);
  }
}

function readAssociate(
  type: "A-ASSOCIATE-RQ" | "A-ASSOCIATE-AC",
  cursor: ByteCursor,
): AssociateRq | AssociateAc {
  const protocolVersion = cursor.uint16();
  cursor.skip(2);
  const calledAET = cursor.text(16).trim();
  const callingAET = cursor.text(16).trim();
  cursor.skip(32);
  let applicationContext = "";
  let user: UserInformation | undefined;
  const proposed: ProposedContext[] = [];
  const answered: AnsweredContext[] = [];
  for (let count = 0; cursor.left > 0; count++) {
    if (count >= MAX_ITEMS) throw new PduError(`${type} has more than ${MAX_ITEMS} items`);
    const kind = cursor.uint8();
    cursor.skip(1);
    const item = cursor.part(cursor.uint16(), `Item ${kind.toString(16).toUpperCase()}H`);
    if (kind === 0x10) applicationContext = item.text(item.left);
    else if (kind === 0x20) proposed.push(readProposed(item));
    else if (kind === 0x21) answered.push(readAnswered(item));
    else if (kind === 0x50) user = readUserInformation(item);
  }
  if (user === undefined) throw new PduError(`${type} has no user information`);
  const fields = { protocolVersion, calledAET, callingAET, applicationContext, user };
  return type === "A-ASSOCIATE-RQ"
    ? { type, ...fields, contexts: proposed }
    : { type, ...fields, contexts: answered };
}

function readProposed(item: ByteCursor): ProposedContext {
  const id = item.uint8();
  item.skip(3);
  const names = readNames(item);
  const transferSyntaxes = names.filter(([type]) => type === 0x40).map(([, name]) => name);
  const abstractSyntax = names.find(([type]) => type === 0x30)?.[1] ?? "";
  return { id, abstractSyntax, transferSyntaxes };
}

function readAnswered(item: ByteCursor): AnsweredContext {
  const id = item.uint8();
  item.skip(1);
  const result = item.uint8();
  item.skip(1);
  const transferSyntax = readNames(item).find(([type]) => type === 0x40)?.[1];
  return transferSyntax === undefined ? { id, result } : { id, result, transferSyntax };
}

/** The sub-items of a presentation context: type and name. */
function readNames(item: ByteCursor): [type: number, name: string][] {
  const names: [number, string][] = [];
  while (item.left > 0) {
    if (names.length >= MAX_ITEMS) throw new PduError(`${item.what} has over ${MAX_ITEMS} items`);
    const type = item.uint8();
    item.skip(1);
    names.push([type, item.text(item.uint16())]);
  }
  return names;
}
