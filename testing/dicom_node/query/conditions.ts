/**
 * Matching (PS3.4 §C.2.2.2) as conditions in SQL.
 *
 * @module
 */

import { type Attribute, ATTRIBUTE_BY_TAG, LEVELS, UNIQUE_KEY } from "../attributes.ts";
import { tagOf } from "../../../formats/dicom/dictionary.ts";
import type { SqlValue } from "../index/database.ts";
import type { Condition } from "../index/search.ts";
import { NAME_COLUMNS, TABLE } from "../index/schema.ts";
import { foldedGroups, normalized } from "../record.ts";
import { isWildcard, type QueryRequest } from "./request.ts";

/** A condition, or what it is made of. */
type Part = Pick<Condition, "sql" | "parameters">;

/** VRs whose values may have wildcards. */
const TEXT: ReadonlySet<string> = new Set(["AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"]);

/** Keys of a study that stand for those of the series or instances in it, and where these are. */
const COLLECTED: ReadonlyMap<number, readonly [keyword: string, from: string]> = new Map([
  [tagOf("ModalitiesInStudy"), ["Modality", "series"]],
  [
    tagOf("SOPClassesInStudy"),
    ["SOPClassUID", "series JOIN instance ON instance.series = series.id"],
  ],
]);

/** What must hold for the entities of the request's level; keys of levels below are no conditions. */
export function conditionsOf(request: QueryRequest): Condition[] {
  const { level, keys } = request;
  const add = adder(request);
  const depth = LEVELS.indexOf(level);
  const conditions: Condition[] = [];
  for (const [tag, values] of keys) {
    if (values.length === 0 || values.some((value) => /^\*+$/.test(value))) continue;
    const collected = COLLECTED.get(tag);
    if (collected && depth >= LEVELS.indexOf("STUDY")) {
      const [keyword, from] = collected;
      const { sql, parameters } = anyOf(ATTRIBUTE_BY_TAG.get(tagOf(keyword))!, values);
      const exists = `EXISTS (SELECT 1 FROM ${from} WHERE series.study = study.id AND (${sql}))`;
      conditions.push(add(tag, { sql: exists, parameters, table: TABLE.STUDY, column: keyword }));
      continue;
    }
    const attribute = ATTRIBUTE_BY_TAG.get(tag);
    if (!attribute || LEVELS.indexOf(attribute.level) > depth) continue;
    conditions.push(add(tag, anyOf(attribute, values)));
  }
  return conditions;
}

/** The conditions of a retrieval: unique keys only. */
export function uniqueConditions(request: QueryRequest): Condition[] {
  const { level, keys } = request;
  const add = adder(request);
  return LEVELS.slice(0, LEVELS.indexOf(level) + 1)
    .map((name) => ATTRIBUTE_BY_TAG.get(tagOf(UNIQUE_KEY[name]))!)
    .filter(({ tag }) => keys.get(tag)?.length)
    .map((attribute) => add(attribute.tag, anyOf(attribute, keys.get(attribute.tag)!)));
}

/**
 * Where entities are named, no other condition leads to them: of a series of 50,000 instances SQLite would look at all to
 * find the hundred of a list. Its unary plus keeps a condition from choosing the index.
 */
function adder({ level, keys }: QueryRequest): (tag: number, condition: Condition) => Condition {
  const own = ATTRIBUTE_BY_TAG.get(tagOf(UNIQUE_KEY[level]))!;
  const values = keys.get(own.tag) ?? [];
  const areNamed = values.length > 0 && values.every((value) => isExact(own, value));
  return (tag, condition) => ({
    ...condition,
    sql: areNamed && tag !== own.tag ? `+(${condition.sql})` : condition.sql,
  });
}

/** One of the values matches. */
function anyOf(attribute: Attribute, values: readonly string[]): Condition {
  const table = TABLE[attribute.level];
  const column = `${table}.${attribute.keyword}`;
  const exact = values.filter((value) => isExact(attribute, value));
  const parts: Part[] = [];
  if (exact.length === 1) parts.push({ sql: `${column} = ?`, parameters: exact.map(spelt) });
  else if (exact.length > 1) {
    const list = JSON.stringify(exact.map(spelt));
    parts.push({ sql: `${column} IN (SELECT value FROM json_each(?))`, parameters: [list] });
  }
  for (const value of values) {
    if (!isExact(attribute, value)) parts.push(oneOf(attribute, column, value));
  }
  return {
    sql: parts.map(({ sql }) => sql).join(" OR "),
    parameters: parts.flatMap(({ parameters }) => parameters),
    table,
    column: attribute.keyword,
  };

  function spelt(value: string): string {
    return normalized(attribute.vr, value);
  }
}

function isExact({ vr, isMultiple }: Attribute, value: string): boolean {
  if (vr === "PN" || vr === "TM" || isMultiple) return false;
  return vr === "DA" ? !value.includes("-") : !TEXT.has(vr) || !isWildcard(value);
}

function oneOf({ vr, isMultiple }: Attribute, column: string, value: string): Part {
  if (vr === "PN") return nameMatch(column, value);
  if (vr === "DA" || vr === "TM") return range(column, normalized(vr, value));
  if (!isMultiple) return { sql: `${column} GLOB ?`, parameters: [glob(value)] };
  return { sql: `'\\' || ${column} || '\\' GLOB ?`, parameters: [`*\\${glob(value)}\\*`] };
}

/** Dates and times compare as text; a time given to the minute covers the minute. */
function range(column: string, value: string): Part {
  const parts = value.split("-");
  const [from, to = parts[0]!] = parts;
  const conditions: string[] = [];
  const parameters: SqlValue[] = [];
  if (from) {
    conditions.push(`${column} >= ?`);
    parameters.push(from);
  }
  if (to) {
    conditions.push(`${column} <= ?`);
    parameters.push(`${to}~`);
  }
  return { sql: conditions.join(" AND ") || `${column} IS NOT NULL`, parameters };
}

/** A name matches in any of its component groups, or, given by groups, in each of those (PS3.5 §6.2.1). */
function nameMatch(column: string, value: string): Part {
  const isGrouped = value.includes("=");
  const wanted = foldedGroups(value).map((group) => group.replace(/^\*+$/, ""));
  const parts = NAME_COLUMNS.flatMap((group, i) => {
    const text = isGrouped ? wanted[i]! : wanted[0]!;
    if (text === "") return [];
    const sql = isWildcard(text) ? `${column}${group} GLOB ?` : `${column}${group} = ?`;
    return [{ sql, parameter: isWildcard(text) ? glob(text) : text }];
  });
  return {
    sql: parts.map(({ sql }) => sql).join(isGrouped ? " AND " : " OR ") || "1",
    parameters: parts.map(({ parameter }) => parameter),
  };
}

/** The wildcards of DICOM are those of SQLite, but for its brackets. */
function glob(value: string): string {
  return value.replaceAll("[", "[[]");
}
