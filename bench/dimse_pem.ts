/** Certificates for both ends, in a folder, as DCMTK wants them. */

import { makeTls } from "../testing/xnat_server/tls/make_tls.ts";
import type { TlsOptions } from "../transports/dicom/dimse/mod.ts";

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

/** Ours: trusts the authority, and shows the certificate when `isCertified`. */
export async function pemOptions(folder: string, isCertified: boolean): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all(
    ["ca", "cert", "key"].map((name) => Deno.readTextFile(`${folder}/${name}.pem`)),
  );
  return { caCerts: [ca!], ...isCertified && { cert, key } };
}
