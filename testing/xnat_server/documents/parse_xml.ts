/**
 * Reads the small XML documents that clients send.
 *
 * @module
 */

import { own } from "../own.ts";

/** An element. */
export interface XmlElement {
  /** With its prefix, `xnat:MRSession`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Tells that a text is not well-formed. */
export class XmlError extends Error {}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replaceAll(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return own(ENTITIES, name) ?? whole;
  });
}

/** Reads a document without a DTD. @throws {XmlError} when it is not well-formed. */
export function parseXml(text: string): XmlElement {
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open: XmlElement[] = [root];
  TOKEN.lastIndex = 0;
  const source = text.replace(/^\uFEFF/, "");
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source);
    if (!token) throw new XmlError(`Cannot read XML at character ${at}`);
    const [, cdata, close, name, attributes = "", selfClosed, characters] = token;
    const parent = open.at(-1)!;
    if (cdata !== undefined) parent.text += cdata;
    else if (characters !== undefined) parent.text += unescape(characters);
    else if (close) {
      if (parent.name !== name || parent === root) {
        throw new XmlError(`Unexpected end of "${name}"`);
      }
      open.pop();
    } else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      parent.children.push(element);
      if (!selfClosed) open.push(element);
    }
  }
  const [first, second] = root.children;
  if (!first || second || open.length > 1) throw new XmlError("Not one element that is closed");
  return first;
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    attributes[name!] = unescape(double ?? single ?? "");
  }
  return attributes;
}

/** Name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
