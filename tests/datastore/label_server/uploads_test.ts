import { strict as assert } from "node:assert";
import { startLabelServer } from "../../../datastore/label_server/mod.ts";
import { Kit } from "./kit.ts";

const [HEAD, TAIL] = [
  '--x\r\nContent-Disposition: form-data; name="label"; filename="a.png"\r\n\r\n',
  "\r\n--x--\r\n",
];

/** An upload that comes when it is told to; `length` is what it says, and undefined when it says nothing. */
class Slow {
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** Whether anybody wanted to have it. */
  isRead = false;
  readonly answer: Promise<Response>;

  constructor(kit: Kit, image: string, length?: number, headers: Record<string, string> = {}) {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.isRead = true;
      },
    }, { highWaterMark: 0 });
    this.answer = kit.ask("PUT", `/datastore/label?image=${image}`, {
      body,
      headers: {
        ...headers,
        "content-type": "multipart/form-data; boundary=x",
        ...length !== undefined && { "content-length": `${length}` },
      },
    });
  }

  async end(): Promise<number> {
    this.#controller.enqueue(new TextEncoder().encode(`${HEAD}label${TAIL}`));
    this.#controller.close();
    return await this.status();
  }

  async breakOff(): Promise<number> {
    this.#controller.error(new Error("gone"));
    return await this.status();
  }

  async status(): Promise<number> {
    const { status, body } = await this.answer;
    await body?.cancel();
    return status;
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const LENGTH = 100_000;
const LIMITS = { maxUploadBytes: 2 * LENGTH, maxUploadsBytes: 2 * LENGTH };

Deno.test("uploads that fit together come together, one more waits, and a small one does not", async () => {
  await using kit = await Kit.begin(LIMITS);
  const [a, b] = [new Slow(kit, "a", LENGTH), new Slow(kit, "b", LENGTH)];
  const [c, small] = [new Slow(kit, "c", LENGTH), new Slow(kit, "c", 100)];
  await turn();
  assert.deepEqual([a, b, c, small].map(({ isRead }) => isRead), [true, true, false, true]);
  assert.equal(await small.end(), 200);
  assert.equal(c.isRead, false);
  assert.equal(await a.end(), 200);
  await turn();
  assert.equal(c.isRead, true);
  assert.deepEqual([await b.end(), await c.end()], [200, 200]);
  assert.deepEqual(kit.errors, []);
});

Deno.test("an upload of unknown length counts as the longest, one too long is refused at once", async () => {
  await using kit = await Kit.begin(LIMITS);
  const [a, b] = [new Slow(kit, "a"), new Slow(kit, "b", LENGTH)];
  await turn();
  assert.deepEqual([a.isRead, b.isRead], [true, false]);
  assert.equal(await new Slow(kit, "c", 3 * LENGTH).status(), 413);
  assert.deepEqual([await a.end(), await b.end()], [200, 200]);
});

Deno.test("an upload that waits for half a minute is 503 with Retry-After, and holds up nobody after it", async () => {
  await using kit = await Kit.begin(LIMITS);
  const a = new Slow(kit, "a", LENGTH);
  const large = new Slow(kit, "b", 2 * LENGTH);
  await kit.clock.advance(1000);
  const c = new Slow(kit, "c", LENGTH);
  await turn();
  assert.deepEqual([large.isRead, c.isRead], [false, false]);
  await kit.clock.advance(29_000);
  const answer = await large.answer;
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "30"]);
  assert.deepEqual(await answer.json(), { detail: "Too many uploads at once" });
  await turn();
  assert.equal(c.isRead, true);
  assert.deepEqual([await a.end(), await c.end()], [200, 200]);
});

Deno.test("clients that break off, also while they wait, or send rubbish free what they had", async () => {
  await using kit = await Kit.begin(LIMITS);
  const held = new Slow(kit, "a", 2 * LENGTH);
  const waiting = new Slow(kit, "b", 2 * LENGTH);
  await turn();
  const left = waiting.breakOff();
  assert.equal(await held.breakOff(), 400);
  assert.equal(await left, 400);
  for (let i = 0; i < 3; i++) {
    const body = new Uint8Array(LENGTH);
    const headers = { "content-type": "text/plain", "content-length": `${LENGTH}` };
    const rubbish = await kit.ask("PUT", "/datastore/label?image=a", { body, headers });
    assert.equal(rubbish.status, 422);
    await rubbish.body?.cancel();
  }
  assert.equal(await new Slow(kit, "unknown", 2 * LENGTH).end(), 404);
  assert.equal(await new Slow(kit, "c", 2 * LENGTH).end(), 200);
});

Deno.test("who has no token neither waits nor takes of the budget", async () => {
  await using kit = await Kit.begin({ ...LIMITS, token: "secret" });
  const headers = { authorization: "Bearer secret" };
  const held = new Slow(kit, "a", 2 * LENGTH, headers);
  const stranger = new Slow(kit, "b", 2 * LENGTH);
  assert.equal(await stranger.status(), 401);
  const next = new Slow(kit, "b", 2 * LENGTH, headers);
  assert.deepEqual([await held.end(), await next.end()], [200, 200]);
});

Deno.test("connections that vanish free what they had, also those that wait", async () => {
  await using kit = await Kit.begin();
  await using server = startLabelServer({
    datastore: kit.store,
    files: kit.vfs,
    port: 0,
    ...LIMITS,
  });
  const vanish = async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode(
      `PUT /datastore/label?image=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${
        2 * LENGTH
      }\r\n` +
        `Content-Type: multipart/form-data; boundary=x\r\n\r\n${HEAD}`,
    ));
    return connection;
  };
  const connections = [await vanish(), await vanish(), await vanish()];
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const connection of connections) connection.close();
  const body = new FormData();
  body.set("label", new File([new Uint8Array(LENGTH)], "a.png"));
  const url = `${server.url}/datastore/label?image=b`;
  const answer = await fetch(url, { method: "PUT", body, signal: AbortSignal.timeout(10_000) });
  assert.deepEqual([answer.status, await answer.json()], [200, { image: "b", label: "b" }]);
});

Deno.test("without a limit a length that nobody can hold is 413 at once, and takes nothing of the budget", async () => {
  await using kit = await Kit.begin({ maxUploadBytes: Infinity });
  for (const length of [1e14, 9e15, 1e17]) {
    const long = new Slow(kit, "a", length);
    assert.deepEqual([await long.status(), long.isRead], [413, false], `${length}`);
  }
  assert.equal(await new Slow(kit, "b", LENGTH).end(), 200);
  assert.deepEqual(kit.errors, []);
});
