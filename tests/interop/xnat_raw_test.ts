/**
 * The requests that imagedata's XnatTransport sends, which installs with gigabytes of other packages, and those of
 * MONAI Label's XNATDatastore as it is in its repository, with the password in each; its release sends others.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { bytesSource } from "../../formats/mod.ts";
import { zipMembers } from "../../testing/xnat_server/packing/zip_reader.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer, type XnatServer } from "../../testing/xnat_server/mod.ts";
import { phantomZip } from "./xnat_archive.ts";

const AGENT = "python-requests/2.31.0";
const BASIC = `Basic ${btoa("admin:admin")}`;

/** What Python's `requests.Session` does: keeps cookies, follows redirects. */
class RequestsSession {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async send(
    method: string,
    path: string,
    { body, type, auth = true }: { body?: BodyInit; type?: string; auth?: boolean } = {},
  ): Promise<Response> {
    const headers = new Headers({ "user-agent": AGENT, accept: "*/*" });
    if (auth) headers.set("authorization", BASIC);
    if (type) headers.set("content-type", type);
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
    const response = await fetch(this.#url + path, { method, body, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      this.#cookies.set(name!, value!);
    }
    return response;
  }

  async text(method: string, path: string, options?: Parameters<this["send"]>[2]): Promise<string> {
    const response = await this.send(method, path, options);
    const body = await response.text();
    assert.equal(response.status, 200, `${method} ${path}: ${body}`);
    return body;
  }

  async ids(path: string): Promise<string[]> {
    const { ResultSet } = JSON.parse(await this.text("GET", path));
    return ResultSet.Result.map(({ ID }: { ID: string }) => ID);
  }
}

async function phantomServer(): Promise<XnatServer> {
  const server = await startXnatServer();
  await server.seed.dicom("PH", phantomStudy({ modalities: ["MR"] }), { subject: "head" });
  return server;
}

Deno.test("startXnatServer() answers MONAI Label's XNATDatastore", async () => {
  await using server = await phantomServer();
  const client = new RequestsSession(server.url);

  const token = (await client.text("GET", "/data/JSESSION?CSRF=true")).split("=");
  assert.equal(token.length, 2);
  await client.text("POST", `/data/JSESSION?XNAT_CSRF=${token[1]}`);

  assert.deepEqual(await client.ids("/data/projects?format=json"), ["PH"]);
  const [session] = await client.ids("/data/projects/PH/experiments?format=json");
  const document = await client.text("GET", `/data/experiments/${session}?format=xml`);
  assert.match(document, /xmlns:xnat="http:\/\/nrg\.wustl\.edu\/xnat"/);
  const subject = /<xnat:subject_ID>([^<]+)</.exec(document)![1];
  const scans = [...document.matchAll(/<xnat:scan [^>]*?ID="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual([subject, scans], ["XNAT_S00001", ["1", "2", "3", "4"]]);

  const scan = `/data/projects/PH/subjects/${subject}/experiments/${session}/scans/2`;
  const info = await client.text("GET", `${scan}?format=xml`);
  const file = [...info.matchAll(/<xnat:file [^>]*>/g)].map(([tag]) => tag)
    .find((tag) => tag.includes('label="DICOM"'))!;
  assert.match(
    /URI="([^"]+)"/.exec(file)![1]!,
    /^\/data\/xnat\/archive\/PH\/arc001\/.+_catalog\.xml$/,
  );

  const zipped = await client.send("GET", `${scan}/files?format=zip`);
  const bytes = new Uint8Array(await zipped.arrayBuffer());
  const members = await zipMembers({ ...bytesSource(bytes), size: bytes.length });
  assert.equal(members.length, 16);
  assert.ok(members.every(({ path }) => path.endsWith(".dcm")));

  const name = `pat_${subject}_exp_${session}_S_2_AI_model.nii.gz`;
  const label = `/REST/experiments/${session}/scans/2/resources/AI/files/${name}`;
  const query = "overwrite=true&description=x&content=model&format=nii";
  const body = new Uint8Array(1000).fill(7);
  await client.text("PUT", `${label}?${query}`, {
    body,
    type: "application/octet-stream",
    auth: false,
  });
  assert.deepEqual(new Uint8Array(await (await client.send("GET", label)).arrayBuffer()), body);
  assert.equal(server.requests.total("PUT").bytesIn, 1000);
});

