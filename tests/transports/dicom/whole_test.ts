import { strict as assert } from "node:assert";
import fc from "fast-check";
import type { DicomHeader } from "../../../formats/dicom/header.ts";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import { ServiceFailed } from "../../../transports/dicom/dimse/mod.ts";
import { isMatch, type Keys } from "../../../transports/dicom/filters.ts";
import { type SplitOptions, wholeStudies } from "../../../transports/dicom/whole.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

const NOW = Date.UTC(2026, 0, 1);
const ASK = { op: "list", url: "dicom://h/A", signal: NEVER };

/** A study's answer by date and time. */
function study(uid: string, StudyDate: string, StudyTime: string): DicomHeader {
  const dataset = writeDicomDataset({ StudyInstanceUID: uid, StudyDate, StudyTime });
  return parseDicomHeader(dataset, { transferSyntaxUID: "1.2.840.10008.1.2.1" });
}

const failed = (code: number) =>
  new ServiceFailed("Incomplete", { op: "query", url: "" }, { code, meaning: "limit" });

/** How archives limit: they stop after some, say nothing, or refuse. */
const LIMITS = {
  FE00: (rows: DicomHeader[], most: number) => [rows.slice(0, most), failed(0xFE00)] as const,
  A700: (_: DicomHeader[], __: number) => [[], failed(0xA700)] as const,
  silent: (rows: DicomHeader[], most: number) => [rows.slice(0, most), undefined] as const,
};

/** Answers queries for studies as an archive does that gives `most` at a time. */
function limited(
  studies: readonly DicomHeader[],
  most: number,
  limit: keyof typeof LIMITS,
  log: Keys[] = [],
) {
  return async function* (keys: Keys): AsyncGenerator<DicomHeader[]> {
    log.push(keys);
    const { StudyDate = "", StudyTime = "" } = keys;
    const hits = studies.filter((each) =>
      (StudyDate === "" || each.string("StudyDate") !== undefined) &&
      (StudyTime === "" || each.string("StudyTime") !== undefined) &&
      isMatch({ StudyDate, StudyTime }, "STUDY", each)
    );
    const [given, error] = hits.length > most ? LIMITS[limit](hits, most) : [hits, undefined];
    if (given.length > 0) yield await Promise.resolve([...given]);
    if (error) throw error;
  };
}

async function uids(
  find: ReturnType<typeof limited>,
  keys: Keys = {},
  options?: SplitOptions,
): Promise<string[]> {
  const found = [];
  for await (const page of wholeStudies(find, keys, NOW, ASK, options)) {
    found.push(...page.map((each) => each.string("StudyInstanceUID")!));
  }
  return found.sort();
}

const dated = (count: number, dates: readonly string[]) =>
  Array.from(
    { length: count },
    (_, i) =>
      study(
        `1.2.${i}`,
        dates[i % dates.length]!,
        String(i % 24).padStart(2, "0") + String(i % 60).padStart(2, "0") + "00",
      ),
  );

for (const limit of ["FE00", "A700", "silent"] as const) {
  Deno.test(`promise 3: all studies come from an archive that limits its answers by ${limit}`, async () => {
    const studies = dated(1_500, ["20190207", "20190208", "20240229", "19991231", "20251231"]);
    const all = studies.map((each) => each.string("StudyInstanceUID")!).sort();
    assert.deepEqual(await uids(limited(studies, 100, limit)), all);
    const found = await uids(limited(studies, 100, limit), { StudyDate: "20190101-20191231" });
    assert.equal(found.length, 600);
    assert.equal(new Set(found).size, 600);
  });
}

Deno.test("wholeStudies() gives every study once, however dates and limits lie", async () => {
  const days = fc.integer({ min: 0, max: 1_000 }).map((n) => {
    const day = new Date(Date.UTC(2020, 0, 1) + n * 86_400_000);
    return day.toISOString().slice(0, 10).replaceAll("-", "");
  });
  const times = fc.integer({ min: 0, max: 86_399 }).map((n) =>
    new Date(n * 1000).toISOString().slice(11, 19).replaceAll(":", "")
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(days, times), { selector: ([, time]) => time, maxLength: 40 }),
      fc.constantFrom("FE00", "A700", "silent" as const),
      async (list, limit) => {
        const studies = list.map(([day, time], i) => study(`1.2.${i}`, day, time));
        const found = await uids(limited(studies, 3, limit), {}, {
          isSuspicious: (count) => count === 3,
        });
        assert.deepEqual(found, list.map((_, i) => `1.2.${i}`).sort());
      },
    ),
    { numRuns: 60 },
  );
});

/** Times of one day as archives have them: to the hour, the minute, the second or less, many at boundaries of halves. */
const anyTime = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 86_399 }), fc.constantFrom(0, 21_600, 43_199, 43_200, 86_399)),
  fc.constantFrom(2, 4, 6, 6, 6, 9),
).map(([second, digits]) => {
  const text = new Date(second * 1000).toISOString().slice(11, 19).replaceAll(":", "");
  return digits === 9 ? `${text}.999` : text.slice(0, digits);
});

