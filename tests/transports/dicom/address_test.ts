import { strict as assert } from "node:assert";
import { addressOf } from "../../../transports/dicom/address.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";

const at = (path: string) => addressOf(parseLocation(`dicom://h:104${path}`).location);

Deno.test("addressOf() reads the levels from the archive to the instance", () => {
  assert.equal(at("/A").level, "archive");
  assert.deepEqual(at("/A/P%2F1").scope, { patient: { text: "P/1" } });
  assert.equal(at("/A/P/1.2").level, "study");
  const series = at("/A/P/1.2/14");
  assert.deepEqual([series.level, series.study?.text, series.series?.text], [
    "series",
    "1.2",
    "14",
  ]);
  for (const name of ["1.2.3", "1.2.3.dcm", "1.2.3.DCM"]) {
    const instance = at(`/A/P/1.2/1.3/${name}`);
    assert.deepEqual([instance.level, instance.instance], ["instance", "1.2.3"]);
  }
});

Deno.test("addressOf() reads the views by date, by accession number, and of all studies", () => {
  const levels = {
    "/A/.by-date": "years",
    "/A/.by-date/2024": "year",
    "/A/.by-date/2024/02": "month",
    "/A/.by-date/2024/02/29": "day",
    "/A/.by-date/2024/02/29/1.2": "study",
    "/A/.by-date/2024/02/29/1.2/1.3/1.4": "instance",
    "/A/.by-accession": "accessions",
    "/A/.by-accession/A%2F1": "accession",
    "/A/.by-accession/A1/1.2/1.3": "series",
    "/A/.studies": "studies",
    "/A/.studies/1.2": "study",
  };
  for (const [path, level] of Object.entries(levels)) assert.equal(at(path).level, level, path);
  assert.equal(at("/A/.by-accession/A%2F1").scope.accession, "A/1");
  assert.equal(at("/A/.by-date/2024/02/29/1.2").scope.date, "20240229");
});

Deno.test("addressOf() knows what cannot be anywhere", () => {
  const paths = [
    "/A/.by-date/24",
    "/A/.by-date/2024/13",
    "/A/.by-date/2023/02/29",
    "/A/.by-date/2024/2",
    "/A/.other",
    "/A/P/1.2/1.3/x",
    "/A/P/1.2/1.3/1.4/below",
  ];
  for (const path of paths) assert.equal(at(path).level, "nothing", path);
});

Deno.test("addressOf() of a URL without a called AE title says what is missing", () => {
  assert.throws(
    () => at("/"),
    (error) =>
      isVfsError(error) && error.kind === "InvalidUrl" &&
      error.message.includes('"dicom://h:104/CALLED"'),
  );
});
