import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar } from "../../../testing/xnat_server/packing/tar.ts";
import { until } from "../../until.ts";
import { OCTETS, withKit, zipped as zipOf } from "./_kit.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NEW = "/resources/NEW/files";

type Files = Readonly<Record<string, string>>;

interface Case {
  /** What is there before. */
  readonly there?: Files;
  /** Below the files of the resource. */
  readonly path: string;
  readonly body: () => Promise<Uint8Array<ArrayBuffer> | FormData>;
  readonly status?: number;
  readonly duplicates?: readonly string[];
  /** What is listed then, with its content. */
  readonly then: Files;
}

const zipped = (files: Files) => () =>
  zipOf(Object.entries(files).map(([path, text]) => [path, bytes(text)]));
const tarred = (files: Files) => async () => {
  const members = Object.entries(files).map(([path, text]) => ({
    path,
    size: text.length,
    crc: 0,
    modified: 0,
    read: async function* () {
      yield await Promise.resolve(bytes(text));
    },
  }));
  return new Uint8Array(await new Blob(await Array.fromAsync(tar(members))).arrayBuffer());
};
const form = (...names: readonly string[]) => () => {
  const data = new FormData();
  for (const name of names) data.append("file", new Blob([name]), name);
  return Promise.resolve(data);
};

const CASES: Readonly<Record<string, Case>> = {
  "an archive is extracted where the catalog is, whatever folder the path names": {
    path: "in/a.zip?extract=true",
    body: zipped({ "x.txt": "x", "sub/y.txt": "y" }),
    then: { "x.txt": "x", "sub/y.txt": "y" },
  },
  "members of an archive that are there are left as they are, and told": {
    there: { "x.txt": "old" },
    path: "a.zip?extract=true",
    body: zipped({ "x.txt": "x", "y.txt": "y" }),
    duplicates: ["x.txt"],
    then: { "x.txt": "old", "y.txt": "y" },
  },
  "members of an archive take the place of what is there when told": {
    there: { "x.txt": "old" },
    path: "a.tar?extract=true&overwrite=true",
    body: tarred({ "x.txt": "x" }),
    then: { "x.txt": "x" },
  },
  "what is no zip has no members, and no complaint comes": {
    path: "a.zip?extract=true",
    body: () => Promise.resolve(new Uint8Array(50)),
    then: {},
  },
  "a zip with a file that is called like the catalog takes its place, and the list is lost": {
    there: { "x.txt": "old" },
    path: "a.zip?extract=true&overwrite=true",
    body: zipped({ "y.txt": "y", "NEW_catalog.xml": "<none/>" }),
    status: 500,
    then: {},
  },
  "members that are called like catalogs or locks are not listed": {
    path: "a.zip?extract=true&overwrite=true",
    body: zipped({ "in/x_catalog.xml": "x", "in/.~lock-x": "x", "y.txt": "y" }),
    then: { "y.txt": "y" },
  },
  "a zip that is cut fails, and its members are on the disk without being listed": {
    there: { "x.txt": "old" },
    path: "a.zip?extract=true&overwrite=true",
    body: async () => (await zipped({ "x.txt": "new", "y.txt": "y".repeat(100) })()).slice(0, 90),
    status: 500,
    then: { "x.txt": "new" },
  },
  "a gzipped file is unpacked": {
    path: "in/a.nii.gz?extract=true",
    body: () => Promise.resolve(new Uint8Array(gzipSync("nifti"))),
    then: { "a.nii": "nifti" },
  },
  "what its name calls no archive is stored as it is": {
    path: "in/a.nii?extract=true",
    body: () => Promise.resolve(bytes("nifti")),
    then: { "in/a.nii": "nifti" },
  },
  "of several files those that are there are told, and the others stored": {
    there: { "x.txt": "old" },
    path: "",
    body: form("x.txt", "y.txt"),
    duplicates: ["x.txt"],
    then: { "x.txt": "old", "y.txt": "y.txt" },
  },
  "the path is the name, whatever the form says": {
    path: "in/z.txt",
    body: form("folder/x.txt"),
    then: { "in/z.txt": "folder/x.txt" },
  },
  "a body without a name is called by its type": {
    path: "?inbody=true",
    body: () => Promise.resolve(bytes("some")),
    then: { upload: "some" },
  },
};

