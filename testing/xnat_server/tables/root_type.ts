/**
 * Which type a list is of.
 *
 * @module
 */

import type { Query } from "../http/query.ts";
import { fieldOf, isA, type Kind, ROOT_TYPE, typeOf } from "../model/schema.ts";

/**
 * The type that rows must have: the `xsiType` of the query, else the one that its columns and filters are of, where that
 * descends from what the list is of as a rule. So `columns=ID,modality` lists image sessions and nothing else. Undefined for a type
 * that nobody knows.
 */
export function rootTypeOf(kind: Kind, query: Query): string | undefined {
  const asked = query.get("xsiType");
  if (asked && !asked.includes(",")) return typeOf(asked)?.name;
  const columns = (query.get("columns") ?? "").split(",");
  let root = ROOT_TYPE[kind];
  for (const name of [...query.entries.map(([key]) => key), ...columns]) {
    const type = elementOf(kind, name.trim());
    if (type && type !== root && isA(type, root)) root = type;
  }
  return root;
}

const OWNERS = ["xnat:experimentData", "xnat:subjectAssessorData", "xnat:imageSessionData"];
const SHORT: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  experiment: [...OWNERS, "xnat:mrSessionData", "xnat:petSessionData"],
  scan: ["xnat:imageScanData", "xnat:mrScanData"],
};

/** The type that has the field behind a shortcut or an xpath. */
function elementOf(kind: Kind, name: string): string | undefined {
  if (name.includes("/")) return typeOf(name.slice(0, name.indexOf("/")))?.name;
  if (kind === "experiment" && name === "studyInstanceUID") return "xnat:imageSessionData";
  return SHORT[kind]?.find((type) => fieldOf(type, name) === name);
}
