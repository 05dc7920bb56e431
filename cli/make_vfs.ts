/**
 * The filesystem of a run.
 *
 * @module
 */

import { builtinRegistry } from "../transports/builtin.ts";
import { defaultCredentials } from "../vfs/credentials/default_credentials.ts";
import type { OperationEvent } from "../vfs/layers/observe.ts";
import type { Registry } from "../vfs/registry.ts";
import { Vfs } from "../vfs/vfs.ts";
import type { Console } from "./console.ts";
import type { GlobalOptions } from "./context.ts";
import { type DicomSettings, withDicom } from "./dicom.ts";
import type { Io } from "./io.ts";

/** Makes a filesystem with the limits that the user asked for, and with `dicom` where a place is on a peer. */
export function makeVfs(
  io: Io,
  console: Console,
  options: GlobalOptions,
  dicom?: DicomSettings,
): Vfs {
  const { timeout, retries, verbose, insecure } = options;
  let registry = io.registry ?? builtinRegistry();
  if (insecure) {
    console.warning(
      "medvfs: --insecure: the certificates of xnat: and dicoms: servers are not checked",
    );
    registry = withoutChecks(registry);
  }
  if (dicom) registry = withDicom(registry, dicom.options);
  return new Vfs({
    registry,
    credentials: defaultCredentials({ onWarning: (text) => console.warning(`medvfs: ${text}`) }),
    layers: {
      timeout: { idleMs: timeout === undefined ? undefined : timeout * 1000 },
      retry: { attempts: retries === undefined ? undefined : retries + 1 },
      observer: verbose ? (event) => console.note(eventText(event)) : undefined,
    },
  });
}

/** The same drivers, but that of XNAT checks no certificate. */
function withoutChecks(registry: Registry): Registry {
  const changed = registry.clone();
  changed.register({
    schemes: ["xnat"],
    load: async () => (await import("../transports/xnat/mod.ts")).xnatTransport({ insecure: true }),
  }, { override: true });
  return changed;
}

function eventText({ op, url, durationMs, bytes, entries, error }: OperationEvent): string {
  const parts = [`${op} ${url}`, `${durationMs.toFixed(0)} ms`];
  if (bytes !== undefined) parts.push(`${bytes} bytes`);
  if (entries !== undefined) parts.push(`${entries} entries`);
  if (error) parts.push(error.kind);
  return parts.join(", ");
}
