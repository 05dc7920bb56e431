import { Buffer } from "node:buffer";
import { strict as assert } from "node:assert";
import { isTemporaryName } from "../../../transports/file/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { CALL, connect, fails, ignoredWhen, pattern, sourceOf, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

const MIB = 1024 * 1024;
const isWindows = Deno.build.os === "windows";

function text(content: string) {
  return sourceOfBytes(new TextEncoder().encode(content));
}

Deno.test("put() stores bytes and chunks of all sizes, and tells their info", () =>
  withFixture(async ({ transport, at, path, names }) => {
    for (const size of [0, 1, 70_000, 300_000, 3 * MIB]) {
      const content = pattern(size);
      const source = sourceOf(async function* () {
        for (let i = 0; i < size; i += 65_536) yield content.slice(i, i + 65_536);
      }, size);
      const info = await transport.put(at("chunks"), source, CALL);
      assert.equal(source.closed, 1);
      assert.equal(info.size, size);
      assert.deepEqual(info, await transport.stat(at("chunks"), CALL));
      await transport.put(at("bytes"), sourceOfBytes(content), CALL);
      for (const name of ["chunks", "bytes"]) {
        assert(Buffer.compare(await Deno.readFile(path(name)), content) === 0);
      }
    }
    assert.deepEqual(names(), ["bytes", "chunks"]);
  }));

Deno.test("put() takes odd names of up to 255 bytes", () =>
  withFixture(async ({ transport, at, path, names }) => {
    const odd = [
      " a b ",
      "100%",
      "#1",
      "a?b=c",
      "line\nbreak",
      "🧠.dcm",
      "e\u0301",
      "\u00e9",
      "-rf",
      "'\"$(x)`",
      "back\\slash",
      "*",
      "x".repeat(255),
      "é".repeat(127) + "x",
    ].filter((name) => !isWindows || !/[?\n\\*"]| $/.test(name));
    for (const name of odd) {
      await transport.put(at(name), text(name), CALL);
      assert.equal(await Deno.readTextFile(path(name)), name);
    }
    assert.deepEqual(names(), odd.sort());
    await fails("InvalidUrl", transport.put(at("x".repeat(256)), text(""), CALL));
  }));

Deno.test("put() makes missing parents, but not below a file", () =>
  withFixture(async ({ transport, at, path }) => {
    await transport.put(at("a", "b", "c"), text("1"), CALL);
    assert.equal(await Deno.readTextFile(path("a", "b", "c")), "1");
    await fails("NotADirectory", transport.put(at("a", "b", "c", "d"), text(""), CALL));
    await fails("NotADirectory", transport.put(at("a", "b", "c", "d", "e"), text(""), CALL));
    await fails("IsADirectory", transport.put(at("a", "b"), text(""), CALL));
  }));

Deno.test("put() sets the modification time when given", () =>
  withFixture(async ({ transport, at }) => {
    const mtime = new Date("2001-02-03T04:05:06.789Z");
    for (const mode of ["replace", "append"] as const) {
      const info = await transport.put(at(mode), text("1"), { ...CALL, mode, mtime });
      assert.deepEqual(info.mtime, mtime);
      assert.deepEqual((await transport.stat(at(mode), CALL)).mtime, mtime);
    }
  }));

Deno.test({
  name: "put() keeps the permissions of the file that it replaces",
  ignore: ignoredWhen(isWindows, "permission bits are of POSIX"),
  fn: () =>
    withFixture(async ({ transport, at, path }) => {
      for (const mode of [0o600, 0o666, 0o755]) {
        await Deno.writeTextFile(path("f"), "old");
        await Deno.chmod(path("f"), mode);
        await transport.put(at("f"), text("new"), CALL);
        assert.equal((await Deno.stat(path("f"))).mode! & 0o7777, mode);
      }
    }),
});

testWithLinks(
  "put() replaces what a link leads to and keeps the link",
  () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.writeTextFile(path("target"), "old");
      await Deno.symlink("target", path("link"));
      await Deno.symlink("link", path("chain"));
      await Deno.symlink("made", path("broken"));
      await transport.put(at("chain"), text("new"), CALL);
      await transport.put(at("broken"), text("born"), CALL);
      assert.equal(await Deno.readTextFile(path("target")), "new");
      assert.equal(await Deno.readTextFile(path("made")), "born");
      for (const name of ["chain", "link", "broken"]) {
        assert((await Deno.lstat(path(name))).isSymlink);
      }
      await fails(
        "AlreadyExists",
        transport.put(at("link"), text(""), { ...CALL, mode: "create" }),
      );
    }),
);

