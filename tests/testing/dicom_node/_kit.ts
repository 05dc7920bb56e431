import {
  type Association,
  type AssociationOptions,
  cFind,
  cGet,
  contextsOf,
  cStore,
  type DatasetSink,
  type IdentifierInput,
  QUERY_RETRIEVE,
  requestAssociation,
  type RetrieveResult,
} from "../../../transports/dicom/dimse/mod.ts";
import type { DicomHeader } from "../../../formats/mod.ts";
import { type DicomNode, type DicomNodeOptions, serveDicomNode } from "../../../testing/mod.ts";
import { phantomArchive, type PhantomInstance, phantomStudy } from "../../../testing/phantom.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";

export const EXPLICIT = "1.2.840.10008.1.2.1";
export const IMPLICIT = "1.2.840.10008.1.2";

/** An instance of the phantom, ready to be sent. */
export interface Sample extends PhantomInstance {
  readonly transferSyntaxUID: string;
  readonly dataset: Uint8Array<ArrayBuffer>;
}

/** Bytes after the file meta information, whose length is in its first element. */
export function datasetOf(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return file.subarray(144 + view.getUint32(140, true));
}

let made: Promise<Sample[]> | undefined;

/** The CT study of the phantom: 18 instances in three series. */
export function samples(): Promise<Sample[]> {
  return made ??= collect(phantomStudy({ modalities: ["CT"] }));
}

async function collect(instances: AsyncIterable<PhantomInstance>): Promise<Sample[]> {
  const list: Sample[] = [];
  for await (const each of instances) {
    list.push({ ...each, transferSyntaxUID: EXPLICIT, dataset: datasetOf(each.bytes) });
  }
  return list;
}

let archived: Promise<Sample[]> | undefined;

/** Three patients with a CT study each. */
export function archive(): Promise<Sample[]> {
  return archived ??= collect(phantomArchive({ modalities: ["CT"] }));
}

/** A filesystem with these instances, as `memory:///archive`. */
export async function folderOf(instances: readonly PhantomInstance[]): Promise<Vfs> {
  const vfs = createVfs();
  for (const { path, bytes } of instances) {
    await vfs.writeFile(`memory:///archive/${path.join("/")}`, bytes);
  }
  return vfs;
}

/** A node that has three patients. */
export async function archiveNode(
  options: DicomNodeOptions = {},
): Promise<DicomNode & { readonly vfs: Vfs }> {
  const vfs = await folderOf(await archive());
  const node = await serveDicomNode({
    aeTitle: "NODE",
    vfs,
    root: "memory:///archive",
    ...options,
  });
  return Object.assign(node, { vfs });
}

/** An association with a node, for queries and, with samples, for storage and C-GET. */
export function associate(
  node: DicomNode,
  list: readonly Pick<Sample, "sopClassUID" | "transferSyntaxUID">[] = [],
  options: Partial<AssociationOptions> = {},
): Promise<Association> {
  const { patient, study } = QUERY_RETRIEVE;
  const services = [...Object.values(patient), ...Object.values(study)];
  const pairs = list.map((each) => [each.sopClassUID, each.transferSyntaxUID] as const);
  const classes = new Set(list.map(({ sopClassUID }) => sopClassUID));
  return requestAssociation({
    hostname: "127.0.0.1",
    port: node.port,
    calledAET: node.aeTitle,
    contexts: contextsOf([...services.map((uid) => [uid, IMPLICIT] as const), ...pairs])[0]!,
    roles: [...classes].map((sopClassUID) => ({ sopClassUID, scu: true, scp: true })),
    ...options,
  });
}

/** The answers to a query. */
export async function find(
  association: Association,
  identifier: IdentifierInput,
  model: "patient" | "study" = "study",
): Promise<DicomHeader[]> {
  const list: DicomHeader[] = [];
  for await (const { dataset } of cFind(association, { identifier, model })) list.push(dataset);
  return list;
}

/** Stores instances, one after the other. */
export async function store(association: Association, list: readonly Sample[]): Promise<void> {
  for (const each of list) await cStore(association, each);
}

/** What a C-GET brought. */
export interface Fetched {
  readonly result: RetrieveResult;
  readonly datasets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Keeps datasets by SOP instance. */
export function inbox(): {
  readonly datasets: Map<string, Uint8Array<ArrayBuffer>>;
  readonly store: (instance: { sopInstanceUID: string }) => DatasetSink;
} {
  const datasets = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    datasets,
    store({ sopInstanceUID }) {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: (chunk) => void chunks.push(chunk.slice() as Uint8Array<ArrayBuffer>),
        async close() {
          datasets.set(sopInstanceUID, new Uint8Array(await new Blob(chunks).arrayBuffer()));
        },
        abort() {},
      };
    },
  };
}

/** A C-GET. */
export async function get(
  association: Association,
  identifier: IdentifierInput,
  model: "patient" | "study" = "study",
): Promise<Fetched> {
  const { datasets, store } = inbox();
  const result = await cGet(association, { identifier, model, onInstance: store });
  return { result, datasets };
}
