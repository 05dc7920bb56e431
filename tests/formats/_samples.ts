/** Finds the sample data beside the repository; tests are ignored without it. */
export const SAMPLES: URL = new URL("../../../shared/data/", import.meta.url);

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

export const hasSamples: boolean = exists(SAMPLES);
if (!hasSamples) {
  console.log(`Sample data is missing, tests that need it are ignored: ${SAMPLES}`);
}

export function sample(path: string): Uint8Array {
  return Deno.readFileSync(new URL(path, SAMPLES));
}

/** Paths of all files below a folder of the sample data. */
export function samplePaths(folder: string): string[] {
  const paths: string[] = [];
  for (const entry of Deno.readDirSync(new URL(folder, SAMPLES))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) paths.push(...samplePaths(`${path}/`));
    else if (entry.name !== "LICENSE") paths.push(path);
  }
  return paths.sort();
}