Deno.test("put() leaves the old file and no temporary when the source fails or is aborted", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeTextFile(path("f"), "old");
    const reason = new VfsError("Unavailable", { op: "read", url: "x://y" });
    for (const mode of ["replace", "append", "create"] as const) {
      const name = mode === "create" ? "new" : "f";
      const failing = sourceOf(async function* () {
        yield pattern(2 * MIB);
        yield await Promise.reject(reason);
      });
      assert.equal(
        await fails("Unavailable", transport.put(at(name), failing, { ...CALL, mode })),
        reason,
      );
      assert.equal(failing.closed, 1);

      const aborter = new AbortController();
      const stalled = sourceOf(async function* () {
        yield pattern(2 * MIB);
        aborter.abort();
        yield pattern(1);
      });
      await fails("Aborted", transport.put(at(name), stalled, { signal: aborter.signal, mode }));
      assert.equal(stalled.closed, 1);

      const short = sourceOf(async function* () {
        yield pattern(5);
      }, 6);
      await fails("Incomplete", transport.put(at(name), short, { ...CALL, mode }));
      assert.deepEqual(names(), ["f"]);
      assert.equal(await Deno.readTextFile(path("f")), "old");
    }
  }));

Deno.test("put() settles soon when aborted while the source says nothing", () =>
  withFixture(async ({ transport, at, names }) => {
    const silent = () => new Promise<never>(() => {});
    for (
      const open of [
        silent,
        () => Promise.resolve({ read: silent, close: () => Promise.resolve() }),
      ]
    ) {
      const aborter = new AbortController();
      const putting = transport.put(at("f"), { replayable: false, open }, {
        signal: aborter.signal,
      });
      queueMicrotask(() => aborter.abort());
      await fails("Aborted", putting);
    }
    assert.deepEqual(names(), []);
  }));

Deno.test("put() with mode create lets one of many win", () =>
  withFixture(async ({ transport, at, path, names }) => {
    const results = await Promise.allSettled(
      Array.from(
        { length: 20 },
        (_, i) => transport.put(at("f"), text(`${i}`), { ...CALL, mode: "create" }),
      ),
    );
    const winners = results.flatMap((r, i) => r.status === "fulfilled" ? [`${i}`] : []);
    assert.equal(winners.length, 1);
    assert.equal(await Deno.readTextFile(path("f")), winners[0]);
    for (const r of results) {
      if (r.status === "rejected") assert.equal(r.reason.kind, "AlreadyExists");
    }
    assert.deepEqual(names(), ["f"]);
  }));

/** Does `work` where the file system has no hard links, and says so by `code`. */
async function withoutLinks(work: () => Promise<void>, code = "EPERM"): Promise<void> {
  const { link, linkSync } = Deno;
  const refused = () => Object.assign(new Error("no links"), { code });
  Deno.link = () => Promise.reject(refused());
  Deno.linkSync = () => {
    throw refused();
  };
  try {
    await work();
  } finally {
    Object.assign(Deno, { link, linkSync });
  }
}

