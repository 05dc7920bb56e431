import { fromFileUrl } from "@std/path";
import { type Bench, runProgram, whyMissing } from "./harness.ts";
import { ctSlice } from "./pictures.ts";

const PYTHON = Deno.env.get("MEDVFS_JUPYTER") ?? "python3";
const SCRIPT = fromFileUrl(new URL("../tests/interop/notebook_jupyter.py", import.meta.url));
// The kernel takes the deno.json above the notebook.
const FOLDER = new URL("results/", import.meta.url);
const IMPORT = "import of mod.ts in a cell";
const THUMBNAIL = "thumbnail of 128 pixels in a cell";
const GOAL = "goal: 100 ms";
const THUMBNAIL_GOAL = "goal: 50 ms";

/** What a cell of a new kernel waits for, in Jupyter; modules are cached on the disk. */
export const notebook: Bench = {
  name: "notebook",
  what: "the import, and a thumbnail of a 512x512 CT slice after load, in Deno's kernel",
  goals: [
    { of: IMPORT, to: GOAL, atMost: 1 },
    { of: THUMBNAIL, to: THUMBNAIL_GOAL, atMost: 1 },
  ],
  rounds: 7,
  async prepare() {
    const missing = await whyMissing(PYTHON, "-c", "import jupyter_client, nbconvert");
    if (missing) return { subjects: [{ name: IMPORT, missing, run: () => Promise.resolve() }] };
    await Deno.mkdir(FOLDER, { recursive: true });
    const image = new URL("notebook.dcm", FOLDER);
    const path = new URL("notebook.ipynb", FOLDER);
    await Deno.writeFile(image, ctSlice());
    await Deno.writeTextFile(path, JSON.stringify(notebookOf(cells(fromFileUrl(image)))));
    const { denoDir } = JSON.parse(await runProgram(Deno.execPath(), "info", "--json"));
    const thumbnails: number[] = [];
    return {
      subjects: [
        {
          name: IMPORT,
          run: async () => {
            const args = [SCRIPT, Deno.execPath(), denoDir, fromFileUrl(path)];
            const { outputs } = JSON.parse(await runProgram(PYTHON, ...args));
            const [load, thumbnail] = outputs.map((cell: Record<string, string>[]) =>
              Number(cell[0]!["text/plain"])
            );
            thumbnails.push(thumbnail);
            return load;
          },
        },
        { name: GOAL, run: () => Promise.resolve(100) },
        // Of the kernel that was just asked.
        { name: THUMBNAIL, run: () => Promise.resolve(thumbnails.at(-1)!) },
        { name: THUMBNAIL_GOAL, run: () => Promise.resolve(50) },
      ],
      dispose: async () => {
        await Deno.remove(image);
        await Deno.remove(path);
      },
    };
  },
};

function cells(image: string): string[] {
  const at = (path: string) => JSON.stringify(new URL(`../${path}`, import.meta.url).href);
  const told = `({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": String(ms) }) })`;
  return [
    `var start = performance.now();
    await import(${at("mod.ts")});
    var ms = performance.now() - start;
    ${told}`,
    `const { encodePng, readPicture } = await import(${at("pictures/mod.ts")});
    const file = await Deno.readFile(${JSON.stringify(image)});
    start = performance.now();
    await encodePng(await readPicture(file, { size: 128 }));
    ms = performance.now() - start;
    ${told}`,
  ];
}

function notebookOf(sources: readonly string[]): unknown {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: sources.map((source, i) => ({
      cell_type: "code",
      execution_count: null,
      id: `cell-${i}`,
      metadata: {},
      outputs: [],
      source,
    })),
  };
}
