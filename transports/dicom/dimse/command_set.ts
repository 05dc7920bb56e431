/**
 * Command sets: group 0000 in implicit VR little endian (PS3.7 §6.3, §9.3, §E).
 *
 * @module
 */

import { latin1 } from "../../../formats/text.ts";
import { PduError } from "./pdu.ts";

/** Command fields (PS3.7 §E.1). */
export const COMMAND = {
  C_STORE_RQ: 0x0001,
  C_STORE_RSP: 0x8001,
  C_GET_RQ: 0x0010,
  C_GET_RSP: 0x8010,
  C_FIND_RQ: 0x0020,
  C_FIND_RSP: 0x8020,
  C_MOVE_RQ: 0x0021,
  C_MOVE_RSP: 0x8021,
  C_ECHO_RQ: 0x0030,
  C_ECHO_RSP: 0x8030,
  C_CANCEL_RQ: 0x0FFF,
} as const;

/** The elements of a command set by keyword; those of interest to DIMSE-C. */
export interface CommandSet {
  /** (0000,0002). */
  readonly AffectedSOPClassUID?: string;
  /** (0000,0100). */
  readonly CommandField: number;
  /** (0000,0110), of a request. */
  readonly MessageID?: number;
  /** (0000,0120), of a response or a C-CANCEL. */
  readonly MessageIDBeingRespondedTo?: number;
  /** (0000,0600), of a C-MOVE. */
  readonly MoveDestination?: string;
  /** (0000,0700): 2 low, 0 medium, 1 high. */
  readonly Priority?: number;
  /** (0000,0800): 0101H for no dataset. */
  readonly CommandDataSetType?: number;
  /** (0000,0900). */
  readonly Status?: number;
  /** (0000,0901), tags as numbers. */
  readonly OffendingElement?: readonly number[];
  /** (0000,0902). */
  readonly ErrorComment?: string;
  /** (0000,1000). */
  readonly AffectedSOPInstanceUID?: string;
  /** (0000,1020). */
  readonly NumberOfRemainingSuboperations?: number;
  /** (0000,1021). */
  readonly NumberOfCompletedSuboperations?: number;
  /** (0000,1022). */
  readonly NumberOfFailedSuboperations?: number;
  /** (0000,1023). */
  readonly NumberOfWarningSuboperations?: number;
  /** (0000,1030). */
  readonly MoveOriginatorApplicationEntityTitle?: string;
  /** (0000,1031). */
  readonly MoveOriginatorMessageID?: number;
  /** (0008,0058), joined by `\\`: no command element, but Orthanc puts it here instead of into a dataset. */
  readonly FailedSOPInstanceUIDList?: string;
}

/** Longest command set that is believed, in bytes. */
export const MAX_COMMAND_LENGTH = 65536;

/** CommandDataSetType of a message without a dataset. */
export const NO_DATASET = 0x0101;

type Kind = "UI" | "US" | "AE" | "LO" | "AT";

/** Objects and not tuples, since arrays are taken apart by iterators, which cost most of a short command. */
interface Element {
  readonly number: number;
  readonly keyword: keyof CommandSet;
  readonly kind: Kind;
}

/** Ascending, as they are written. */
const ELEMENTS: readonly Element[] = [
  { number: 0x0002, keyword: "AffectedSOPClassUID", kind: "UI" },
  { number: 0x0100, keyword: "CommandField", kind: "US" },
  { number: 0x0110, keyword: "MessageID", kind: "US" },
  { number: 0x0120, keyword: "MessageIDBeingRespondedTo", kind: "US" },
  { number: 0x0600, keyword: "MoveDestination", kind: "AE" },
  { number: 0x0700, keyword: "Priority", kind: "US" },
  { number: 0x0800, keyword: "CommandDataSetType", kind: "US" },
  { number: 0x0900, keyword: "Status", kind: "US" },
  { number: 0x0901, keyword: "OffendingElement", kind: "AT" },
  { number: 0x0902, keyword: "ErrorComment", kind: "LO" },
  { number: 0x1000, keyword: "AffectedSOPInstanceUID", kind: "UI" },
  { number: 0x1020, keyword: "NumberOfRemainingSuboperations", kind: "US" },
  { number: 0x1021, keyword: "NumberOfCompletedSuboperations", kind: "US" },
  { number: 0x1022, keyword: "NumberOfFailedSuboperations", kind: "US" },
  { number: 0x1023, keyword: "NumberOfWarningSuboperations", kind: "US" },
  { number: 0x1030, keyword: "MoveOriginatorApplicationEntityTitle", kind: "AE" },
  { number: 0x1031, keyword: "MoveOriginatorMessageID", kind: "US" },
];
const BY_NUMBER = new Map(ELEMENTS.map((element) => [element.number, element]));

