import { strict as assert } from "node:assert";
import { startXnatServer, type XnatServer } from "../../testing/xnat_server/mod.ts";
import { withFolder } from "./child.ts";
import { Cli } from "./run_main.ts";

const isWindows = Deno.build.os === "windows";

interface Place {
  readonly cli: Cli;
  readonly server: XnatServer;
  /** `xnat+http://…` */
  readonly url: string;
  /** Where logins are kept. */
  readonly path: string;
}

/** An emulator with a user "ann", and an empty place for logins. */
async function withServer(work: (place: Place) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const path = `${folder}/medvfs/credentials.json`;
    const before = Deno.env.get("MEDVFS_CONFIG");
    Deno.env.set("MEDVFS_CONFIG", path);
    try {
      const users = { ann: { password: "S3CRET", admin: true } };
      await using server = await startXnatServer({ contextPath: "/xnat", users });
      await using cli = new Cli();
      await work({ cli, server, url: `xnat+http://127.0.0.1:${server.port}`, path });
    } finally {
      if (before === undefined) Deno.env.delete("MEDVFS_CONFIG");
      else Deno.env.set("MEDVFS_CONFIG", before);
    }
  });
}

const tokenOf = (path: string) => JSON.parse(Deno.readTextFileSync(path)).logins[0];

async function accepts(server: XnatServer, name: string, secret: string): Promise<boolean> {
  const headers = { authorization: `Basic ${btoa(`${name}:${secret}`)}` };
  const { status, body } = await fetch(`${server.url}/data/JSESSION`, { headers });
  await body?.cancel();
  return status === 200;
}

Deno.test("login asks, hides the password, keeps a token with mode 600, and logout ends it", () =>
  withServer(async ({ cli, server, url, path }) => {
    const stdin = "ann\nS3CREX\x7fT\r";
    const { code, out, err } = await cli.run(["login", `${url}/~xnat/P`], {
      stdin,
      stdinIsTerminal: true,
    });
    assert.deepEqual([code, out], [0, ""], err);
    assert.match(err, /^User for xnat\+http:\S+: Password of ann: <raw>\n<\/raw>logged in to /);
    assert.match(err, /as ann until \d{4}-\d\d-\d\dT\d\d:\d\dZ\n/);
    assert(!err.includes("S3CRE"));
    const text = await Deno.readTextFile(path);
    assert(!text.includes("S3CRET"));
    if (!isWindows) assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const { origin, user, alias, secret } = tokenOf(path);
    assert.deepEqual([origin, user], [url, "ann"]);
    assert(await accepts(server, alias, secret));
    assert.equal(server.sessionCount, 1, "the login's own session is left");

    const ended = await cli.run(["logout", `${url}/~xnat/`]);
    assert.deepEqual([ended.code, ended.err], [0, `logged out of ${url}\n`]);
    assert.equal(await accepts(server, alias, secret), false);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)).logins, []);
    const again = await cli.run(["logout", `${url}/~xnat/`]);
    assert.deepEqual([again.code, again.err], [0, `not logged in to ${url}\n`]);
  }));

Deno.test("login takes the password from standard input, and asks nothing", () =>
  withServer(async ({ cli, url, path }) => {
    const args = ["login", "--user", "ann", "--password-stdin", "-q", `${url}/~xnat`];
    const { code, out, err } = await cli.run(args, { stdin: "S3CRET\nmore" });
    assert.deepEqual([code, out, err], [0, "", ""]);
    assert.equal(tokenOf(path).user, "ann");
  }));

Deno.test("login with a wrong password keeps nothing and shows nothing of it", () =>
  withServer(async ({ cli, url, path }) => {
    const args = ["login", "--user", "ann", "--password-stdin", `${url}/~xnat`];
    const { code, out, err } = await cli.run(args, { stdin: "WR0NG\n" });
    assert.deepEqual([code, out], [3, ""]);
    assert.match(
      err,
      /^medvfs login: Cannot log in to "xnat\+http:.*check user, password or token/,
    );
    assert(!err.includes("WR0NG"));
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("login refuses what it cannot do, with 2", () =>
  withServer(async ({ cli, url }) => {
    const cases: [string[], string, RegExp][] = [
      [["file:///x"], "", /expected a URL such as xnat:/],
      [["https://x.org/"], "", /such as xnat:\/\/x\.org\/$/m],
      [["http://x.org:80"], "", /such as xnat\+http:\/\/x\.org/],
      [[`${url.replace("//", "//ann:S3CRET@")}/~xnat`], "", /Leave the password out/],
      [[url], "", /no terminal to ask at/],
      [["--password-stdin", url], "x", /Name the user/],
      [["--password-stdin", "--user", "ann", url], "", /holds no password/],
    ];
    for (const [args, stdin, message] of cases) {
      const { code, err } = await cli.run(["login", ...args], { stdin });
      assert.equal(code, 2, err);
      assert.match(err, message);
      assert(!err.includes("S3CRET"));
    }
    const ended = await cli.run(["login", "--user", "ann", url], {
      stdin: "S3\x03",
      stdinIsTerminal: true,
    });
    assert.equal(ended.code, 130);
  }));

Deno.test("logout forgets the token also when the server is gone, and says so", () =>
  withServer(async ({ cli, server, url, path }) => {
    const args = ["login", "--user", "ann", "--password-stdin", `${url}/~xnat`];
    assert.equal((await cli.run(args, { stdin: "S3CRET" })).code, 0);
    await server.close();
    const { code, err } = await cli.run(["logout", `${url}/~xnat`]);
    assert.equal(code, 0);
    assert.match(err, /^medvfs logout: the token stays valid on the server: .*\nlogged out of /);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)).logins, []);
  }));
