import { strict as assert } from "node:assert";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { InstanceIndex } from "../../../testing/dicom_node/index/instance_index.ts";
import { serveDicomNode, writeDicomFile } from "../../../testing/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { seriesOf } from "../../transports/dicom/_archive.ts";

async function withFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes an index in a process that may make no file longer than so many half KiB, and is killed at that. */
async function killedAt(halves: number, file: string): Promise<boolean> {
  const child = fromFileUrl(import.meta.resolve("./index_child.ts"));
  const script = `ulimit -c 0; ulimit -f ${halves}; exec "$@"`;
  const args = ["-c", script, "sh", Deno.execPath(), "run", "-A", "--no-check", child, file];
  const { success } = await new Deno.Command("sh", { args, stderr: "null" }).output();
  return !success;
}

Deno.test({
  name:
    "an index whose making was cut anywhere is made by the next start, and not taken for another database",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      let killed = 0;
      for (const halves of [4, 16, 48, 80, 96, 1_000_000]) {
        const file = join(folder, `${halves}.db`);
        if (await killedAt(halves, file)) killed++;
        using index = new InstanceIndex(file);
        assert.equal(index.counts().instances, 0);
      }
      assert(killed >= 4 && killed < 6, `${killed} were killed`);
    }),
});

/** So many rows do not fit into the memory that SQLite keeps of a file. */
const MANY = Array.from({ length: 10_000 }, (_, n) => ({
  values: {
    StudyInstanceUID: "1",
    SeriesInstanceUID: "2",
    SOPInstanceUID: `1.2.3.${n}`,
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
    ImageType: "ORIGINAL".repeat(32),
  },
  transferSyntaxUID: "1.2.840.10008.1.2",
  file: { path: `${n}`, datasetOffset: 0 },
}));

Deno.test({
  name: "an index without a file is none that grows in memory: it goes to a file without a name",
  ignore: Deno.build.os !== "linux",
  fn() {
    using index = new InstanceIndex();
    index.put(MANY);
    const open = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
      try {
        return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
      } catch {
        // Of the reading itself.
        return [];
      }
    });
    assert.equal(open.filter((path) => /etilqs_\w+ \(deleted\)$/.test(path)).length, 1);
    assert.equal(index.counts().instances, MANY.length);
    assert.equal(index.fileOf("1.2.3.17")?.path, "17");
  },
});

function record(series: string, instance: string, path = instance) {
  return {
    values: {
      StudyInstanceUID: "1",
      SeriesInstanceUID: series,
      SOPInstanceUID: instance,
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
    },
    transferSyntaxUID: "1.2.840.10008.1.2",
    file: { path, datasetOffset: 0 },
  };
}

Deno.test("an instance that cannot be indexed is told, and not left out", () => {
  using index = new InstanceIndex();
  const { file, ...rest } = record("1.1", "b");
  const broken = { ...rest, file: { ...file, datasetOffset: NaN } };
  for (const before of [[], [record("1.1", "a")]]) {
    index.put(before);
    assert.throws(() => index.put([broken]), /NOT NULL/);
  }
  assert.equal(index.counts().instances, 1);
});

Deno.test("instances that come together go into the series that are there by then", () => {
  using index = new InstanceIndex();
  index.putOthers([{ path: "b" }]);
  // A series goes with its only instance, and comes again.
  index.put([record("1.1", "a"), record("1.1", "a", "f")], true);
  index.put([record("1.2", "a"), record("1.1", "c"), record("1.1", "b")], true);
  index.put([record("1.1", "d"), record("1.1", "d", "e")]);
  const { patients, studies, series, instances, skipped } = index.counts();
  assert.deepEqual([patients, studies, series, instances, skipped], [1, 1, 2, 4, 1]);
  const found = ["a", "b", "c", "d"].map((uid) => index.fileOf(uid)?.path);
  assert.deepEqual(found, ["a", "b", "c", "d"]);
});

Deno.test("an index that needs room to be read says so where there is none", () => {
  using index = new InstanceIndex();
  const { get } = StatementSync.prototype;
  try {
    StatementSync.prototype.get = () => {
      throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
    };
    assert.throws(() => index.fileOf("1"), { kind: "StorageFull" });
  } finally {
    StatementSync.prototype.get = get;
  }
});

Deno.test("an index without a file needs no permission", async () => {
  const child = fromFileUrl(import.meta.resolve("./index_child.ts"));
  const args = ["run", "--no-prompt", "--no-check", child];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stderr));
});

Deno.test("an index is one node's at a time: the second is refused, and the first goes on", () =>
  withFolder(async (folder) => {
    const index = join(folder, "index.db");
    {
      await using node = await serveDicomNode({ index });
      await assert.rejects(serveDicomNode({ index }), /another process uses it$/);
      assert.equal(node.counts.instances, 0);
    }
    await using again = await serveDicomNode({ index });
    assert.equal(again.counts.instances, 0);
  }));

Deno.test("an index of an older version is made anew", () =>
  withFolder(async (folder) => {
    const [file] = seriesOf({ count: 1 });
    await Deno.mkdir(join(folder, "files"));
    await Deno.writeFile(join(folder, "files/1.dcm"), writeDicomFile(file!));
    const options = { root: toFileUrl(join(folder, "files")), index: join(folder, "index.db") };
    await (await serveDicomNode(options)).close();
    {
      using old = new DatabaseSync(options.index);
      old.exec("DROP TABLE other; CREATE TABLE other (path TEXT); PRAGMA user_version = 1");
    }
    await using node = await serveDicomNode(options);
    assert.equal(node.counts.instances, 1);
  }));

Deno.test("serveDicomNode() starts where files vanish while it looks, and forgets what it knew of them", () =>
  withFolder(async (folder) => {
    const index = join(folder, "index.db");
    await using vfs = createVfs();
    for (const [i, sample] of seriesOf({ count: 9 }).entries()) {
      await vfs.writeFile(`memory:///archive/${i}`, writeDicomFile(sample));
    }
    const options = { vfs, root: "memory:///archive", index };
    await (await serveDicomNode(options)).close();
    const entries = vfs.entries.bind(vfs);
    vfs.entries = async function* (...args) {
      await vfs.writeFile("memory:///archive/7", "changed");
      for await (const entry of entries(...args)) {
        if (entry.name === "7") await vfs.remove(entry.location);
        yield entry;
      }
    };
    await using node = await serveDicomNode(options);
    assert.deepEqual([node.counts.instances, node.counts.skipped], [8, 0]);
  }));

Deno.test({
  name: "serveDicomNode() counts pipes in its folder as other files, and starts",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await new Deno.Command("mkfifo", { args: [join(folder, "pipe")] }).output();
      await using node = await serveDicomNode({ root: toFileUrl(folder) });
      assert.deepEqual([node.counts.instances, node.counts.skipped], [0, 1]);
    }),
});
