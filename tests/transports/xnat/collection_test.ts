import { strict as assert } from "node:assert";
import { isVfsError } from "../../../vfs/errors.ts";
import { writeDicomFile } from "../../../testing/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import type { FetchLike } from "../../../vfs/transport.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { type Setting, setting } from "./write_setting.ts";

const SEG = writeDicomFile({
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
  SOPInstanceUID: "1.2.3.4",
  StudyInstanceUID: "1.2.3",
  Modality: "SEG",
});

async function store({ transport, origin }: Setting, path: string, bytes = SEG): Promise<void> {
  const { location } = parseLocation(`${origin}/${path}`);
  await transport.put!(location, sourceOfBytes(bytes), { signal: NEVER });
}

Deno.test("put() of .assessors/NAME?collection=SEG stores a collection that is read as an assessor", async () => {
  await setting(async (it) => {
    const { names, server } = it;
    await store(it, "P/sub1/ses1/.assessors/AI_1_final?collection=SEG");
    assert.deepEqual(await names("P/sub1/ses1/.assessors"), ["AI_1_final"]);
    await store(it, "P/sub1/ses1/.assessors/AI_1_final?collection=SEG");
    assert.deepEqual(await names("P/sub1/ses1/.assessors"), ["AI_1_final"]);
    assert.equal(server.requests.total(/xapi\/roi/).requests, 2);
  });
});

Deno.test("put() of a collection logs in anew when the session ends before it", async () => {
  await setting(async (it) => {
    const { names, server } = it;
    await names("P/sub1/ses1/.assessors").catch(() => {});
    server.faults.inject({ expire: true, route: /xapi\/roi/ });
    await store(it, "P/sub1/ses1/.assessors/c?collection=SEG");
    assert.deepEqual(await names("P/sub1/ses1/.assessors"), ["c"]);
  });
});

Deno.test("put() of a collection is Corrupt when the server says yes and keeps another one, or none", async () => {
  await setting(async (it) => {
    const place = "P/sub1/ses1/.assessors/c?collection=SEG";
    const fault = { status: 200, body: "", method: "PUT", route: /xapi\/roi/ } as const;
    const isCorrupt = (error: unknown) => isVfsError(error) && error.kind === "Corrupt";
    it.server.faults.inject(fault);
    await assert.rejects(store(it, place), isCorrupt);
    await store(it, place);
    it.server.faults.inject(fault);
    const other = writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
      SOPInstanceUID: "1.2.3.5",
      StudyInstanceUID: "1.2.3",
      Modality: "SEG",
    });
    await assert.rejects(store(it, place, other), isCorrupt);
  });
});

Deno.test("put() of a collection whose answer is lost fails, and what it stored is listed at once", async () => {
  const lose = { isLost: false };
  const fetched: FetchLike = async (url, init) => {
    const answer = await fetch(url, init);
    if (!lose.isLost || init?.method !== "PUT") return answer;
    await answer.body?.cancel();
    throw new TypeError("connection reset");
  };
  await setting(async (it) => {
    const assessors = "P/sub1/ses1/.assessors";
    await store(it, `${assessors}/first?collection=SEG`);
    assert.deepEqual(await it.names(assessors), ["first"]);
    lose.isLost = true;
    await assert.rejects(
      store(it, `${assessors}/second?collection=SEG`),
      (error) => isVfsError(error) && error.kind === "Unavailable",
    );
    assert.deepEqual(await it.names(assessors), ["first", "second"]);
  }, { driver: { fetch: fetched } });
});

Deno.test("put() of a collection is NotSupported without the ROI plugin", async () => {
  await setting(async (it) => {
    await assert.rejects(
      store(it, "P/sub1/ses1/.assessors/c?collection=SEG"),
      (error) => isVfsError(error) && error.kind === "NotSupported",
    );
  }, { plugins: [] });
});

for (
  const [path, kind] of [
    ["P/sub1/ses1/.assessors/a%20b?collection=SEG", "InvalidArgument"],
    ["P/sub1/ses1/1/R/x?collection=SEG", "InvalidArgument"],
    ["P/sub1/ses1/.assessors/c?collection=PDF", "NotSupported"],
    ["P/sub1/nope/.assessors/c?collection=SEG", "NotFound"],
  ] as const
) {
  Deno.test(`put() of a collection to ${path} is ${kind}`, async () => {
    await setting(async (it) => {
      await assert.rejects(
        store(it, path),
        (error) => isVfsError(error) && error.kind === kind,
      );
    });
  });
}
