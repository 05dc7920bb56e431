import { strict as assert } from "node:assert";
import { freePort } from "../free_port.ts";
import { type DicomNode, serveDicomNode } from "../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { writeDicomFile } from "../../testing/dicom_writer.ts";
import { makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { medvfs, withFolder } from "./child.ts";
import { Cli, lines } from "./run_main.ts";

/** A node with nothing in it, and the phantom's CT study below `memory:///ct`. */
async function world(
  work: (cli: Cli, url: string, node: DicomNode) => Promise<void>,
): Promise<void> {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using cli = new Cli();
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    await cli.write({ [["ct", ...path].join("/")]: bytes });
  }
  await work(cli, node.url, node);
}

async function withEnv(name: string, value: string, work: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

const done = ({ code, err, out }: { code: number; err: string; out: string }): string => {
  assert.equal(code, 0, err);
  return out;
};

Deno.test("echo tells who answers, and in JSON", () =>
  world(async (cli, url) => {
    const line = done(await cli.run(["echo", url]));
    assert.match(
      line,
      /^dicom:.*\/NODE: NODE answers MEDVFS in [0-9.]+ ms, associated in .*MEDVFS/,
    );
    const args = ["echo", "--json", "--calling-aet", "ME", url];
    const record = JSON.parse(done(await cli.run(args)));
    assert.equal(record.url, url);
    assert.equal(record.callingAET, "ME");
    assert.equal(record.status, 0);
    const named = JSON.parse(done(await cli.run([...args.slice(0, 4), url.replace("//", "//U@")])));
    assert.equal(named.callingAET, "U", "what a URL says counts most");
  }));

Deno.test("echo has an exit code for each failure, and goes on with the next", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE", requireCalledAET: true });
  await using cli = new Cli();
  const host = `dicom://127.0.0.1:${node.port}`;
  const wrong = await cli.run(["echo", `${host}/OTHER`]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /called AE title "OTHER" not recognised/);
  assert.equal((await cli.run(["echo", host])).code, 2);
  assert.equal((await cli.run(["echo", "memory:///x"])).code, 2);
  assert.equal((await cli.run(["echo", "dicom://127.0.0.1:1/X"])).code, 5);
  const both = await cli.run(["echo", `${host}/OTHER`, `${host}/NODE`]);
  assert.equal(both.code, 4);
  assert.match(both.out, /NODE answers/);
});

Deno.test("cp -r stores a folder in an archive and fetches it back", () =>
  world(async (cli, url) => {
    const { err, code } = await cli.run(["cp", "-r", "memory:///ct", url]);
    assert.equal(code, 0, err);
    assert.match(err, /copied 18 files/);
    done(await cli.run(["cp", "-r", url, "memory:///back"]));
    const paths = lines(done(await cli.run(["find", "--type", "f", "memory:///back"])));
    assert.equal(paths.length, 18);
    for (const path of paths) {
      assert.match(path, /^memory:\/\/\/back\/PHANTOM-1\/2\.25\.\d+\/2\.25\.\d+\/2\.25\.\d+$/);
    }
    // What came back is stored again without a word.
    done(await cli.run(["cp", "-r", "memory:///back", `${url}/`]));
  }));

