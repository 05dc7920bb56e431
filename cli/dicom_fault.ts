/**
 * What a user has `serve-dicom` do wrong: `status=A700,service=C-STORE,after=3`.
 *
 * @module
 */

import type { DicomFault, DicomService } from "../testing/dicom_node/mod.ts";
import { MAX_DELAY_MS } from "../testing/dicom_node/faults.ts";
import { wrong } from "./command.ts";

/** A fault, or a service that is not there at all. */
export type FaultFlag = { readonly fault: DicomFault } | { readonly no: DicomService };

const SERVICES: readonly DicomService[] = ["C-STORE", "C-FIND", "C-GET", "C-MOVE"];
const KINDS = ["no", "reject", "status", "abort", "drop", "stall", "delay", "lose"];
const MATCHES = ["service", "uid", "from", "after", "times"];

/** Parses `KIND[=VALUE]` and what it falls on, parted by commas. @throws for anything else */
export function parseFault(text: string): FaultFlag {
  const pairs = text.split(",").map((part) => part.trim().split(/=(.*)/s, 2));
  const parts = new Map(pairs.map(([name = "", value]) => [name, value]));
  if (parts.size < pairs.length) throw wrong("It names something twice.");
  const unknown = [...parts.keys()].find((name) => ![...KINDS, ...MATCHES].includes(name));
  if (unknown !== undefined) {
    throw wrong(`"${unknown}" is none of ${[...KINDS, ...MATCHES].join(", ")}.`);
  }
  const [kind, ...more] = KINDS.filter((name) => parts.has(name));
  if (!kind || more.length > 0) throw wrong(`It must have one of ${KINDS.join(", ")}.`);
  const value = parts.get(kind);
  if (kind === "no") {
    if (parts.size > 1) throw wrong('"no" goes alone.');
    return { no: serviceOf(value) };
  }
  if (kind === "reject" && parts.has("service")) throw wrong("A rejection is of no service.");
  return { fault: { ...kindOf(kind, value), ...matchOf(parts) } };
}

function kindOf(kind: string, value: string | undefined): DicomFault {
  switch (kind) {
    case "lose":
      if (value !== undefined) throw wrong('"lose" has no value.');
      return { lose: true };
    case "reject":
      return { reject: rejectionOf(value) };
    case "status":
      if (!/^[0-9A-F]{4}$/i.test(value ?? "")) throw wrong("A status is four hexadecimal digits.");
      return { status: Number.parseInt(value!, 16) };
    case "abort":
      return { abort: countOf(kind, value) };
    case "drop":
      return { drop: countOf(kind, value) };
    case "stall":
      return { stall: countOf(kind, value) };
    default:
      return { delay: delayOf(value) };
  }
}

function delayOf(value: string | undefined): number {
  const delay = countOf("delay", value);
  if (delay <= MAX_DELAY_MS) return delay;
  throw wrong(`"delay" is at most ${MAX_DELAY_MS} ms.`);
}

function matchOf(parts: ReadonlyMap<string, string | undefined>): Partial<DicomFault> {
  const given = <T>(name: string, parse: (value: string | undefined) => T) =>
    parts.has(name) ? parse(parts.get(name)) : undefined;
  return {
    service: given("service", serviceOf),
    uid: given("uid", (value) => textOf("uid", value)),
    callingAET: given("from", (value) => textOf("from", value)),
    after: given("after", (value) => countOf("after", value)),
    times: given("times", (value) => value === "all" ? Infinity : countOf("times", value, 1)),
  };
}

function rejectionOf(
  value: string | undefined,
): Extract<DicomFault, { reject: unknown }>["reject"] {
  if (value === undefined || value === "permanent") return "permanent";
  if (value === "transient") return value;
  const [, result, source, reason] = /^([12])\/([123])\/(\d{1,2})$/.exec(value) ?? [];
  if (result === undefined) {
    throw wrong("A rejection is permanent, transient, or RESULT/SOURCE/REASON such as 1/1/7.");
  }
  return { result: Number(result), source: Number(source), reason: Number(reason) };
}

function serviceOf(value: string | undefined): DicomService {
  const service = SERVICES.find((each) => each === value?.toUpperCase());
  if (!service) throw wrong(`A service is one of ${SERVICES.join(", ")}.`);
  return service;
}

function textOf(name: string, value: string | undefined): string {
  if (!value) throw wrong(`"${name}" needs a value.`);
  return value;
}

function countOf(name: string, value: string | undefined, least = 0): number {
  const count = Number(value);
  if (/^\d{1,15}$/.test(value ?? "") && count >= least) return count;
  throw wrong(`"${name}" needs a whole number${least > 0 ? ` of ${least} or more` : ""}.`);
}