Deno.test("startXnatServer() takes a SEG from MONAI Label for the ROI plugin", async () => {
  const { writeDicomFile } = await import("../../testing/dicom_writer.ts");
  const study = phantomStudy({ modalities: ["MR"] });
  const { value: first } = await study.next();
  await study.return();
  await using server = await phantomServer();
  const client = new RequestsSession(server.url);
  const seg = writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
    SOPInstanceUID: "2.25.9",
    StudyInstanceUID: first!.studyInstanceUID,
    SeriesInstanceUID: "2.25.8",
    Modality: "SEG",
  });
  const [session] = await client.ids("/data/projects/PH/experiments?format=json");
  const base = `/xapi/roi/projects/PH/sessions/${session}/collections/PatX_S2_model`;
  const put = (query: string, body: BodyInit = seg) =>
    client.send("PUT", `${base}?${query}`, { body, type: "application/octet-stream" });
  for (
    const [query, status] of [
      ["overwrite=true&type=SEG", 201],
      ["overwrite=true&type=SEG", 200],
      ["type=SEG", 409],
      ["overwrite=true&type=RTSTRUCT", 422],
      ["overwrite=true&type=NONSENSE", 400],
    ] as const
  ) {
    const response = await put(query);
    await response.body?.cancel();
    assert.equal(response.status, status, query);
  }
  const assessors = JSON.parse(
    await client.text("GET", `/data/experiments/${session}/assessors?format=json`),
  ).ResultSet.Result;
  assert.equal(assessors[0].xsiType, "icr:roiCollectionData");
  const files = JSON.parse(
    await client.text("GET", `/data/experiments/${session}/assessors/ALL/files?format=json`),
  ).ResultSet.Result;
  assert.deepEqual([files[0].Name, files[0].collection], ["PatX_S2_model.dcm", "SEG"]);
  const back = await client.send("GET", files[0].URI);
  assert.deepEqual(new Uint8Array(await back.arrayBuffer()), seg);
});

Deno.test("startXnatServer() answers imagedata's XnatTransport over https", async () => {
  await using server = await startXnatServer({ tls: true });
  await server.seed.dicom("PH", phantomStudy({ modalities: ["MR"] }), { subject: "head" });
  using http = Deno.createHttpClient({ caCerts: [server.certificate!] });
  const cookies: string[] = [];
  const send = async (method: string, path: string, body?: BodyInit): Promise<Response> => {
    const headers = { "user-agent": AGENT, cookie: cookies.join("; ") };
    return await fetch(server.url + path, { method, body, headers, client: http });
  };
  const json = async (path: string) => await (await send("GET", path)).json();
  const rows = async (path: string): Promise<Record<string, string>[]> =>
    (await json(path)).ResultSet.Result;

  assert.match(await (await send("GET", "/")).text(), /Login\.vm/);
  const form = new URLSearchParams({ username: "admin", password: "admin" });
  const login = await send("PUT", "/data/services/auth", form);
  cookies.push(`JSESSIONID=${await login.text()}`);
  assert.match(login.headers.get("set-cookie")!, /JSESSIONID=.*; Secure; HttpOnly/);
  assert.match(await (await send("GET", "/data/auth")).text(), /User 'admin' is logged in/);
  const beat = await send("GET", "/data/JSESSION");
  await beat.body?.cancel();
  assert.match(beat.headers.get("set-cookie")!, /SESSION_EXPIRATION_TIME="\d+,900000"/);
  const version = await send("GET", "/data/version");
  await version.body?.cancel();
  assert.equal(version.status, 404);
  assert.equal((await json("/xapi/siteConfig/buildInfo?format=json")).version, "1.8.9");
  for (const name of await json("/xapi/schemas?format=json")) {
    assert.match(await (await send("GET", `/xapi/schemas/${name}`)).text(), /<xs:schema /);
  }

  const [project] = await rows("/data/archive/projects?columns=ID,URI,name&format=json");
  const subjects = `/data/projects/${project!.ID}/subjects`;
  const [subject] = await rows(`${subjects}?columns=ID,URI,label&format=json`);
  const experiments = `/data/archive/projects/PH/subjects/${subject!.ID}/experiments`;
  const [session] = await rows(`${experiments}?columns=ID,URI,label,xsiType&format=json`);
  const base = `${experiments}/${session!.ID}`;
  const scans = await rows(`${base}/scans?columns=ID,URI,type,xsiType&format=json`);
  assert.deepEqual(scans.map(({ ID }) => ID), ["1", "2", "3", "4"]);
  const document = await json(`${base}/scans/2?format=json`);
  assert.equal(document.items[0].data_fields.quality, "usable");
  const size = async (path: string) => {
    const bytes = new Uint8Array(await (await send("GET", path)).arrayBuffer());
    return (await zipMembers({ ...bytesSource(bytes), size: bytes.length })).length;
  };
  assert.equal(await size(`${base}/scans/2/files?format=zip`), 16);
  assert.equal(await size(`${base}/scans/ALL/files?format=zip`), 44);

  const path = await phantomZip();
  try {
    const body = new FormData();
    body.append("file", new Blob([await Deno.readFile(path)]), "upload.zip");
    const query = "dest=/archive&project=PH&subject=head&session=uploaded";
    const answer = await send("POST", `/data/services/import?${query}`, body);
    const url = (await answer.text()).trim();
    assert.equal(url, "/data/archive/projects/PH/subjects/head/experiments/uploaded");
    assert.equal(await size(`${url}/scans/ALL/files?format=zip`), 44);
  } finally {
    await Deno.remove(path);
  }
});
