/**
 * `/search`: what there is to search for, and searches by document.
 *
 * @module
 */

import { own as ownOf } from "../own.ts";
import { may, maySee } from "../auth/rights.ts";
import { localName, parseXml, type XmlElement, XmlError } from "../documents/parse_xml.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { isA, type Kind, lineage, typeOf, TYPES } from "../model/schema.ts";
import type { Project } from "../model/types.ts";
import { columnOf, type JoinedRow } from "../tables/columns.ts";
import { passes } from "../tables/filters.ts";
import { type Table, tableReply } from "../tables/table.ts";

const SEARCHABLE = TYPES.filter(({ name, abstract }) =>
  !abstract &&
  ["xnat:projectData", "xnat:subjectData", "xnat:experimentData", "xnat:imageScanData"]
    .some((root) => isA(name, root))
);

/** `/search/elements`. */
export function searchElements(call: Call): Response {
  const rows = SEARCHABLE.map(({ name, singular, plural }) => {
    const isSecured = !isA(name, "xnat:imageScanData");
    return [name, singular, plural, String(isSecured), String(rowsOf(call, name).length)];
  });
  return tableReply(call, {
    columns: ["ELEMENT_NAME", "SINGULAR", "PLURAL", "SECURED", "COUNT"],
    rows,
    counted: true,
    extras: { title: "Data-Types" },
  });
}

/** `/search/elements/{type}`. */
export function searchFields(call: Call): Response {
  const type = typeOf(call.vars.type!);
  if (!type) refuse(404, `Unknown type ${call.vars.type}`);
  const counted = isA(type.name, "xnat:projectData") ? Object.keys(OF_PROJECTS) : [];
  const fields = lineage(type.name).flatMap((each) => each.fields);
  const made = ["insert_date", "insert_user"];
  const rows = [...new Set(fields), ...made, ...counted].map((field) => [
    fieldId(field),
    field,
    `${type.name}/${field}`,
    "string",
    "false",
    "",
    type.name,
    "0",
  ]);
  return tableReply(call, {
    columns: [
      "FIELD_ID",
      "HEADER",
      "SUMMARY",
      "TYPE",
      "REQUIRES_VALUE",
      "DESC",
      "ELEMENT_NAME",
      "SRC",
    ],
    rows,
    counted: true,
    extras: { title: "Search Fields", element_name: type.name },
  });
}

function fieldId(field: string): string {
  return field.replaceAll("/", "_").toUpperCase();
}

/** What searches tell of projects besides their fields. */
const OF_PROJECTS: Readonly<Record<string, (row: JoinedRow) => string>> = {
  ...Object.fromEntries(
    ["mr", "ct", "pet", "ut"].map((prefix) => [
      `PROJ_${prefix.toUpperCase()}_COUNT`,
      ({ archive, item }: JoinedRow) => {
        const own = [...archive.experiments.values()].filter(({ project, xsiType }) =>
          project === (item as Project).id && xsiType === `xnat:${prefix}SessionData`
        );
        return own.length === 0 ? "" : String(own.length);
      },
    ]),
  ),
  PROJECT_ACCESS: ({ item }) => (item as Project).accessibility,
  PROJECT_OWNERS: ({ item }) =>
    Object.entries((item as Project).members).filter(([, right]) => right === "delete")
      .map(([login]) => login).join(" <br/> "),
};

function kindOf(type: string): Kind {
  if (isA(type, "xnat:projectData")) return "project";
  if (isA(type, "xnat:subjectData")) return "subject";
  if (isA(type, "xnat:imageScanData")) return "scan";
  return isA(type, "xnat:imageAssessorData") ? "assessor" : "experiment";
}

/** All objects of a type that may be read. */
function rowsOf({ world, login }: Call, type: string): JoinedRow[] {
  const { archive } = world;
  const kind = kindOf(type);
  if (kind === "project") {
    return [...archive.projects.values()].filter((each) => maySee(login, each))
      .map((item) => ({ archive, kind, item }));
  }
  if (kind === "subject") {
    return [...archive.subjects.values()].filter((each) => may(archive, login, "read", each))
      .map((item) => ({ archive, kind, item }));
  }
  const readable = [...archive.experiments.values()].filter((each) =>
    may(archive, login, "read", each)
  );
  if (kind === "scan") {
    return readable.flatMap((session) =>
      session.scans.filter((scan) => isA(scan.xsiType, type))
        .map((item) => ({ archive, kind, item, session }))
    );
  }
  return readable.filter((each) => isA(each.xsiType, type)).map((item) => ({
    archive,
    kind,
    item,
    session: archive.experiments.get(item.session ?? ""),
  }));
}

/** Names that display fields have in searches, as paths. */
const DISPLAY: Readonly<Record<string, string>> = {
  SUBJECT_ID: "ID",
  SUBJECTID: "ID",
  SUBJECT_LABEL: "label",
  SESSION_ID: "ID",
  EXPT_ID: "ID",
  SCAN_ID: "ID",
  LABEL: "label",
  PROJECT: "project",
  PROJECTS: "project",
  DATE: "date",
  AGE: "age",
  GENDER: "gender",
  GENDER_TEXT: "gender",
  HANDEDNESS_TEXT: "handedness",
  INSERT_DATE: "insert_date",
  INSERT_USER: "insert_user",
  LAST_MODIFIED: "last_modified",
};

/** Display fields of what the archive does not have. */
const NOTHING: ReadonlySet<string> = new Set(["ADD_IDS"]);

