/** A server and a requestor in one process. */
import {
  type Association,
  type AssociationOptions,
  type ContextProposal,
  type DicomServer,
  type IncomingInstance,
  requestAssociation,
  serveDicom,
  type ServerOptions,
  VERIFICATION,
} from "../../../../transports/dicom/dimse/mod.ts";

export const IMPLICIT = "1.2.840.10008.1.2";
export const EXPLICIT = "1.2.840.10008.1.2.1";
export const CT = "1.2.840.10008.5.1.4.1.1.2";

export const context = (sopClassUID: string, ...syntaxes: string[]): ContextProposal => ({
  sopClassUID,
  transferSyntaxUIDs: syntaxes.length > 0 ? syntaxes : [EXPLICIT],
});

export function serve(options: Partial<ServerOptions> = {}): DicomServer {
  return serveDicom({ aeTitle: "NODE", hostname: "127.0.0.1", port: 0, ...options });
}

export function associate(
  port: number,
  options: Partial<AssociationOptions> = {},
): Promise<Association> {
  return requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET: "NODE",
    contexts: [context(VERIFICATION), context(CT)],
    ...options,
  });
}

/** Keeps what is stored. */
export class Inbox {
  readonly received: { instance: IncomingInstance; bytes: Uint8Array }[] = [];
  readonly aborted: unknown[] = [];
  begun = 0;
  largest = 0;
  readonly store = (instance: IncomingInstance) => {
    this.begun++;
    const chunks: number[][] = [];
    return {
      write: (chunk: Uint8Array) => {
        this.largest = Math.max(this.largest, chunk.length);
        chunks.push([...chunk]);
      },
      close: () => {
        this.received.push({ instance, bytes: Uint8Array.from(chunks.flat()) });
      },
      abort: (reason: unknown) => {
        this.aborted.push(reason);
      },
    };
  };
}

/** Collects an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export const delay = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