Deno.test("put() with mode create is exclusive where there are no hard links", () =>
  withoutLinks(() =>
    withFixture(async ({ transport, at, path, names }) => {
      const options = { ...CALL, mode: "create" } as const;
      await transport.put(at("f"), text("one"), options);
      await fails("AlreadyExists", transport.put(at("f"), text("two"), options));
      const all = await Promise.allSettled([
        transport.put(at("g"), text("1"), options),
        transport.put(at("g"), text("2"), options),
      ]);
      assert.deepEqual(all.map((r) => r.status).sort(), ["fulfilled", "rejected"]);
      assert.equal(await Deno.readTextFile(path("f")), "one");
      assert.deepEqual(names(), ["f", "g"]);
    })
  ));

Deno.test("put() with mode create stores on FAT under Windows, whose error is that of directories", () =>
  withoutLinks(() =>
    withFixture(async ({ transport, at, path }) => {
      await transport.put(at("f"), text("one"), { ...CALL, mode: "create" });
      assert.equal(await Deno.readTextFile(path("f")), "one");
    }), "EISDIR"));

Deno.test("put() with mode create that fails leaves what others put there, where there are no hard links", () =>
  withoutLinks(() =>
    withFixture(async ({ transport, at, path, names }) => {
      const { rename } = Deno;
      const others: readonly (readonly [string, (target: string) => void])[] = [
        ["nothing", () => {}],
        ["replaced", (target) => {
          Deno.writeTextFileSync(path("other"), "theirs");
          Deno.renameSync(path("other"), target);
        }],
        ["replaced by an empty one", (target) => {
          Deno.writeTextFileSync(path("other"), "");
          Deno.renameSync(path("other"), target);
        }],
        ["written to", (target) => Deno.writeTextFileSync(target, "theirs")],
        ["removed", (target) => Deno.removeSync(target)],
      ];
      for (const [name, act] of others) {
        Deno.rename = (_, target) => {
          act(String(target));
          return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
        };
        try {
          const put = transport.put(at(name), text("ours"), { ...CALL, mode: "create" });
          await fails("StorageFull", put);
        } finally {
          Deno.rename = rename;
        }
      }
      assert.deepEqual(names(), ["replaced", "replaced by an empty one", "written to"]);
    })
  ));

Deno.test("put() with mode append adds to what is there, or makes it", () =>
  withFixture(async ({ transport, at, path }) => {
    const options = { ...CALL, mode: "append" } as const;
    await transport.put(at("d", "f"), text("one"), options);
    const info = await transport.put(at("d", "f"), text("two"), options);
    assert.equal(info.size, 6);
    assert.equal(await Deno.readTextFile(path("d", "f")), "onetwo");
    await fails("IsADirectory", transport.put(at("d"), text(""), options));
  }));

Deno.test("put() a hundred times at once to one name leaves one of them whole", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => transport.put(at("f"), sourceOfBytes(new Uint8Array(100_000 + i).fill(i)), CALL),
      ),
    );
    const content = await Deno.readFile(path("f"));
    const [i = -1] = content;
    assert.equal(content.length, 100_000 + i);
    assert(content.every((byte) => byte === i));
    assert.deepEqual(names(), ["f"]);
  }));

Deno.test("put() waits for the disk when asked to", () =>
  withFixture(async ({ transport, at, path }) => {
    await transport.put(at("d", "f"), text("x"), CALL);
    await transport.copy(at("d", "f"), at("e", "g"), CALL);
    assert.equal(await Deno.readTextFile(path("e", "g")), "x");
  }, () => ({ fsync: true })));

const mounted = Deno.build.os === "linux" && Deno.uid() === 0;

