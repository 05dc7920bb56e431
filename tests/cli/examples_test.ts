import { strict as assert } from "node:assert";
import { zipSync } from "fflate";
import { serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { Cli, lines } from "./run_main.ts";

/** Those that need neither a terminal nor a home; what reads comes before what changes. */
const CALLS = [
  ...["ls", "tree", "info", "stat", "find", "du", "cat", "dump", "show", "hash", "check", "echo"],
  ...["label ls", "label status", "label archive", "cp", "sync", "mkdir", "mv", "rm", "schemes"],
];

/** What keeps commands from writing where those are who run this: a journal in the home, an archive in the folder. */
const ELSEWHERE: readonly (readonly [command: string, options: readonly string[]])[] = [
  ["sync ", ["--journal", "none"]],
  ["label archive ", ["--output", "memory:///dataset.zip"]],
];

Deno.test("the examples in the help of every command do what they say, on servers of their own", async (t) => {
  await using server = await startXnatServer();
  await using node = await serveDicomNode({ aeTitle: "ARCHIVE" });
  await using cli = new Cli();
  const xnat = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  const run = async (...args: string[]) => {
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 0, `medvfs ${args.join(" ")}\n${err}`);
    return out;
  };

  server.seed.project("BRAIN");
  const text = { "data/report.txt": "done", "data/t1.nii.gz": "1", "data/scratch/x": "" };
  await cli.write({ ...text, "disk1/scan/notes": "", "data/2019/t1": "" });
  let i = 0;
  for await (const { bytes } of phantomStudy({ modalities: ["CT"], patientID: "PAT1" })) {
    const name = `${++i}.dcm`;
    for (const folder of ["data/study", "backup/study", "disk1/scan", "data/liver/ct17"]) {
      await cli.write({ [`${folder}/${name}`]: bytes });
    }
    await cli.write({ "rest.zip": zipSync({ [name]: bytes }) });
    await cli.write({ "data/a.dcm": bytes, "data/old.dcm": bytes, "incoming/new.dcm": bytes });
  }
  await run("cp", "-r", "memory:///disk1/scan", "memory:///disk2/");
  await run("cp", "-r", "memory:///data/study", node.url);
  for (const scan of [1, 3]) {
    await run("cp", "-r", "memory:///data/study/", `${xnat}/BRAIN/S1/E1/${scan}/DICOM/`);
  }
  await run("cp", "memory:///data/t1.nii.gz", `${xnat}/BRAIN/S1/E1/1/NIFTI/t1.nii.gz`);
  await run("cp", "-r", `${xnat}/BRAIN/`, "memory:///brain");

  const here = (word: string): string =>
    word.replace(/^['"]|['"]$/g, "")
      .replace("xnat://xnat.example.org", xnat)
      .replace(/^dicom:\/\/pacs(\.example\.org)?(:104)?(\/ARCHIVE)?/, node.url)
      .replace(/^(\.?\/|(?=disk\d|\w+\.(png|zip)$))/, "memory:///");

  for (const call of CALLS) {
    for (const line of lines(await run(...call.split(" "), "--help"))) {
      const [, example] = /^ {2}medvfs (.*?)(?: [|>] .*)?$/.exec(line) ?? [];
      if (example === undefined) continue;
      await t.step(example, async () => {
        const [, elsewhere] = ELSEWHERE.find(([name]) => example.startsWith(name)) ?? [];
        await run(...example.split(/ +/).map(here), ...(elsewhere ?? []));
      });
    }
  }
});
