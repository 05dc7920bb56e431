import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import {
  type Association,
  cEcho,
  cFind,
  cMove,
  contextsOf,
  cStore,
  QUERY_RETRIEVE,
  requestAssociation,
  serveDicom,
  type TlsOptions,
  VERIFICATION,
} from "../../transports/dicom/dimse/mod.ts";
import { until } from "../until.ts";
import { medvfs, withFolder } from "./child.ts";
import { Cli } from "./run_main.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";

interface Served extends AsyncDisposable {
  readonly lines: readonly string[];
  /** Waits for a line. */
  next(): Promise<string>;
  /** Kills it, as a power cut does. */
  kill(): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<{ code: number; out: string; err: string }>;
}

/** Starts `serve-dicom` as a process, with so many lines read. */
async function serve(lineCount: number, ...args: string[]): Promise<Served> {
  const child = medvfs(["-A"], ["serve-dicom", "--port", "0", ...args], {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const next = async () => {
    while (!rest.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`ended early: ${await new Response(child.stderr).text()}`);
      rest += value;
    }
    const at = rest.indexOf("\n");
    const line = rest.slice(0, at);
    rest = rest.slice(at + 1);
    return line;
  };
  const lines: string[] = [];
  while (lines.length < lineCount) lines.push(await next());
  let stopped: ReturnType<Served["stop"]> | undefined;
  let isKilled = false;
  async function stop() {
    // It may have been killed.
    if (!isKilled) child.kill("SIGINT");
    const err = new Response(child.stderr).text();
    let out = rest;
    for (let step = await reader.read(); !step.done; step = await reader.read()) out += step.value;
    const { code } = await child.status;
    // On Windows nobody can send it, so that it was killed.
    return { code: Deno.build.os === "windows" ? 0 : code, out, err: await err };
  }
  return {
    lines,
    next,
    async kill() {
      isKilled = true;
      child.kill("SIGKILL");
      stopped = stop();
      await stopped;
    },
    stop: () => stopped ??= stop(),
    [Symbol.asyncDispose]: async () => void await (stopped ??= stop()),
  };
}

function associate(port: number, calledAET: string, tls?: TlsOptions): Promise<Association> {
  const { find, move } = QUERY_RETRIEVE.study;
  const pairs = [VERIFICATION, find, move].map((uid) => [uid, IMPLICIT] as const);
  const images = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"];
  return requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET,
    tls,
    contexts: contextsOf([...pairs, ...images.map((uid) => [uid, EXPLICIT] as const)])[0]!,
  });
}

async function countStudies(association: Association): Promise<number> {
  let count = 0;
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "" };
  for await (const _ of cFind(association, { identifier })) count++;
  return count;
}

const SAID = /^DICOM node at dicom:\/\/127\.0\.0\.1:(\d+)\/PACS, AE title PACS$/;

Deno.test("serve-dicom says where it is and what it has, serves, and Ctrl-C ends it with 0", () =>
  withFolder(async (folder) => {
    const root = join(folder, "images");
    await Deno.mkdir(root);
    await Deno.writeTextFile(join(root, "notes.txt"), "none");
    const index = join(folder, "index.db");
    const instances = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
    {
      await using served = await serve(2, "--root", root, "--aet", "PACS", "--index", index);
      const port = Number(SAID.exec(served.lines[0]!)?.[1]);
      assert.equal(
        served.lines[1],
        "0 patients, 0 studies, 0 series, 0 instances; 1 other file",
      );
      await using association = await associate(port, "PACS");
      await cEcho(association);
      for (const { bytes, sopClassUID, sopInstanceUID } of instances) {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const dataset = bytes.subarray(144 + view.getUint32(140, true));
        const transferSyntaxUID = EXPLICIT;
        await cStore(association, { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset });
      }
      assert.equal(await countStudies(association), 1);
      await association.release();
      assert.deepEqual(await served.stop(), { code: 0, out: "", err: "" });
    }
    const inbox: string[] = [];
    await using destination = serveDicom({
      aeTitle: "WS",
      port: 0,
      store: ({ sopInstanceUID }) => ({
        write() {},
        close: () => void inbox.push(sopInstanceUID),
        abort() {},
      }),
    });
    const peer = `WS=127.0.0.1:${destination.port}`;
    await using again = await serve(2, "--root", root, "--aet", "PACS", "--peer", peer);
    assert.equal(
      again.lines[1],
      "1 patient, 1 study, 3 series, 18 instances; 1 other file",
    );
    await using association = await associate(Number(SAID.exec(again.lines[0]!)?.[1]), "PACS");
    const identifier = {
      QueryRetrieveLevel: "STUDY",
      StudyInstanceUID: instances[0]!.studyInstanceUID,
    };
    await cMove(association, { identifier, destination: "WS" });
    assert.equal(inbox.length, instances.length);
  }));

