/**
 * Plain records, a row a fact.
 *
 * @module
 */

import { byteSize } from "../formats/text.ts";
import { Rich } from "./rich.ts";
import { htmlTable, textTable, timeText } from "./table.ts";

const MOST_FACTS = 200;

/**
 * What is known of something, a row a fact: the result of `stat`, the info of a label, any plain record. What is
 * undefined is left out.
 */
export function displayFacts(facts: object): Rich {
  const rows = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .slice(0, MOST_FACTS)
    .map(([name, value]) => [name, factText(name, value)]);
  const headings = ["what", "value"];
  return new Rich(htmlTable(headings, rows), textTable(headings, rows));
}

function factText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return timeText(value);
  if (typeof value === "number") {
    return /^(size|bytes)$/.test(name) ? byteSize(value) : String(value);
  }
  return JSON.stringify(value, (_, one) => typeof one === "bigint" ? String(one) : one) ?? "";
}
