import { strict as assert } from "node:assert";
import { environmentCredentials } from "../../../transports/xnat/credential_sources.ts";
import {
  firstOf,
  netrcCredentials,
  storedCredentials,
} from "../../../vfs/credentials/credential_sources.ts";
import type { Credentials, Realm } from "../../../vfs/credentials/credentials.ts";
import { Secret } from "../../../vfs/credentials/credentials.ts";
import { withFolder } from "../../cli/child.ts";
import { LoginStore } from "../../../vfs/credentials/login_store.ts";
import { machineFor, parseNetrc } from "../../../vfs/credentials/netrc.ts";

const isWindows = Deno.build.os === "windows";
const X: Realm = { scheme: "xnat", host: "x.org" };

const shown = (found: Credentials | undefined) =>
  found && [found.username, found.password?.reveal()];

Deno.test("parseNetrc() reads machines on one line and on several, quotes, comments and macros", () => {
  const machines = parseNetrc(`
# a comment
machine X.org login ann password #pass
machine y.org:8443
  login "bob b"
  account z
  password "a \\"b\\" \\\\"
macdef init
  machine evil.org login x password y

machine [::1]:80 login c password machine
default login anonymous password mail
`);
  assert.deepEqual(machines.map((m) => [m.host, m.port, m.login, m.password?.reveal()]), [
    ["x.org", undefined, "ann", "#pass"],
    ["y.org", 8443, "bob b", 'a "b" \\'],
    ["[::1]", 80, "c", "machine"],
  ]);
  assert.deepEqual(parseNetrc(""), []);
});

Deno.test("parseNetrc() names the line of what is wrong, and none of its words", () => {
  for (
    const [text, message] of [
      ["machine a login", /^line 1: a value is missing$/],
      ["\n\nlogin S3CRET", /^line 3: .*before the first machine/],
      ["machine a pasword S3CRET", /^line 1: neither/],
      ['machine a password "S3CRET', /^line 1: a quote/],
      ["machine a:99999 login S3CRET", /^line 1: the host/],
      ["machine a ".repeat(1001), /^line 1: too many/],
    ] as const
  ) {
    assert.throws(() => parseNetrc(text), (error: Error) => {
      assert(error instanceof SyntaxError);
      assert.match(error.message, message);
      return !error.message.includes("S3CRET");
    });
  }
});

Deno.test("machineFor() prefers the port, wants the login of the URL, and never guesses a host", () => {
  const machines = parseNetrc(
    "machine h login a password 1 machine h:81 login b password 2 machine h login c password 3",
  );
  const find = (port: number, login?: string) =>
    machineFor(machines, { host: "H", port, login })?.password?.reveal();
  assert.deepEqual([find(80), find(81), find(80, "c"), find(80, "b")], ["1", "2", "3", undefined]);
  assert.equal(machineFor(machines, { host: "h.org", port: 80 }), undefined);
});

Deno.test("netrcCredentials() reads a file and tells when others can read it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/netrc`;
    assert.equal(await netrcCredentials({ path })(X), undefined);
    await Deno.writeTextFile(path, "machine x.org:443 login ann password p", { mode: 0o600 });
    const warnings: string[] = [];
    const find = netrcCredentials({ path, onWarning: (text) => warnings.push(text) });
    assert.deepEqual(shown(await find(X)), ["ann", "p"]);
    assert.equal(await find({ ...X, port: 8443 }), undefined);
    assert.equal(await find({ ...X, scheme: "xnat+http" }), undefined);
    assert.deepEqual(warnings, []);
    if (isWindows) return;
    await Deno.chmod(path, 0o644);
    assert.deepEqual(shown(await find(X)), ["ann", "p"]);
    assert.match(warnings.join(), /others can read .*chmod 600/);
  }));

