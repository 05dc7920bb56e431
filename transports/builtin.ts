/**
 * The drivers that come with medvfs. Each is loaded when a URL of its scheme is first used.
 *
 * @module
 */

import type { CredentialProvider } from "../vfs/credentials/credentials.ts";
import { Registry } from "../vfs/registry.ts";

/** A registry with all of them, none of them loaded. */
export function builtinRegistry(): Registry {
  const registry = new Registry();
  registry.register({
    schemes: ["file"],
    load: async () => (await import("./file/mod.ts")).fileTransport(),
  });
  registry.register({
    schemes: ["memory"],
    load: async () => (await import("./memory/mod.ts")).memoryTransport(),
  });
  registry.register({
    schemes: ["dicom", "dicoms"],
    load: async () => (await import("./dicom/mod.ts")).dicomTransport(),
  });
  registry.register({
    schemes: ["xnat", "xnat+http"],
    load: async () => (await import("./xnat/mod.ts")).xnatTransport(),
  });
  registry.register({
    schemes: ["zip"],
    archives: [".zip"],
    load: async () => (await import("./zip/mod.ts")).zipTransport(),
  });
  registry.register({
    schemes: ["tar"],
    archives: [".tar", ".tar.gz", ".tgz"],
    load: async () => (await import("./tar/mod.ts")).tarTransport(),
  });
  registry.register({
    schemes: ["https", "http"],
    load: async () => (await import("./http/mod.ts")).httpTransport(),
  });
  return registry;
}

/** What the environment holds for the servers of these drivers: `XNAT_HOST`, `XNAT_USER`, `XNAT_PASS`. */
export const environmentCredentials: CredentialProvider = async (realm) => {
  if (!realm.scheme.startsWith("xnat")) return;
  const { environmentCredentials } = await import("./xnat/credential_sources.ts");
  return await environmentCredentials()(realm);
};
