/**
 * What a peer asks for, understood and checked (PS3.4 §C.4.1.2, §C.4.2.2.1).
 *
 * @module
 */

import { FormatError, parseDicomHeader } from "../../../formats/mod.ts";
import { type Query, QUERY_RETRIEVE } from "../../../transports/dicom/dimse/mod.ts";
import { type Level, LEVELS, UNIQUE_KEY } from "../attributes.ts";
import { failure } from "../failure.ts";

/** An identifier read. */
export interface QueryRequest {
  /** QueryRetrieveLevel. */
  readonly level: Level;
  /** Values by tag, none for a key that is only to be answered; without level and character set. */
  readonly keys: ReadonlyMap<number, readonly string[]>;
  /** Keywords of the unique keys that must be given, from the top. */
  readonly above: readonly string[];
}

const MAX_DEPTH = 32;
const SPECIFIC_CHARACTER_SET = 0x00080005;
const QUERY_RETRIEVE_LEVEL = 0x00080052;

/**
 * Reads an identifier.
 *
 * @throws `ServiceFailed` with A900H for one that cannot be read, for a level that the model does not have, and,
 * unless `relational`, for one that lacks the unique key of a level above or gives several values for it
 */
export function requestOf(query: Query, relational: boolean): QueryRequest {
  const { url } = query.association;
  const refuse = (reason: string) => failure("C-FIND", 0xA900, url, reason);
  const header = parse(query, refuse);
  const keys = new Map<number, readonly string[]>();
  for (const element of header) {
    const { tagNumber: tag } = element;
    if (tag === SPECIFIC_CHARACTER_SET || tag === QUERY_RETRIEVE_LEVEL) continue;
    keys.set(tag, element.texts.filter((text) => text !== ""));
  }
  const level = LEVELS.find((name) => name === header.string(QUERY_RETRIEVE_LEVEL));
  const levels = modelOf(query) === "patient" ? LEVELS : LEVELS.slice(1);
  if (level === undefined || !levels.includes(level)) {
    throw refuse("the information model has no such level");
  }
  const above = levels.slice(0, levels.indexOf(level)).map((name) => UNIQUE_KEY[name]);
  for (const keyword of relational ? [] : above) {
    const values = header.strings(keyword).filter((text) => text !== "");
    if (values.length !== 1 || isWildcard(values[0]!)) {
      throw refuse(`one value of ${keyword} is needed`);
    }
  }
  return { level, keys, above };
}

/** The information model of a query. */
function modelOf({ sopClassUID }: Query): keyof typeof QUERY_RETRIEVE {
  return Object.values(QUERY_RETRIEVE.patient).some((uid) => uid === sopClassUID)
    ? "patient"
    : "study";
}

/** Whether a value has wildcards (PS3.4 §C.2.2.2.4). */
export function isWildcard(value: string): boolean {
  return /[*?]/.test(value);
}

function parse({ identifier, transferSyntaxUID }: Query, refuse: (reason: string) => Error) {
  try {
    const header = parseDicomHeader(identifier, {
      transferSyntaxUID,
      maxDepth: MAX_DEPTH,
      // A value that was left out would count as none, and match everything.
      maxValueLength: identifier.length,
    });
    if (!header.damage) return header;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  throw refuse("the identifier cannot be read");
}
