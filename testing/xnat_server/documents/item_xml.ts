/**
 * XML documents of single objects, in the namespaces of XNAT's schema.
 *
 * @module
 */

import { typeOf } from "../model/schema.ts";
import { escapeXml } from "../tables/table.ts";
import type { ItemNode } from "./item.ts";

const NAMESPACES = 'xmlns:xnat="http://nrg.wustl.edu/xnat" xmlns:icr="http://icr.ac.uk/icr" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
  'xsi:schemaLocation="http://nrg.wustl.edu/xnat http://localhost/schemas/xnat/xnat.xsd"';

/** Fields that are attributes. */
const ATTRIBUTES = new Set([
  "ID",
  "label",
  "project",
  "visit_id",
  "UID",
  "secondary_ID",
  "active",
  "group",
  "src",
  "manufacturer",
  "model",
  "name",
  "x",
  "y",
  "z",
  "format",
  "content",
  "URI",
  "file_count",
  "file_size",
  "method",
  "status",
]);

/** Fields of JSON documents that XML ones do not have. */
const HIDDEN = /^(id|xnat_.*|image_session_ID)$/;

interface Element {
  attributes: string[];
  text?: string;
  children: Map<string, Element[]>;
}

/** Writes a document. */
export function itemXml(item: ItemNode): string {
  const xsiType = String(item.meta["xsi:type"]);
  const prefix = xsiType.split(":")[0];
  const name = `${prefix}:${typeOf(xsiType)?.element ?? "Item"}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${
    write(name, elementOf(item), ` ${NAMESPACES}`)
  }\n`;
}

function elementOf(item: ItemNode): Element {
  const element: Element = { attributes: [], children: new Map() };
  const xsiType = String(item.meta["xsi:type"]);
  for (const [path, value] of Object.entries(item.data_fields)) {
    if (HIDDEN.test(path) || path.includes("[")) continue;
    const steps = path.split("/");
    const last = steps.pop()!;
    let place = element;
    for (const step of steps) place = only(place, step);
    const isType = last === "type" && /ScanData$/.test(xsiType);
    if (ATTRIBUTES.has(last) || isType) {
      place.attributes.push(`${last}="${escapeXml(String(value))}"`);
    } else only(place, last).text = escapeXml(String(value));
  }
  for (const { field, items } of item.children) {
    const steps = field.split("/");
    const last = steps.pop()!;
    let place = element;
    for (const step of steps) place = only(place, step);
    const made = items.map((each) => {
      const inner = elementOf(each);
      const type = String(each.meta["xsi:type"]);
      if (typeOf(type)) inner.attributes.push(`xsi:type="${type}"`);
      return inner;
    });
    place.children.set(last, [...place.children.get(last) ?? [], ...made]);
  }
  return element;
}

/** The one child of a name, made when it is missing. */
function only(parent: Element, name: string): Element {
  const [first] = parent.children.get(name) ?? [];
  if (first) return first;
  const made: Element = { attributes: [], children: new Map() };
  parent.children.set(name, [made]);
  return made;
}

function write(name: string, { attributes, text, children }: Element, extra = ""): string {
  const open = `<${[name, ...attributes].join(" ")}${extra}`;
  if (text === undefined && children.size === 0) return `${open}/>`;
  const inner = [...children].flatMap(([child, elements]) =>
    elements.map((each) => write(`xnat:${child}`, each))
  );
  return `${open}>${text ?? ""}${inner.join("")}</${name}>`;
}
