import { strict as assert } from "node:assert";
import { zipSync } from "fflate";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { axialSeries } from "../datastore/_mask.ts";
import { output, withFolder } from "./child.ts";
import { Cli, lines } from "./run_main.ts";

Deno.test("the verbs of files work on xnat: by a kept login, and no credential is shown", () =>
  withFolder(async (folder) => {
    const before = Deno.env.get("MEDVFS_CONFIG");
    Deno.env.set("MEDVFS_CONFIG", `${folder}/logins.json`);
    try {
      const users = { ann: { password: "S3CRET", admin: true } };
      await using server = await startXnatServer({ users });
      await using cli = new Cli();
      const url = `xnat+http://127.0.0.1:${server.port}`;
      const shown: string[] = [];
      const run = async (stdin: string, ...args: string[]) => {
        const { code, out, err } = await cli.run(args, { stdin });
        shown.push(out, err);
        assert.equal(code, 0, err);
        return out;
      };
      const denied = await cli.run(["ls", `${url}/`]);
      assert.equal(denied.code, 3);
      assert.match(denied.err, /medvfs login/);

      await run("S3CRET", "login", "--user", "ann", "--password-stdin", url);
      await run("", "mkdir", "-p", `${url}/BRAIN/sub1/mr1/1/DICOM`);
      await Deno.mkdir(`${folder}/in/deep`, { recursive: true });
      await Deno.writeTextFile(`${folder}/in/a.txt`, "alpha");
      await Deno.writeTextFile(`${folder}/in/deep/b [1].txt`, "beta");
      await Deno.writeFile(`${folder}/in/empty`, new Uint8Array());
      const resource = `${url}/BRAIN/sub1/mr1/1/DICOM`;
      await run("", "cp", "-r", `${folder}/in`, resource);
      assert.deepEqual(lines(await run("", "ls", `${resource}/in`)), [
        "a.txt",
        "deep",
        "empty",
      ]);
      assert.equal(await run("", "cat", `${resource}/in/deep/b%20%5B1%5D.txt`), "beta");
      server.requests.clear();
      assert.match(await run("", "ls", "-l", `${resource}/in`), /^ *5 .* a\.txt$/m);
      assert.match(await run("", "du", `${resource}/in`), /^9\t.*\/in$/m);
      assert.deepEqual(server.requests.entries.filter(({ path }) => /\/files\/./.test(path)), []);
      await run("", "cp", "-r", `${resource}/in`, `${folder}/back`);
      assert.equal(await Deno.readTextFile(`${folder}/back/deep/b [1].txt`), "beta");
      await run("", "rm", "-r", `${resource}/in/deep`);
      assert.deepEqual(lines(await run("", "ls", `${resource}/in`)), ["a.txt", "empty"]);
      const refused = await cli.run(["rm", "-rf", `${url}/BRAIN`]);
      assert.notEqual(refused.code, 0);
      assert.match(refused.err, /whole projects/);
      await run("", "logout", url);
      assert.equal((await cli.run(["ls", `${url}/`])).code, 3);
      assert(!shown.join("").includes("S3CRET"));
    } finally {
      if (before === undefined) Deno.env.delete("MEDVFS_CONFIG");
      else Deno.env.set("MEDVFS_CONFIG", before);
    }
  }));

Deno.test("the command finds the environment's password with --allow-env of its variables and --allow-net", async () => {
  const users = { ann: { password: "S3CRET", admin: true } };
  await using server = await startXnatServer({ users });
  server.seed.scan(["P", "s", "e", "1"]);
  const host = `127.0.0.1:${server.port}`;
  const variables = { XNAT_HOST: `http://${host}`, XNAT_USER: "ann", XNAT_PASS: "S3CRET" };
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    const flags = [`--allow-net=${host}`, `--allow-env=${Object.keys(variables)}`];
    const listed = await output(flags, "ls", `xnat+http://${host}/P/s/e`);
    assert.deepEqual([listed.code, listed.out, listed.err], [0, "1\n", ""]);
    const guest = await output(flags.slice(0, 1), "ls", `xnat+http://${host}/P`);
    assert.equal(guest.code, 3, guest.err);
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
});

Deno.test("tree of a zip on an xnat reads its end, and may write nowhere", async () => {
  await using server = await startXnatServer();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const members = Object.fromEntries(["1.dcm", "2.dcm", "deep/3.dcm"].map((name) => [name, noise]));
  await server.seed.file(["P", "s", "e", "1", "R", "all.zip"], zipSync(members, { level: 0 }));
  const place = `127.0.0.1:${server.port}`;
  const url = `xnat+http://admin:admin@${place}/P/s/e/1/R/all.zip`;
  const { code, out, err } = await output([`--allow-net=${place}`], "tree", url);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /1\.dcm[^]*2\.dcm[^]*deep[^]*3\.dcm[^]*1 directory, 3 files/);
  assert(server.requests.total(/all\.zip/).bytesOut < 70_000);
});

Deno.test("--insecure lets the verbs and login reach a server with any certificate, and says how dangerous it is", () =>
  withFolder(async (folder) => {
    const before = Deno.env.get("MEDVFS_CONFIG");
    Deno.env.set("MEDVFS_CONFIG", `${folder}/logins.json`);
    try {
      const users = { ann: { password: "S3CRET", admin: true } };
      await using server = await startXnatServer({ users, tls: true });
      server.seed.project("BRAIN");
      const url = `xnat://127.0.0.1:${server.port}`;
      const login = ["login", "--user", "ann", "--password-stdin", url];
      await using checked = new Cli();
      const refused = await checked.run(login, { stdin: "S3CRET" });
      assert.notEqual(refused.code, 0);
      assert.match(refused.err, /certificate is not trusted .*--insecure/);
      await using cli = new Cli();
      for (const args of [login, ["ls", url], ["logout", url]]) {
        const { code, out, err } = await cli.run(["--insecure", ...args], { stdin: "S3CRET" });
        assert.equal(code, 0, err);
        assert.match(err, /--insecure: the certificates of xnat: and dicoms: servers are not/);
        if (args[0] === "ls") assert.deepEqual(lines(out), ["BRAIN"]);
      }
    } finally {
      if (before === undefined) Deno.env.delete("MEDVFS_CONFIG");
      else Deno.env.set("MEDVFS_CONFIG", before);
    }
  }));

Deno.test("find on an xnat reads one file of a series that was imported, unless the test is of single files", async () => {
  await using server = await startXnatServer();
  const series = await axialSeries();
  await server.seed.dicom("P", series, { subject: "s", session: "e" });
  await using cli = new Cli();
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  const reads = async (...test: string[]) => {
    server.requests.clear();
    const { code, out } = await cli.run(["find", url, ...test]);
    assert.equal(code, 0);
    assert.equal(lines(out).length, series.length);
    return server.requests.total(/\/files\/./).requests;
  };
  assert.equal(await reads("--modality", "CT"), 1);
  assert.equal(await reads("--tag", "InstanceNumber=*"), series.length);
});

Deno.test("sync to a new folder named like an archive looks there as who the URL names", async () => {
  await using server = await startXnatServer();
  await server.seed.file(["P", "s", "e", "1", "R", "old.dcm"], new Uint8Array(1));
  await using cli = new Cli();
  await cli.write({ "s/a.txt": "1" });
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/s/e/1/R/`;
  const { code, err } = await cli.run(["sync", "--journal", "none", "memory:///s", `${url}x.zip`]);
  assert.equal(code, 0, err);
  assert.match(err, /^"x.zip" becomes a folder/);
});
