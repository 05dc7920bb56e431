import { strict as assert } from "node:assert";
import { join, toFileUrl } from "@std/path";
import { serving, withFolder } from "./child.ts";
import { Cli } from "./run_main.ts";

/** Starts `browse` as a process, and gives the first line that it prints. */
const browse = (flags: readonly string[], ...args: string[]) =>
  serving(flags, ["browse", ...args], 1);

/** The cookie for a link. */
async function enter(link: string): Promise<{ page: string; cookie: string }> {
  const [page = "", body = ""] = link.split("#token=");
  const headers = { origin: new URL(page).origin };
  const answer = await fetch(`${page}api/session`, { method: "POST", headers, body });
  assert.equal(answer.status, 204);
  return { page, cookie: answer.headers.get("set-cookie")!.split(";", 1)[0]! };
}

Deno.test("browse prints a link, shows the folder with narrow permissions, and Ctrl-C ends it", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.txt"), "hello");
    const flags = [`--allow-read=${folder}`, "--allow-net=127.0.0.1"];
    const server = await browse(flags, folder);
    const link = /^Open (http:\/\/127\.0\.0\.1:\d+\/[\w-]{12}\/#token=[\w-]{43})\n$/.exec(
      server.out,
    )?.[1];
    const { page, cookie } = await enter(link!);
    const ask = async (path: string) =>
      await (await fetch(`${page}${path}`, { headers: { cookie } })).text();
    assert.match(await ask(""), /<html lang="en">/);
    assert.match(await ask("api/list"), /"name":"a\.txt"/);
    assert.equal(await ask("api/file?path=a.txt"), "hello");
    // A connection that a browser keeps open does not hold it up.
    using _idle = await Deno.connect({ port: Number(new URL(page).port) });
    assert.deepEqual(await server.stop(), { code: 0, err: "It is there until Ctrl-C.\n" });
  }));

Deno.test("browse --json tells a program what it needs, and is read-only without --write", () =>
  withFolder(async (folder) => {
    const put = async (link: string) => {
      const { page, cookie } = await enter(link);
      const headers = { cookie, origin: new URL(page).origin };
      const init = { method: "PUT", headers, body: "x" };
      const answer = await fetch(`${page}api/upload?path=new.txt`, init);
      await answer.body?.cancel();
      return answer.status;
    };
    const reading = await browse(["-A"], "--json", folder);
    const { event, link, port, root } = JSON.parse(reading.out);
    assert.deepEqual([event, root], ["listening", toFileUrl(folder).href]);
    assert.ok(port > 0);
    assert.equal(await put(link), 403);
    assert.deepEqual(await reading.stop(), { code: 0, err: "" });
    const writing = await browse(["-A"], "--json", "--write", folder);
    assert.equal(await put(JSON.parse(writing.out).link), 201);
    assert.equal((await writing.stop()).code, 0);
    assert.equal(await Deno.readTextFile(join(folder, "new.txt")), "x");
  }));

Deno.test("browse says what is wrong: no place, two, a missing one, a port that is taken", async () => {
  await using cli = new Cli();
  const run = async (...args: string[]) => {
    const { code, err } = await cli.run(["browse", ...args]);
    return [code, err.split("\n", 1)[0]];
  };
  assert.equal((await run())[0], 2);
  assert.equal((await run("memory:///a", "memory:///b"))[0], 2);
  assert.deepEqual(await run("memory:///nothing"), [
    1,
    'medvfs browse: Cannot stat "memory:///nothing": not found',
  ]);
  await cli.run(["mkdir", "memory:///top"]);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  assert.deepEqual(await run("--port", port, "memory:///top"), [
    2,
    `medvfs browse: Port ${port} is in use; take another one with --port`,
  ]);
  assert.equal((await run("--host", "192.0.2.1", "memory:///top"))[0], 2);
});
