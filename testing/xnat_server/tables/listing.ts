/**
 * Lists of objects: columns, filters, paging and order, as XNAT's query organizer has them.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import type { Experiment, Item, Scan, Subject } from "../model/types.ts";
import { isA, type Kind, typeOf } from "../model/schema.ts";
import { type Column, columnOf, type Join, type JoinedRow } from "./columns.ts";
import { passes } from "./filters.ts";
import { rootTypeOf } from "./root_type.ts";
import type { Table } from "./table.ts";

const DEFAULTS: Readonly<Record<Kind, readonly string[]>> = {
  project: ["ID", "name", "secondary_ID", "description", "pi_firstname", "pi_lastname"],
  subject: ["ID", "label", "project", "insert_date", "insert_user"],
  experiment: ["ID", "label", "project", "xsiType", "date", "insert_date"],
  assessor: [
    "ID",
    "label",
    "project",
    "xsiType",
    "date",
    "insert_date",
    "session_ID",
    "session_label",
  ],
  scan: ["ID", "type", "quality", "xsiType", "note", "series_description"],
  reconstruction: ["ID", "type", "baseScanType"],
};

/** The column that is always there. */
function keyColumn(kind: Kind, rootType: string): string[] {
  if (kind === "experiment" || kind === "assessor") return [`${rootType.toLowerCase()}/id`];
  if (kind === "scan") return ["xnat_imagescandata_id"];
  return kind === "reconstruction" ? ["xnat_reconstructedimagedata_id"] : [];
}

/** Query keys that are no filters although they look like columns. */
const SWITCHES = new Set([
  "format",
  "columns",
  "xsiType",
  "limit",
  "offset",
  "sortBy",
  "sortOrder",
]);

/** An object to be listed, and the project through which it is seen. */
export interface Listed {
  readonly item: Item;
  readonly project?: string;
  readonly session?: Experiment;
}

/** Makes the table of a list of objects; undefined when a column cannot be joined or is missing, as a query is made of all or none. */
export function listing(call: Call, kind: Kind, items: readonly Listed[]): Table | undefined {
  const { query, world } = call;
  const rootType = rootTypeOf(kind, query);
  const columns = rootType && chosenColumns(kind, rootType, query.get("columns"));
  if (!rootType || !columns) return undefined;
  const filters = kind === "scan" ? [] : filtersOf(call, kind, rootType);
  const joins = new Set(
    [...columns, ...filters.map(({ column }) => column)].map(({ join }) => join),
  );
  const rows: string[][] = [];
  const hasLabels = kind === "experiment" && columns.some(({ key }) => key === "label");
  for (const { item, project, session } of items) {
    if ("xsiType" in item && !isA(String(item.xsiType), rootType)) continue;
    // Labels of shares are looked up by a column that this root does not have.
    const seen = rootType === "xnat:experimentData" ? undefined : project;
    const base: JoinedRow = { archive: world.archive, kind, item, project: seen, session };
    // Where labels of shares are told, the project is the one that is asked.
    const told = hasLabels && seen !== undefined
      ? ({ key, read }: Column, row: JoinedRow) => key === "project" ? seen : read(row)
      : ({ read }: Column, row: JoinedRow) => read(row);
    for (const row of joinRows(base, joins)) {
      const kept = filters.every(({ column, value }) =>
        passes(column.read(row), value, column.key)
      );
      if (kept) rows.push(columns.map((column) => told(column, row)));
    }
  }
  if (world.options.shuffle) shuffle(rows, world.options.random);
  const paged = kind === "subject" || kind === "experiment" ? page(call, rows) : undefined;
  return {
    columns: columns.map(({ key }) => key),
    rows: sorted(call, columns, paged ?? rows),
    counted: paged === undefined,
    rawColumns: columns.map(({ key }) => key),
  };
}

