import { strict as assert } from "node:assert";
import { inflateSync } from "node:zlib";
import { phantomStudy } from "../../testing/phantom.ts";
import { Cli, lines } from "./run_main.ts";

/** Four slices, out of order, of a phantom's CT; a colour chart; and what is no image. */
async function study(): Promise<Cli> {
  const cli = new Cli();
  const slices: Uint8Array[] = [];
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    if (path[2] === "2-AXIAL") slices.push(bytes);
    else if (path[2]!.startsWith("3-")) await cli.write({ "chart.dcm": bytes });
  }
  await cli.write({
    "s/1.dcm": slices[12]!,
    "s/2.dcm": slices[0]!,
    "s/deep/3.dcm": slices[8]!,
    "s/4.dcm": slices[4]!,
    "s/notes.txt": "no image",
    "one.dcm": slices[8]!,
  });
  return cli;
}

/** Width, height and colour type of a PNG file, and its pixels as bytes with the filter of each row. */
function parsePng(
  png: Uint8Array,
): { width: number; height: number; type: number; raw: Uint8Array } {
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]);
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const length = view.getUint32(33);
  const raw = inflateSync(png.subarray(41, 41 + length));
  return { width: view.getUint32(16), height: view.getUint32(20), type: png[25]!, raw };
}

Deno.test("show -o writes a PNG file of the size asked for, and says where", async () => {
  await using cli = await study();
  const { code, out, err } = await cli.run([
    "show",
    "-o",
    "memory:///out.png",
    "--size",
    "48",
    "memory:///one.dcm",
  ]);
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, /^saved memory:\/\/\/out\.png, /);
  const { width, height, type } = parsePng(await cli.vfs.readFile("memory:///out.png"));
  assert.deepEqual([width, height, type], [48, 48, 0]);
});

Deno.test("show -o makes the folders above its picture, as cp does", async () => {
  await using cli = await study();
  for (const command of [["show", "-o"], ["cp"]]) {
    const to = `memory:///new/${command[0]}/out.png`;
    const args = command[0] === "cp" ? ["memory:///one.dcm", to] : [to, "memory:///one.dcm"];
    assert.equal((await cli.run([...command, ...args])).code, 0);
    assert(await cli.vfs.isFile(to), to);
  }
});

Deno.test("show of a directory is a contact sheet in slice order, and passes over what is no image", async () => {
  await using cli = await study();
  const args = ["show", "-o", "memory:///sheet.png", "--size", "32", "--sheet", "4", "memory:///s"];
  const { code, err } = await cli.run(args);
  assert.equal(code, 0, err);
  const sheet = parsePng(await cli.vfs.readFile("memory:///sheet.png"));
  assert.deepEqual([sheet.width, sheet.height, sheet.type], [66, 66, 0]);
  // The same files under other names, in the order of the slices, one by one.
  await using sorted = new Cli();
  for (const [to, from] of ["s/2.dcm", "s/4.dcm", "s/deep/3.dcm", "s/1.dcm"].entries()) {
    const slice = await cli.vfs.readFile(`memory:///${from}`);
    await sorted.write({ [`${to}.dcm`]: slice });
    await sorted.run(["show", "-o", `memory:///${to}.png`, "--size", "32", `memory:///${to}.dcm`]);
    const single = pixelsOf(parsePng(await sorted.vfs.readFile(`memory:///${to}.png`)));
    const [left, top] = [to % 2 * 34, (to >> 1) * 34];
    const cut = pixelsOf(sheet).slice(top, top + 32).map((row) => row.slice(left, left + 32));
    assert.deepEqual(cut, single, from);
  }
});

function pixelsOf({ width, height, raw }: ReturnType<typeof parsePng>): number[][] {
  const rows: number[][] = [];
  for (let row = 0; row < height; row++) {
    const line = raw.subarray(row * (width + 1) + 1, (row + 1) * (width + 1));
    rows.push([...line].map((byte, x) => (byte + (rows[row - 1]?.[x] ?? 0)) & 0xFF));
  }
  return rows;
}

