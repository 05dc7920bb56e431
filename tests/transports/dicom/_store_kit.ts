/** A peer that takes instances as it is told, and files to send to it. */

import {
  type DicomServer,
  type IncomingInstance,
  serveDicom,
  type ServerOptions,
} from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport, type DicomTransportOptions } from "../../../transports/dicom/mod.ts";
import {
  type DatasetInput,
  type WriteDatasetOptions,
  writeDicomFile,
} from "../../../testing/mod.ts";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { Vfs, type VfsOptions } from "../../../vfs/vfs.ts";

export const SYNTAX = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  deflated: "1.2.840.10008.1.2.1.99",
  big: "1.2.840.10008.1.2.2",
  jpeg: "1.2.840.10008.1.2.4.50",
} as const;

export const CT = "1.2.840.10008.5.1.4.1.1.2";

/** What came, and how it is answered. */
export class Peer implements AsyncDisposable {
  readonly received: { readonly instance: IncomingInstance; readonly dataset: Uint8Array }[] = [];
  /** Associations that were asked for. */
  associations = 0;
  /** Most presentation contexts that one had. */
  contexts = 0;
  /** Called at the end of each instance; what it throws becomes the answer. */
  onStored: (instance: IncomingInstance, count: number) => Promise<void> | void = () => {};
  /** Called when an instance begins. */
  onStore: (instance: IncomingInstance, abort: () => void) => void = () => {};
  readonly #server: DicomServer;

  constructor(options: Partial<ServerOptions> = {}) {
    this.#server = serveDicom({
      aeTitle: "NODE",
      port: 0,
      store: (instance, association) => {
        const chunks: Uint8Array[] = [];
        this.onStore(instance, () => void association.abort());
        return {
          write: (chunk) => void chunks.push(chunk.slice()),
          close: async () => {
            await this.onStored(instance, this.received.length);
            this.received.push({ instance, dataset: concat(chunks) });
          },
          abort: () => {},
        };
      },
      ...options,
      authorize: (request, peer) => {
        this.associations++;
        this.contexts = Math.max(this.contexts, request.contexts.length);
        return options.authorize?.(request, peer);
      },
    });
  }

  get url(): string {
    return `dicom://127.0.0.1:${this.#server.port}/NODE`;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}

/** How PixelMed agrees: on implicit VR only with who offers no explicit VR for that class. */
export function explicitFirst(): Pick<ServerOptions, "authorize" | "preferSyntax"> {
  const explicit = new Set<string>();
  return {
    authorize({ contexts }) {
      explicit.clear();
      for (const { abstractSyntax, transferSyntaxes } of contexts) {
        if (transferSyntaxes.includes(SYNTAX.explicit)) explicit.add(abstractSyntax);
      }
      return undefined;
    },
    preferSyntax: (sopClassUID, [syntax]) =>
      syntax === SYNTAX.implicit && explicit.has(sopClassUID) ? null : syntax,
  };
}

/** The answer of a peer. */
export function answer(dimse: number): VfsError {
  return new VfsError("Unexpected", { op: "test", url: "test://", detail: { dimse } });
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export function vfsWith(
  options: DicomTransportOptions = {},
  more: Partial<VfsOptions> = {},
): Vfs {
  const registry = builtinRegistry();
  registry.register(dicomTransport(options), { override: true });
  return new Vfs({ registry, ...more });
}

/** A small image; `n` makes its identifiers. */
export function image(n: number, more: DatasetInput = {}): DatasetInput {
  return {
    SOPClassUID: CT,
    SOPInstanceUID: `2.25.3.${n}`,
    StudyDate: "20190207",
    AccessionNumber: "ACC1",
    Modality: "CT",
    PatientID: "P/1",
    PatientName: "Phantom^One",
    StudyInstanceUID: "2.25.1",
    SeriesInstanceUID: "2.25.2",
    SeriesNumber: 7,
    InstanceNumber: n,
    Rows: 4,
    Columns: 4,
    BitsAllocated: 16,
    PixelData: new Uint8Array(32).fill(n),
    ...more,
  };
}

export function file(
  n: number,
  more: DatasetInput = {},
  options: WriteDatasetOptions = {},
): Uint8Array<ArrayBuffer> {
  return writeDicomFile(image(n, more), options);
}
