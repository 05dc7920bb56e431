import { strict as assert } from "node:assert";
import type { OperationEvent } from "../../vfs/layers/observe.ts";
import type { WalkOptions } from "../../vfs/walk.ts";
import {
  at_,
  driverOf,
  memoryVfs,
  plant,
  rejects,
  type Tree,
  treeTransport,
  vfsOf,
} from "./_fakes.ts";

const TREE: Tree = {
  "top.dcm": "",
  "a": { "1.dcm": "", "2.txt": "", "sub": { "3.dcm": "", "deep": { "4.dcm": "" } } },
  "b": { "1.dcm": "", "sub": { "5.dcm": "" }, ".hidden": { "6.dcm": "" } },
  ".dot": { "7.dcm": "", ".8.dcm": "" },
  "odd": {
    "a*b": "",
    "axb": "",
    "!neg": "",
    "#hash": "",
    "50%": "",
    "q?": "",
    "[x]": "",
    "{y}": "",
    "ü": "",
  },
};

async function found(pattern: string, options?: WalkOptions): Promise<string[]> {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///t", TREE);
  const entries = await Array.fromAsync(vfs.glob(`memory:///t${pattern}`, options));
  return entries.map((entry) => entry.location.segments.slice(1).join("/"));
}

const CASES: [pattern: string, paths: string[]][] = [
  ["/*", ["a", "b", "odd", "top.dcm"]],
  ["/*.dcm", ["top.dcm"]],
  ["/*/*.dcm", ["a/1.dcm", "b/1.dcm"]],
  ["/**/*.dcm", [
    "top.dcm",
    "a/1.dcm",
    "a/sub/3.dcm",
    "a/sub/deep/4.dcm",
    "b/1.dcm",
    "b/sub/5.dcm",
  ]],
  ["/**/sub/*", ["a/sub/deep", "a/sub/3.dcm", "b/sub/5.dcm"]],
  ["/**/sub/**/*.dcm", ["a/sub/3.dcm", "a/sub/deep/4.dcm", "b/sub/5.dcm"]],
  ["/a/**", ["a/sub", "a/1.dcm", "a/2.txt", "a/sub/deep", "a/sub/3.dcm", "a/sub/deep/4.dcm"]],
  ["/**/deep/**/**", ["a/sub/deep", "a/sub/deep/4.dcm"]],
  ["/{a,b}/1.dcm", ["a/1.dcm", "b/1.dcm"]],
  ["/{a,b/sub}/*.dcm", ["a/1.dcm", "b/sub/5.dcm"]],
  ["/{a/sub,a}/[1-3].dcm", ["a/1.dcm", "a/sub/3.dcm"]],
  ["/{a,a/sub}", ["a", "a/sub"]],
  ["/a/{sub,sub/deep,sub/deep/4.dcm}", ["a/sub", "a/sub/deep", "a/sub/deep/4.dcm"]],
  ["/{a,a}/1.dcm", ["a/1.dcm"]],
  ["/a/1.dcm", ["a/1.dcm"]],
  ["/a/9.dcm", []],
  ["/nothing/**", []],
  ["/top.dcm/*", []],
  ["/a/[!1]*", ["a/sub", "a/2.txt"]],
  ["/a/*/", ["a/sub"]],
  ["/**/", ["a", "b", "odd", "a/sub", "a/sub/deep", "b/sub"]],
  ["/.*", [".dot"]],
  ["/.dot/*", [".dot/7.dcm"]],
  ["/.dot/.*", [".dot/.8.dcm"]],
  ["/**/.hidden/*", ["b/.hidden/6.dcm"]],
  ["/.dot/**", [".dot/7.dcm"]],
  ["/odd/a%2Ab", ["odd/a*b"]],
  ["/odd/a*b", ["odd/a*b", "odd/axb"]],
  ["/odd/a%2A*", ["odd/a*b"]],
  ["/odd/!*", ["odd/!neg"]],
  ["/odd/%23*", ["odd/#hash"]],
  ["/odd/50%25", ["odd/50%"]],
  ["/odd/5*%25", ["odd/50%"]],
  ["/odd/*%3F", ["odd/q?"]],
  ["/odd/%5Bx*", ["odd/[x]"]],
  ["/odd/%7By%7D*", ["odd/{y}"]],
  ["/odd/%C3%BC*", ["odd/ü"]],
  ["/odd/[%C3%BC]", ["odd/ü"]],
  ["/./a/./1.dcm", ["a/1.dcm"]],
  ["/b/../a/*.txt", ["a/2.txt"]],
];

for (const [pattern, paths] of CASES) {
  Deno.test(`glob() ${pattern} finds ${paths.length === 0 ? "nothing" : paths.join(" ")}`, async () => {
    const got = await found(pattern);
    assert.deepEqual(got.toSorted(), paths.toSorted());
  });
}

Deno.test("glob() gives its matches in the order of the walk", async () => {
  assert.deepEqual(await found("/**/*.dcm"), CASES[3]?.[1]);
  assert.deepEqual(await found("/{b,a}/*.dcm"), ["a/1.dcm", "b/1.dcm"]);
});

Deno.test("glob() takes the options of a walk", async () => {
  assert.deepEqual(await found("/**", { maxDepth: 1 }), ["a", "b", "odd", "top.dcm"]);
  assert.deepEqual(await found("/*", { includeDirs: false }), ["top.dcm"]);
  assert.deepEqual(await found("/**/*.dcm", { skip: [/sub/] }), ["top.dcm", "a/1.dcm", "b/1.dcm"]);
  assert.deepEqual(await found("/**", { exts: [".txt"], includeDirs: false }), ["a/2.txt"]);
});