Deno.test("serve-dicom --json gives one record at the start and one for each request", () =>
  withFolder(async (folder) => {
    await using served = await serve(1, "--root", folder, "--json", "--read-only");
    const start = JSON.parse(served.lines[0]!);
    assert.equal(start.event, "listening");
    assert.equal(start.url, `dicom://127.0.0.1:${start.port}/MEDVFS`);
    assert.equal(start.instances, 0);
    await using association = await associate(start.port, "MEDVFS");
    assert.equal(association.contextFor("1.2.840.10008.5.1.4.1.1.2", IMPLICIT), undefined);
    await countStudies(association);
    const { event, service, level, status, count } = JSON.parse(await served.next());
    assert.deepEqual([event, service, level, status, count], ["request", "C-FIND", "STUDY", 0, 0]);
    await association.release();
    assert.equal((await served.stop()).code, 0);
  }));

Deno.test("serve-dicom that is killed while it stores has what it acknowledged, and takes the rest", () =>
  withFolder(async (folder) => {
    const root = join(folder, "images");
    await Deno.mkdir(root);
    const args = ["--root", root, "--json", "--index", join(folder, "index.db")];
    const instances = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
    const send = async (association: Association, onStored: () => void) => {
      for (const { bytes, sopClassUID, sopInstanceUID } of instances) {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const dataset = bytes.subarray(144 + view.getUint32(140, true));
        const transferSyntaxUID = EXPLICIT;
        await cStore(association, { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset });
        onStored();
      }
    };
    for (const last of [1, 6, 13]) {
      for await (const { name } of Deno.readDir(root)) {
        await Deno.remove(join(root, name), { recursive: true });
      }
      let acknowledged = 0;
      {
        await using served = await serve(1, ...args);
        const association = await associate(JSON.parse(served.lines[0]!).port, "MEDVFS");
        let killed: Promise<void> | undefined;
        const sending = send(association, () => {
          if (++acknowledged === last) killed = served.kill();
        });
        await assert.rejects(sending);
        await killed;
        await association.closed;
      }
      await using again = await serve(1, ...args);
      const start = JSON.parse(again.lines[0]!);
      assert(start.instances >= acknowledged, `${start.instances} of ${acknowledged}`);
      await using association = await associate(start.port, "MEDVFS");
      await send(association, () => {});
      const identifier = {
        QueryRetrieveLevel: "STUDY",
        StudyInstanceUID: "",
        NumberOfStudyRelatedInstances: "",
      };
      for await (const { dataset } of cFind(association, { identifier })) {
        assert.equal(dataset.number("NumberOfStudyRelatedInstances"), instances.length);
      }
      await association.release();
    }
  }));

Deno.test({
  name:
    "serve-dicom removes what killed nodes left in any of its folders, and nothing when it only reads",
  // Elsewhere no disk is known to be this machine's alone, and what is left stays for a day.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const below = join(folder, "P1", "1.2.3");
      await Deno.mkdir(below, { recursive: true });
      const left = join(below, ".1.2.3.4.dcm.0123456789abcdef.medvfs-tmp");
      const isLeft = () => Deno.stat(left).then(() => true, () => false);
      await Deno.writeTextFile(left, "half");
      await new Promise((resolve) => setTimeout(resolve, 1100));
      {
        await using _ = await serve(2, "--root", folder, "--read-only");
      }
      assert(await isLeft());
      await using _ = await serve(2, "--root", folder);
      await until(async () => !await isLeft());
      assert(!await isLeft());
    }),
});

Deno.test("serve-dicom writes to no file that is there: the same is taken, and another refused and told once", () =>
  withFolder(async (folder) => {
    const [mine, sent, other] = ["mine", "sent", "other"].map((name) => join(folder, name));
    const [first, second] = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
    for (const root of [mine!, sent!, other!]) {
      await Deno.mkdir(root);
      await Deno.writeFile(join(root, "1"), first!.bytes);
      await Deno.writeFile(join(root, "2"), second!.bytes);
    }
    for (const name of ["1", "2"]) {
      const bytes = await Deno.readFile(join(other!, name));
      bytes[bytes.length - 1]! ^= 1;
      await Deno.writeFile(join(other!, name), bytes);
    }
    const look = (root: string) => {
      const files = Array.from(Deno.readDirSync(root), ({ name }) => join(root, name)).sort();
      const contents = files.map((file) => [Deno.readFileSync(file), Deno.statSync(file).mtime]);
      return [files, contents];
    };
    const before = look(mine!);
    const unsent = look(other!);
    await using served = await serve(1, "--root", mine!, "--json");
    const { url } = JSON.parse(served.lines[0]!);
    await using cli = new Cli();
    assert.equal((await cli.run(["cp", "-r", sent!, url])).code, 0);
    const refused = await cli.run(["cp", "-r", other!, url]);
    assert.match(refused.err, /0111H/);
    for (const { code } of [refused, await cli.run(["mv", other!, url])]) assert.equal(code, 5);
    assert.deepEqual(look(other!), unsent, "what was not stored was not removed");
    assert.deepEqual(look(mine!), before);
    const { err } = await served.stop();
    assert.equal(err.match(/--replace takes such/g)?.length, 1);
  }));