Deno.test("show without -o draws in characters, and a window changes them", async () => {
  await using cli = await study();
  const usual = await cli.run(["show", "memory:///one.dcm"]);
  assert.deepEqual([usual.code, usual.err], [0, ""]);
  assert.ok(lines(usual.out).length > 20);
  assert.match(usual.out, /[@%#]/);
  const dark = await cli.run(["show", "--window", "9000,10", "memory:///one.dcm"]);
  assert.equal(dark.out.trim(), "");
  const colour = await cli.run(["show", "memory:///chart.dcm"]);
  assert.match(colour.out, /[@%#]/);
});

Deno.test("show tells what cannot be shown, and why, with an exit code", async () => {
  await using cli = await study();
  const cases: [string[], number, RegExp][] = [
    [["memory:///no.dcm"], 1, /not found/],
    [["memory:///s/notes.txt"], 5, /File is not DICOM/],
    [["--frame", "2", "memory:///one.dcm"], 2, /There is no frame 2: the image has 1/],
    [["--frame", "0", "memory:///one.dcm"], 2, /whole number, 1 or more/],
    [["--window", "40", "memory:///one.dcm"], 2, /center,width/],
    [["--window", "40,0", "memory:///one.dcm"], 2, /center,width/],
    [["--window", ",5", "memory:///one.dcm"], 2, /center,width/],
    [["--size", "9999", "memory:///one.dcm"], 2, /1 to 8192/],
    [["-o", "x.jpg", "memory:///one.dcm"], 2, /\.png/],
    [["--frame", "1", "--sheet", "2", "memory:///one.dcm"], 2, /exclude each other/],
  ];
  await cli.vfs.mkdir("memory:///empty");
  cases.push([["memory:///empty"], 5, /no DICOM image in it/]);
  for (const [args, expected, message] of cases) {
    const { code, out, err } = await cli.run(["show", ...args]);
    assert.deepEqual([code, out], [expected, ""], `${args} ${err}`);
    assert.match(err, message);
  }
});

Deno.test("show of a series with an image that cannot be shown crosses it out, tells it, and is partial", async () => {
  await using cli = await study();
  const whole = await cli.vfs.readFile("memory:///s/2.dcm");
  await cli.write({ "s/2.dcm": whole.subarray(0, whole.length - 20_000) });
  const args = ["show", "-o", "memory:///p.png", "--size", "32", "memory:///s"];
  const { code, err } = await cli.run(args);
  assert.equal(code, 4, err);
  assert.match(err, /^medvfs show: Cannot show "memory:\/\/\/s\/2\.dcm": /);
  const pixels = pixelsOf(parsePng(await cli.vfs.readFile("memory:///p.png")));
  // It is the first slice of four.
  for (let at = 0; at < 32; at++) {
    assert.deepEqual([pixels[at]![at], pixels[at]![31 - at]], [96, 96]);
  }
  const all = await cli.run(["show", "memory:///s/2.dcm"]);
  assert.equal(all.code, 5);
});

const ESCAPE = "\x1b";

Deno.test("show in a terminal draws with two pixels in a character, in characters without colours", async () => {
  await using cli = await study();
  const colours = await cli.run(["show", "memory:///chart.dcm"], { stdoutIsTerminal: true });
  const drawn = lines(colours.out);
  const pixels = new RegExp(`^(${ESCAPE}\\[38;5;\\d+;48;5;\\d+m▀+)+${ESCAPE}\\[0m$`);
  assert.ok(drawn.every((line) => pixels.test(line)));
  const widths = drawn.map((line) =>
    line.replace(new RegExp(`${ESCAPE}\\[[^m]*m`, "g"), "").length
  );
  assert.deepEqual(new Set(widths), new Set([2 * drawn.length - 1]));
  assert.match(colours.out, /48;5;186m/); // no grey
  const plain = await cli.run(["show", "memory:///chart.dcm"], {
    stdoutIsTerminal: true,
    noColor: true,
  });
  assert.doesNotMatch(plain.out, new RegExp(`${ESCAPE}|▀`));
});

Deno.test("show --json says what the picture is of, and draws it only with --output", async () => {
  await using cli = await study();
  const { code, out } = await cli.run(["show", "--json", "--size", "64", "memory:///one.dcm"]);
  const { window, ...said } = JSON.parse(out);
  assert.deepEqual([code, said], [0, {
    urls: ["memory:///one.dcm"],
    ...{ width: 64, height: 64, frame: 1, frames: 1, rows: 128, columns: 128, colour: false },
  }]);
  assert.deepEqual(window, { center: 40, width: 120 });
  const sheet = await cli.run(["show", "--json", "-o", "memory:///j.png", "memory:///s"]);
  assert.deepEqual(JSON.parse(sheet.out), {
    urls: ["memory:///s"],
    ...{ width: 258, height: 258, colour: false, output: "memory:///j.png" },
  });
  assert.ok(await cli.vfs.isFile("memory:///j.png"));
  assert.equal((await cli.run(["show", "--json", "-o", "-", "memory:///one.dcm"])).code, 2);
});
