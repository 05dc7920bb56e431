/**
 * What a cell gives to Jupyter, and the HTML that it is made of.
 *
 * @module
 */

import { DISPLAY } from "../vfs/notebook.ts";

const INSPECT = Symbol.for("Deno.customInspect");

/**
 * Something that a notebook shows richly when a cell returns it, and everything else as text. Its HTML needs nothing
 * from a network.
 */
export class Rich {
  /** Made by the `display` functions. `html` must be escaped already. */
  constructor(
    /** As HTML. */
    readonly html: string,
    /** As text, of one or several lines. */
    readonly text: string,
    /** As a PNG file, for what is a picture. */
    readonly png?: Uint8Array<ArrayBuffer>,
  ) {}

  /** What Jupyter shows. */
  [DISPLAY](): Record<string, string> {
    return this.media();
  }

  /** All of it by media type, PNG in Base64. */
  media(): Record<string, string> {
    return {
      "text/plain": this.text,
      "text/html": this.html,
      ...this.png && { "image/png": this.png.toBase64() },
    };
  }

  /** What `console.log` and Deno's prompt show. */
  [INSPECT](): string {
    return this.text;
  }

  /** The text. */
  toString(): string {
    return this.text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes text safe inside of HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** An element around the HTML of its content. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...content: readonly string[]
): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeHtml(value)}"`);
  return `<${name}${given.join("")}>${content.join("")}</${name}>`;
}
