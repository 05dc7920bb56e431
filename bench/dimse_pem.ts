/** Certificates for both ends, in a folder, as DCMTK wants them. */

import { makeTls } from "../testing/xnat_server/tls/make_tls.ts";

/** Writes `cert.pem`, `key.pem` and `ca.pem` for localhost. */
export async function makePem(folder: string): Promise<void> {
  const { cert, key, authority } = makeTls("localhost", Date.now());
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ cert, key, ca: authority })) {
    await Deno.writeTextFile(`${folder}/${name}.pem`, text);
  }
}

/** DCMTK's flags for them. */
export function pemFlags(folder: string): string[] {
  return ["+tls", `${folder}/key.pem`, `${folder}/cert.pem`, "+cf", `${folder}/ca.pem`];
}
