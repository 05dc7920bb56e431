import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ServiceFailed } from "../../../transports/dicom/dimse/mod.ts";
import type { Row } from "../../../transports/dicom/model.ts";
import { wholeNumbered } from "../../../transports/dicom/whole_numbers.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import { seriesOf, world } from "./_archive.ts";

const ASK = { op: "list", url: "dicom://h/A", signal: NEVER };
const KEY = "InstanceNumber";

const failed = (code: number) =>
  new ServiceFailed("Incomplete", { op: "query", url: "" }, { code, meaning: "limit" });

/** How an archive limits its answers, and what it makes of several numbers in one query. */
interface Manner {
  readonly most: number;
  readonly limit: "FE00" | "A700" | "silent";
  readonly lists: "all" | "first" | "none" | "A900";
}

/** A series in an archive like that. */
function limited(numbers: readonly (number | undefined)[], { most, limit, lists }: Manner) {
  const rows = numbers.map((number, i): Row => ({
    id: `1.2.${i}`,
    attributes: { [KEY]: number ?? null },
  }));
  const asked: (string | undefined)[] = [];
  return {
    asked,
    ids: rows.map(({ id }) => id).sort(),
    key: KEY,
    count: (): Promise<number | undefined> => Promise.resolve(rows.length),
    async *find(value?: string): AsyncGenerator<Row[]> {
      asked.push(value);
      let wanted = value?.split("\\");
      if (wanted && wanted.length > 1) {
        if (lists === "A900") throw failed(0xA900);
        if (lists !== "all") wanted = lists === "first" ? wanted.slice(0, 1) : [];
      }
      const hits = rows.filter(({ attributes }) =>
        !wanted || wanted.includes(String(attributes[KEY]))
      );
      const isOver = hits.length > most;
      const given = isOver && limit === "A700" ? [] : hits.slice(0, most);
      if (given.length > 0) yield await Promise.resolve(given);
      if (isOver && limit !== "silent") throw failed(limit === "FE00" ? 0xFE00 : 0xA700);
    },
  };
}

async function idsOf(list: ReturnType<typeof limited>, most: number): Promise<string[]> {
  const ids: string[] = [];
  const split = { isSuspicious: (count: number) => count === most };
  for await (const page of wholeNumbered(list, ASK, split)) ids.push(...page.map(({ id }) => id));
  return ids.sort();
}

const manners = fc.record({
  most: fc.integer({ min: 2, max: 8 }),
  limit: fc.constantFrom("FE00", "A700", "silent" as const),
  lists: fc.constantFrom("all", "first", "none", "A900" as const),
});

