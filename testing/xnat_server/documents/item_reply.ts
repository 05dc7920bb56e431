/**
 * Answers with the document of one object: HTML by default, as XNAT does.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { variantOf } from "../http/negotiation.ts";
import { document, streamed } from "../http/reply.ts";
import { escapeXml } from "../tables/table.ts";
import type { ItemNode } from "./item.ts";
import { itemXml } from "./item_xml.ts";

/** Answers with a document; `zip` and the like give XML. */
export function itemReply(call: Call, item: ItemNode): Response {
  const variant = variantOf(call, "html");
  if (variant === "json") return streamed(JSON.stringify({ items: [item] }), "application/json");
  if (variant === "html") return document(page(item), "text/html");
  return document(itemXml(item), "text/xml");
}

function page({ meta, data_fields }: ItemNode): string {
  const rows = Object.entries(data_fields).map(([key, value]) =>
    `<tr><th>${escapeXml(key)}</th><td>${escapeXml(String(value))}</td></tr>`
  );
  return `<!DOCTYPE html>\n<html><head><title>${
    escapeXml(String(meta["xsi:type"]))
  }</title></head>` +
    `<body><table>${rows.join("")}</table></body></html>\n`;
}
