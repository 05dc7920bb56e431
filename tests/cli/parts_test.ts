import { strict as assert } from "node:assert";
import { table } from "../../cli/format.ts";
import { VfsError } from "../../vfs/errors.ts";
import { messageOf, withoutCredentials } from "../../cli/messages.ts";
import { Operand } from "../../cli/operand.ts";
import { inOrder } from "../../cli/ordered.ts";
import { progressText } from "../../cli/progress.ts";

Deno.test("Operand.show() gives paths for a path, URLs for a URL, that name the same place again", () => {
  const path = new Operand("../x/");
  const below = path.location.join("a b", "c#");
  assert.equal(path.show(), "../x/");
  assert.equal(path.show(below), "../x/a b/c#");
  assert.equal(new Operand(path.show(below)).location.href, below.href);
  assert.equal(new Operand("/").show(new Operand("/").location.child("etc")), "/etc");
  const url = new Operand("memory://user:secret@h/x");
  assert.equal(url.show(), "memory://h/x");
  assert.equal(url.show(url.location.child("a b")), "memory://h/x/a%20b");
});

Deno.test("messageOf() shows where a user and password go, and no others", () => {
  const error = new Error("Cannot read http://ann:secret@example.org/");
  assert.equal(messageOf(error, "ls"), "Cannot read http://example.org/");
  const unknown = new VfsError("Unauthenticated", { op: "read", url: "http://example.org/" });
  assert.match(messageOf(unknown, "ls"), /as in http:\/\/USER:PASSWORD@HOST\/\)$/);
});

Deno.test("messageOf() says what DICOM files and archives of them are handed over by", () => {
  const zip = new VfsError("NotSupported", { op: "store", url: "dicom://pacs:104/A" });
  assert.match(messageOf(zip, "cp", "in/a.ZIP"), / \(what is in it: "in\/a\.ZIP\?\*\*"\)$/);
  assert.doesNotMatch(messageOf(zip, "cp", "in/a.txt"), /\(/);
  const below = (url: string) => messageOf(new VfsError("NotFound", { op: "stat", url }), "ls");
  assert.match(
    below("file:///d/a.zip/t/1.dcm"),
    /follows a "\?": "file:\/\/\/d\/a\.zip\?t\/1\.dcm"\)$/,
  );
  assert.doesNotMatch(below("zip://file%3A%2F%2F%2Fd%2Fa.zip/t/1.dcm"), /\(/);
  assert.doesNotMatch(below("file:///d/a.zip"), /\(/);
  const removing = (url: string) =>
    messageOf(new VfsError("NotFound", { op: "remove", url }), "rm");
  assert.match(
    removing("file:///d/a.zip/t/1.dcm"),
    /by its URL: "zip:\/\/file%3A%2F%2F%2Fd%2Fa\.zip\/t\/1\.dcm"\)$/,
  );
  assert.doesNotMatch(removing("file:///d/a.tar/t/1.dcm"), /\(/);
  const short = new VfsError("InvalidUrl", { op: "parse", url: "zip:a.zip" });
  assert.match(messageOf(short, "ls"), /as in "study\.zip\?\*\.dcm"\)$/);
  const write = new VfsError("NotSupported", { op: "write", url: "xnat://h/P/S/1.dcm" });
  assert.match(messageOf(write, "cp"), /--importer/);
  const page = new VfsError("NotFound", { op: "list", url: "https://h/data/projects/P" });
  assert.match(messageOf(page, "ls"), /write "xnat:\/\/h\/P"/);
});

Deno.test("withoutCredentials() removes userinfo wherever a URL is in a text", () => {
  assert.equal(
    withoutCredentials(
      "from 'xnat://joe:a@b/c@host/x' to dicom://AE@pacs:104/ and joe@example.org",
    ),
    "from 'xnat://host/x' to dicom://pacs:104/ and joe@example.org",
  );
});

Deno.test("inOrder() keeps the order, bounds what is under way, and ends at the first failure", async () => {
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
    running--;
    return item * 2;
  };
  const items = Array.from({ length: 40 }, (_, i) => i);
  const results = await Array.fromAsync(inOrder(items, 4, work));
  assert.deepEqual(results, items.map((item) => [item, item * 2]));
  assert.ok(most <= 4 && most > 1);
  const failing = inOrder(
    items,
    4,
    (item) => item === 5 ? Promise.reject(new Error("no")) : work(item),
  );
  await assert.rejects(Array.fromAsync(failing), /no/);
  assert.equal(running, 0);
});

Deno.test("table() aligns columns and pads nothing at the end", () => {
  assert.deepEqual(table([["a", "10", "x"], ["bcd", "2", "yy"]], [1]), [
    "a    10  x",
    "bcd   2  yy",
  ]);
});

Deno.test("progressText() tells a share only once everything is listed", () => {
  const shown = {
    files: 12,
    totalFiles: 31,
    bytes: 5e6,
    totalBytes: 2e7,
    listed: true,
    elapsedMs: 1000,
  };
  assert.equal(
    progressText(shown, 200),
    "[######..................]  25%  12/31 files  5.0 MB of 20 MB  5.0 MB/s  0:03 left",
  );
  assert.equal(
    progressText({ ...shown, listed: false }, 200),
    "12/31+ files  5.0 MB  5.0 MB/s  0:01",
  );
  assert.equal(
    progressText(
      { ...shown, files: 0, totalFiles: 1, bytes: 0, totalBytes: 0, elapsedMs: 65_000 },
      200,
    ),
    "[........................]   0%  1:05",
  );
});

Deno.test("progressText() leaves out what does not fit, and cuts no number", () => {
  const shown = {
    files: 361,
    totalFiles: 3000,
    bytes: 5e6,
    totalBytes: 2e7,
    listed: true,
    elapsedMs: 1000,
  };
  const at = (columns: number) => progressText(shown, columns);
  assert.equal(
    at(79),
    "[####..............]  25%  361/3000 files  5.0 MB of 20 MB  5.0 MB/s  0:03 left",
  );
  assert.equal(at(56), "[#####.................]  25%  361/3000 files  0:03 left");
  assert.equal(at(39), " 25%  361/3000 files  0:03 left");
  assert.equal(at(20), "[###..........]  25%");
  assert.equal(at(3), "");
  for (let columns = 0; columns < 120; columns++) assert.ok(at(columns).length <= columns);
});
