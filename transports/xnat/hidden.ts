/**
 * What servers repeat of what they were sent, left out.
 *
 * @module
 */

/** Shorter secrets are parts of many words: to cut one out hides nothing, and tells it to whoever fills the gaps. */
const HIDDEN_FROM = 4;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** `text` without `secrets`, as they are or as URLs, forms, pages and JSON write them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= HIDDEN_FROM)
    .reduce((hidden, secret) => hidden.replace(anyForm(secret), "…"), text);
}

/** Each character in any form: what one writer escapes, another leaves. */
function anyForm(secret: string): RegExp {
  const forms = Array.from(secret, (char) => `(?:${formsOf(char).map(literal).join("|")})`);
  return new RegExp(forms.join(""), "gu");
}

function formsOf(char: string): string[] {
  const hex = char.codePointAt(0)!.toString(16);
  const bytes = Array.from(new TextEncoder().encode(char), (byte) => `%${hexOf(byte, 2)}`).join("");
  const units = char.split("").map((unit) => `\\u${hexOf(unit.charCodeAt(0), 4)}`).join("");
  const entities = [`&#${char.codePointAt(0)};`, `&#0${char.codePointAt(0)};`, `&#x${hex};`];
  return [
    char,
    bytes,
    bytes.toUpperCase(),
    ...entities,
    `&#x${hex.toUpperCase()};`,
    units,
    units.toUpperCase().replaceAll("\\U", "\\u"),
    ...(char === " " ? ["+"] : []),
    ...('"\\/'.includes(char) ? [`\\${char}`] : []),
    ...(ENTITIES[char] ? [ENTITIES[char]] : []),
  ];
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function literal(text: string): string {
  return Array.from(text, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`).join("");
}
