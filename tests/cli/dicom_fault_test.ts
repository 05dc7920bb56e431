import { strict as assert } from "node:assert";
import { walk } from "@std/fs";
import { join } from "@std/path";
import { phantomStudy } from "../../testing/phantom.ts";
import { parseFault } from "../../cli/dicom_fault.ts";
import { medvfs, withFolder } from "./child.ts";

Deno.test("parseFault() takes each kind of fault, and on what it falls", () => {
  const all = { service: undefined, uid: undefined, callingAET: undefined };
  const usual = { ...all, after: undefined, times: undefined };
  const expected: readonly (readonly [string, unknown])[] = [
    ["no=c-get", { no: "C-GET" }],
    ["reject", { fault: { ...usual, reject: "permanent" } }],
    ["reject=transient,times=all", { fault: { ...usual, reject: "transient", times: Infinity } }],
    ["reject=1/1/7,from=WS1", {
      fault: { ...usual, reject: { result: 1, source: 1, reason: 7 }, callingAET: "WS1" },
    }],
    ["status=b000", { fault: { ...usual, status: 0xB000 } }],
    ["service=C-STORE, abort=4096, after=2", {
      fault: { ...usual, service: "C-STORE", abort: 4096, after: 2 },
    }],
    ["drop=0,uid=1.2.3", { fault: { ...usual, drop: 0, uid: "1.2.3" } }],
    ["stall=1,service=C-FIND", { fault: { ...usual, stall: 1, service: "C-FIND" } }],
    ["lose", { fault: { ...usual, lose: true } }],
    ["delay=20", { fault: { ...usual, delay: 20 } }],
  ];
  for (const [text, fault] of expected) assert.deepEqual(parseFault(text), fault, text);
});

Deno.test("parseFault() refuses what it does not understand, instead of half of it", () => {
  const wrong = [
    ...["", "status", "status=A7", "status=XYZW", "status=A700,lose", "status=A700,", "reject=2"],
    ...["reject=permanent,service=C-STORE", "no=C-ECHO", "no=C-GET,times=2", "lose=1", "abort"],
    ...[
      "abort=-1",
      "abort=1.5",
      "stall=1e3",
      "delay=0x10",
      "delay=2147483648",
      "times=2",
      "status=A700,times=0",
    ],
    ...["status=A700,service=STORE", "status=A700,status=A900", "status=A700,uid=", "drop=1,at=2"],
    ...["abort=9999999999999999", "status=A700,toString=1", "__proto__=1"],
  ];
  for (const text of wrong) assert.throws(() => parseFault(text), text);
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: string[]): Promise<Ran> {
  const { code, stdout, stderr } = await medvfs(["-A"], args, {
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Serves a folder with faults, and gives its URL. */
async function serve(root: string, ...faults: string[]) {
  const args = ["serve-dicom", "--port", "0", "--root", root, "--json"];
  const child = medvfs(["-A"], [...args, ...faults.flatMap((each) => ["--fault", each])], {
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) said += (await lines.read()).value ?? "";
  return {
    url: String(JSON.parse(said).url),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      while (!(await lines.read()).done);
    },
  };
}

async function images(folder: string): Promise<string> {
  const to = join(folder, "images");
  await Deno.mkdir(to);
  let n = 0;
  for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) {
    if (n++ < 5) await Deno.writeFile(join(to, `${n}.dcm`), bytes);
  }
  return to;
}

async function stored(root: string): Promise<number> {
  let count = 0;
  for await (const { isFile } of walk(root)) count += Number(isFile);
  return count;
}

Deno.test("serve-dicom --fault refuses, loses, breaks and rejects as it is told, and cp tells the truth of it", () =>
  withFolder(async (folder) => {
    const from = await images(folder);
    const once = ["cp", "--pool", "1", "--retries", "0", "-r", from];
    const cases: readonly (readonly [string[], code: number, kept: number, says: RegExp])[] = [
      [["status=A700,service=C-STORE,after=3,times=2"], 4, 3, /A700H/],
      [["status=A900,service=C-STORE"], 4, 4, /A900H/],
      [["status=C000,service=C-STORE,times=all"], 5, 0, /C000H/],
      [["status=B000,service=C-STORE"], 0, 5, /B000H/],
      [["reject=1/1/7,times=all"], 1, 0, /called AE title/],
      [["abort=100,service=C-STORE"], 0, 5, /^copied 5 files/],
      [["lose,after=1"], 0, 4, /^copied 5 files/],
    ];
    for (const [i, [faults, code, kept, says]] of cases.entries()) {
      const root = join(folder, `root${i}`);
      await Deno.mkdir(root);
      await using served = await serve(root, ...faults);
      const ran = await run(...once, served.url);
      assert.equal(ran.code, code, `${faults}: ${ran.err}`);
      assert.match(ran.err, says, `${faults}`);
      assert.equal(await stored(root), kept, `${faults}`);
    }
  }));

Deno.test("serve-dicom --fault no=C-GET has none, and --fault with nonsense says what it takes", () =>
  withFolder(async (folder) => {
    const from = await images(folder);
    await using served = await serve(from, "no=C-GET");
    const ran = await run("cp", "-r", served.url, join(folder, "got"));
    assert.equal(ran.code, 5, ran.err);
    assert.match(ran.err, /the archive refuses C-GET/);
    const wrong = await run("serve-dicom", "--root", from, "--fault", "statsu=A700");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /"statsu" is none of no, reject, status/);
    assert.match((await run("serve-dicom", "--help")).out, /--fault status=A700,service=C-STORE/);
  }));
