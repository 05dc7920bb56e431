import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { createVfs } from "../../mod.ts";
import { seededBytes } from "../../testing/random.ts";
import { zipOf } from "../transports/zip/_build.ts";
import { peerTest } from "./peers.ts";
import { withFolder } from "./servers.ts";
import { serving, WEB_SERVERS, type WebServer } from "./web_servers.ts";

const LONG = `${"a long name that is cut short in the text of an index ".repeat(4)}.dcm`;
const NAMES = [
  "100%.dcm",
  "50%25.dcm",
  "a+b.dcm",
  "a b.dcm",
  "a#b.dcm",
  "a?b.dcm",
  "a&amp;b.dcm",
  "a;b=c,d.dcm",
  `"double" and 'single'.dcm`,
  "<b>bold</b>.dcm".replaceAll("/", "_"),
  "größe 日本.dcm",
  "ko:lon.dcm",
  "~tilde [1] {2}.dcm",
  "-dash.dcm",
  LONG,
];

async function fill(root: string): Promise<void> {
  await Deno.mkdir(`${root}/names`);
  for (const [i, name] of NAMES.entries()) {
    await Deno.writeTextFile(`${root}/names/${name}`, `${i}`);
  }
  for (const folder of ["sub folder #1%", "private", "hollow"]) {
    await Deno.mkdir(`${root}/${folder}`);
  }
  await Deno.writeTextFile(`${root}/sub folder #1%/in.dcm`, "in");
  await Deno.writeTextFile(`${root}/private/1.dcm`, "secret");
  await Deno.writeFile(`${root}/large.bin`, seededBytes(1, 200_000));
  await Deno.writeFile(`${root}/empty.bin`, new Uint8Array());
  await Deno.writeFile(`${root}/t1.nii.gz`, gzipSync(new Uint8Array(100_000)));
  await Deno.writeFile(`${root}/a.zip`, zipOf({ "in/1.dcm": "1" }, { deflated: true }));
  // Of a file that was changed just now, Apache's etag is a weak one.
  await Deno.utime(`${root}/large.bin`, 1_700_000_000, 1_700_000_000);
}

async function serverTest(
  server: WebServer,
  what: string,
  fn: (url: string, root: string) => Promise<void>,
): Promise<void> {
  await peerTest(
    server.peer,
    `${server.name}: ${what}`,
    () =>
      withFolder((root) =>
        withFolder(async (own) => {
          await fill(root);
          await using running = await serving(server, root, own);
          await fn(running.url, root);
        })
      ),
  );
}

for (const server of WEB_SERVERS) {
  await serverTest(
    server,
    "a walk gives all names as they are, and each can be read",
    async (url) => {
      await using vfs = createVfs();
      const names = await Array.fromAsync(vfs.readDir(`${url}/names`));
      assert.deepEqual(names.map(({ name }) => name).sort(), NAMES.toSorted());
      for (const { name, url } of names) {
        assert.equal(await vfs.readTextFile(url), `${NAMES.indexOf(name)}`, name);
      }
      const top = await Array.fromAsync(vfs.readDir(url));
      assert.deepEqual(
        top.map(({ name, kind }) => `${kind} ${name}`).sort(),
        [
          "directory hollow",
          "directory names",
          "directory private",
          "directory sub folder #1%",
          "file a.zip",
          "file empty.bin",
          "file large.bin",
          "file t1.nii.gz",
        ],
      );
      assert.deepEqual(await Array.fromAsync(vfs.readDir(`${url}/hollow`)), []);
      const sub = top.find(({ name }) => name.startsWith("sub"))!;
      assert.equal(await vfs.readTextFile(sub.location.child("in.dcm")), "in");
      for (const where of [sub.url, `${url}/names/`, `${url}/names`, url]) {
        assert.equal((await vfs.stat(where)).kind, "directory", where);
      }
      await assert.rejects(vfs.stat(`${url}/no.dcm`), { kind: "NotFound" });
      await assert.rejects(Array.fromAsync(vfs.readDir(`${url}/no`)), { kind: "NotFound" });
      await assert.rejects(Array.fromAsync(vfs.readDir(`${url}/large.bin`)), {
        kind: "NotADirectory",
      });
      await assert.rejects(vfs.readFile(`${url}/names`), { kind: "IsADirectory" });
    },
  );

  await serverTest(
    server,
    "parts, sizes, times and etags are told and right",
    async (url, root) => {
      await using vfs = createVfs();
      const all = await Deno.readFile(`${root}/large.bin`);
      const { size, mtime, etag, kind } = await vfs.stat(`${url}/large.bin`);
      assert.deepEqual([kind, size], ["file", all.length]);
      const { mtime: actual } = await Deno.stat(`${root}/large.bin`);
      assert(Math.abs(mtime!.getTime() - actual!.getTime()) < 1000);
      assert.equal(etag !== undefined, server.etags);
      for (
        const range of [{ start: 0, end: 10 }, { start: 199_990 }, { suffix: 7 }, {
          start: 5,
          end: 5,
        }]
      ) {
        const part = await vfs.readFile(`${url}/large.bin`, { range });
        const start = "suffix" in range ? all.length - range.suffix! : range.start!;
        const end = "end" in range ? range.end! : all.length;
        assert.deepEqual(part, all.slice(start, end), JSON.stringify(range));
      }
      await assert.rejects(vfs.readFile(`${url}/large.bin`, { range: { start: 300_000 } }), {
        kind: "RangeNotSatisfiable",
      });
      assert.equal((await vfs.readFile(`${url}/empty.bin`)).length, 0);
      assert.equal((await vfs.stat(`${url}/empty.bin`)).size, 0);
    },
  );

  await serverTest(
    server,
    "a compressed file stays as it is, and a zip opens",
    async (url, root) => {
      await using vfs = createVfs();
      const packed = await Deno.readFile(`${root}/t1.nii.gz`);
      const { size } = await vfs.stat(`${url}/t1.nii.gz`);
      assert(size === undefined || size === packed.length, `${size}`);
      assert.deepEqual(await vfs.readFile(`${url}/t1.nii.gz`), packed);
      const part = await vfs.readFile(`${url}/t1.nii.gz`, { range: { start: 3, end: 20 } });
      assert.deepEqual(part, packed.slice(3, 20));
      const target = `memory:///copied-${server.name.length}.gz`;
      await vfs.copy(`${url}/t1.nii.gz`, target);
      assert.deepEqual(await vfs.readFile(target), packed);
      await using zip = await vfs.mount(`${url}/a.zip`);
      const handle = await zip.open("in/1.dcm");
      assert.equal(await new Response(handle.readable).text(), "1");
    },
  );

  if (!server.logins) continue;
  await serverTest(server, "a login is asked for, told, and taken", async (url) => {
    await using vfs = createVfs();
    const file = `${url}/private/1.dcm`;
    await assert.rejects(vfs.readFile(file), { kind: "Unauthenticated" });
    const withUser = file.replace("://", "://ann:wrong@");
    await assert.rejects(vfs.readFile(withUser), { kind: "Unauthenticated" });
    assert.equal(await vfs.readTextFile(file.replace("://", "://ann:s3cret@")), "secret");
    assert.deepEqual(
      (await Array.fromAsync(vfs.readDir(`${url}/private`))).map(({ name }) => name),
      ["1.dcm"],
    );
  });
}
