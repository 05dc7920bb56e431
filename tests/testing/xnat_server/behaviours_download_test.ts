/**
 * Behaviours 26 to 32, 44, 45, 65, 66, 68 and 72: reading files, archives and error pages.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { zipMembers } from "../../../testing/xnat_server/packing/zip_reader.ts";
import { bytesSource } from "../../../formats/mod.ts";
import { behaviours, OCTETS, zipped } from "./_kit.ts";

const files = (E: string) => `/data/experiments/${E}/scans/1/resources/DICOM/files`;

async function members(bytes: Uint8Array): Promise<string[]> {
  const found = await zipMembers({ ...bytesSource(bytes), size: bytes.length });
  return found.map(({ path }) => path).sort();
}

behaviours({
  26: {
    title: "a path through a stored zip reads its member, also where a folder has that name",
    run: async ({ put, ask, server, E }) => {
      const body = await zipped([["readme.txt", new TextEncoder().encode("inner")]]);
      await put(`${files(E)}/data.zip`, body, { "content-type": "application/zip" });
      assert.equal((await ask(`${files(E)}/data.zip/readme.txt`)).text, "inner");
      assert.equal((await ask(`${files(E)}/data.zip!/readme.txt`)).text, "inner");
      const path = ["P", "sub-01", "ses-01", "1", "DICOM", "dir.zip", "real.txt"];
      await server.seed.file(path, new Uint8Array(3));
      assert.equal((await ask(`${files(E)}/dir.zip/real.txt`)).status, 404);
    },
  },
  27: {
    title: "one range is 206, two are 501, one beyond the end never arrives in full",
    run: async ({ ask, E }) => {
      const range = (value: string) => ask(`${files(E)}/1.dcm`, { headers: { range: value } });
      const part = await range("bytes=1-2");
      assert.deepEqual([part.status, part.text], [206, "ir"]);
      assert.equal(part.headers.get("content-range"), "bytes 1-2/5");
      assert.equal((await range("bytes=-2")).text, "st");
      assert.equal((await range("bytes=3-")).text, "st");
      assert.equal((await range("bytes=0-1,3-4")).status, 501);
      await assert.rejects(range("bytes=100-199"));
    },
  },
  28: {
    title: "an open range of a zip is 500",
    run: async ({ ask, E }) => {
      const headers = { range: "bytes=0-" };
      assert.equal((await ask(`${files(E)}?format=zip`, { headers })).status, 500);
    },
  },
  29: {
    title: "a file has no entity tag; its MD5 is in the list only",
    run: async ({ ask, rows, E }) => {
      const { headers } = await ask(`${files(E)}/1.dcm`);
      assert.equal(headers.get("etag"), null);
      assert.ok(Number.isFinite(Date.parse(headers.get("last-modified")!)));
      assert.equal(headers.get("content-length"), "5");
      assert.equal(headers.get("cache-control"), "must-revalidate");
      assert.equal((await rows(files(E)))[0]!.digest, "8b04d5e3775d298e78455efc5ca404d5");
      const since = { "if-modified-since": headers.get("last-modified")! };
      assert.equal((await ask(`${files(E)}/1.dcm`, { headers: since })).status, 304);
      assert.equal((await ask(`${files(E)}/1.dcm`, { headers: { "if-match": "x" } })).status, 412);
    },
  },
  30: {
    title: "a zip that ends early has status 200 and no length",
    run: async ({ ask, server, E }) => {
      const path = `/data/experiments/${E}/scans/ALL/files?format=zip`;
      const whole = await ask(path);
      assert.equal(whole.status, 200);
      assert.equal(whole.headers.get("content-length"), null);
      server.faults.inject({ cut: 100, route: /scans\/ALL\/files/ });
      await assert.rejects(ask(path));
    },
  },
  31: {
    title: "a scan's folder in a zip is named by id and type",
    run: async ({ ask, E }) => {
      const { bytes } = await ask(`/data/experiments/${E}/scans/ALL/files?format=zip`);
      assert.deepEqual(await members(bytes), [
        "ses-01/scans/1-T1/resources/DICOM/files/1.dcm",
        "ses-01/scans/1-T1/resources/DICOM/files/sub/2.dcm",
        "ses-01/scans/1-T1/resources/NIFTI/files/img.nii",
        "ses-01/scans/2-T2_w/resources/DICOM/files/3.dcm",
      ]);
    },
  },
  32: {
    title: "a folder named like the resource's number is renamed in a zip",
    run: async ({ ask, put, rows, E }) => {
      const [row] = await rows(`/data/experiments/${E}/scans/2/resources`);
      const id = row!.xnat_abstractresource_id!;
      await put(`/data/experiments/${E}/scans/2/resources/DICOM/files/${id}/x`, "x", OCTETS);
      const { bytes } = await ask(`/data/experiments/${E}/scans/2/files?format=zip`);
      assert.ok(
        (await members(bytes)).includes("ses-01/scans/2-T2_w/resources/DICOM/files/DICOM/x"),
      );
    },
  },
  44: {
    title: "a resource is catalog XML whatever format is asked for",
    run: async ({ ask, E }) => {
      const path = `/data/experiments/${E}/scans/1/resources/DICOM?format=json`;
      const { text, headers } = await ask(path);
      assert.match(text, /<cat:Catalog ID="\d+"/);
      assert.match(text, /<cat:metaField name="SIZE">5<\/cat:metaField>/);
      assert.match(headers.get("content-type")!, /xml/);
    },
  },
  45: {
    title: "the URI of a resource in a session's document is a path of the server",
    run: async ({ ask, E }) => {
      const { text } = await ask(`/data/experiments/${E}?format=json`);
      const catalog = "/data/xnat/archive/P/arc001/ses-01/SCANS/1/DICOM/DICOM_catalog.xml";
      assert.ok(text.includes(JSON.stringify(catalog)));
    },
  },
  65: {
    title: "404 of a file is empty, 404 of a project is a page",
    run: async ({ ask, E }) => {
      const file = await ask(`${files(E)}/nope`);
      assert.deepEqual([file.status, file.text], [404, ""]);
      const project = await ask("/data/projects/NOPE?format=json");
      assert.equal(project.status, 404);
      assert.match(project.text, /<h3>.*<\/h3>/);
    },
  },
  66: {
    title: "an error page is not well-formed XML",
    run: async ({ ask }) => {
      const { text } = await ask("/data/projects/NOPE");
      assert.match(text, /^<html>\n<head>\n {3}<title>Status page<\/title>/);
      assert.ok(text.includes("<br>") && !text.includes("</br>"));
    },
  },
  68: {
    title: "file_format=NULL never matches, file_content=NULL does",
    run: async ({ rows, E }) => {
      assert.deepEqual(await rows(`${files(E)}?file_format=NULL`), []);
      const unset = await rows(`${files(E)}?file_content=NULL`);
      assert.deepEqual(unset.map(({ Name }) => Name), ["2.dcm"]);
      assert.equal((await rows(`${files(E)}?file_content=RAW&file_content=X`)).length, 1);
    },
  },
  72: {
    title: "HEAD of a list has no length, HEAD of a file has one",
    run: async ({ ask, E }) => {
      const list = await ask(files(E), { method: "HEAD" });
      assert.deepEqual([list.status, list.headers.get("content-length")], [200, null]);
      const zip = await ask(`${files(E)}?format=zip`, { method: "HEAD" });
      assert.deepEqual([zip.status, zip.headers.get("content-length")], [200, null]);
      const file = await ask(`${files(E)}/1.dcm`, { method: "HEAD" });
      assert.deepEqual([file.status, file.headers.get("content-length")], [200, "5"]);
      assert.equal(file.bytes.length, 0);
    },
  },
});
