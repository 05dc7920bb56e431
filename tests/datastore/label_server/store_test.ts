import { strict as assert } from "node:assert";
import { Kit } from "./kit.ts";

Deno.test("behaviour 41: GET /datastore/ gives stats, all or train; another output is 422", async () => {
  await using kit = await Kit.begin();
  await kit.label("b", "drawn");
  const stats = { total: 3, completed: 1, label_tags: { final: 1 } };
  for (const path of ["/datastore", "/datastore/", "/datastore/?output=stats"]) {
    assert.deepEqual(await kit.json("GET", path), stats, path);
  }
  assert.deepEqual(await kit.json("GET", "/datastore/?output=train"), [
    { image: "memory:///store/b.png", label: "memory:///store/labels/final/b.png" },
  ]);
  const all = await kit.json("GET", "/datastore/?output=all") as {
    objects: Record<string, { labels: object }>;
  };
  assert.deepEqual(Object.keys(all.objects).sort(), ["a", "b", "c"]);
  assert.deepEqual(Object.keys(all.objects.b!.labels), ["final"]);

  const wrong = await kit.ask("GET", "/datastore/?output=some");
  assert.equal(wrong.status, 422);
  assert.deepEqual(await wrong.json(), {
    detail: [{
      type: "value_error",
      loc: ["query", "output"],
      msg: "Expected stats, all or train",
      input: "some",
    }],
  });
});

Deno.test("GET /info/ tells what viewers want, with the counts and no config", async () => {
  await using kit = await Kit.begin({ labels: { liver: 1, tumour: 2 } });
  const info = await kit.json("GET", "/info/") as Record<string, unknown>;
  assert.deepEqual(Object.keys(info), [
    "name",
    "description",
    "version",
    "labels",
    "models",
    "trainers",
    "strategies",
    "scoring",
    "train_stats",
    "datastore",
  ]);
  assert.deepEqual(info.labels, ["liver", "tumour"]);
  assert.deepEqual(Object.keys(info.strategies as object), ["first", "random"]);
  assert.deepEqual(info.datastore, { total: 3, completed: 0, label_tags: {} });
});

Deno.test("GET /datastore/dataset is a ZIP of what is labelled, of some of it with limit_cases", async () => {
  await using kit = await Kit.begin();
  await kit.label("a", "drawn a");
  await kit.label("b", "drawn b");
  const zip = await kit.ask("GET", "/datastore/dataset?limit_cases=1");
  assert.equal(zip.headers.get("content-disposition"), 'attachment; filename="dataset.zip"');
  const text = await zip.text();
  assert.ok(text.startsWith("PK") && text.includes("label/a.png") && !text.includes("label/b.png"));
  assert.ok((await (await kit.ask("GET", "/datastore/dataset/")).text()).includes("label/b.png"));
  assert.equal((await kit.ask("GET", "/datastore/dataset?limit_cases=x")).status, 422);
});

Deno.test("unknown paths are 404, known ones with another method 405 with what they allow", async () => {
  await using kit = await Kit.begin();
  const unknown = await kit.ask("GET", "/nothing/");
  assert.deepEqual([unknown.status, await unknown.json()], [404, { detail: "Not Found" }]);
  const method = await kit.ask("POST", "/datastore/label");
  assert.deepEqual([method.status, method.headers.get("allow")], [405, "GET, HEAD, PUT, DELETE"]);
  assert.equal((await kit.ask("POST", "/activelearning/%ff")).status, 404);
  assert.equal((await kit.ask("POST", "/auth/token")).status, 404);
  assert.equal((await kit.ask("GET", "/")).status, 200);
  assert.equal((await kit.ask("PUT", "/session/")).status, 406);
});