Deno.test({
  name: "put() and copy() on a full disk are StorageFull and leave the old file",
  ignore: ignoredWhen(!mounted, "a small disk can be mounted by root on Linux only"),
  fn: () =>
    withFixture(async ({ transport, at, path, names }) => {
      await Deno.mkdir(path("disk"));
      const mount = await new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", "size=1m", "none", path("disk")],
      }).output();
      if (!mount.success) return console.log("not checked: no permission to mount");
      try {
        await transport.put(at("disk", "f"), text("old"), CALL);
        await Deno.writeFile(path("big"), pattern(2 * MIB));
        const big = sourceOfBytes(pattern(2 * MIB));
        for (const mode of ["replace", "append"] as const) {
          const error = await fails(
            "StorageFull",
            transport.put(at("disk", "f"), big, { ...CALL, mode }),
          );
          assert.equal(error.detail?.os, "ENOSPC");
        }
        await fails(
          "StorageFull",
          transport.copy(at("big"), at("disk", "f"), { ...CALL, overwrite: true }),
        );
        await fails("StorageFull", transport.rename(at("big"), at("disk", "big"), CALL));
        assert.equal(await Deno.readTextFile(path("disk", "f")), "old");
        assert.deepEqual(names("disk"), ["f"]);

        // Another file system is also where a rename becomes a copy.
        await Deno.mkdir(path("tree", "sub"), { recursive: true });
        await Deno.writeTextFile(path("tree", "sub", "x"), "x");
        await Deno.symlink("sub", path("tree", "link"));
        await transport.rename(at("tree"), at("disk", "moved"), CALL);
        await transport.rename(at("disk", "f"), at("g"), CALL);
        await fails("AlreadyExists", transport.rename(at("big"), at("disk", "moved"), CALL));
        assert.equal(await Deno.readTextFile(path("disk", "moved", "link", "x")), "x");
        assert.equal(await Deno.readTextFile(path("g")), "old");
        assert.deepEqual(names(), ["big", "disk", "g"]);
        assert.deepEqual(names("disk"), ["moved"]);
      } finally {
        await new Deno.Command("umount", { args: [path("disk")] }).output();
      }
    }),
});

Deno.test("a killed process never leaves a half file under the final name", () =>
  withFixture(async ({ path, names }) => {
    const script = new URL("./crash_child.ts", import.meta.url).href;
    for (let i = 0; i < 8; i++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          "--no-check",
          `--allow-read`,
          `--allow-write`,
          script,
          path("f"),
        ],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const content = await Deno.readFile(path("f"));
      assert.equal(content.length, 4 * MIB);
      assert(content.every((byte) => byte === content[0]));
    }
    const litter = names().filter((name) => name !== "f");
    assert(litter.every(isTemporaryName), litter.join());
  }));

Deno.test("connect() does nothing that can wait", () => {
  const transport = connect({ root: "/nothing/here" });
  assert.equal(transport.capabilities.put, "atomic");
});

Deno.test("put() gives every version another etag, also where the inode is used again at once", () =>
  withFixture(async ({ transport, at }) => {
    const etags = new Set<string>();
    for (let version = 0; version < 300; version++) {
      const content = sourceOfBytes(Uint8Array.of(version & 255, version >> 8));
      const { etag } = await transport.put(at("f"), content, CALL);
      assert.equal((await transport.stat(at("f"), CALL)).etag, etag);
      assert(etag && !etags.has(etag), `version ${version} has the etag of an earlier one`);
      etags.add(etag);
    }
  }));

Deno.test("putMany() that is aborted has told of all that it stored", () =>
  withFixture(async ({ transport, at, names }) => {
    const aborter = new AbortController();
    const files = Array.from({ length: 64 }, (_, i) => {
      const source = { ...sourceOfBytes(new Uint8Array(1)), size: 1 };
      const open = async () => {
        const isNeighbourThere = () => names().includes("f33");
        for (let tries = 0; i === 40 && tries < 1000 && !isNeighbourThere(); tries++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        if (i === 40) aborter.abort();
        return await source.open();
      };
      return { location: at(`f${i}`), source: { ...source, open } };
    });
    const told: string[] = [];
    const storing = async () => {
      for await (const page of transport.putMany(files, { signal: aborter.signal })) {
        for (const outcome of page) {
          if ("stored" in outcome) told.push(outcome.location.name);
          else assert.equal(outcome.error.kind, "Aborted");
        }
      }
    };
    await fails("Aborted", storing());
    assert(told.length >= 32, `${told.length}`);
    assert.deepEqual(told.toSorted(), names().toSorted());
  }));
