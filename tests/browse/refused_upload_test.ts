import { strict as assert } from "node:assert";
import { at, Visit } from "./kit.ts";

/** Sends all before it looks at the answer, as Python's `http.client` does. */
async function sendAll({ page, server }: Visit, cookie: string, bytes: number, length = bytes) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const late = setTimeout(() => connection.close(), 10_000);
  try {
    const head = `PUT ${new URL(page).pathname}api/upload?${at("new")} HTTP/1.1\r\nHost: ${
      new URL(page).host
    }\r\nOrigin: ${server.url}\r\nCookie: ${cookie}\r\nContent-Length: ${length}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head));
    const piece = new Uint8Array(65_536);
    for (let left = bytes; left > 0;) {
      left -= await connection.write(piece.subarray(0, left));
    }
    const answer = new Uint8Array(65_536);
    const read = await connection.read(answer) ?? 0;
    const end = length > bytes ? await connection.read(answer.subarray(read)) : undefined;
    return { status: new TextDecoder().decode(answer.subarray(9, 12)), end };
  } finally {
    clearTimeout(late);
  }
}

Deno.test("who sends all of an upload before he looks at its refusal gets that, and the page stays well", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, {
    write: true,
    limits: { uploadBytes: 1000 },
  });
  for (const bytes of [1001, 1_000_000, 50_000_000]) {
    assert.equal((await sendAll(visit, "medvfs=wrong", bytes)).status, "401", `${bytes}`);
    assert.equal((await sendAll(visit, visit.cookie, bytes)).status, "413", `${bytes}`);
  }
  assert.equal(await visit.status(visit.ask(`list?${at()}`)), 200);
  assert.deepEqual(visit.errors, []);
});

Deno.test("who is refused and neither ends nor leaves is heard out for a while, and then cut off", async () => {
  await using visit = await Visit.begin({ "a.txt": "a" }, { write: true });
  const { status, end } = await sendAll(visit, "medvfs=wrong", 1000, 2000);
  assert.deepEqual([status, end], ["401", null]);
});
