/**
 * Filters of lists: values of a query compared with columns.
 *
 * @module
 */

/** Whether a value is what a filter asks for: alternatives, wildcards, ranges of dates and numbers. */
export function passes(value: string, filter: string, name: string): boolean {
  const path = name.split("/").at(-1)!.toLowerCase();
  const isDate = path === "date" || path === "dob" || path.endsWith("_date");
  return filter.split(",").some((wanted) => {
    if (isDate) return dateMatches(value, wanted);
    if (/[*%]/.test(wanted)) return wildcard(wanted).test(value);
    return value === wanted;
  });
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split(/[*%]/).map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i");
}

/** A dash is a range, also the one of an ISO date: that finds nothing, as on a real server. */
function dateMatches(value: string, wanted: string): boolean {
  const dash = wanted.indexOf("-");
  if (dash < 0) return value.slice(0, 10) === isoDate(wanted);
  const from = isoDate(wanted.slice(0, dash));
  const to = isoDate(wanted.slice(dash + 1));
  return from !== undefined && to !== undefined && value.slice(0, 10) >= from &&
    value.slice(0, 10) <= to;
}

function isoDate(text: string): string | undefined {
  const parts = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text.trim());
  if (!parts) return;
  return `${parts[3]}-${parts[1]!.padStart(2, "0")}-${parts[2]!.padStart(2, "0")}`;
}
