/**
 * An emulated XNAT in a process of its own, until its input ends. Prints where it is as JSON, and then, for each line of
 * its input, how many requests came since the last one.
 *
 *     xnat_server.ts LATENCY_MS walk SUBJECTS SESSIONS SCANS [tls]   a project WALK of small files
 *     xnat_server.ts LATENCY_MS labels SUBJECTS SESSIONS SCANS       the same, with a final label on the first of the scans
 *     xnat_server.ts LATENCY_MS files COUNT BYTES [tls]              a project DATA with a resource of files
 */

import { startXnatServer, type XnatServer } from "../testing/mod.ts";

const [latency, what, ...args] = Deno.args;
await using server = await startXnatServer({
  latencyMs: Number(latency),
  tls: args.includes("tls"),
});
const numbers = args.map(Number);
if (what === "walk") await seedWalk(server, numbers[0]!, numbers[1]!, numbers[2]!);
else if (what === "labels") await seedLabels(server, numbers[0]!, numbers[1]!, numbers[2]!);
else await seedFiles(server, numbers[0]!, numbers[1]!);
console.log(JSON.stringify({ url: server.url, certificate: server.certificate }));
const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const _line of input) {
  console.log(server.requests.count);
  server.requests.clear();
}

async function seedFiles({ seed }: XnatServer, count: number, size: number): Promise<void> {
  const bytes = crypto.getRandomValues(new Uint8Array(65536));
  const content = new Uint8Array(size);
  for (let at = 0; at < content.length; at += bytes.length) {
    content.set(bytes.subarray(0, content.length - at), at);
  }
  seed.session(["DATA", "s", "e"]);
  for (let n = 0; n < count; n++) {
    await seed.file(["DATA", "s", "e", "1", "FILES", `${n}.bin`], content);
  }
}

async function seedWalk(
  { seed }: XnatServer,
  subjects: number,
  sessions: number,
  scans: number,
): Promise<void> {
  for (let u = 0; u < subjects; u++) {
    for (let e = 0; e < sessions; e++) {
      for (let c = 1; c <= scans; c++) {
        const scan = ["WALK", `sub${u}`, `sub${u}_mr${e}`, `${c}`] as const;
        await seed.file([...scan, "DICOM", "1.dcm"], new Uint8Array(8));
        if (c % 2) await seed.file([...scan, "NIFTI", "1.nii"], new Uint8Array(8));
      }
    }
  }
}

async function seedLabels(
  server: XnatServer,
  subjects: number,
  sessions: number,
  scans: number,
): Promise<void> {
  await seedWalk(server, subjects, sessions, scans);
  for (let u = 0; u < subjects; u++) {
    for (let e = 0; e < sessions; e++) {
      const folder = ["WALK", `sub${u}`, `sub${u}_mr${e}`, "1", "AI", "final"];
      await server.seed.file([...folder, "0001-00000000.nii.gz"], new Uint8Array(8));
      const info = new TextEncoder().encode('{"model":"bench"}');
      await server.seed.file([...folder, "0001-00000000.info.json"], info);
    }
  }
}
