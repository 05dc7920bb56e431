import { strict as assert } from "node:assert";
import { serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { at, Visit } from "./kit.ts";

Deno.test("a PACS is shown as any place; a series is its directory, by number, and read once", async () => {
  const read: string[] = [];
  await using vfs = createVfs({
    layers: {
      observer: ({ op, url }) => {
        if (op === "read" && url.startsWith("dicom:")) read.push(url);
      },
    },
  });
  const series: Record<string, string[]> = {};
  for await (const instance of phantomStudy({ modalities: ["MR"] })) {
    const { path, bytes, studyInstanceUID, seriesInstanceUID, sopInstanceUID } = instance;
    await vfs.writeFile(`memory:///pacs/${path.join("/")}`, bytes);
    const names = [path[0]!, studyInstanceUID, seriesInstanceUID];
    (series[names.join("/")] ??= []).push(sopInstanceUID);
  }
  const root = "memory:///pacs";
  await using node = await serveDicomNode({ aeTitle: "PACS", vfs, root, port: 0 });
  await using visit = await Visit.begin({}, { vfs, where: node.url });
  const [folder = "", instances = []] = Object.entries(series)
    .find(([, { length }]) => length === 16)!;
  const names = folder.split("/");
  const shown = at(...names, instances[5]!);

  const lines = await visit.lines(`list?${at(...names)}`);
  const rows = lines.flatMap(({ entries = [] }) => entries as { name: string; label: string }[]);
  assert.equal(rows.length, 16);
  assert.equal(rows.find(({ name }) => name === instances[5])?.label, "6");

  for (const route of ["facts", "thumbnail", "picture", "picture"]) {
    const query = route === "picture" ? "&center=100&width=50" : "";
    assert.equal(await visit.status(visit.ask(`${route}?${shown}${query}`)), 200, route);
  }
  assert.equal(read.length, 1);

  const { end } = (await visit.lines(`series?${shown}`)).at(-1) as {
    end: { series: { images: { name: string; label: string }[] }[] };
  };
  assert.deepEqual(end.series[0]!.images.map(({ name }) => name), instances);
  assert.equal(read.length, 1);

  const header = await (await visit.ask(`header?${shown}`)).json();
  const uid = header.rows.find(({ name }: { name: string }) => name === "SOPInstanceUID");
  assert.equal(uid.value, instances[5]);
  assert.equal(read.length, 1);
  assert.deepEqual(visit.errors, []);
});