Deno.test("promise 3: wholeNumbered() gives all entries once, in whatever manner an archive limits them", async () => {
  const counts = fc.integer({ min: 1, max: 60 });
  await fc.assert(
    fc.asyncProperty(
      counts,
      fc.integer({ min: 0, max: 2_000 }),
      manners,
      async (count, from, manner) => {
        // Without any answer there is nothing to begin with but the first number.
        const first = manner.limit === "A700" && count > manner.most ? from % 2 : from;
        const list = limited(Array.from({ length: count }, (_, i) => first + i), manner);
        assert.deepEqual(await idsOf(list, manner.most), list.ids);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("promise 3: wholeNumbered() gives all entries, or fails as Incomplete", async () => {
  const numbers = fc.array(fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }));
  await fc.assert(
    fc.asyncProperty(numbers, manners, async (all, manner) => {
      const list = limited(all, manner);
      try {
        assert.deepEqual(await idsOf(list, manner.most), list.ids);
      } catch (error) {
        if (!isVfsError(error) || error.kind !== "Incomplete") throw error;
        assert(all.length > manner.most);
        assert.equal(error.status, "permanent");
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("wholeNumbered() asks in lists where an archive understands them", async () => {
  const numbers = Array.from({ length: 2_000 }, (_, i) => i + 1);
  const list = limited(numbers, { most: 100, limit: "FE00", lists: "all" });
  assert.equal((await idsOf(list, 100)).length, 2_000);
  assert(list.asked.length <= 40, `${list.asked.length} queries`);
  const short = limited(numbers.slice(0, 99), { most: 100, limit: "FE00", lists: "all" });
  await idsOf(short, 100);
  assert.deepEqual(short.asked, [undefined]);
});

Deno.test("wholeNumbered() is Incomplete where nobody tells how many there are, and passes other failures on", async () => {
  const numbers = [1, 2, 3, 4, 5];
  const manner = { most: 3, limit: "FE00", lists: "all" } as const;
  for (const total of [undefined, 3]) {
    const list = { ...limited(numbers, manner), count: () => Promise.resolve(total) };
    await assert.rejects(idsOf(list, 3), { kind: "Incomplete" });
  }
  const broken = limited(numbers, manner);
  const find = (value?: string) => {
    if (value !== undefined && !value.includes("\\")) throw failed(0xC001);
    return broken.find(value === undefined ? value : "9");
  };
  await assert.rejects(idsOf({ ...broken, find }, 3), { code: 0xC001 });
});

Deno.test("wholeNumbered() finds negative numbers", async () => {
  const manner = { most: 3, limit: "FE00", lists: "all" } as const;
  for (const numbers of [[-5, -4, -3, -2, -1], [-1, -2, -3, -4, -5], [1, 0, -1, -2]]) {
    const list = limited(numbers, manner);
    assert.deepEqual(await idsOf(list, 3), list.ids);
  }
});

Deno.test("wholeNumbered() of numbers that no integer string has ends as Incomplete", async () => {
  const manner = { most: 3, limit: "FE00", lists: "all" } as const;
  for (const number of [0.5, 2 ** 53, 1e300, Infinity, -Infinity]) {
    const list = limited(Array(5).fill(number), manner);
    await assert.rejects(idsOf(list, 3), { kind: "Incomplete" });
    assert(list.asked.length < 20, `${list.asked.length} queries`);
  }
});

for (const then of ["refuse", "cancel", "cut"] as const) {
  Deno.test(`copy() of a series whose listing an archive limits is complete, where the limit says "${then}"`, async () => {
    const samples = seriesOf({ count: 250 });
    // An archive that lets us wait, as one on a busy machine does, would be asked for lists.
    const layers = { retry: false, clock: { ...systemClock, elapsed: () => 0 } } as const;
    await using archive = await world(samples, { limit: { results: 100, then }, layers });
    const { vfs, url, node } = archive;
    const report = await vfs.copy(`${url}/PAT1/1.2.3.1/1.2.3.1.1`, "memory:///out");
    assert.deepEqual([report.done, report.failed], [250, 0]);
    assert.equal(node.requests.count("C-GET"), 1);
    assert(node.requests.count("C-FIND") <= 12, archive.count());
  });
}

Deno.test("walk() finds all series of a study whose listing an archive limits", async () => {
  const samples = Array.from({ length: 25 }, (_, i) => seriesOf({ series: i + 1, count: 1 }))
    .flat();
  await using archive = await world(samples, { limit: { results: 10, then: "cancel" } });
  const names: string[] = [];
  for await (const { name } of archive.vfs.readDir(`${archive.url}/PAT1/1.2.3.1`)) names.push(name);
  assert.deepEqual(names.sort(), samples.map((each) => each.SeriesInstanceUID).sort());
});

Deno.test("wholeNumbered() asks an archive that counts too many for no number by itself once it has understood lists", async () => {
  const numbers = Array.from({ length: 1_000 }, (_, i) => i + 1);
  const manner = { most: 1_000, limit: "silent", lists: "all" } as const;
  const list = { ...limited(numbers, manner), count: () => Promise.resolve(1_001) };
  await assert.rejects(
    idsOf(list, 1_000),
    /seems to limit its answers, and by their numbers only 1000 of 1001 entries are found/,
  );
  assert.equal(list.asked.length, 22);
  for (const lists of ["first", "none", "A900"] as const) {
    const other = {
      ...limited(numbers, { ...manner, lists }),
      count: () => Promise.resolve(1_001),
    };
    await assert.rejects(idsOf(other, 1_000), /only 1000 of 1001/, lists);
    assert.equal(other.asked.length, 1_001, lists);
  }
});

Deno.test("wholeNumbered() of what a filter leaves does not ask how many there are, and says why some may be missing", async () => {
  const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
  const list = limited(numbers, { most: 4, limit: "FE00", lists: "all" });
  const count = () => assert.fail("asked");
  await assert.rejects(
    idsOf({ ...list, count, isFiltered: true } as typeof list, 4),
    /archive limits its answers, and does not tell how many match the filter; without it/,
  );
  const few = limited(numbers, { most: 10, limit: "FE00", lists: "all" });
  assert.deepEqual(await idsOf({ ...few, count, isFiltered: true } as typeof few, 10), few.ids);
});

Deno.test("wholeNumbered() asks no further once the archive is gone, and tells that", async () => {
  const list = limited(Array.from({ length: 300 }, (_, i) => i), {
    most: 100,
    limit: "FE00",
    lists: "all",
  });
  const gone = new VfsError("Unavailable", { op: "list", url: "dicom://h/A" });
  let asked = 0;
  const find = (value?: string) => {
    if (++asked === 1) return list.find(value);
    throw gone;
  };
  await assert.rejects(Array.fromAsync(wholeNumbered({ ...list, find }, ASK)), gone);
  assert.equal(asked, 2);
});