Deno.test("serve-dicom tells its operator once why images cannot be stored", () =>
  withFolder(async (folder) => {
    const [root, sent] = ["root", "sent"].map((name) => join(folder, name));
    for (const each of [root!, sent!]) await Deno.mkdir(each);
    let count = 0;
    for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) {
      await Deno.writeFile(join(sent!, `${++count}`), bytes);
    }
    await using served = await serve(1, "--root", root!, "--json");
    const { url } = JSON.parse(served.lines[0]!);
    // Nothing can be made in it any more, by nobody.
    await Deno.remove(root!);
    await Deno.writeTextFile(root!, "");
    await using cli = new Cli();
    assert.equal((await cli.run(["cp", "-r", sent!, url])).code, 5);
    const { err } = await served.stop();
    assert.equal(
      err.match(/images were refused with status [0-9A-F]{4}H \(\w+\)/g)?.length,
      1,
      err,
    );
  }));

Deno.test("serve-dicom tells its operator once of images that are stored though they break the rules", () =>
  withFolder(async (folder) => {
    const [root, sent] = ["root", "sent"].map((name) => join(folder, name));
    for (const each of [root!, sent!]) await Deno.mkdir(each);
    let count = 0;
    for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) {
      await Deno.writeFile(join(sent!, `${++count}`), Uint8Array.from([...bytes, 0xFF, 0xFF]));
    }
    await using served = await serve(1, "--root", root!, "--json");
    const { url } = JSON.parse(served.lines[0]!);
    await using cli = new Cli();
    assert.equal((await cli.run(["cp", "-r", sent!, url])).code, 0);
    const { err } = await served.stop();
    assert.equal(err.match(/images were stored as they came/g)?.length, 1, err);
  }));

Deno.test("serve-dicom --replace and --keep exclude each other", async () => {
  await using cli = new Cli();
  const { code, err } = await cli.run(["serve-dicom", "--root", "/", "--keep", "--replace"]);
  assert.equal(code, 2);
  assert.match(err, /exclude each other/);
});

Deno.test("serve-dicom takes who calls any AE title, and with --strict-aet none but its own", () =>
  withFolder(async (folder) => {
    for (const isStrict of [false, true]) {
      const strict = isStrict ? ["--strict-aet"] : [];
      await using served = await serve(1, "--root", folder, "--json", "--aet", "PACS", ...strict);
      const { port } = JSON.parse(served.lines[0]!);
      const other = associate(port, "OTHER").then((association) => association.release());
      if (isStrict) await assert.rejects(other, { kind: "NotFound" });
      else await other;
      await (await associate(port, "PACS")).release();
      assert.equal((await served.stop()).code, 0);
    }
  }));

Deno.test("serve-dicom --tls-cert serves over TLS, and --tls-ca asks for a certificate", () =>
  withFolder(async (folder) => {
    const { cert, key, authority } = makeTls("localhost", Date.now());
    const [certFile, keyFile, ca] = ["cert.pem", "key.pem", "ca.pem"].map((it) => join(folder, it));
    await Deno.writeTextFile(certFile!, cert);
    await Deno.writeTextFile(keyFile!, key);
    await Deno.writeTextFile(ca!, authority);
    const args = ["--root", folder, "--json", "--tls-cert", certFile!, "--tls-key", keyFile!];
    await using served = await serve(1, ...args, "--tls-ca", ca!);
    const { url, port } = JSON.parse(served.lines[0]!);
    assert.equal(url, `dicoms://127.0.0.1:${port}/MEDVFS`);
    const trusting = { caCerts: [authority], serverName: "localhost" };
    await assert.rejects(associate(port, "MEDVFS", trusting));
    await using association = await associate(port, "MEDVFS", { ...trusting, cert, key });
    await cEcho(association);
    await association.release();
    await using cli = new Cli();
    const taken = await cli.run(["serve-dicom", ...args, "--port", String(port)]);
    assert.match(taken.err, /^medvfs serve-dicom: Port \d+ is in use/);
    assert.equal((await served.stop()).code, 0);
  }));

Deno.test("serve-dicom names what is wrong with its options, and ends with 2", async () => {
  await using cli = new Cli();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await cli.write({ "images/a.txt": "" });
  const root = ["serve-dicom", "--root", "memory:///images"];
  const taken = await cli.run([...root, "--port", String(listener.addr.port)]);
  assert.equal(taken.code, 2);
  assert.match(taken.err, /^medvfs serve-dicom: Port \d+ is in use/);
  for (
    const [args, said] of [
      [["serve-dicom"], /--root/],
      [[...root, "--tls-cert", "memory:///images/a.txt"], /--tls-key/],
      [[...root, "--aet", "A\\B"], /1 to 16 characters/],
      [[...root, "--peer", "WS"], /AET=HOST:PORT/],
      [[...root, "--peer", "WS=host:70000"], /65535/],
      [[...root, "more"], /too many arguments/],
    ] as const
  ) {
    const { code, err } = await cli.run(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, said);
  }
  assert.equal((await cli.run(["serve-dicom", "--root", "memory:///none"])).code, 1);
});