for (
  const [what, { there = {}, path, body, status = 200, duplicates, then }] of Object.entries(CASES)
) {
  Deno.test(`xnat uploads: ${what}`, async () => {
    await withKit(async ({ ask, put, rows, server, E }) => {
      const resource = ["P", "sub-01", "ses-01", "NEW"];
      server.seed.resource(resource.slice(0, 3), "NEW");
      for (const [name, text] of Object.entries(there)) {
        await server.seed.file([...resource, name], bytes(text), { resourceAt: 3 });
      }
      const base = `/data/experiments/${E}${NEW}`;
      const sent = await body();
      const url = path.startsWith("?") ? base + path : `${base}/${path}`;
      const said = await put(url, sent, sent instanceof FormData ? {} : OCTETS);
      assert.deepEqual([said.status, said.text && status === 200 ? JSON.parse(said.text) : ""], [
        status,
        duplicates ? { duplicates } : "",
      ]);
      const found: Record<string, string> = {};
      for (const { URI } of await rows(base)) {
        const name = URI!.slice(URI!.indexOf("/files/") + "/files/".length);
        found[name] = (await ask(`${base}/${name}`)).text;
      }
      assert.deepEqual(found, then);
    });
  });
}

Deno.test("xnat uploads: below a folder with letters beyond ASCII the members of a zip are listed by their paths on the server", async () => {
  await withKit(async ({ put, rows, server, E }) => {
    server.seed.resource(["P", "sub-01", "ses-01"], "größe");
    const base = `/data/experiments/${E}/resources/${encodeURIComponent("größe")}/files`;
    const body = await zipped({ "in/x.txt": "x" })();
    assert.equal((await put(`${base}/a.zip?extract=true`, body, OCTETS)).status, 200);
    const [{ URI } = {}] = await rows(base);
    assert.match(URI!, /\/files\/\/data\/.*\/größe\/in\/x\.txt$/);
  });
});

Deno.test("xnat uploads: what is told of a file is told of its resource too", async () => {
  await withKit(async ({ put, rows, E }) => {
    const resource = `/data/experiments/${E}/scans/1/resources/NIFTI`;
    await put(`${resource}/files/b.nii?inbody=true&format=GZ&content=MASK`, "b", OCTETS);
    const all = await rows(`/data/experiments/${E}/scans/1/resources`);
    const { format, content } = all.find(({ label }) => label === "NIFTI")!;
    assert.deepEqual([format, content], ["GZ", "MASK"]);
  });
});

const REST = "y".repeat(100_000);
const FORM =
  `--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n${REST}\r\n--b--\r\n`;
for (
  const [type, body] of [["application/octet-stream", REST], [
    "multipart/form-data; boundary=b",
    FORM,
  ]] as const
) {
  Deno.test(`xnat uploads: a ${type} that has come whole is stored, though its client has left`, async () => {
    await withKit(async ({ rows, server, E }) => {
      const files = `/data/experiments/${E}/scans/1/resources/NIFTI/files`;
      server.faults.inject({ delay: 100, method: "PUT" });
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      const lines = [
        `PUT ${files}/img.nii?overwrite=true HTTP/1.1`,
        "Host: x",
        `Authorization: Basic ${btoa("admin:admin")}`,
        `Content-Type: ${type}`,
        `Content-Length: ${body.length}`,
      ];
      const request = bytes(`${lines.join("\r\n")}\r\n\r\n${body}`);
      for (let sent = 0; sent < request.length;) {
        sent += await connection.write(request.subarray(sent));
      }
      const put = () => server.requests.entries.find(({ method }) => method === "PUT");
      await until(() => put() !== undefined);
      connection.close();
      await until(() => put()!.status !== 0);
      const { Size, digest } = (await rows(files)).find(({ Name }) => Name === "img.nii")!;
      const md5 = createHash("md5").update(REST).digest("hex");
      assert.deepEqual([Size, digest, put()!.status], [String(REST.length), md5, 200]);
    });
  });
}

for (const name of ["img.nii", "new.nii"]) {
  Deno.test(`xnat uploads: a part of a raw body that breaks off is on the disk as ${name}`, async () => {
    await withKit(async ({ ask, rows, server, E }) => {
      const files = `/data/experiments/${E}/scans/1/resources/NIFTI/files`;
      const before = await rows(files);
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      const lines = [
        `PUT ${files}/${name}?inbody=true&overwrite=true HTTP/1.1`,
        "Host: x",
        `Authorization: Basic ${btoa("admin:admin")}`,
        "Content-Type: application/octet-stream",
        "Content-Length: 100",
      ];
      await connection.write(bytes(`${lines.join("\r\n")}\r\n\r\npart`));
      await until(() => server.requests.entries.some(({ method }) => method === "PUT"));
      await new Promise((resolve) => setTimeout(resolve, 30));
      connection.close();
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual(await rows(files), before);
      const text = async () => {
        if (name === "new.nii") {
          await ask(
            `/data/services/refresh/catalog?resource=/archive/experiments/${E}/scans/1/resources/NIFTI&options=append`,
            { method: "POST" },
          );
        }
        return (await ask(`${files}/${name}`)).text;
      };
      await until(async () => await text() === "part");
      assert.equal(await text(), "part");
    });
  });
}
