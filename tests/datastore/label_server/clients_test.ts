/** Requests as viewers' plug-ins write them, by their sources. */

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { form, Kit } from "./kit.ts";

Deno.test("what an option of the server is undefined for counts as left out", async () => {
  const left = { labels: undefined, allowedHosts: undefined, allowedOrigins: undefined };
  await using kit = await Kit.begin({ ...left, leaseMs: undefined, random: undefined });
  assert.deepEqual((await kit.json("GET", "/info/") as { labels: unknown }).labels, []);
  const first = await kit.json("POST", "/activelearning/random", { body: "{}" });
  const second = await kit.json("POST", "/activelearning/random", { body: "{}" });
  assert.notEqual((first as { id: string }).id, (second as { id: string }).id);
});

Deno.test("GET /info/ offers 3D Slicer and OHIF a list of what can be drawn, in the order of values", async () => {
  for (
    const labels of [{ tumour: 2, background: 0, liver: 1 }, ["liver", "background", "tumour"]]
  ) {
    await using kit = await Kit.begin({ labels });
    const info = await kit.json("GET", "/info/") as { labels: Iterable<string> };
    // OHIF makes a set of it.
    assert.deepEqual([...new Set(info.labels)], ["liver", "tumour"]);
    // 3D Slicer makes a segment of each; its names count all segments, its voxels' values those that are no background.
    const segments = [...info.labels];
    const exported = segments.filter((name) => name !== "background");
    const named = segments.flatMap((name, i) => name === "background" ? [] : [[name, i + 1]]);
    assert.deepEqual(named, exported.map((name, i) => [name, i + 1]));
  }
});

Deno.test("POST /activelearning/first gives 3D Slicer the checksum without which it shows what it kept under the name", async () => {
  await using kit = await Kit.begin();
  const sample = await kit.json("POST", "/activelearning/first", {
    body: JSON.stringify({ client_id: "user-xyz" }),
    headers: { "content-type": "application/json" },
  }) as Record<string, string>;
  const image = await kit.ask("GET", `/datastore/image?image=${sample.id}`);
  const digest = createHash("sha256").update(await image.bytes()).digest("hex");
  assert.deepEqual([sample.name, sample.checksum], ["a.png", `SHA256:${digest}`]);
});

Deno.test("QuPath's forms, samples and questions are answered", async () => {
  await using kit = await Kit.begin();
  // The file comes first, its type is the word null, and nothing follows the last delimiter.
  const boundary = "230584300921369395110372413245738";
  const put = (path: string, name: string, fileName: string, content: string) =>
    kit.json("PUT", path, {
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      body: [
        `--${boundary}`,
        `Content-Disposition: form-data; name="${name}"; filename="${fileName}"`,
        "Content-Type: null",
        "",
        content,
        `--${boundary}`,
        `Content-Disposition: form-data; name="params"`,
        "",
        "{}",
        `--${boundary}--`,
      ].join("\r\n"),
    });
  const id = "slide-patch-0_0_1024_1024";
  const added = await put(`/datastore/image?image=${id}`, "file", "patch1.png", "pixels");
  assert.deepEqual(added, { image: id });
  assert.equal((await kit.ask("HEAD", `/datastore/image?image=${id}`)).status, 200);
  assert.equal((await kit.ask("HEAD", "/datastore/image?image=other")).status, 404);
  const xml = "<ASAP_Annotations/>";
  const saved = await put(`/datastore/label?image=${id}`, "label", "slide7.xml", xml);
  assert.deepEqual(saved, { image: id, label: id });
  const label = await kit.ask("GET", `/datastore/label?label=${id}&tag=final`);
  assert.equal(await label.text(), xml);
  const sample = await kit.json("POST", "/activelearning/first", {
    body: `{"image": "", "patch_size": [1024, 1024],"image_size": [0, 0]}`,
  }) as Record<string, unknown>;
  assert.equal(typeof sample.path, "string");
});

Deno.test("who asks for a model, as all clients can, is told that there are none", async () => {
  await using kit = await Kit.begin();
  const wanted = [["GET", "/train/?check_if_running=true"], ["POST", "/train/"], [
    "DELETE",
    "/train/",
  ]]
    .concat([["POST", "/infer/deepedit?image=a&output=image"], ["POST", "/infer/wsi_v2/nuclei"]])
    .concat([["POST", "/batch/infer/deepedit"], ["POST", "/scoring/dice"], [
      "POST",
      "/train/unet",
    ]]);
  for (const [method, path] of wanted as [string, string][]) {
    const answer = await kit.ask(method, path, method === "POST" ? { body: "{}" } : {});
    assert.equal(answer.status, 404, path);
    assert.match((await answer.json()).detail, /no models/, path);
  }
});

Deno.test("what Python says of a label may have numbers that are none", async () => {
  await using kit = await Kit.begin();
  const params = `{"score": NaN, "label_info": [{"name": "liver", "idx": 1}]}`;
  const body = form({ params }, { label: ["drawn.png", "drawn"] });
  await kit.json("PUT", "/datastore/label?image=a", { body });
  assert.deepEqual((await kit.store.getLabelInfo("a", "final")).score, NaN);
  const info = await kit.json("GET", "/datastore/label/info?label=a&tag=final");
  assert.equal((info as Record<string, unknown>).score, null);
});
