import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { form, Kit } from "./kit.ts";

const IMAGE = "/datastore/image?image=a";

Deno.test("GET /datastore/image gives the file under its name, by range, and not again to who has it", async () => {
  await using kit = await Kit.begin();
  const whole = await kit.ask("GET", IMAGE);
  assert.equal(await whole.text(), "image a");
  assert.equal(whole.headers.get("content-disposition"), 'attachment; filename="a.png"');
  assert.equal(whole.headers.get("content-type"), "image/png");
  assert.equal(whole.headers.get("content-length"), "7");
  const etag = whole.headers.get("etag")!;

  const headers = (range: string, more = {}) => ({ headers: { range, ...more } });
  const cases: [string, number, string, string | null][] = [
    ["bytes=0-1", 206, "im", "bytes 0-1/7"],
    ["bytes=6-", 206, "a", "bytes 6-6/7"],
    ["bytes=-2", 206, " a", "bytes 5-6/7"],
    ["bytes=-99", 206, "image a", "bytes 0-6/7"],
    ["bytes=2-99", 206, "age a", "bytes 2-6/7"],
    ["bytes=3-1", 200, "image a", null],
    ["bytes=0-1,3-4", 200, "image a", null],
    ["lines=0-1", 200, "image a", null],
  ];
  for (const [range, status, text, told] of cases) {
    const part = await kit.ask("GET", IMAGE, headers(range));
    const got = [part.status, await part.text(), part.headers.get("content-range")];
    assert.deepEqual(got, [status, text, told], range);
  }
  const beyond = await kit.ask("GET", IMAGE, headers("bytes=7-"));
  assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, "bytes */7"]);
  await beyond.body?.cancel();

  const same = await kit.ask("GET", IMAGE, headers("bytes=0-1", { "if-range": etag }));
  assert.deepEqual([same.status, await same.text()], [206, "im"]);
  const other = await kit.ask("GET", IMAGE, headers("bytes=0-1", { "if-range": '"other"' }));
  assert.deepEqual([other.status, await other.text()], [200, "image a"]);
  const known = await kit.ask("GET", IMAGE, { headers: { "if-none-match": `"x", ${etag}` } });
  assert.deepEqual([known.status, await known.text()], [304, ""]);
  const head = await kit.ask("HEAD", IMAGE);
  assert.deepEqual([head.status, await head.text(), head.headers.get("content-length")], [
    200,
    "",
    "7",
  ]);
});

Deno.test("HEAD /datastore/image?check_sum= is 200 for that content alone", async () => {
  await using kit = await Kit.begin();
  const digest = createHash("sha256").update("image a").digest("hex");
  const status = async (sum: string) => (await kit.ask("HEAD", `${IMAGE}&check_sum=${sum}`)).status;
  assert.equal(await status(`SHA256:${digest}`), 200);
  assert.equal(await status(`SHA256:${digest.replace(/^./, "g")}`), 422);
  assert.equal(await status(`SHA256:${"0".repeat(64)}`), 404);
  assert.equal(await status("CRC32:00"), 422);
});

Deno.test("behaviour 39: unknown images and labels are 404 with detail, deleting no label is {}", async () => {
  await using kit = await Kit.begin();
  for (const path of ["image?image=x", "label?label=x&tag=final", "label?label=a&tag=final"]) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await kit.ask(method, `/datastore/${path}`);
      assert.equal(answer.status, 404, path);
      if (method === "GET") assert.match((await answer.json()).detail, /NOT Found/);
    }
  }
  assert.deepEqual(await kit.json("DELETE", "/datastore/label?id=a&tag=final"), {});
  assert.deepEqual(await kit.json("GET", "/datastore/image/info/?image=x"), {});
  assert.deepEqual(await kit.json("GET", "/datastore/label/info?label=a&tag=final"), {});
  assert.equal((await kit.ask("DELETE", "/datastore/image?id=x")).status, 404);
  const info = await kit.ask("PUT", "/datastore/image/info?image=x", {
    body: form({ info: "{}" }),
  });
  assert.equal(info.status, 404);
  await info.body?.cancel();
  assert.deepEqual(kit.errors, []);
});

Deno.test("behaviour 38: a label without a tag, or with an empty one, is final", async () => {
  await using kit = await Kit.begin();
  assert.deepEqual(await kit.label("a", "one"), { image: "a", label: "a" });
  assert.deepEqual(await kit.label("b", "two", "&tag="), { image: "b", label: "b" });
  await kit.label("c", "three", "&tag=version_1");
  assert.deepEqual(await kit.store.getLabeledImages("final"), ["a", "b"]);
  const label = await kit.ask("GET", "/datastore/label?label=c&tag=version_1");
  assert.equal(await label.text(), "three");
  assert.equal((await kit.ask("HEAD", "/datastore/label?image=c&tag=version_1")).status, 200);
  assert.equal((await kit.ask("GET", "/datastore/label?label=c")).status, 422);
});

