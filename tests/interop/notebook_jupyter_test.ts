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

/** Jupyter's client under `MEDVFS_JUPYTER`, or under the python3 of the path. */
const JUPYTER: Peer = {
  name: "jupyter_client",
  command: [Deno.env.get("MEDVFS_JUPYTER") ?? "python3"],
  probe: ["-c", "import jupyter_client"],
};

type Media = Readonly<Record<string, string>>;

await peerTest(
  JUPYTER,
  "tour.ipynb runs in Jupyter, and its cells show HTML and PNG",
  async (run) => {
    const cells: Media[][] = JSON.parse(await run(SCRIPT, Deno.execPath(), denoDir(), TOUR));
    const shown = cells.flat().map((media) => Object.keys(media).sort().join(" "));
    const html = "text/html text/plain";
    const png = `image/png ${html}`;
    assert.deepEqual(shown, ["text/plain", html, html, png, png, html, html, png, png, html]);
    for (const media of cells.flat()) {
      if (media["image/png"]) assert.match(media["image/png"], /^iVBORw0KGgo/);
      assert.doesNotMatch(media["text/html"] ?? "", /admin/);
    }
  },
);