Deno.test("netrcCredentials() refuses a file that is malformed or huge", () =>
  withFolder(async (folder) => {
    const path = `${folder}/netrc`;
    await Deno.writeTextFile(path, "machine x.org\npasswort S3CRET");
    await assert.rejects(async () => await netrcCredentials({ path })(X), {
      kind: "InvalidArgument",
      message: new RegExp(`^Cannot read ".*netrc": line 2: neither`),
    });
    await Deno.writeFile(path, new Uint8Array(300_000).fill(32));
    await assert.rejects(async () => await netrcCredentials({ path })(X), {
      kind: "InvalidArgument",
      message: /larger than 256 KiB/,
    });
  }));

Deno.test("environmentCredentials() gives the password to the host named, and to no other", async () => {
  const find = async (host: string, realm: Realm, user = "ann") =>
    shown(
      await environmentCredentials((name) =>
        ({ XNAT_HOST: host, XNAT_USER: user, XNAT_PASS: "p" })[name]
      )(realm),
    );
  const yes = ["ann", "p"];
  assert.deepEqual(await find("https://X.org/xnat/", X), yes);
  assert.deepEqual(await find("x.org", X), yes);
  assert.deepEqual(await find("x.org:443", X), yes);
  assert.deepEqual(await find("x.org", { ...X, username: "ann" }), yes);
  assert.deepEqual(
    await find("http://[::1]:8080", { scheme: "xnat+http", host: "[::1]", port: 8080 }),
    yes,
  );
  assert.equal(await find("x.org", { ...X, username: "bob" }), undefined);
  assert.equal(await find("x.org", { ...X, port: 8443 }), undefined);
  assert.equal(await find("x.org", { ...X, host: "x.org.evil" }), undefined);
  assert.equal(await find("https://x.org", { ...X, scheme: "xnat+http" }), undefined);
  assert.equal(await find("http://x.org", X), undefined);
  assert.equal(await find("", X), undefined);
  await assert.rejects(async () => await find("https://u:S3CRET@x.org", X), (error: Error) => {
    return /XNAT_HOST/.test(error.message) && !/S3CRET/.test(error.message);
  });
});

Deno.test("LoginStore keeps logins with mode 600, one per origin, and forgets them", () =>
  withFolder(async (folder) => {
    const path = `${folder}/medvfs/credentials.json`;
    const store = new LoginStore(path);
    const login = (origin: string, alias: string, expires?: Date) =>
      store.set({ origin, user: "ann", alias, secret: new Secret(`s-${alias}`), expires });
    assert.equal(await store.get("xnat://a"), undefined);
    await login("xnat://a", "1");
    await login("xnat://b", "2", new Date("2030-01-01T00:00:00Z"));
    await login("xnat://a", "3");
    const again = new LoginStore(path);
    assert.equal((await again.get("xnat://a"))?.alias, "3");
    assert.equal((await again.get("xnat://b"))?.secret.reveal(), "s-2");
    assert.equal((await again.get("xnat://b"))?.expires?.getUTCFullYear(), 2030);
    assert.equal(await again.get("xnat://a", "bob"), undefined);
    if (!isWindows) assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const left = [...Deno.readDirSync(`${folder}/medvfs`)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["credentials.json", "credentials.json.lock"]);
    assert.equal(await store.delete("xnat://a"), true);
    assert.equal(await store.delete("xnat://a"), false);
    assert.equal(await store.get("xnat://a"), undefined);
    assert.notEqual(await store.get("xnat://b"), undefined);
  }));

Deno.test("LoginStore loses no login of those that are kept and forgotten at the same time", () =>
  withFolder(async (folder) => {
    const path = `${folder}/medvfs/credentials.json`;
    const login = (n: number) => ({
      origin: `xnat://host${n}`,
      user: "ann",
      alias: "a",
      secret: new Secret("s"),
    });
    await new LoginStore(path).set(login(100));
    const work = Array.from({ length: 12 }, (_, n) => new LoginStore(path).set(login(n)));
    await Promise.all([...work, new LoginStore(path).delete("xnat://host100")]);
    const { logins } = JSON.parse(await Deno.readTextFile(path));
    const origins = logins.map(({ origin }: { origin: string }) => origin).sort();
    assert.deepEqual(origins, Array.from({ length: 12 }, (_, n) => `xnat://host${n}`).sort());
  }));

