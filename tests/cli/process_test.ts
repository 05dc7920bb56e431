import { dirname, join, resolve, toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { medvfs, output, withFolder } from "./child.ts";

const isWindows = Deno.build.os === "windows";

Deno.test("the command reads with --allow-read of the folder alone, and no other permission", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.json`, "{}");
    const flags = [`--allow-read=${folder}`];
    const ls = await output(flags, "ls", "-l", folder);
    assert.deepEqual([ls.code, ls.err], [0, ""]);
    assert.match(ls.out, /a\.json\n$/);
    const tree = await output(flags, "tree", "--info", folder);
    assert.deepEqual([tree.code, tree.err], [0, ""]);
    const find = await output(flags, "find", folder, "*.{json,dcm}");
    assert.deepEqual([find.code, find.out, find.err], [0, `${folder}/a.json\n`, ""]);
    const help = await output([], "--help");
    assert.deepEqual([help.code, help.err], [0, ""]);
  }));

Deno.test("the command writes with the two flags that it names when they are missing", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "1");
    const args = ["cp", `${folder}/a`, `${folder}/b`];
    const denied = await output([`--allow-read=${folder}`], ...args);
    assert.equal(denied.code, 3);
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    assert.ok(denied.err.endsWith(`needs ${flags.join(" ")}\n`), denied.err);
    const allowed = await output(flags, ...args);
    assert.equal(allowed.code, 0, allowed.err);
    assert.equal(await Deno.readTextFile(`${folder}/b`), "1");
  }));

Deno.test("cp, mv, sync and rm name all flags that they lack at once, before anything is done", async (t) => {
  const cases: readonly (readonly string[])[] = [
    ["cp", "-r", "from, it", "to"],
    ["cp", "from, it/x/a", "from, it/y/b", "to/"],
    ["cp", "from, it/x/a", "it's a copy"],
    ["cp", "from, it/*/a", "there/deep/"],
    ["mv", "from, it", "there/other"],
    ["mv", "from, it/x/a", "there"],
    ["sync", "--journal", "none", "from, it", "to"],
    ["sync", "--journal", "none", "from, it/x", "from, it/y", "to/all"],
    ["rm", "from, it/x/a", "from, it/y/b"],
    ["rm", "-r", "from, it/x", "from, it/y"],
    ["rm", ...[1, 2, 3, 4, 5].map((n) => `many/${n}`)],
  ];
  const many = [1, 2, 3, 4, 5].map((n) => `many/${n}`);
  for (const [verb = "", ...words] of cases) {
    await t.step([verb, ...words].join(" "), () =>
      withFolder(async (folder) => {
        for (const path of ["from, it/x/a", "from, it/y/b", "there/c", ...many]) {
          await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
          await Deno.writeTextFile(join(folder, path), "1");
        }
        const args = words.map((word) => /^-|^none$/.test(word) ? word : `${folder}/${word}`);
        const reading = await output([`--allow-read=${folder}`], verb, ...args);
        assert.deepEqual([reading.code, reading.err.split("\n").length], [3, 2], reading.err);
        const { code, err } = await output([], verb, ...args);
        assert.deepEqual([code, err.split("\n").length], [3, 2], err);
        const permitted = await output(flagsIn(err), verb, ...args);
        assert.equal(permitted.code, 0, err + permitted.err);
      }));
  }
});

/** The flags that a message ends with, as a shell reads them. */
function flagsIn(message: string): string[] {
  const [, text = ""] = / needs (.*)\n$/.exec(message) ?? [];
  const words = isWindows ? /"[^"]*"|[^ ]+/g : /(?:'[^']*'|\\'|[^ '])+/g;
  return (text.match(words) ?? []).map((word) =>
    isWindows
      ? word.replaceAll('"', "")
      : word.replace(/'([^']*)'|\\'/g, (_, inner: string | undefined) => inner ?? "'")
  );
}

Deno.test("a command may do what it has permissions for, be they narrower than its destination", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/from`);
    await Deno.mkdir(`${folder}/to`);
    await Deno.writeTextFile(`${folder}/from/a`, "1");
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}/to/from`];
    const { code, err } = await output(flags, "cp", "-r", `${folder}/from`, `${folder}/to`);
    assert.equal(code, 0, err);
    const dry = await output(flags, "sync", "-n", `${folder}/from`, `${folder}/elsewhere`);
    assert.equal(dry.code, 0, dry.err);
  }));

Deno.test("cp and rm take names that could be patterns by the permissions for these very names", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/to[1]`);
    await Deno.writeTextFile(`${folder}/a[1]`, "1");
    const [file, to] = [`${folder}/a[1]`, `${folder}/to[1]`];
    const into = [`--allow-read=${file},${to}`, `--allow-write=${to}`];
    const cp = await output(into, "cp", file, to);
    assert.equal(cp.code, 0, cp.err);
    const its = `${to}/a[1]`;
    const rm = await output([`--allow-read=${its}`, `--allow-write=${its}`], "rm", its);
    assert.equal(rm.code, 0, rm.err);
  }));

