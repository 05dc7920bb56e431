import { strict as assert } from "node:assert";
import { DayRange } from "../../../transports/dicom/day_range.ts";

const NOW = Date.UTC(2026, 10, 23);
const of = (StudyDate: string, StudyTime = "") => DayRange.of({ StudyDate, StudyTime }, NOW);

/** What a range is at last, when it is halved as long as `isHalved` holds. */
function parts(range: DayRange, isHalved: (range: DayRange) => boolean): DayRange[] {
  const halves = isHalved(range) ? range.halves() : undefined;
  return halves?.flatMap((half) => parts(half, isHalved)) ?? [range];
}

Deno.test("DayRange.halves() comes down to each day once", () => {
  const days = parts(of("20231228-20240302")!, ({ key }) => key === "StudyDate");
  const dates = days.map(({ keys }) => keys.StudyDate);
  assert.deepEqual([dates.length, dates[0], dates.at(-1)], [66, "20231228", "20240302"]);
  assert.equal(new Set(dates).size, 66);
  assert.ok(dates.includes("20240229"));
});

Deno.test("DayRange.halves() comes down to each second of a day, and no further", () => {
  const seconds = parts(of("20240229")!, () => true);
  assert.equal(seconds.length, 86_400);
  assert.deepEqual(seconds[0]!.keys, {
    StudyDate: "20240229",
    StudyTime: "00-000000.999999",
  });
  assert.equal(seconds.at(-1)!.keys.StudyTime, "235959-235959.999999");
  assert.equal(seconds[43_200]!.keys.StudyTime, "12-120000.999999");
});

Deno.test("DayRange.halves() of all there is ends, with both ends open", () => {
  const dates = parts(DayRange.of({}, NOW)!, ({ key }) => key === "StudyDate")
    .map(({ keys }) => keys.StudyDate!);
  const [first, last] = [dates[0]!, dates.at(-1)!];
  assert.deepEqual([first[0], last.at(-1)], ["-", "-"]);
  assert.ok(first <= "-19000101" && last > "20261123", `${first} to ${last}`);
});

Deno.test("DayRange.of() tells what cannot be read as days, DayRange.halves() what cannot be halved", () => {
  for (const date of ["2024*", "20241301", "20240101-20241301", "20240101-2024", "2024-01-01"]) {
    assert.equal(of(date), undefined, date);
  }
  for (const date of ["-18991231", "29990101-", "20240102-20240101"]) {
    assert.equal(of(date)!.halves(), undefined, date);
  }
  assert.equal(of("20240101", "1000-1100")!.halves(), undefined);
});
