/**
 * PDUs as bytes.
 *
 * @module
 */

import { ByteBuilder } from "./byte_builder.ts";
import type { AssociateAc, AssociateRq, Pdu } from "./pdu.ts";
import { writeUserInformation } from "./pdu_user_information.ts";

/**
 * The bytes of a PDU (PS3.8 §9.3). P-DATA-TF of any size is written by `PduWriter` instead.
 *
 * @throws `RangeError` when an item has more than 65535 bytes
 *
 * @example
 * ```ts
 * import { encodePdu } from "./pdu_encode.ts";
 * import { strict as assert } from "node:assert";
 *
 * const bytes = encodePdu({ type: "A-ABORT", source: 2, reason: 6 });
 * assert.deepEqual([...bytes], [7, 0, 0, 0, 0, 4, 0, 0, 2, 6]);
 * ```
 */
export function encodePdu(pdu: Pdu): Uint8Array<ArrayBuffer> {
  const out = new ByteBuilder();
  const body = (type: number, write: () => void) => out.uint8(type).uint8(0).sized32(write).take();
  switch (pdu.type) {
    case "A-ASSOCIATE-RQ":
      return body(1, () => writeAssociate(out, pdu));
    case "A-ASSOCIATE-AC":
      return body(2, () => writeAssociate(out, pdu));
    case "A-ASSOCIATE-RJ":
      return body(3, () => out.uint8(0).uint8(pdu.result).uint8(pdu.source).uint8(pdu.reason));
    case "P-DATA-TF":
      return body(4, () => {
        for (const { contextId, isCommand, isLast, data } of pdu.pdvs) {
          const control = Number(isCommand) | Number(isLast) << 1;
          out.sized32(() => out.uint8(contextId).uint8(control).raw(data));
        }
      });
    case "A-RELEASE-RQ":
      return body(5, () => out.uint32(0));
    case "A-RELEASE-RP":
      return body(6, () => out.uint32(0));
    case "A-ABORT":
      return body(7, () => out.uint16(0).uint8(pdu.source).uint8(pdu.reason));
  }
}

function writeAssociate(out: ByteBuilder, pdu: AssociateRq | AssociateAc): void {
  const item = (type: number, write: () => void) => out.uint8(type).uint8(0).sized16(write);
  out.uint16(pdu.protocolVersion).uint16(0);
  out.text(pdu.calledAET, 16).text(pdu.callingAET, 16);
  out.raw(new Uint8Array(32));
  item(0x10, () => out.text(pdu.applicationContext));
  if (pdu.type === "A-ASSOCIATE-RQ") {
    for (const { id, abstractSyntax, transferSyntaxes } of pdu.contexts) {
      item(0x20, () => {
        out.uint8(id).uint8(0).uint16(0);
        item(0x30, () => out.text(abstractSyntax));
        for (const syntax of transferSyntaxes) item(0x40, () => out.text(syntax));
      });
    }
  } else {
    for (const { id, result, transferSyntax } of pdu.contexts) {
      item(0x21, () => {
        out.uint8(id).uint8(0).uint8(result).uint8(0);
        if (transferSyntax !== undefined) item(0x40, () => out.text(transferSyntax));
      });
    }
  }
  item(0x50, () => writeUserInformation(out, pdu.user));
}