Deno.test("cp -r into an archive names each file that fails, and stores the others", () =>
  world(async (cli, url) => {
    await cli.write({ "mix/a.dcm": writeDicomFile({ PatientID: "P" }), "mix/b.txt": "no image" });
    await cli.vfs.copy("memory:///ct", "memory:///mix/ct");
    const { code, err, out } = await cli.run(["cp", "-rv", "memory:///mix", url]);
    assert.equal(code, 4);
    assert.match(err, /cp: "memory:\/\/\/mix\/a\.dcm": Cannot store to .*SOP class is not given/);
    assert.match(err, /cp: "memory:\/\/\/mix\/b\.txt": Cannot store to .*not DICOM/);
    assert.match(err, /copied 18 files, .*2 failed/);
    assert.equal(lines(out).length, 18);
    assert.match(out, / -> dicom:.*\/NODE\/PHANTOM-1\/2\.25\.\d+\/2\.25\.\d+\/2\.25\.\d+$/m);
    const json = await cli.run(["cp", "-r", "--json", "memory:///mix/ct", url]);
    const [record] = lines(json.out).map((line) => JSON.parse(line));
    assert.equal(record.verified, "reply");
    assert.match(record.to, /\/NODE\/PHANTOM-1\//);
    assert.equal(json.code, 0, json.err);
  }));

Deno.test("cp -r into an archive that is not there names ten files, and counts the others", async () => {
  await using cli = new Cli();
  const SOPClassUID = "1.2.840.10008.5.1.4.1.1.7";
  for (let i = 0; i < 14; i++) {
    const file = writeDicomFile({ SOPClassUID, SOPInstanceUID: `1.2.3.${i}` });
    await cli.write({ [`images/${i}.dcm`]: file });
  }
  const url = `dicom://127.0.0.1:${freePort()}/NODE`;
  const failures = async (...args: string[]) => {
    const { code, err } = await cli.run(["cp", "-r", ...args, "memory:///images", url]);
    assert.equal(code, 5);
    const told = lines(err).filter((line) => line.includes("Cannot associate"));
    return [told.length, told.filter((line) => line.startsWith("medvfs cp: 4 more")).length];
  };
  assert.deepEqual(await failures(), [11, 1]);
  assert.deepEqual(await failures("-v"), [14, 0]);
});

Deno.test("cp -rn stores in an archive what is not there", () =>
  world(async (cli, url) => {
    const [first] = lines(done(await cli.run(["find", "--type", "f", "memory:///ct"])));
    done(await cli.run(["cp", first!, url]));
    const { err, code } = await cli.run(["cp", "-rn", "memory:///ct", url]);
    assert.equal(code, 0, err);
    assert.match(err, /copied 17 files, .*1 skipped/);
  }));

Deno.test("mkdir and rm are refused on an archive by name", () =>
  world(async (cli, url) => {
    const refused = async (...args: string[]) => {
      const { code, err } = await cli.run(args);
      assert.equal(code, 5, err);
      assert.match(err, /the dicom transport does not support/);
    };
    await refused("mkdir", `${url}/P`);
    await refused("rm", "-r", `${url}/P`);
  }));

Deno.test("find tells what it leaves out, since an archive tells neither sizes nor times of change", () =>
  world(async (cli, url) => {
    done(await cli.run(["cp", "-r", "memory:///ct", url]));
    const asked = [["--size", "+1k", "size"], ["--newer", "7d", "time of change"]] as const;
    for (const [flag, value, what] of asked) {
      const { code, out, err } = await cli.run(["find", "--type", "f", flag, value, url]);
      assert.deepEqual([code, out], [4, ""]);
      assert.equal(err, `medvfs find: 18 left out, whose ${what} is not told\n`);
      const others = await cli.run(["find", "--name", "no", flag, value, url]);
      assert.deepEqual([others.code, others.err], [0, ""]);
    }
  }));

Deno.test("find asks an archive, and reads no file for what it answers", () =>
  world(async (cli, url) => {
    done(await cli.run(["cp", "-r", "memory:///ct", url]));
    for await (const { path, bytes } of phantomStudy({ modalities: ["MR"], patientID: "P2" })) {
      await cli.write({ [["mr", ...path].join("/")]: bytes });
    }
    done(await cli.run(["cp", "-r", "memory:///mr", url]));
    const count = async (...args: string[]) => {
      const { out, err } = await cli.run(["--verbose", "find", url, ...args]);
      const reads = lines(err).filter((line) => line.startsWith("read ")).length;
      return [lines(out).length, reads];
    };
    // The colour chart is of modality OT.
    assert.deepEqual(await count("--modality", "CT"), [17, 0]);
    assert.deepEqual(await count("--patient", "P2"), [44, 0]);
    assert.deepEqual(await count("--patient", "Phantom*"), [62, 0]);
    // Both by id and by name, and yet once.
    assert.deepEqual(await count("--patient", "P*"), [62, 0]);
    assert.deepEqual(await count("--patient", "P2", "--modality", "CT"), [0, 0]);
    assert.deepEqual(await count("--study-date", "20190101-20191231"), [62, 0]);
    assert.deepEqual(await count("--study-date", "20200101-"), [0, 0]);
    assert.deepEqual(await count("--accession", "20190207CT"), [18, 0]);
    assert.deepEqual(await count("--accession", "nothing"), [0, 0]);
    const [directories] = await count("--patient", "P2", "--type", "d", "--modality", "MR");
    assert.equal(directories, 1 + 1 + 3);
    assert.deepEqual(await count("--modality", "CT", "--series", "*"), [17, 0]);
  }));

Deno.test("find with a pattern for a level of an archive gives that level, and asks for none below", () =>
  world(async (cli, url, node) => {
    done(await cli.run(["cp", "-r", "memory:///ct", url]));
    const found = async (...args: string[]) =>
      lines(done(await cli.run(["find", url, "--type", "d", ...args])))
        .map((line) => line.slice(url.length + 1).split("/").length);
    assert.deepEqual(await found("--modality", "CT", "*/*"), [2]);
    const levels = () => new Set(node.requests.entries.map(({ level }) => level));
    assert(levels().has("STUDY") && !levels().has("SERIES"), [...levels()].join(" "));
    assert.deepEqual(await found("--modality", "CT", "*/*/*"), [3, 3]);
    assert(!levels().has("IMAGE"), [...levels()].join(" "));
    assert.deepEqual(await found("--modality", "CT", "**/*"), [1, 2, 3, 3]);
    assert.deepEqual(await found("--series", "ax*"), [3]);
    assert.deepEqual(await found("--study", "*", "--modality", "CT"), [2, 3, 3]);
    assert.deepEqual(await found("--series", "nothing"), []);
    assert.deepEqual(await found("--tag", "MagneticFieldStrength=3"), []);
    const info = done(await cli.run(["find", url, "--type", "d", "--series", "ax*", "--info"]));
    assert.match(info, /: #2: 16 CT AXIAL\n$/);
  }));

Deno.test("a peer is found by its name: file, environment, flags; peers lists them", () =>
  withFolder((folder) =>
    world(async (cli, url) => {
      const path = `${folder}/peers.json`;
      const peer = { url: url.replace("//", "//WS1@"), poolSize: 2 };
      await Deno.writeTextFile(path, JSON.stringify({ peers: {} }));
      await withEnv("MEDVFS_PEERS_FILE", path, async () => {
        const { code, out, err } = await cli.run(["peers"]);
        assert.deepEqual([code, out], [0, ""]);
        assert.match(err, /no peer has a name/);
      });
      await Deno.writeTextFile(path, JSON.stringify({ peers: { pacs: peer } }));
      await withEnv("MEDVFS_PEERS_FILE", path, async () => {
        const answer = async (...args: string[]) =>
          JSON.parse(done(await cli.run(["echo", "--json", ...args])));
        assert.equal((await answer("dicom://pacs")).callingAET, "WS1");
        assert.equal((await answer("dicom://pacs")).url, url);
        assert.equal((await answer(url)).callingAET, "WS1");
        assert.equal((await answer("--calling-aet", "WS2", "dicom://pacs")).callingAET, "WS2");
        assert.equal((await answer("dicom://WS3@pacs")).callingAET, "WS3");
        await withEnv("MEDVFS_CALLING_AET", "WS4", async () => {
          assert.equal((await answer("dicom://pacs")).callingAET, "WS4");
        });
        await withEnv("MEDVFS_PEERS", `pacs=dicom://h/A again=${url}`, async () => {
          assert.equal((await answer("dicom://again")).url, url);
          const listed = lines(done(await cli.run(["peers"])));
          assert.deepEqual(listed.map((line) => line.split(/ +/)[0]), [
            "NAME",
            "dicom://again",
            "dicom://pacs",
          ]);
        });
        const [record] = lines(done(await cli.run(["peers", "--json"])));
        const expected = {
          name: "pacs",
          url,
          source: path,
          poolSize: 2,
          callingAET: "WS1",
          tls: false,
        };
        assert.deepEqual(JSON.parse(record!), expected);

        done(await cli.run(["cp", "-r", "memory:///ct", "dicom://pacs"]));
        const [patient] = lines(done(await cli.run(["ls", "dicom://pacs"])));
        assert.match(patient!, /PHANTOM-1/);
        const found = lines(done(await cli.run(["find", "dicom://pacs", "PHANTOM-1/*/*/2.25.*"])));
        assert.equal(found.length, 18);
        assert.ok(found.every((place) => place.startsWith(`${url}/PHANTOM-1/`)), found[0]);
        const shown = done(await cli.run(["dump", found[0]!]));
        assert.match(shown, /PHANTOM-1/);
      });
    })
  ));

Deno.test("a malformed peers file is told when a peer is named, and disturbs nobody else", () =>
  withFolder(async (folder) => {
    await using cli = new Cli();
    await Deno.writeTextFile(`${folder}/peers.json`, "{");
    await withEnv("MEDVFS_PEERS_FILE", `${folder}/peers.json`, async () => {
      done(await cli.run(["ls", "memory:///"]));
      const { code, err } = await cli.run(["ls", "dicom://pacs"]);
      assert.equal(code, 5);
      assert.match(err, /peers\.json": it is no JSON/);
    });
  }));

const WRONG: readonly (readonly [args: string[], message: RegExp])[] = [
  [["--pool", "17"], /16 or less/],
  [["--listen", "MEDVFS"], /AE title and a port/],
  [["--listen", "MEDVFS:70000"], /AE title and a port/],
  [["--connect-timeout", "0"], /number of seconds/],
];

for (const [args, message] of WRONG) {
  Deno.test(`${args.join(" ")} is wrong usage`, async () => {
    await using cli = new Cli();
    const { code, err } = await cli.run(["ls", ...args, "dicom://h/A"]);
    assert.equal(code, 2);
    assert.match(err, message);
  });
}

Deno.test("a malformed variable is wrong usage, and names it", () =>
  withEnv("MEDVFS_POOL", "many", async () => {
    await using cli = new Cli();
    const { code, err } = await cli.run(["ls", "dicom://127.0.0.1:1/A"]);
    assert.equal(code, 2);
    assert.match(err, /MEDVFS_POOL: It must be a whole number/);
  }));

Deno.test("--connect-timeout bounds the wait for a peer that does not answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await using cli = new Cli();
  const url = `dicom://127.0.0.1:${port}/X`;
  const { code, err } = await cli.run(["echo", "--connect-timeout", "0.1", url]);
  assert.equal(code, 5);
  assert.match(err, /0\.1 s/);
});

Deno.test("the flags for peers are in the help of the verbs", async () => {
  await using cli = new Cli();
  for (const verb of ["ls", "cp", "find", "echo"]) {
    const help = done(await cli.run([verb, "--help"]));
    assert.match(help, /Options for dicom: and dicoms: URLs:\n +--calling-aet/);
    assert.match(help, /MEDVFS_LISTEN/);
  }
});

Deno.test("echo needs --allow-net of the peer alone", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  const url = `dicom://127.0.0.1:${node.port}/NODE`;
  const { code, stderr } = await medvfs([`--allow-net=127.0.0.1:${node.port}`], ["echo", url])
    .output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("certificates are named by flags, and a private key must be ours alone", () =>
  withFolder(async (folder) => {
    const { cert, key, authority } = makeTls("127.0.0.1", Date.now());
    await using node = await serveDicomNode({ aeTitle: "NODE", tls: { cert, key } });
    await using cli = new Cli();
    const url = `dicoms://127.0.0.1:${node.port}/NODE`;
    const [ca, own] = [`${folder}/ca.pem`, `${folder}/own.key`];
    await Deno.writeTextFile(ca, authority);
    await Deno.writeTextFile(own, key, { mode: 0o644 });
    assert.match(done(await cli.run(["echo", "--tls-ca", ca, url])), /NODE answers/);
    await withEnv("MEDVFS_TLS_CA", ca, async () => {
      assert.match(done(await cli.run(["echo", url])), /NODE answers/);
    });
    const unknown = await cli.run(["echo", url]);
    assert.equal(unknown.code, 5, unknown.err);
    const insecure = await cli.run(["echo", "--insecure", url]);
    assert.equal(insecure.code, 0, insecure.err);
    assert.match(insecure.err, /not checked/);
    const shared = await cli.run(["echo", "--tls-ca", ca, "--tls-cert", ca, "--tls-key", own, url]);
    assert.ok(!shared.err.includes("BEGIN"));
    // Windows does not tell Deno who can read a file; there it fails as it is no key of this certificate.
    const isTold = Deno.build.os !== "windows";
    assert.equal(shared.code, isTold ? 3 : 5);
    if (isTold) assert.match(shared.err, /others can read the private key/);
    const missing = await cli.run(["ls", "--tls-ca", `${folder}/none.pem`, url]);
    assert.equal(missing.code, 1);
    assert.match(missing.err, /none\.pem/);
  }));

Deno.test("--listen receives from an archive that has no C-GET", async () => {
  const port = freePort();
  await using node = await serveDicomNode({
    aeTitle: "NODE",
    services: ["C-STORE", "C-FIND", "C-MOVE"],
    peers: { HERE: { host: "127.0.0.1", port } },
  });
  await using cli = new Cli();
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    await cli.write({ [["ct", ...path].join("/")]: bytes });
  }
  const url = `dicom://127.0.0.1:${node.port}/NODE`;
  done(await cli.run(["cp", "-r", "memory:///ct", url]));
  const without = await cli.run(["cp", "-r", url, "memory:///back"]);
  assert.equal(without.code, 5);
  done(await cli.run(["cp", "-r", "--listen", `HERE:${port}`, url, "memory:///back"]));
  const paths = lines(done(await cli.run(["find", "--type", "f", "memory:///back"])));
  assert.equal(paths.length, 18);
});
