/**
 * An emulated XNAT in a process of its own, until its input ends; prints its URL.
 *
 *     xnat_server.ts LATENCY_MS SUBJECTS SESSIONS SCANS   a project WALK of small files
 *     xnat_server.ts LATENCY_MS files COUNT BYTES         a project DATA with a resource of files
 */

import { startXnatServer } from "../testing/mod.ts";

const [latency, ...what] = Deno.args;
await using server = await startXnatServer({ latencyMs: Number(latency) });
if (what[0] === "files") {
  const bytes = crypto.getRandomValues(new Uint8Array(65536));
  const content = new Uint8Array(Number(what[2]));
  for (let at = 0; at < content.length; at += bytes.length) {
    content.set(bytes.subarray(0, content.length - at), at);
  }
  for (let n = 0; n < Number(what[1]); n++) {
    await server.seed.file(["DATA", "s", "e", "1", "FILES", `${n}.bin`], content);
  }
} else {
  const [subjects, sessions, scans] = what.map(Number);
  for (let u = 0; u < subjects!; u++) {
    for (let e = 0; e < sessions!; e++) {
      for (let c = 1; c <= scans!; c++) {
        const scan = ["WALK", `sub${u}`, `sub${u}_mr${e}`, `${c}`] as const;
        await server.seed.file([...scan, "DICOM", "1.dcm"], new Uint8Array(8));
        if (c % 2) await server.seed.file([...scan, "NIFTI", "1.nii"], new Uint8Array(8));
      }
    }
  }
}
console.log(server.url);
for await (const _ of Deno.stdin.readable);
