/**
 * DICOM's dates and times as instants.
 *
 * @module
 */

const DATE = /^(\d{4})\.?(\d{2})?\.?(\d{2})?(.*)$/;
const TIME = /^(\d{2})?:?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?$/;
const OFFSET = /^([+-])(\d{2})(\d{2})$/;

/**
 * The instant of a DA or DT value, with a TM value and an offset `+hhmm` to
 * use when the value has none (PS3.5 §6.2); undefined when it is invalid.
 * Takes the older `yyyy.mm.dd` and `hh:mm:ss` too.
 */
export function parseDate(
  date: string,
  time?: string,
  offset?: string,
): Date | undefined {
  const day = DATE.exec(date);
  if (!day) return undefined;
  const [, year, month = "01", dayOfMonth = "01", rest] = day;
  const clock = TIME.exec(rest || time || "");
  if (!clock) return undefined;
  const [, hours = "00", minutes = "00", seconds = "00", fraction = "", own] = clock;
  // A leap second has no place in a Date.
  const second = seconds === "60" ? "59" : seconds;
  const millis = fraction.padEnd(3, "0").slice(0, 3);
  const zone = OFFSET.exec(own ?? offset ?? "");
  const suffix = zone ? `${zone[1]}${zone[2]}:${zone[3]}` : "Z";
  const instant = new Date(
    `${year}-${month}-${dayOfMonth}T${hours}:${minutes}:${second}.${millis}${suffix}`,
  );
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