Deno.test("LoginStore refuses a file that others can read, on read and on write", {
  ignore: isWindows,
}, () =>
  withFolder(async (folder) => {
    const path = `${folder}/c.json`;
    const store = new LoginStore(path);
    const login = { origin: "xnat://a", user: "u", alias: "a", secret: new Secret("S3CRET") };
    await store.set(login);
    await Deno.chmod(path, 0o640);
    for (const use of [() => store.get("xnat://a"), () => store.set(login)]) {
      await assert.rejects(use, { kind: "PermissionDenied", message: /chmod 600/ });
    }
  }));

Deno.test("LoginStore refuses a file that is none of its own, and quotes nothing of it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/c.json`;
    for (
      const text of [
        "S3CRET",
        "null",
        '{"version":2,"logins":[]}',
        '{"version":1,"logins":[{"secret":"S3CRET"}]}',
        '{"version":1,"logins":[{"origin":"o","user":"u","alias":"a","secret":"S3CRET","expires":"x"}]}',
      ]
    ) {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      await assert.rejects(
        () => new LoginStore(path).get("o"),
        (error: Error & { kind?: string }) => {
          assert.equal(error.kind, "Corrupt");
          return !Deno.inspect(error).includes("S3CRET");
        },
      );
    }
  }));

Deno.test("storedCredentials() gives the token of the origin, and tells when it has ended", () =>
  withFolder(async (folder) => {
    const path = `${folder}/c.json`;
    const warnings: string[] = [];
    const find = storedCredentials({ path, onWarning: (text) => warnings.push(text) });
    const store = new LoginStore(path);
    const login = { origin: "xnat://x.org", user: "ann", alias: "al", secret: new Secret("se") };
    await store.set(login);
    assert.deepEqual(shown(await find({ ...X, host: "X.org", port: 443 })), ["al", "se"]);
    assert.deepEqual(shown(await find({ ...X, username: "ann" })), ["al", "se"]);
    assert.equal(await find({ ...X, scheme: "xnat+http" }), undefined);
    assert.equal(await find({ ...X, username: "bob" }), undefined);
    await store.set({ ...login, expires: new Date(Date.now() - 1) });
    assert.equal(await find(X), undefined);
    assert.deepEqual(warnings, [
      'the login for "xnat://x.org" has ended: run medvfs login xnat://x.org',
    ]);
  }));

Deno.test("firstOf() asks in order and stops at the first answer", async () => {
  const asked: string[] = [];
  const provider = (name: string, found?: Credentials) => () => {
    asked.push(name);
    return found;
  };
  const find = firstOf(provider("a"), provider("b", { username: "b" }), provider("c"));
  assert.deepEqual(await find(X), { username: "b" });
  assert.deepEqual(asked, ["a", "b"]);
  assert.equal(await firstOf()(X), undefined);
});

Deno.test("defaultCredentials() reads nothing that is not permitted, and asks nobody", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.netrc`, "machine x.org login ann password p");
    const run = async (...flags: string[]) => {
      const code = `import { defaultCredentials } from "${new URL(
        "../../../mod.ts",
        import.meta.url,
      )}";
      const found = await defaultCredentials()({ scheme: "xnat", host: "x.org" });
      console.log(found?.username, found);`;
      const script = `${folder}/script.ts`;
      await Deno.writeTextFile(script, code);
      const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--no-prompt", "--config=deno.json", ...flags, script],
        cwd: new URL("../../../", import.meta.url),
        env: { HOME: folder, NO_COLOR: "1" },
      }).output();
      const text = new TextDecoder();
      return [success, text.decode(stdout), text.decode(stderr)];
    };
    assert.deepEqual(await run(), [true, "undefined undefined\n", ""]);
    assert.deepEqual(await run("--allow-env=HOME"), [true, "undefined undefined\n", ""]);
    const found = '{ username: "ann", password: [secret] }';
    assert.deepEqual(
      await run("--allow-env=HOME", `--allow-read=${folder}/.netrc`),
      [true, `ann ${found}\n`, ""],
    );
  });
});
