/**
 * What a request says about an object: in its query, a form or an XML document.
 *
 * @module
 */

import { localName, parseXml, type XmlElement, XmlError } from "../documents/parse_xml.ts";
import { fieldsFrom } from "../model/fields.ts";
import { fieldOf, isA, type Kind, typeOf, TYPES } from "../model/schema.ts";
import type { Call } from "./call.ts";
import { refuse } from "./refusal.ts";

/** What was said. */
export interface Contents {
  /** Type that was named, by `xsiType`, by an xpath or by a document. */
  readonly xsiType?: string;
  readonly parameters: readonly (readonly [string, string])[];
  /** The document, when one was sent. */
  readonly document?: XmlElement;
}

/** Fields that say who an object is rather than what it is like. */
const IDENTITY = new Set(["ID", "label", "project", "subject_ID", "imageSession_ID"]);

/** Reads what a request says. @throws {Refusal} 422 for XML that cannot be read. */
export async function contentsOf(call: Call, root: string): Promise<Contents> {
  const type = (call.request.headers.get("content-type") ?? "").split(";")[0]!.trim();
  const mode = call.query.get("req_format");
  const parameters = [...call.query.entries];
  let document: XmlElement | undefined;
  if (call.request.body && mode !== "qs") {
    const isForm = type === "multipart/form-data" && mode !== "form";
    const body = await (isForm ? documentIn(call.request) : call.request.text());
    if (isForm) document = body === "" ? undefined : read(body);
    else if (mode === "form" || type === "application/x-www-form-urlencoded") {
      parameters.push(...new URLSearchParams(body));
    } else if (body !== "" && (mode === "xml" || isXml(call, type))) {
      document = read(body);
    }
  }
  const named = typeOf(new Map(parameters).get("xsiType") ?? "")?.name;
  const implied = parameters.map(([key]) => typeOf(key.split("/")[0]!)?.name)
    .find((name) => name && isA(name, root));
  return { xsiType: named ?? implied ?? typeOfDocument(document), parameters, document };
}

function isXml(call: Call, type: string): boolean {
  return /^(text|application)\/xml$/.test(type) || call.query.is("inbody");
}

/** The document among the files of a form, which is the one whose name says so (`SecureResource.loadItem`). */
async function documentIn(request: Request): Promise<string> {
  const form = await request.formData().catch((error) => refuse(500, `Not a form: ${error}`));
  for (const value of form.values()) {
    if (typeof value !== "string" && value.name.endsWith(".xml")) return await value.text();
  }
  return "";
}

function read(body: string): XmlElement {
  try {
    return parseXml(body);
  } catch (error) {
    if (error instanceof XmlError) refuse(422, error.message);
    throw error;
  }
}

function typeOfDocument(document: XmlElement | undefined): string | undefined {
  if (!document) return;
  const explicit = document.attributes["xsi:type"];
  if (explicit) return typeOf(explicit)?.name;
  const local = localName(document.name);
  return TYPES.find(({ element }) => element === local)?.name;
}

/** Fields of an object of a type that were said, without those that identify it. */
export function fieldsOf(
  contents: Contents,
  kind: Kind,
  xsiType: string,
): Record<string, string> {
  const fields = fieldsFrom(kind, xsiType, contents.parameters);
  if (contents.document) Object.assign(fields, documentFields(contents.document, xsiType, ""));
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !IDENTITY.has(key)));
}

function documentFields(
  element: XmlElement,
  xsiType: string,
  prefix: string,
): Record<string, string> {
  const fields: Record<string, string> = {};
  const note = (path: string, value: string) => {
    const field = fieldOf(xsiType, path);
    if (field && value !== "") fields[field] = value;
  };
  for (const [name, value] of Object.entries(element.attributes)) note(prefix + name, value);
  for (const child of element.children) {
    const path = prefix + localName(child.name);
    note(path, child.text.trim());
    Object.assign(fields, documentFields(child, xsiType, `${path}/`));
  }
  return fields;
}

/** What was said about who an object is, `label` or `project`. */
export function said(contents: Contents, name: string): string | undefined {
  const parameter = contents.parameters.find(([key]) =>
    key === name || (key.includes(":") && key.toLowerCase().endsWith(`data/${name.toLowerCase()}`))
  )?.[1];
  return parameter || contents.document?.attributes[name];
}
