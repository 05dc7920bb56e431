/**
 * Certificates and keys from files.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { readPrivate } from "../../vfs/credentials/private_file.ts";
import type { TlsOptions } from "./dimse/connect.ts";

/** TLS as files name it. */
export interface TlsFiles extends Pick<TlsOptions, "serverName" | "insecure"> {
  /** Paths of certificates of authorities to trust besides the system's, in PEM. */
  readonly ca?: readonly string[];
  /** Path of our certificate, in PEM. */
  readonly cert?: string;
  /** Path of its private key, in PEM; only its owner may read it. */
  readonly key?: string;
}

/**
 * Reads the files.
 *
 * @throws `NotFound`; `PermissionDenied`, also when others can read the private key; `Corrupt` for what is no PEM
 */
export async function readTls({ ca = [], cert, key, ...rest }: TlsFiles): Promise<TlsOptions> {
  return {
    ...rest,
    caCerts: await Promise.all(ca.map((path) => read(path, "CERTIFICATE"))),
    cert: cert === undefined ? undefined : await read(cert, "CERTIFICATE"),
    key: key === undefined ? undefined : await read(key, "PRIVATE KEY"),
  };
}

async function read(path: string, what: "CERTIFICATE" | "PRIVATE KEY"): Promise<string> {
  const refuse = (kind: VfsError["kind"], reason?: string, cause?: unknown) =>
    new VfsError(kind, { op: "read", url: path, reason, cause });
  const file = await readPrivate(path).catch((cause) => {
    throw refuse("PermissionDenied", undefined, cause);
  });
  if (file === undefined) throw refuse("NotFound");
  if (what === "PRIVATE KEY" && file.isShared) {
    throw refuse(
      "PermissionDenied",
      "others can read the private key: make it yours with chmod 600",
    );
  }
  // Its text may be a secret, whatever it is.
  if (!file.text.includes(`${what}-----`)) throw refuse("Corrupt", `there is no ${what} in PEM`);
  return file.text;
}