function chosenColumns(
  kind: Kind,
  rootType: string,
  asked: string | undefined,
): Column[] | undefined {
  const names = asked === undefined
    ? DEFAULTS[kind]
    : asked.split(",").flatMap((name) =>
      name.trim() === "DEFAULT" ? DEFAULTS[kind] : [name.trim()]
    );
  const columns = new Map<string, Column>();
  // Rights hang on types that objects are of; to find them out the list asks for these itself.
  const isMixed = kind === "experiment" && typeOf(rootType)?.abstract;
  const forRights = isMixed ? ["xsiType", "project"] : [];
  for (const name of [...keyColumn(kind, rootType), ...names, ...forRights, "URI"]) {
    const column = columnOf(kind, rootType, name);
    if (column && !columns.has(column.key)) columns.set(column.key, column);
    // A name that is none is left out; the path of a known type must lead somewhere.
    const [type = ""] = name.split("/");
    if (!column && name.includes("/") && typeOf(type)) return undefined;
  }
  // Their key is a number of the database, so the path to each needs its id to have been asked for (`formatHeaders`).
  const isPart = kind === "scan" || kind === "reconstruction";
  if (isPart && !columns.has("ID")) return undefined;
  return [...columns.values()];
}

function filtersOf(
  { query }: Call,
  kind: Kind,
  rootType: string,
): { column: Column; value: string }[] {
  return query.entries.flatMap(([key, value]) => {
    const column = SWITCHES.has(key) || value === "" ? undefined : columnOf(kind, rootType, key);
    return column ? [{ column, value }] : [];
  });
}

/** One row per joined scan, resource and share; one without them where there are none. */
function joinRows(base: JoinedRow, joins: ReadonlySet<Join | undefined>): JoinedRow[] {
  const item = base.item as Experiment & Subject;
  let rows: JoinedRow[] = [base];
  if (joins.has("scan") || joins.has("scanResource")) {
    rows = spread(rows, () => item.scans ?? [], (row, scan: Scan) => ({ ...row, scan }));
  }
  if (joins.has("scanResource")) {
    const of = (row: JoinedRow) => row.scan?.resources ?? [];
    rows = spread(rows, of, (row, scanResource) => ({ ...row, scanResource }));
  }
  if (joins.has("resource")) {
    rows = spread(rows, () => item.resources, (row, resource) => ({ ...row, resource }));
  }
  if (joins.has("input")) {
    rows = spread(rows, () => item.inputs, (row, input) => ({ ...row, input }));
  }
  if (joins.has("share")) {
    rows = spread(rows, () => item.shares ?? [], (row, share) => ({ ...row, share }));
  }
  return rows;
}

function spread<T>(
  rows: readonly JoinedRow[],
  of: (row: JoinedRow) => readonly T[],
  join: (row: JoinedRow, one: T) => JoinedRow,
): JoinedRow[] {
  return rows.flatMap((row) => {
    const ones = of(row);
    return ones.length === 0 ? [row] : ones.map((one) => join(row, one));
  });
}

/** Whether a version pages: 1.8.9 is the first. */
function pages(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_008_009;
}

const PAGE_SIZE = 100;

function page({ query, world }: Call, rows: readonly string[][]): string[][] | undefined {
  const limit = query.get("limit");
  const offset = query.get("offset");
  if (!pages(world.options.version) || (limit === undefined && offset === undefined)) return;
  const start = Number(offset ?? 0) || 0;
  if (limit === "*") return rows.slice(start);
  const size = limit === undefined ? PAGE_SIZE : Number(limit) || PAGE_SIZE;
  return rows.slice(start, start + size);
}

/** Sorts what is on the page, after it was cut. */
function sorted({ query }: Call, columns: readonly Column[], rows: string[][]): string[][] {
  const keys = (query.get("sortBy") ?? "").split(",")
    .map((name) => columns.findIndex(({ key }) => key.toLowerCase() === name.toLowerCase()))
    .filter((index) => index >= 0);
  if (keys.length === 0) return rows;
  const sign = query.get("sortOrder")?.toUpperCase() === "DESC" ? -1 : 1;
  return rows.toSorted((a, b) => {
    const key = keys.find((index) => a[index] !== b[index]);
    return key === undefined ? 0 : sign * (a[key]! < b[key]! ? -1 : 1);
  });
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