Deno.test("wholeStudies() gives every study of a day once: repeated answers, any precision, on boundaries", async () => {
  const StudyDate = "20190207";
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyTime, { minLength: 20, maxLength: 120 }),
      fc.constantFrom("FE00", "A700" as const),
      fc.boolean(),
      async (times, limit, isRepeated) => {
        const studies = times.map((time, i) => study(`1.2.${i}`, StudyDate, time));
        const answers = isRepeated ? studies.flatMap((each) => [each, each]) : studies;
        // No limit is below what one second can have.
        const most = 4 *
          Math.max(
            ...times.map((at) =>
              times.filter((each) => `${each}0000`.slice(0, 6) === `${at}0000`.slice(0, 6)).length
            ),
          );
        const found = await uids(limited(answers, most, limit), { StudyDate });
        assert.deepEqual(found, times.map((_, i) => `1.2.${i}`).sort());
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("wholeStudies() gives no study twice, and all that stay, of an archive that changes meanwhile", async () => {
  const StudyDate = "20190207";
  const days = fc.array(fc.tuple(anyTime, anyTime, fc.nat({ max: 6 })), {
    minLength: 30,
    maxLength: 90,
  });
  await fc.assert(
    fc.asyncProperty(days, async (list) => {
      let queries = 0;
      // At each query another few have got their other time.
      const find = (keys: Keys) => {
        const now = queries++;
        const studies = list.map(([time, later, at], i) =>
          study(`1.2.${i}`, StudyDate, at > 0 && now > at ? later : time)
        );
        return limited(studies, 25, "FE00")(keys);
      };
      const found = await uids(find, { StudyDate }).catch((error) => {
        // More in one second than the limit.
        assert(isVfsError(error) && error.kind === "Incomplete", `${error}`);
        return undefined;
      });
      if (!found) return;
      assert.equal(new Set(found).size, found.length);
      for (const [i, [, , at]] of list.entries()) {
        if (at === 0) assert(found.includes(`1.2.${i}`), `1.2.${i} is lost`);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("wholeStudies() asks for a busy day in parts of the right size: few answers come twice", async () => {
  const StudyDate = "20190207";
  const times = Array.from({ length: 3_000 }, (_, i) => (i * 7_919) % 86_400);
  const studies = times.map((second, i) => {
    const time = new Date(second * 1000).toISOString().slice(11, 19).replaceAll(":", "");
    return study(`1.2.${i}`, StudyDate, time);
  });
  let answers = 0;
  const log: Keys[] = [];
  const find = async function* (keys: Keys) {
    for await (const page of limited(studies, 151, "FE00", log)(keys)) {
      answers += page.length;
      yield page;
    }
  };
  assert.equal((await uids(find, { StudyDate })).length, 3_000);
  assert(answers < 1.3 * 3_000, `${answers} answers`);
  assert(log.length < 45, `${log.length} queries`);
});

Deno.test("wholeStudies() asks once when nothing is limited", async () => {
  const log: Keys[] = [];
  await uids(limited(dated(99, ["20190207"]), 1_000, "FE00", log));
  assert.equal(log.length, 1);
});

Deno.test("a suspicious count is looked into, and believed when the halves add nothing", async () => {
  const log: Keys[] = [];
  const studies = dated(100, ["20190207", "20240229"]);
  assert.equal((await uids(limited(studies, 1_000, "silent", log))).length, 100);
  assert(log.length > 1 && log.length < 30, `${log.length} queries`);
});

Deno.test("promise 3: what cannot be split is Incomplete: one second, no date, too many queries", async () => {
  const cases: [DicomHeader[], Keys, SplitOptions?][] = [
    [Array.from({ length: 20 }, (_, i) => study(`1.2.${i}`, "20190207", "101500")), {}],
    [[study("1.2.0", "", ""), ...dated(20, ["20190207"])], {}],
    [[study("1.2.99", "20190207", ""), ...dated(20, ["20190207"])], { StudyDate: "20190207" }],
    [dated(20, ["20190207"]), { StudyDate: "20190207", StudyTime: "10-20" }],
    [dated(20, ["20190207"]), {}, { maxQueries: 5 }],
  ];
  for (const [studies, keys, options] of cases) {
    await assert.rejects(uids(limited(studies, 4, "FE00"), keys, options), (error) => {
      assert(isVfsError(error) && error.kind === "Incomplete", `${error}`);
      assert.equal(error.status, "permanent");
      return true;
    });
  }
});

Deno.test("wholeStudies() passes on errors that are no limits", async () => {
  const find = () => Promise.reject(failed(0xC000));
  const pages = async function* () {
    yield await find();
  };
  await assert.rejects(uids(pages), (error) => error instanceof ServiceFailed);
});