Deno.test("glob() lists only what can match", async () => {
  const cases: [pattern: string, listed: string[]][] = [
    ["fake://h/a/sub/*.dcm", ["a/sub"]],
    ["fake://h/a/*/deep/*", ["a", "a/sub", "a/sub/deep"]],
    ["fake://h/{a,b}/sub/*.dcm", ["", "a", "b", "a/sub", "b/sub"]],
    ["fake://h/a/1.dcm", []],
    ["fake://h/*", [""]],
    ["fake://h/*/2.txt", ["", "a", "b", "odd"]],
    ["fake://h/nothing/*", ["nothing"]],
  ];
  for (const [pattern, expected] of cases) {
    const { transport, listed } = treeTransport(TREE);
    await using vfs = vfsOf([driverOf(transport)]);
    await Array.fromAsync(vfs.glob(pattern, { concurrency: 1 }));
    const paths = listed.map((url) => at_(url).segments.join("/"));
    assert.deepEqual(paths.toSorted(), expected.toSorted(), pattern);
  }
});

Deno.test("glob() asks for no whole tree unless ** may need one", async () => {
  for (
    const [pattern, ops] of [["memory:///t/a/*", ["list"]], ["memory:///t/**", ["tree"]]] as const
  ) {
    const events: OperationEvent[] = [];
    await using vfs = memoryVfs(undefined, { layers: { observer: (event) => events.push(event) } });
    await plant(vfs, "memory:///t", TREE);
    events.length = 0;
    await Array.fromAsync(vfs.glob(pattern));
    assert.deepEqual(events.map(({ op }) => op), ops);
  }
});

Deno.test("glob() throws what keeps it from finding out, but for a beginning that is not there", async () => {
  await using vfs = memoryVfs();
  await rejects(Array.fromAsync(vfs.glob("nope://h/*")), "NotSupported");
  await rejects(Array.fromAsync(vfs.glob("memory:///a?.txt")), "NotSupported");
  await rejects(Array.fromAsync(vfs.glob("memory:///*/../b")), "InvalidUrl");
  for (const bad of ["%FF*", "*%", "*/%zz", "%*"]) {
    await rejects(Array.fromAsync(vfs.glob(`memory:///${bad}`)), "InvalidUrl");
  }
});

Deno.test("promise 7: glob() shows no password, in matches or errors", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory://h/t", { a: "" });
  const found = await Array.fromAsync(vfs.glob("memory://u:S3CRET@h/t/*"), String);
  assert.deepEqual(found, ["memory://h/t/a"]);
  for (
    const bad of ["memory://u:S3CRET@h/%FF*", "memory://u:S3C?RET@h/*", "nope://u:S3CRET@h/*/%"]
  ) {
    const error = await Array.fromAsync(vfs.glob(bad)).then(() => undefined, (e) => e);
    assert(error instanceof Error);
    assert(!/S3C|RET/.test(Deno.inspect(error)), Deno.inspect(error));
  }
});

Deno.test("glob() of a plain path takes # % and ? as a shell does, and backslash as escape or separator", async () => {
  const isWindows = Deno.build.os === "windows";
  const folder = await Deno.makeTempDir();
  try {
    const files = isWindows ? ["a#b%", "aXb%"] : ["a#b%", "aXb%", "a*b%", "q?"];
    for (const name of files) await Deno.writeTextFile(`${folder}/${name}`, "");
    const { createVfs } = await import("../../vfs/create_vfs.ts");
    await using vfs = createVfs();
    const names = async (pattern: string) =>
      (await Array.fromAsync(vfs.glob(`${folder}/${pattern}`))).map(({ name }) => name);
    assert.deepEqual(await names("a#*"), ["a#b%"]);
    if (isWindows) {
      assert.deepEqual(await names(".\\a?b%"), ["a#b%", "aXb%"]);
      return;
    }
    assert.deepEqual(await names("a?b%"), ["a#b%", "a*b%", "aXb%"]);
    assert.deepEqual(await names("a\\*b*"), ["a*b%"]);
    assert.deepEqual(await names("q\\?"), ["q?"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("glob() of hostile patterns and names is quick", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///t", { ["a".repeat(250)]: "", x: { ["a".repeat(250)]: "" } });
  const start = performance.now();
  for (
    const pattern of [
      "*a".repeat(60) + "b",
      "**/".repeat(60) + "*",
      "[".repeat(5000) + "*",
      "{".repeat(5000) + "*",
      "{a,".repeat(300) + "b" + "}".repeat(300) + "*",
      "{**/x,**/y}/".repeat(6) + "*",
    ]
  ) await Array.fromAsync(vfs.glob(`memory:///t/${pattern}`));
  for (const pattern of ["{a,b}".repeat(30), "{a,b,c,d}".repeat(500) + "*"]) {
    await rejects(Array.fromAsync(vfs.glob(`memory:///t/${pattern}`)), "InvalidUrl");
  }
  // What goes back, or expands, without end takes years.
  assert(performance.now() - start < 60_000, `${performance.now() - start} ms`);
});

Deno.test("promise 9: glob() prunes 100,000 directories by one listing", async () => {
  const { transport } = treeTransport({});
  const page = Array.from(
    { length: 100_000 },
    (_, i) => ({ name: `d${i}`, kind: "directory" as const }),
  );
  let lists = 0;
  const list = async function* () {
    lists++;
    yield await Promise.resolve(page);
  };
  await using vfs = vfsOf([driverOf({ ...transport, list })]);
  const found = await Array.fromAsync(vfs.glob("fake://h/*7777"));
  assert.equal(found.length, 10);
  assert.equal(lists, 1);
});
