import { strict as assert } from "node:assert";
import { createVfs, TransferFailed, VfsError } from "../../mod.ts";
import { phantomStudy } from "../../testing/mod.ts";
import { NotebookVfs } from "../../vfs/notebook_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { inKernel, mediaOf, type Message } from "./_kernel.ts";

const DISPLAY = Symbol.for("Jupyter.display");

/** What is sent to a notebook while `work` is done in one. */
function inNotebook(
  work: (vfs: Vfs) => Promise<void>,
  onMessage?: (message: Message) => unknown,
): Promise<Message[]> {
  return inKernel(async () => {
    await using vfs = createVfs();
    await work(vfs);
  }, onMessage);
}

/** Five files. */
async function fill(vfs: Vfs, top: string): Promise<void> {
  for (let i = 0; i < 5; i++) await vfs.writeFile(`${top}/${i}.txt`, "12345");
}

/** Makes a sync of five files take three quarters of a second. */
const SLOWLY = {
  concurrency: 1,
  where: async () => {
    await new Promise((done) => setTimeout(done, 150));
    return true;
  },
};

Deno.test("outside of a notebook values carry nothing, and nothing is sent", async () => {
  await using vfs = createVfs();
  assert.ok(!(vfs instanceof NotebookVfs));
  await fill(vfs, "memory:///plain");
  const walk = vfs.walk("memory:///plain");
  assert.ok(!(DISPLAY in walk));
  await walk.return();
  assert.ok(!(DISPLAY in await vfs.stat("memory:///plain")));
});

Deno.test("what a cell returns is shown: listings, facts, headers, series, reports, mounts", async () => {
  await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///n");
    let count = 0;
    for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
      if (path[2] === "2-AXIAL") await vfs.writeFile(`memory:///n/ct/${++count}.dcm`, bytes);
    }
    await vfs.mkdir("memory:///empty");
    const [series] = await vfs.series("memory:///n");
    const all = await vfs.series("memory:///n");
    await using mount = await vfs.mount("memory:///n");
    const entries = await Array.fromAsync(vfs.entries("memory:///n"));
    const entry = (name: string) => entries.find((one) => one.name === name);
    const cases: [unknown, RegExp][] = [
      [vfs.walk("memory:///n"), /22 entries in memory:\/\/\/n$/],
      [vfs.entries("memory:///n"), /22 entries in memory:\/\/\/n$/],
      [vfs.glob("memory:///n/*.txt"), /5 entries in memory:\/\/\/n$/],
      [vfs.readDir("memory:///n"), /6 entries in memory:\/\/\/n$/],
      [await vfs.stat("memory:///n/1.txt"), /^size +5 bytes$/m],
      [await vfs.readDicomHeader("memory:///n/ct/1.dcm"), /Rows$/m],
      [series, /^CT 2 .*, 16 instances \(a picture of 518x518\)$/],
      [all, /^1 series$/m],
      [series!.instances[0], /128x128.*a picture of 384x384/],
      [await vfs.copy("memory:///n", "memory:///copied"), /^21 files done$/m],
      [await vfs.move("memory:///copied", "memory:///moved"), / done$/m],
      [await vfs.remove("memory:///moved", { recursive: true }), / done$/m],
      [await vfs.sync("memory:///n", "memory:///mirror", { dryRun: true }), /^Plan: 21 to copy/],
      [
        await vfs.check("memory:///n/ct", "memory:///empty"),
        /^Not the same: 16 only in the source/,
      ],
      [mount, /6 entries in memory:\/\/\/n$/],
      [mount.walk(), /22 entries/],
      [entry("3.dcm"), /128x128.*a picture of 384x384/],
      [entry("ct"), /a picture of 518x518/],
      [entry("1.txt"), /File is not DICOM/],
    ];
    for (const [index, [value, expected]] of cases.entries()) {
      const media = await mediaOf(value);
      assert.match(media["text/plain"]!, expected, String(index));
      assert.ok(media["text/html"], String(index));
    }
  });
});

