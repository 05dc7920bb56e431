import { strict as assert } from "node:assert";
import { serving, withFolder } from "./child.ts";
import { Cli } from "./run_main.ts";

/** Starts `serve-xnat` as a process and gives its first two lines. */
const serve = (...args: string[]) => serving(["-A"], ["serve-xnat", "--port", "0", ...args], 2);

const SAID =
  /^XNAT emulator at (http:\/\/127\.0\.0\.1:\d+), user (\w+), password (\w+)\nmedvfs tree (\S+)\n/;

Deno.test("serve-xnat says URL, user and password, serves, keeps its folder, and Ctrl-C ends it", () =>
  withFolder(async (folder) => {
    const first = await serve("--data", folder, "--seed", "--user", "ann", "--password", "pw");
    const [, url, user, password, tree = ""] = SAID.exec(first.out) ?? [];
    assert.deepEqual([user, password], ["ann", "pw"], first.out);
    const projects = async (url: string) => {
      const headers = { authorization: `Basic ${btoa("ann:pw")}` };
      const answer = await fetch(`${url}/data/projects?format=json`, { headers });
      return (await answer.json()).ResultSet.Result.map(({ ID }: { ID: string }) => ID);
    };
    assert.deepEqual(await projects(url!), ["PHANTOM"]);
    await using cli = new Cli();
    // The command that it tells needs nothing else.
    const seen = await cli.run(["tree", "-L", "1", tree]);
    assert.match(seen.out, /PHANTOM/, seen.err);
    assert.deepEqual(await first.stop(), { code: 0, err: "" });

    const second = await serve("--data", folder, "--user", "ann", "--password", "pw");
    assert.deepEqual(await projects(SAID.exec(second.out)![1]!), ["PHANTOM"]);
    assert.equal((await second.stop()).code, 0);
  }));

Deno.test("serve-xnat has the user admin with the password admin, and warns where others can reach it", async () => {
  for (const [host, warning] of [["127.0.0.1", ""], ["0.0.0.0", "everybody who can reach"]]) {
    const server = await serve("--host", host!);
    assert.match(server.out, /^XNAT emulator at \S+, user admin, password admin\n/);
    const { code, err } = await server.stop();
    assert.equal(code, 0);
    assert.equal(err.includes("everybody who can reach"), warning !== "", err);
  }
});

Deno.test("serve-xnat names a port that is taken, and a host that is not here", async () => {
  await using cli = new Cli();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = await cli.run(["serve-xnat", "--port", String(listener.addr.port)]);
  assert.equal(taken.code, 2);
  assert.match(taken.err, /^medvfs serve-xnat: Port \d+ is in use/);
  const away = await cli.run(["serve-xnat", "--port", "0", "--host", "192.0.2.1"]);
  assert.equal(away.code, 2);
  assert.match(away.err, /no address of this machine/);
  assert.equal((await cli.run(["serve-xnat", "--port", "70000"])).code, 2);
});

Deno.test("serve-xnat names a file that was given as the folder of the archive", () =>
  withFolder(async (folder) => {
    await using cli = new Cli();
    const file = `${folder}/data`;
    await Deno.writeTextFile(file, "x");
    const { code, err } = await cli.run(["serve-xnat", "--port", "0", "--data", file]);
    assert.equal(code, 2);
    assert.equal(err, `medvfs serve-xnat: Cannot keep the archive in "${file}": not a directory\n`);
  }));
