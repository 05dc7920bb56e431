/**
 * The notebooks of examples/ in Jupyter itself, with the kernel of this Deno.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { denoDir } from "../examples/notebook.ts";
import { type Peer, peerTest } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("notebook_jupyter.py", import.meta.url));
const TOUR = fromFileUrl(new URL("../../examples/tour.ipynb", import.meta.url));

/** Jupyter under `MEDVFS_JUPYTER`, or under the python3 of the path. */
const JUPYTER: Peer = {
  name: "jupyter_client and nbconvert",
  command: [Deno.env.get("MEDVFS_JUPYTER") ?? "python3"],
  probe: ["-c", "import jupyter_client, nbconvert"],
};

/** What each cell gave, by media type; how often that changed in its place; and all of it as a page. */
interface Executed {
  readonly outputs: readonly (readonly Readonly<Record<string, string>>[])[];
  readonly changes: readonly number[];
  readonly html: string;
}

await peerTest(
  JUPYTER,
  "tour.ipynb runs in Jupyter: its cells show HTML and PNG, a sync how far it is, and it is a page",
  async (run) => {
    const text = await run(SCRIPT, Deno.execPath(), denoDir(), TOUR);
    const { outputs, changes, html }: Executed = JSON.parse(text);
    const kinds = outputs.map((cell) =>
      cell.map((media) => Object.keys(media).map((type) => type.split("/")[1]).sort().join(" "))
    );
    const table = "html plain";
    const picture = "html plain png";
    const [first, ...rest] = kinds;
    assert.deepEqual(first, ["plain"]);
    // The line that tells how far a call is comes first, where it took long enough.
    assert.deepEqual(rest.map((cell) => cell.at(-1)), [
      ...[table, table, "plain", table, picture, table, picture, table, table, picture],
      ...[table, table, table, table, picture, table, undefined],
    ]);
    const sync = outputs.findIndex((cell) => /^sync /.test(cell[0]?.["text/plain"] ?? ""));
    assert.equal(outputs[sync]!.length, 2);
    assert.ok(changes[sync]! > 0);
    assert.match(outputs[sync]![0]!["text/plain"]!, /done · 18\/18 files/);
    for (const media of outputs.flat()) {
      if (media["image/png"]) assert.match(media["image/png"], /^iVBORw0KGgo/);
      assert.doesNotMatch(media["text/html"] ?? "", /admin/);
    }
    assert.equal(html.match(/<figure/g)!.length, 4);
    assert.match(html, /<details open/);
  },
);
