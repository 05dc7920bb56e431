import { ByteCursor } from "../../../../transports/dicom/dimse/byte_cursor.ts";
import {
  type DataTf,
  type Pdu,
  PduError,
  type Pdv,
} from "../../../../transports/dicom/dimse/pdu.ts";
import { decodeBody } from "../../../../transports/dicom/dimse/pdu_decode.ts";

/** The PDU that `bytes` are, header included, of any type; the library itself never has one of data as a whole. */
export function decodePdu(bytes: Uint8Array): Pdu {
  const cursor = new ByteCursor(bytes, "The PDU");
  const type = cursor.uint8();
  cursor.skip(1);
  const length = cursor.uint32();
  if (length !== cursor.left) {
    throw new PduError(`A PDU of ${cursor.left} bytes says that it has ${length}`);
  }
  const body = bytes.subarray(bytes.length - length);
  return type === 4 ? decodeData(body) : decodeBody(type, body);
}

function decodeData(body: Uint8Array): DataTf {
  const cursor = new ByteCursor(body, "P-DATA-TF");
  const pdvs: Pdv[] = [];
  while (cursor.left > 0) {
    const item = cursor.part(cursor.uint32(), "A PDV");
    const contextId = item.uint8();
    const control = item.uint8();
    pdvs.push({
      contextId,
      isCommand: (control & 1) !== 0,
      isLast: (control & 2) !== 0,
      data: item.bytes(item.left),
    });
  }
  return { type: "P-DATA-TF", pdvs };
}
