/**
 * Runs the benches, prints a table and writes bench/results/NAME.json.
 *
 *     deno task bench [NAME…] [--rounds=N]
 */

import { type Bench, type BenchResult, runBench } from "./harness.ts";
import { copyBig } from "./copy_big.ts";
import { copyMany } from "./copy_many.ts";
import { datastore } from "./datastore.ts";
import { dimseBenches } from "./dimse.ts";
import { dimseCopies } from "./dimse_cp.ts";
import { headers } from "./headers.ts";
import { imports } from "./imports.ts";
import { notebook } from "./notebook.ts";
import { pictures } from "./pictures.ts";
import { segmentation } from "./segmentation.ts";
import { syncs } from "./sync.ts";
import { walks } from "./walks.ts";
import { xnatCopies } from "./xnat_copies.ts";
import { walking } from "./xnat_walks.ts";
import { zipMember } from "./zip.ts";
import { zipWrite } from "./zip_write.ts";

const benches: readonly Bench[] = [
  walks,
  copyMany,
  copyBig,
  ...syncs,
  headers,
  imports,
  notebook,
  pictures,
  walking(0),
  walking(20),
  ...xnatCopies,
  ...dimseBenches,
  ...dimseCopies,
  segmentation,
  zipMember,
  zipWrite,
  ...datastore,
];

const all = benches.map(({ name }) => name);
const names = Deno.args.filter((arg) => !arg.startsWith("--"));
const rounds = Deno.args.find((arg) => arg.startsWith("--rounds="))?.slice(9);
const unknown = Deno.args.filter((arg) => !all.includes(arg) && !/^--rounds=[1-9]\d*$/.test(arg));
if (unknown.length > 0) {
  const asksHelp = unknown.includes("--help");
  if (!asksHelp) console.error(`There is no ${unknown.join(", ")}`);
  console.error(`deno task bench [NAME…] [--rounds=N]; names are ${all.join(", ")}`);
  Deno.exit(asksHelp ? 0 : 2);
}

const folder = new URL("./results/", import.meta.url);
await Deno.mkdir(folder, { recursive: true });
for (const bench of benches) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  const result = await runBench(bench, rounds ? Number(rounds) : undefined);
  print(result);
  await Deno.writeTextFile(
    new URL(`${bench.name}.json`, folder),
    JSON.stringify({ ...result, deno: Deno.version.deno, when: new Date() }, undefined, 2) + "\n",
  );
}

function print(result: BenchResult): void {
  console.log(`\n${result.name}: ${result.what} (median of ${result.rounds}, least)`);
  for (const [name, ms] of Object.entries(result.medianMs)) {
    console.log(
      `  ${name.padEnd(34)} ${ms.toFixed(1).padStart(9)} ms ${
        result.minMs[name]!.toFixed(1).padStart(9)
      }`,
    );
  }
  for (const [name, value] of Object.entries(result.figures)) {
    console.log(`  ${name.padEnd(34)} ${String(value).padStart(9)}`);
  }
  for (const [name, why] of Object.entries(result.missing)) {
    console.log(`  ${name.padEnd(34)}   skipped: ${why}`);
  }
  for (const { of, to, ratio, met, atMost, atLeast } of result.goals) {
    const goal = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    const verdict = met === undefined ? "not measured" : met ? "met" : "MISSED";
    console.log(`  ${of} / ${to} = ${ratio?.toFixed(2) ?? "?"}, goal ${goal}: ${verdict}`);
  }
}