/** What a search field of a document shows. */
function reader(type: string, element: string, field: string): (row: JoinedRow) => string {
  const kind = kindOf(type);
  const path = field.includes("/") ? field.slice(field.indexOf("/") + 1) : field;
  const id = path.toUpperCase();
  const ofProject = kind === "project" ? ownOf(OF_PROJECTS, id) : undefined;
  if (ofProject) return ofProject;
  const listed = lineage(element).flatMap(({ fields }) => fields).find((each) =>
    fieldId(each) === id
  );
  const ofSubject = kind !== "subject" &&
    (isA(element, "xnat:subjectData") || id.startsWith("SUBJECT"));
  const own = ownOf(DISPLAY, id) ?? listed ?? path;
  const name = ofSubject && ["ID", "label"].includes(own) ? `subject_${own}` : own;
  const column = columnOf(kind, type, name) ?? columnOf(kind, type, `${element}/${name}`) ??
    columnOf(kind, type, name.toLowerCase());
  if (!column && NOTHING.has(id)) return () => "";
  if (!column) refuse(500, `Unknown search field ${element}/${field}`);
  return (row) => column.read(row);
}

/** POST of `/search`: an `xdat:search` document. */
export async function search(call: Call): Promise<Response> {
  const found = runSearch(call, await readDocument(call));
  if (!call.query.is("cache")) return tableReply(call, found);
  const id = `xs${call.now}_${call.world.searches.size + 1}`;
  call.world.searches.set(id, found);
  return tableReply(call, { ...found, extras: { ...found.extras, ID: id } });
}

/** GET of `/search/{id}`: a page of a search that was kept. */
export function searchPage(call: Call): Response {
  const kept = call.world.searches.get(call.vars.id!) as Table | undefined;
  if (!kept) refuse(404, `Unknown search ${call.vars.id}`);
  const { query } = call;
  const key = kept.columns.indexOf(query.get("sortBy") ?? "");
  const sign = query.get("sortOrder")?.toUpperCase() === "DESC" ? -1 : 1;
  const sorted = key < 0
    ? kept.rows
    : kept.rows.toSorted((a, b) => a[key]! < b[key]! ? -sign : sign);
  const offset = Number(query.get("offset") ?? 0) || 0;
  const limit = Number(query.get("limit") ?? kept.rows.length) || kept.rows.length;
  return tableReply(call, { ...kept, rows: sorted.slice(offset, offset + limit) });
}

async function readDocument(call: Call): Promise<XmlElement> {
  try {
    return parseXml(await call.request.text());
  } catch (error) {
    if (error instanceof XmlError) refuse(422, error.message);
    throw error;
  }
}

function child(element: XmlElement, name: string): string {
  return element.children.find((each) => localName(each.name) === name)?.text.trim() ?? "";
}

function runSearch(call: Call, root: XmlElement): Table {
  const type = typeOf(child(root, "root_element_name"))?.name;
  if (!type) refuse(422, "The search has no root_element_name that is known");
  const fields = root.children.filter((each) => localName(each.name) === "search_field")
    .map((each) => {
      const element = child(each, "element_name") || type;
      const id = child(each, "field_ID");
      const key = element === type ? id : `${element}_${id}`;
      return { key: key.toLowerCase().replaceAll(/[:/]/g, "_"), read: reader(type, element, id) };
    });
  const where = root.children.filter((each) => localName(each.name) === "search_where");
  const tests = where.map((each) => testOf(type, each));
  const rows = rowsOf(call, type).filter((row) => tests.every((test) => test(row)))
    .map((row) => fields.map(({ read }) => read(row)));
  const heads = fields.map(({ key }) => `{"key":"${key}","element_name":"${type}"}`);
  return {
    columns: fields.map(({ key }) => key),
    rows,
    counted: true,
    head: `"Columns":[${heads.join(",")}],"rootElementName": "${type}",`,
  };
}

type Test = (row: JoinedRow) => boolean;

function testOf(type: string, where: XmlElement): Test {
  const tests = where.children.flatMap((each): Test[] => {
    const name = localName(each.name);
    if (name === "child_set") return [testOf(type, each)];
    return name === "criteria" ? [criterion(type, each)] : [];
  });
  if (where.attributes.method?.toUpperCase() === "OR") {
    return (row) => tests.some((test) => test(row));
  }
  return (row) => tests.every((test) => test(row));
}

function criterion(type: string, element: XmlElement): Test {
  const field = child(element, "schema_field");
  const wanted = child(element, "value");
  const slash = field.indexOf("/");
  const dot = field.indexOf(".");
  const cut = slash >= 0 ? slash : dot;
  const read = reader(
    type,
    cut < 0 ? type : field.slice(0, cut),
    cut < 0 ? field : field.slice(cut + 1),
  );
  switch (child(element, "comparison_type").toUpperCase()) {
    case "=":
      return (row) => read(row) === wanted;
    case "!=":
      return (row) => read(row) !== wanted;
    case "LIKE":
      return (row) => passes(read(row), wanted, "text");
    case ">":
      return (row) => compare(read(row), wanted) > 0;
    case ">=":
      return (row) => compare(read(row), wanted) >= 0;
    case "<":
      return (row) => compare(read(row), wanted) < 0;
    case "<=":
      return (row) => compare(read(row), wanted) <= 0;
    case "IN":
      return (row) => wanted.split(",").map((each) => each.trim()).includes(read(row));
    default:
      refuse(500, `Unknown comparison ${child(element, "comparison_type")}`);
  }
}

function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a !== "" && Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
