import { strict as assert } from "node:assert";
import { isVfsError } from "../../../vfs/errors.ts";
import { urlOfPage } from "../../../transports/xnat/web_address.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../mod.ts";

const PAGE = "/app/action/DisplayItemAction/search_element/";
const CASES: readonly (readonly [string, string | undefined])[] = [
  ["xnat://h/data/projects", "xnat://h/"],
  ["xnat://h/data/projects/BRAIN", "xnat://h/BRAIN"],
  ["xnat://h/data/archive/projects/BRAIN/subjects/", "xnat://h/BRAIN"],
  ["xnat+http://h:8080/REST/projects/B/subjects/S", "xnat+http://h:8080/B/S"],
  ["http://h/xnat/data/projects/B?format=json", "xnat+http://h/~xnat/B"],
  [
    "https://h/data/projects/B/subjects/S/experiments/E/scans/1/resources/DICOM/files/a/b%20c.dcm",
    "xnat://h/B/S/E/1/DICOM/a/b%20c.dcm",
  ],
  ["xnat://h/data/experiments/XNAT_E1/scans/1", "xnat://h/PROJECT/SUBJECT/EXPERIMENT"],
  [
    `xnat://h${PAGE}xnat:projectData/search_field/xnat:projectData.ID/search_value/BRAIN`,
    "xnat://h/BRAIN",
  ],
  [
    `xnat://h${PAGE}xnat:subjectData/search_field/xnat:subjectData.ID/search_value/XNAT_S1/project/B`,
    "xnat://h/B/XNAT_S1",
  ],
  [
    `xnat://h${PAGE}xnat:mrSessionData/search_field/xnat:mrSessionData.ID/search_value/XNAT_E1`,
    "xnat://h/PROJECT/SUBJECT/XNAT_E1",
  ],
  ["xnat://h/app/template/Index.vm", "xnat://h/PROJECT/SUBJECT/EXPERIMENT"],
  ["xnat://h/BRAIN/S1/E1", undefined],
  ["xnat://h/data/S1", undefined],
  ["xnat://h/app", undefined],
];

for (const [page, ours] of CASES) {
  Deno.test(`urlOfPage() of ${page} is ${ours}`, () => {
    assert.equal(urlOfPage(page), ours);
  });
}

Deno.test("stat() of a page's address tells the URL to write, and a project named data is opened", async () => {
  await using server = await startXnatServer();
  await using vfs = createVfs();
  const host = `127.0.0.1:${server.port}`;
  const at = (path: string) => `xnat+http://admin:admin@${host}${path}`;
  await assert.rejects(vfs.stat(at("/data/projects/BRAIN")), (error) => {
    assert.ok(isVfsError(error));
    assert.equal(error.kind, "NotFound");
    assert.ok(error.message.endsWith(`write "xnat+http://${host}/BRAIN"`), error.message);
    return true;
  });
  await vfs.mkdir(at("/data"));
  await vfs.mkdir(at("/data/projects"));
  assert.equal((await vfs.stat(at("/data/projects"))).kind, "directory");
});