Deno.test("a label's info is kept, merged, and written by both routes", async () => {
  await using kit = await Kit.begin();
  const params = JSON.stringify({ label_info: [{ name: "liver", idx: 1 }], client_id: "ann" });
  await kit.json("PUT", "/datastore/label?image=a&tag=final", {
    body: form({ params }, { label: ["/home/ann/a b.png", "drawn"] }),
  });
  await kit.json("PUT", "/datastore/label/info?label=a&tag=final", {
    body: form({ info: JSON.stringify({ checked: true }) }),
  });
  await kit.json("PUT", "/datastore/updatelabelinfo?label=a&tag=final", {
    body: new URLSearchParams({ params: JSON.stringify({ client_id: "bob" }) }),
  });
  const info = await kit.json("GET", "/datastore/label/info?label=a&tag=final") as Record<
    string,
    unknown
  >;
  assert.deepEqual(info.label_info, [{ name: "liver", idx: 1 }]);
  assert.deepEqual([info.checked, info.client_id], [true, "bob"]);
});

Deno.test("PUT /datastore/ adds an image, named by the query or by the file without its folders", async () => {
  await using kit = await Kit.begin();
  const file = (name: string): RequestInit => ({
    body: form({ params: '{"site":"x"}' }, { file: [name, "new"] }),
  });
  assert.deepEqual(await kit.json("PUT", "/datastore/?image=d", file("C:\\scans\\d one.nii.png")), {
    image: "d",
  });
  assert.deepEqual(await kit.json("PUT", "/datastore/image", file("/tmp/e.v1.png")), {
    image: "e",
  });
  const info = await kit.json("GET", "/datastore/image/info?image=d") as Record<string, unknown>;
  assert.deepEqual([info.site, info.user], ["x", "admin"]);
  assert.deepEqual(await kit.json("DELETE", "/datastore/?id=d"), {});
  assert.equal((await kit.ask("GET", "/datastore/image?image=d")).status, 404);
});

Deno.test("PUT /datastore/ of a file without a name wants one", async () => {
  await using kit = await Kit.begin();
  const body = form({}, { file: ["folder/", "x"] });
  const answer = await kit.ask("PUT", "/datastore/", { body });
  const [fault] = (await answer.json()).detail;
  assert.deepEqual([answer.status, fault.loc], [422, ["query", "image"]]);
  assert.deepEqual(await kit.store.listImages(), ["a", "b", "c"]);
});

Deno.test("ids and tags that would leave their folder are 422, and nothing is written", async () => {
  await using kit = await Kit.begin();
  const body = () => form({}, { label: ["x.png", "x"], file: ["x.png", "x"] });
  const paths = [
    "/datastore/label?image=a&tag=..",
    "/datastore/label?image=a&tag=a%2Fb",
    "/datastore/label?image=..%2Fa&tag=final",
    "/datastore/label?image=a%00&tag=final",
    "/datastore/image?image=..%2F..%2Fetc",
    "/datastore/image?image=a%5Cb",
  ];
  for (const path of paths) {
    const answer = await kit.ask("PUT", path, { body: body() });
    assert.equal(answer.status, 422, path);
    await answer.body?.cancel();
  }
  assert.equal(await kit.vfs.exists("memory:///store/labels"), false);
  assert.deepEqual(await kit.store.listImages(), ["a", "b", "c"]);
});

Deno.test("forms that are none, too long, or lack something are told apart", async () => {
  await using kit = await Kit.begin({ maxUploadBytes: 1000 });
  const path = "/datastore/label?image=a";
  const status = async (init: RequestInit) => {
    const answer = await kit.ask("PUT", path, init);
    return [answer.status, JSON.stringify((await answer.json()).detail)] as const;
  };
  const [none, why] = await status({ body: "hello", headers: { "content-type": "text/plain" } });
  assert.deepEqual([none, why.includes("Not a form")], [422, true]);
  assert.equal((await status({}))[0], 422);
  const [lacking, field] = await status({ body: form({ params: "{}" }) });
  assert.deepEqual([lacking, field.includes('["body","label"]')], [422, true]);
  const [json] = await status({ body: form({ params: "{" }, { label: ["x.png", "x"] }) });
  assert.equal(json, 422);
  const [long] = await status({ body: form({}, { label: ["x.png", "x".repeat(2000)] }) });
  assert.equal(long, 413);
  const chunks = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(400)),
  });
  const [endless] = await status({
    body: chunks,
    headers: { "content-type": "multipart/form-data; boundary=x" },
  });
  assert.equal(endless, 413);
  const cut = '--x\r\nContent-Disposition: form-data; name="label"; filename="a.png"\r\n\r\nabc';
  const [half] = await status({
    body: cut,
    headers: { "content-type": "multipart/form-data; boundary=x" },
  });
  assert.equal(half, 422);
  const gone = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  assert.equal((await status({ body: gone, headers }))[0], 400);
  assert.deepEqual([kit.errors, await kit.store.getLabeledImages()], [[], []]);
});
