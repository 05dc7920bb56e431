import { strict as assert } from "node:assert";
import { isVfsError } from "../../../vfs/errors.ts";
import { writeDicomFile } from "../../../testing/mod.ts";
import type { XnatTransportOptions } from "../../../transports/xnat/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
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

Deno.test("put() of a collection to a session that is shared names the project that the session is of", async () => {
  await setting(async (it) => {
    it.server.seed.project("Q");
    it.server.seed.share(["P", "sub1", "ses1"], "Q");
    const subject = it.server.seed.subject(["P", "sub1"]);
    await store(it, `Q/${subject}/ses1/.assessors/c?collection=SEG`);
    assert.deepEqual(await it.names("P/sub1/ses1/.assessors"), ["c"]);
    const [put] = it.server.requests.entries.filter(({ method, path }) =>
      method === "PUT" && path.includes("/xapi/roi/")
    );
    assert.match(put!.path, /\/projects\/P\/sessions\//);
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
    await assert.rejects(store(it, place, OTHER), isCorrupt);
  });
});

const OTHER = writeDicomFile({
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
  SOPInstanceUID: "1.2.3.5",
  StudyInstanceUID: "1.2.3",
  Modality: "SEG",
});

Deno.test("put() of a collection whose answer is lost succeeds when it is stored, and it is listed at once", async () => {
  await setting(async (it) => {
    const assessors = "P/sub1/ses1/.assessors";
    await store(it, `${assessors}/first?collection=SEG`);
    assert.deepEqual(await it.names(assessors), ["first"]);
    it.server.faults.inject({ lostAnswer: true, method: "PUT", route: /xapi\/roi/ });
    await store(it, `${assessors}/second?collection=SEG`, OTHER);
    assert.deepEqual(await it.names(assessors), ["first", "second"]);
  });
});

Deno.test("put() of a collection that fails says whether the old one is there or none, or that nobody knows", async () => {
  const old = "the old collection is still there, or another one that somebody else has stored";
  const none = "nothing is stored";
  const faults = [
    { status: 500 },
    { status: 403 },
    { reset: true },
    { status: 502, after: 0 },
  ] as const;
  for (const fault of faults) {
    await setting(async (it) => {
      const place = "P/sub1/ses1/.assessors/c?collection=SEG";
      const message = async (bytes: typeof SEG) => {
        const inject = { ...fault, method: "PUT", route: /xapi\/roi/, times: Infinity };
        const undo = it.server.faults.inject(inject);
        const error = await store(it, place, bytes).then(() => undefined, (error) => error);
        undo();
        assert(isVfsError(error), JSON.stringify(fault));
        return error.message;
      };
      assert((await message(SEG)).endsWith(`; ${none}`), await message(SEG));
      await store(it, place);
      assert((await message(OTHER)).endsWith(`; ${old}`), await message(OTHER));
      const inject = { status: 500, method: "GET", route: /assessors/, times: Infinity } as const;
      const undo = it.server.faults.inject(inject);
      assert.match(await message(OTHER), /; it is not known what is there now \(/);
      undo();
    });
  }
});

Deno.test("put() of a collection whose answer is lost takes nothing for the old one where no MD5 tells them apart", async () => {
  const driver: XnatTransportOptions = {
    async fetch(url, init) {
      const answer = await fetch(url, init);
      if (!url.includes("format=json")) return answer;
      const text = (await answer.text()).replaceAll(/"digest":"[0-9a-f]*"/g, '"digest":""');
      return new Response(text, { status: answer.status, headers: answer.headers });
    },
  };
  await setting(async (it) => {
    it.server.faults.inject({ lostAnswer: true, method: "PUT", route: /xapi\/roi/ });
    await assert.rejects(
      store(it, "P/sub1/ses1/.assessors/c?collection=SEG"),
      /; another collection is there, or the new one, as far as the server tells$/,
    );
  }, { driver });
});

Deno.test("put() of a collection that is refused fails, also where the same is there", async () => {
  await setting(async (it) => {
    const place = "P/sub1/ses1/.assessors/c?collection=SEG";
    await store(it, place);
    it.server.faults.inject({ status: 403, method: "PUT", route: /xapi\/roi/ });
    await assert.rejects(
      store(it, place),
      /; the collection that is there is the same as what was sent$/,
    );
  });
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