Deno.test("a listing that was shown can still be read, and values are what they were", async () => {
  await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///r");
    const listing = vfs.entries("memory:///r");
    await mediaOf(listing);
    assert.equal((await Array.fromAsync(listing)).length, 5);
    await using plain = createVfs();
    await plain.writeFile("memory:///x", "12345");
    const info = await vfs.stat("memory:///r/1.txt");
    assert.deepEqual(Object.keys(info), Object.keys({ ...info }));
    assert.deepEqual(Object.getOwnPropertySymbols({ ...info }), []);
  });
});

Deno.test("a sync that takes long is told in its cell, in one place, to its end", async () => {
  const sent = await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///slow");
    await vfs.sync("memory:///slow", "memory:///to", SLOWLY);
  });
  assert.ok(sent.length >= 2, String(sent.length));
  assert.equal(new Set(sent.map(({ id }) => id)).size, 1);
  assert.deepEqual(
    new Set(sent.slice(1).map(({ type }) => type)),
    new Set(["update_display_data"]),
  );
  assert.equal(sent[0]!.type, "display_data");
  assert.match(sent[0]!.text, /^sync memory:\/\/\/slow to memory:\/\/\/to .*\/5\+? files · /);
  assert.match(
    sent.at(-1)!.text,
    /\[#{24}\] {2}done · 5\/5 files · 25 bytes of 25 bytes · \d\.\d s$/,
  );
});

Deno.test("a sync that fails says why in its cell, and its report is shown", async () => {
  let failure: unknown;
  const sent = await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///bad");
    const where = async ({ name }: { name: string }) => {
      await SLOWLY.where();
      if (name === "4.txt") {
        throw new VfsError("PermissionDenied", { op: "look at", url: "memory:///bad" });
      }
      return true;
    };
    failure = await vfs.sync("memory:///bad", "memory:///to", { ...SLOWLY, where }).catch((e) => e);
    assert.ok(failure instanceof TransferFailed);
    assert.match((await mediaOf(failure.report))["text/plain"]!, /^4 done, 0 the same, 1 failed$/m);
  });
  assert.match(sent.at(-1)!.text, /1 failed, 4 done; first: Cannot look at/);
  assert.match(sent.at(-1)!.html, /background:#d93636/);
});

Deno.test("nothing is told of short calls, on request, and to callers who tell themselves", async () => {
  const told: number[] = [];
  const sent = await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///quiet");
    await vfs.copy("memory:///quiet", "memory:///short");
    await vfs.sync("memory:///quiet", "memory:///a", { ...SLOWLY, progress: false });
    const onProgress = ({ files }: { files: number }) => told.push(files);
    await vfs.sync("memory:///quiet", "memory:///b", { ...SLOWLY, onProgress });
  });
  assert.deepEqual(sent, []);
  assert.equal(told.at(-1), 5);
});

Deno.test("with progress a caller who tells is told too", async () => {
  const told: number[] = [];
  const sent = await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///both");
    const onProgress = ({ files }: { files: number }) => told.push(files);
    await vfs.sync("memory:///both", "memory:///c", { ...SLOWLY, progress: true, onProgress });
  });
  assert.ok(sent.length > 0);
  assert.equal(told.at(-1), 5);
});

Deno.test("a front end that throws, is slow or does not answer neither fails, floods nor holds up", async () => {
  const work = async (vfs: Vfs) => {
    await fill(vfs, "memory:///front");
    assert.equal((await vfs.sync("memory:///front", "memory:///d", SLOWLY)).done, 5);
  };
  await inNotebook(work, () => {
    throw new Error("gone");
  });
  await inNotebook(work, () => Promise.reject(new Error("gone")));
  let shown = 0;
  let most = 0;
  const slow = await inNotebook(work, async () => {
    most = Math.max(most, ++shown);
    await new Promise((done) => setTimeout(done, 600));
    shown--;
  });
  assert.deepEqual([most, slow.length >= 2], [1, true]);
  await inNotebook(work, () => new Promise(() => {}));
});

Deno.test("what is told names no password and no element", async () => {
  const sent = await inNotebook(async (vfs) => {
    await fill(vfs, "memory:///safe");
    const to = "memory://joe:s3cret@host/<img src=x>";
    await vfs.sync("memory:///safe", to, SLOWLY).catch(() => {});
  });
  for (const { text, html } of sent) {
    assert.doesNotMatch(text + html, /s3cret/);
    assert.doesNotMatch(html, /<img/);
  }
});
