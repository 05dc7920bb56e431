import { downloadZip } from "client-zip";
import { createVfs } from "../mod.ts";
import type { Bench } from "./harness.ts";

const BIG = 2 ** 31;
const MEMBERS = 2000;
const MEMBER_BYTES = 64 * 1024;
const LATENCY_MS = 20;

/** One member of a zip of 2 GiB on a web server that takes 20 ms for each answer. */
export const zipMember: Bench = {
  name: "zip-member",
  what: `one of ${MEMBERS} members of a zip of 2 GiB, over http with ${LATENCY_MS} ms`,
  // Four requests are what it may cost.
  goals: [{ of: "medvfs", to: "four requests by fetch", atMost: 1 }],
  rounds: 7,
  async prepare() {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    const path = `${folder}/big.zip`;
    const file = await Deno.open(path, { write: true, create: true });
    await downloadZip(members()).body!.pipeTo(file.writable);
    let requests = 0;
    const server = serve(path, () => requests++);
    const { port } = server.addr as Deno.NetAddr;
    const url = `http://127.0.0.1:${port}/big.zip`;
    let most = 0;
    return {
      subjects: [
        {
          name: "medvfs",
          run: async () => {
            await using vfs = createVfs();
            requests = 0;
            const bytes = await vfs.readFile(`zip://${encodeURIComponent(url)}/small/1000`);
            if (bytes.length !== MEMBER_BYTES) throw new Error("not the member");
            most = Math.max(most, requests);
          },
        },
        {
          name: "four requests by fetch",
          run: async () => {
            for (let i = 0; i < 4; i++) {
              const headers = { range: `bytes=${i * MEMBER_BYTES}-${(i + 1) * MEMBER_BYTES - 1}` };
              await (await fetch(url, { headers })).arrayBuffer();
            }
          },
        },
      ],
      figures: () => Promise.resolve({ "medvfs, requests": most }),
      async dispose() {
        await server.shutdown();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

async function* members() {
  const zeros = new Uint8Array(2 ** 20);
  let left = BIG / zeros.length;
  const big = new ReadableStream({
    pull: (controller) => left-- > 0 ? controller.enqueue(zeros) : controller.close(),
  });
  yield { name: "big", input: big };
  for (let n = 0; n < MEMBERS; n++) {
    yield { name: `small/${n}`, input: new Uint8Array(MEMBER_BYTES).fill(n) };
  }
}

function serve(path: string, count: () => void): Deno.HttpServer {
  const { size } = Deno.statSync(path);
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    count();
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    const [, first, last] = /^bytes=([0-9]*)-([0-9]*)$/.exec(request.headers.get("range") ?? "")!;
    const start = first === "" ? size - Number(last) : Number(first);
    const end = first === "" ? size : Math.min(size, Number(last) + 1);
    using file = await Deno.open(path);
    await file.seek(start, Deno.SeekMode.Start);
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length;) at += await file.read(bytes.subarray(at)) ?? bytes.length;
    const headers = { "content-range": `bytes ${start}-${end - 1}/${size}`, etag: '"1"' };
    return new Response(bytes, { status: 206, headers });
  });
}