/** Whether a dataset follows the command. */
export function hasDataset(command: CommandSet): boolean {
  return command.CommandDataSetType !== NO_DATASET;
}

/**
 * The bytes of a command set.
 *
 * @example
 * ```ts
 * import { decodeCommand, encodeCommand } from "./command_set.ts";
 * import { strict as assert } from "node:assert";
 *
 * const echo = { AffectedSOPClassUID: "1.2.840.10008.1.1", CommandField: 0x30, MessageID: 1, CommandDataSetType: 0x101 };
 * assert.deepEqual(decodeCommand(encodeCommand(echo)), echo);
 * ```
 */
export function encodeCommand(command: CommandSet): Uint8Array<ArrayBuffer> {
  let length = 12;
  for (const { keyword } of ELEMENTS) {
    const value = command[keyword];
    if (value !== undefined) length += 8 + lengthOf(value);
  }
  const out = new Uint8Array(length);
  out[4] = 4;
  put16(out, 8, length - 12);
  put16(out, 10, (length - 12) >>> 16);
  let at = 12;
  for (const { number, keyword, kind } of ELEMENTS) {
    const value = command[keyword];
    if (value === undefined) continue;
    const size = lengthOf(value);
    put16(out, at + 2, number);
    put16(out, at + 4, size);
    put16(out, at + 6, size >>> 16);
    at += 8;
    if (typeof value === "number") put16(out, at, value);
    else if (typeof value === "string") encodeText(out, at, kind, value);
    else value.forEach((tag, i) => putTag(out, at + 4 * i, tag));
    at += size;
  }
  return out;
}

function put16(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
}

function putTag(out: Uint8Array, at: number, tag: number): void {
  put16(out, at, tag >>> 16);
  put16(out, at + 2, tag);
}

function lengthOf(value: string | number | readonly number[]): number {
  if (typeof value === "number") return 2;
  return typeof value === "string" ? value.length + value.length % 2 : 4 * value.length;
}

function encodeText(out: Uint8Array, at: number, kind: Kind, value: string): void {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    out[at + i] = code > 0x7E ? 0x3F : code;
  }
  if (value.length % 2 && kind !== "UI") out[at + value.length] = 0x20;
}

/**
 * Reads a command set; elements that are not known are stepped over.
 *
 * @throws `PduError` for one that is cut, or has no CommandField, or no message id
 */
export function decodeCommand(bytes: Uint8Array): CommandSet {
  const values: Record<string, string | number | number[]> = {};
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at - 8;
    if (left < 0) throw new PduError("A command set ends within an element");
    const group = uint16(bytes, at);
    const number = uint16(bytes, at + 2);
    const length = uint16(bytes, at + 4) + 0x10000 * uint16(bytes, at + 6);
    at += 8;
    if (length > left) {
      throw new PduError(`A command element says ${length} bytes where ${left} are left`);
    }
    const element = group === 0 ? BY_NUMBER.get(number) : undefined;
    if (group === 0x0008 && number === 0x0058) {
      values.FailedSOPInstanceUIDList = text(bytes, at, length);
    } else if (element && length > 0) {
      const { keyword, kind } = element;
      if (kind === "US") {
        if (length < 2) throw new PduError(`${keyword} has ${length} bytes`);
        values[keyword] = uint16(bytes, at);
      } else values[keyword] = kind === "AT" ? tags(bytes, at, length) : text(bytes, at, length);
    }
    at += length;
  }
  const command = values as unknown as CommandSet;
  if (command.CommandField === undefined) throw new PduError("A command set has no CommandField");
  checkFields(command);
  return command;
}

function checkFields(command: CommandSet): void {
  const isResponse = (command.CommandField & 0x8000) !== 0;
  const isCancel = command.CommandField === COMMAND.C_CANCEL_RQ;
  const missing = isResponse || isCancel
    ? command.MessageIDBeingRespondedTo === undefined
      ? "MessageIDBeingRespondedTo"
      : isResponse && command.Status === undefined
      ? "Status"
      : undefined
    : command.MessageID === undefined
    ? "MessageID"
    : undefined;
  if (missing) {
    const field = command.CommandField.toString(16).toUpperCase().padStart(4, "0");
    throw new PduError(`Command ${field}H has no ${missing}`);
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8;
}

function tags(bytes: Uint8Array, at: number, length: number): number[] {
  return Array.from({ length: Math.floor(length / 4) }, (_, i) => {
    return uint16(bytes, at + 4 * i) * 0x10000 + uint16(bytes, at + 4 * i + 2);
  });
}

function text(bytes: Uint8Array, at: number, length: number): string {
  let end = at + length;
  while (end > at && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
  return latin1(bytes.subarray(at, end)).trimStart();
}
