/** A filesystem before an archive that does not tell the truth. */

import { builtinRegistry } from "../../../transports/builtin.ts";
import type { DicomServer } from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import type { Clock } from "../../../vfs/concurrency/clock.ts";
import { Vfs } from "../../../vfs/vfs.ts";

/** The series of the samples in the archive that `server` is, reached by a filesystem that tries nothing again. */
export function before(
  server: DicomServer,
  options?: Parameters<typeof dicomTransport>[0],
  clock?: Clock,
): { readonly vfs: Vfs; readonly url: string } & AsyncDisposable {
  const registry = builtinRegistry();
  registry.register(dicomTransport(options), { override: true });
  const vfs = new Vfs({ registry, layers: { retry: false, clock } });
  return {
    vfs,
    url: `dicom://127.0.0.1:${server.port}/LIAR/PAT1/1.2.3.1/1.2.3.1.1`,
    async [Symbol.asyncDispose]() {
      await vfs[Symbol.asyncDispose]();
      await server.close();
    },
  };
}
