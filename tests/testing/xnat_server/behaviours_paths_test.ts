/**
 * Behaviours 1 to 7, 19 to 25, 69, 70, 77 and 78: paths that lead elsewhere than one thinks.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { behaviours } from "./_kit.ts";

behaviours({
  1: {
    title: "scans of an experiment below a project are the session's document",
    run: async ({ json }) => {
      const document = await json("/data/projects/P/experiments/ses-01/scans");
      assert.deepEqual(Object.keys(document), ["items"]);
    },
  },
  2: {
    title: "a zip of files of an experiment below a project is XML of the session",
    run: async ({ ask }) => {
      const { status, text } = await ask("/data/projects/P/experiments/ses-01/files?format=zip");
      assert.equal(status, 200);
      assert.match(text, /^<\?xml[^>]*>\s*<xnat:MRSession ID="XNAT_E00001"/);
    },
  },
  3: {
    title: "files of an unknown experiment below a subject are the subject's own",
    run: async ({ rows }) => {
      const files = await rows("/data/projects/P/subjects/sub-01/experiments/NOPE/files");
      assert.deepEqual(files.map(({ Name }) => Name), ["s.txt"]);
    },
  },
  4: {
    title: "resources of an unknown scan below a subject are the subject's own",
    run: async ({ rows }) => {
      const base = "/data/projects/P/subjects/sub-01/experiments/ses-01";
      const found = await rows(`${base}/scans/99/resources`);
      assert.deepEqual(found.map(({ label }) => label), ["NOTES"]);
      const project = await rows("/data/projects/P/experiments/NOPE/resources");
      assert.deepEqual(project.map(({ label }) => label), ["PROTOCOL"]);
    },
  },
  5: {
    title: "files of an unknown experiment without a project are 500, resources are 404",
    run: async ({ ask }) => {
      assert.equal((await ask("/data/experiments/NOPE/files")).status, 500);
      assert.equal((await ask("/data/experiments/NOPE/resources")).status, 404);
      assert.equal((await ask("/data/experiments/NOPE/scans")).status, 500);
      assert.equal((await ask("/data/projects/NOPE/subjects")).status, 404);
    },
  },
  6: {
    title: "files of an unknown resource are an empty list",
    run: async ({ ask, E }) => {
      const path = `/data/experiments/${E}/scans/1/resources/NOPE/files`;
      const { status, text } = await ask(`${path}?format=json`);
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(text).ResultSet.Result, []);
      assert.equal((await ask(`${path}/x`)).status, 404);
    },
  },
  7: {
    title: "DELETE of a file of an unknown resource is 400",
    run: async ({ ask, E }) => {
      const path = `/data/experiments/${E}/scans/1/resources/NOPE/files/x`;
      const { status, text } = await ask(path, { method: "DELETE" });
      assert.equal(status, 400);
      assert.match(text, /Unable to determine resource, parent, or security\./);
    },
  },
  19: {
    title: "a resource labelled with digits cannot be reached by its label",
    run: async ({ server, ask, rows, E }) => {
      const session = ["P", "sub-01", "ses-01"];
      await server.seed.file([...session, "2024", "a.txt"], new Uint8Array(1), { resourceAt: 3 });
      assert.equal((await ask(`/data/experiments/${E}/resources/2024/files`)).status, 404);
      const [row] = await rows(`/data/experiments/${E}/resources`);
      const path = `/data/experiments/${E}/resources/${row!.xnat_abstractresource_id}/files`;
      assert.equal((await rows(path)).length, 1);
    },
  },
  20: {
    title: "a comma in the segment of a resource separates labels",
    run: async ({ rows, E }) => {
      const files = await rows(`/data/experiments/${E}/scans/1/resources/DICOM,NIFTI/files`);
      assert.deepEqual(files.map(({ Name }) => Name), ["1.dcm", "2.dcm", "img.nii"]);
    },
  },
  21: {
    title: "a scan's segment means its id or its type",
    run: async ({ server, rows, E }) => {
      server.seed.scan(["P", "sub-01", "ses-01", "7"], { fields: { type: "2" } });
      const path = ["P", "sub-01", "ses-01", "7", "DICOM", "seven.dcm"];
      await server.seed.file(path, new Uint8Array(1));
      const files = await rows(`/data/experiments/${E}/scans/2/files`);
      assert.deepEqual(files.map(({ Name }) => Name), ["3.dcm", "seven.dcm"]);
    },
  },
  22: {
    title: "a slash in a scan's type is written [SLASH]",
    run: async ({ server, ask, rows, E }) => {
      server.seed.scan(["P", "sub-01", "ses-01", "1"], { fields: { type: "T1/FLAIR" } });
      assert.equal((await ask(`/data/experiments/${E}/scans/T1%2FFLAIR/files`)).status, 400);
      assert.equal((await rows(`/data/experiments/${E}/scans/T1[SLASH]FLAIR/files`)).length, 3);
    },
  },
  23: {
    title: "a file without a resource in the path is looked for in the first catalog only",
    run: async ({ ask, E }) => {
      assert.equal((await ask(`/data/experiments/${E}/scans/1/files/img.nii`)).status, 404);
      assert.equal((await ask(`/data/experiments/${E}/scans/1/files/1.dcm`)).status, 200);
    },
  },
  24: {
    title: "a folder needs a slash at its end, and need not be there then",
    run: async ({ ask, rows, E }) => {
      const files = `/data/experiments/${E}/scans/1/resources/DICOM/files`;
      assert.equal((await ask(`${files}/sub`)).status, 404);
      assert.deepEqual((await rows(`${files}/sub/`)).map(({ Name }) => Name), ["2.dcm"]);
      assert.deepEqual(await rows(`${files}/nope/`), []);
    },
  },
  25: {
    title: "recursive=false lists what is deeper",
    run: async ({ rows, E }) => {
      const files = `/data/experiments/${E}/scans/1/resources/DICOM/files`;
      const found = await rows(`${files}?recursive=false`);
      assert.deepEqual(found.map(({ Name }) => Name), ["2.dcm"]);
    },
  },
  69: {
    title: "files of a project are those of the project itself",
    run: async ({ rows, S }) => {
      assert.deepEqual((await rows("/data/projects/P/files")).map(({ Name }) => Name), ["p.txt"]);
      assert.deepEqual((await rows(`/data/subjects/${S}/files`)).map(({ Name }) => Name), [
        "s.txt",
      ]);
    },
  },
  70: {
    title: "an unreadable member of a list of experiments is left out without notice",
    run: async ({ server, rows, E }) => {
      const secret = server.seed.session(["P2", "other", "secret"]);
      await server.seed.file(["P2", "other", "secret", "1", "DICOM", "x"], new Uint8Array(1));
      const path = `/data/experiments/${E},${secret},NOPE/scans/ALL/files`;
      assert.equal((await rows(path, { user: "reader" })).length, 4);
      assert.equal((await rows(path)).length, 5);
    },
  },
  77: {
    title: "DELETE of an unknown resource does nothing, with digits it is 404",
    run: async ({ ask, rows, E }) => {
      const base = `/data/experiments/${E}/scans/1/resources`;
      assert.equal((await ask(`${base}/NOPE`, { method: "DELETE" })).status, 200);
      assert.equal((await ask(`${base}/99999`, { method: "DELETE" })).status, 404);
      assert.equal((await rows(base)).length, 2);
    },
  },
  78: {
    title: "URIs come back with ids, and without the project where several catalogs are listed",
    run: async ({ rows, E, S }) => {
      const scan = "/data/projects/P/subjects/sub-01/experiments/ses-01/scans/1";
      const [one] = await rows(`${scan}/resources/NIFTI/files`);
      const start = `/data/projects/P/subjects/${S}/experiments/${E}/scans/1/resources`;
      assert.match(one!.URI!, new RegExp(`^${start}/\\d+/files/img\\.nii$`));
      const [several] = await rows(`${scan}/files`);
      assert.match(
        several!.URI!,
        new RegExp(`^/data/experiments/${E}/scans/1/resources/\\d+/files/1\\.dcm$`),
      );
      const [short] = await rows(`/data/experiments/${E}/scans/1/resources/NIFTI/files`);
      assert.ok(short!.URI!.startsWith(`/data/experiments/${E}/scans/1/resources/`));
    },
  },
});
