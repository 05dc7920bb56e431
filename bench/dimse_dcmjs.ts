/**
 * The sender by which dcmjs-dimse is measured: a script of its own, so that nobody else needs that package.
 */

/** Version that is measured. */
const DCMJS_DIMSE = "npm:dcmjs-dimse@0.3.3";

const SCRIPT = `import dimse from "${DCMJS_DIMSE}";
const { Client, log, requests: { CStoreRequest } } = dimse;
const [port, folder] = Deno.args;
if (port) {
  log.level = "silent";
  const client = new Client();
  let stored = 0;
  const files = [...below(folder)];
  for (const path of files) {
    const request = new CStoreRequest(path);
    request.on("response", (response) => stored += response.getStatus() === 0 ? 1 : 0);
    client.addRequest(request);
  }
  const begin = performance.now();
  await new Promise((resolve, reject) => {
    client.on("closed", resolve);
    client.on("networkError", reject);
    client.send("127.0.0.1", Number(port), "DCMJS", "ANY");
  });
  if (stored !== files.length) throw new Error(stored + " of " + files.length + " were stored");
  console.log("operation " + (performance.now() - begin) + " ms");
  const status = await Deno.readTextFile("/proc/self/status");
  console.log("peak " + /^VmHWM:\\s+(\\d+) kB$/m.exec(status)[1] + " kB");
}

function* below(top) {
  for (const { name, isDirectory } of Deno.readDirSync(top)) {
    if (isDirectory) yield* below(top + "/" + name);
    else yield top + "/" + name;
  }
}
`;

const ALONE = ["--no-config", "--no-lock", "--no-prompt", "-A"];

/** Writes the script to `folder`, and gives the arguments of Deno for it. */
export async function dcmjsSender(folder: string): Promise<string[]> {
  const path = `${folder}/dcmjs.mjs`;
  await Deno.writeTextFile(path, SCRIPT);
  return ["run", ...ALONE, path];
}
