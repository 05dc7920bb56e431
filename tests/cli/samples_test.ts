import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { withFolder } from "./child.ts";
import { Cli, lines } from "./run_main.ts";

const SAMPLES = fileURLToPath(new URL("../../../shared/data/pydicom", import.meta.url));
const ignore = !exists(SAMPLES);
if (ignore) console.log(`Ignored without the sample data at ${SAMPLES}`);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("tree --info has a description for every sample file", { ignore }, async () => {
  await using cli = new Cli();
  const { code, out, err } = await cli.run(["tree", "--info", "--json", SAMPLES]);
  assert.deepEqual([code, err], [0, ""]);
  const files = lines(out).map((line) => JSON.parse(line)).filter(({ kind }) => kind === "file");
  assert.ok(files.length >= 80);
  for (const { name, description } of files) {
    assert.match(description, name === "LICENSE" ? /^text/ : /[A-Z]{2}/, name);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(description, /[\x00-\x1f]/, name);
  }
});

Deno.test("cp -r of the sample files to a folder, to memory and back is identical by hash", {
  ignore,
}, () =>
  withFolder(async (folder) => {
    await using cli = new Cli();
    const steps = [[SAMPLES, `${folder}/a`], [`${folder}/a`, "memory:///b"], [
      "memory:///b",
      `${folder}/c`,
    ]];
    for (const places of steps) assert.equal((await cli.run(["cp", "-r", ...places])).code, 0);
    const digests = async (top: string) =>
      lines((await cli.run(["hash", "-r", top])).out).map((line) => line.replace(top, ""));
    const expected = await digests(SAMPLES);
    assert.ok(expected.length >= 80);
    assert.deepEqual(await digests("memory:///b"), expected);
    assert.deepEqual(await digests(`${folder}/c`), expected);
  }));

Deno.test("find and dump name the truncated sample", { ignore }, async () => {
  await using cli = new Cli();
  const { code, out, err } = await cli.run(["find", SAMPLES, "rtplan*", "--modality", "RTPLAN"]);
  assert.equal(code, 4);
  assert.deepEqual(lines(out).map((line) => line.slice(SAMPLES.length)), [
    "/rtplan.dcm",
    "/rtplan_truncated.dcm",
  ]);
  assert.match(err, /rtplan_truncated\.dcm" is damaged/);
  assert.equal((await cli.run(["dump", `${SAMPLES}/rtplan_truncated.dcm`])).code, 5);
});