Deno.test("cp names the hosts that it may not reach beside the folders", () =>
  withFolder(async (folder) => {
    const places = ["dicom://pacs.test/ARCHIVE/PAT", "xnat+http://[::1]:8080/P", `${folder}/to`];
    const { code, err } = await output([], "cp", "-r", ...places);
    const flags = [
      `--allow-read=${folder}/to --allow-write=${folder}/to`,
      isWindows ? "--allow-net=pacs.test:104,[::1]:8080" : "'--allow-net=pacs.test:104,[::1]:8080'",
    ];
    assert.deepEqual([code, err.replace(/.* needs /, "")], [3, `${flags.join(" ")}\n`]);
  }));

Deno.test("the command names the flag to read, and prints no stack", async () => {
  const root = resolve("/");
  const { code, out, err } = await output([], "ls", root);
  assert.deepEqual([code, out], [3, ""]);
  const message = `Cannot stat "${toFileUrl(root)}": needs --allow-read=${root}`;
  assert.equal(err, `medvfs ls: ${message}\n`);
});

Deno.test(
  "cat into a pipe that closes early ends quietly",
  { ignore: isWindows },
  () =>
    withFolder(async (folder) => {
      await Deno.writeFile(`${folder}/big`, new Uint8Array(4_000_000));
      const child = medvfs(["-A"], ["cat", `${folder}/big`], { stdout: "piped", stderr: "piped" })
        .spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assert.ok(value!.length > 0);
      await reader.cancel();
      const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
      assert.deepEqual([code, err], [141, ""]);
    }),
);

Deno.test(
  "cat holds little of a large file in memory",
  { ignore: Deno.build.os !== "linux" },
  () =>
    withFolder(async (folder) => {
      const file = await Deno.create(`${folder}/sparse`);
      await file.truncate(200_000_000);
      file.close();
      const child = medvfs(["-A"], ["cat", `${folder}/sparse`], { stdout: "piped" }).spawn();
      let total = 0;
      let peak = 0;
      for await (const chunk of child.stdout) {
        if (Math.floor(total / 5e7) !== Math.floor((total + chunk.length) / 5e7)) {
          const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
          peak = Math.max(peak, Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0));
        }
        total += chunk.length;
      }
      assert.equal((await child.status).code, 0);
      assert.equal(total, 200_000_000);
      assert.ok(peak > 0 && peak < 200_000, `${peak} kB`);
    }),
);

Deno.test("the command without a terminal writes neither colours nor progress", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/s/t`, { recursive: true });
    await Deno.writeFile(`${folder}/s/x`, new Uint8Array(20_000_000));
    const { stdout, stderr } = await medvfs(["-A"], ["cp", "-rv", `${folder}/s`, `${folder}/d`], {
      env: { NO_COLOR: "" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.match(text, /copied 1 file, 20 MB/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text, /[\x1b\r]/);
  }));
