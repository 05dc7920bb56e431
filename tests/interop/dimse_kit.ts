/**
 * Other people's DICOM programs as peers: started with a configuration of their own in a temporary folder, on free
 * ports, and ended by their process.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { unzipSync } from "fflate";
import {
  type Association,
  type AssociationOptions,
  cGet,
  contextsOf,
  cStore,
  type DatasetSink,
  type IdentifierInput,
  type IncomingInstance,
  QUERY_RETRIEVE,
  requestAssociation,
  VERIFICATION,
} from "../../transports/dicom/dimse/mod.ts";
import { type FileMeta, readDicomHeader, readFileMeta } from "../../formats/mod.ts";
import { writeDicomFile } from "../../testing/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { hasSamples, sample, samplePaths } from "../formats/_samples.ts";
import { type Peer, peerTest } from "./peers.ts";
import { freePort } from "../free_port.ts";
import { type Server, started as startedServer, withFolder } from "./servers.ts";

export const EXPLICIT = "1.2.840.10008.1.2.1";
export const IMPLICIT = "1.2.840.10008.1.2";

/** A program of DCMTK, of the Debian package dcmtk. */
export const dcmtk = (name: string): Peer => ({ name, command: [name], probe: ["--version"] });

/** The Debian package orthanc. */
export const ORTHANC: Peer = { name: "Orthanc", command: ["Orthanc"], probe: ["--version"] };

/** pynetdicom under `MEDVFS_PYTHON`, or under the python3 of the path. */
export const PYNETDICOM: Peer = {
  name: "pynetdicom",
  command: [Deno.env.get("MEDVFS_PYTHON") ?? "python3"],
  probe: ["-c", "import pynetdicom"],
};

/** A DICOM file, and its dataset ready to be sent. */
export interface Instance extends FileMeta {
  /** Where it comes from, for messages. */
  readonly name: string;
  readonly studyInstanceUID: string;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly dataset: Uint8Array<ArrayBuffer>;
}

/** What is known of a file. @throws `FormatError` for what cannot be sent */
export async function instanceOf(
  name: string,
  file: Uint8Array<ArrayBuffer>,
): Promise<Instance> {
  const meta = await readFileMeta(file, { until: 0x00200010 });
  const dataset = even(file.subarray(meta.datasetOffset));
  const studyInstanceUID = meta.header.string("StudyInstanceUID") ?? "";
  return { ...meta, name, studyInstanceUID, file, dataset };
}

/** What goes over the wire has an even length; only a deflated dataset may need a byte more (PS3.5 §A.5). */
function even(dataset: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(dataset.length + dataset.length % 2);
  padded.set(dataset);
  return padded;
}

/** The CT study of the phantom. */
export async function phantom(transferSyntaxUID: string = EXPLICIT): Promise<Instance[]> {
  const list: Instance[] = [];
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"], transferSyntaxUID })) {
    list.push(await instanceOf(path.join("/"), bytes));
  }
  return list;
}

/** One study of so many CT slices, with so many rows and columns each. */
export async function bigStudy(count: number, side: number): Promise<Instance[]> {
  return await Promise.all(Array.from({ length: count }, (_, i) =>
    instanceOf(
      `${i}`,
      writeDicomFile({
        SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
        SOPInstanceUID: `2.25.77.1.${i}`,
        StudyDate: "20190207",
        StudyTime: "140516",
        Modality: "CT",
        PatientID: "BIG",
        PatientName: "Big^Study",
        StudyInstanceUID: "2.25.77",
        StudyID: "1",
        SeriesInstanceUID: "2.25.77.1",
        SeriesNumber: 1,
        InstanceNumber: i + 1,
        Rows: side,
        Columns: side,
        BitsAllocated: 16,
        PixelData: new Uint8Array(2 * side * side).fill(i),
      }),
    )));
}

/** The sample files that can be sent, some of them the same instance in several transfer syntaxes; none without the samples. */
export async function realInstances(): Promise<Instance[]> {
  const list: Instance[] = [];
  for (const path of hasSamples ? samplePaths("pydicom/") : []) {
    if (path.includes("dicomdir/")) continue;
    try {
      const instance = await instanceOf(path, sample(path) as Uint8Array<ArrayBuffer>);
      const isPlaced = instance.studyInstanceUID !== "" &&
        instance.header.string("SeriesInstanceUID") !== undefined;
      if (isPlaced) list.push(instance);
    } catch {
      // Truncated, or without the UIDs that sending takes.
    }
  }
  return list;
}

/** As `peerTest`, for a test that needs the sample data too: it is ignored without. */
export async function sampleTest(...args: Parameters<typeof peerTest>): Promise<void> {
  if (hasSamples) return await peerTest(...args);
  Deno.test({ name: `${args[1]} (no sample data)`, ignore: true, fn: () => {} });
}

/** The 48 real MR images of a cohort. */
export async function cohort(): Promise<Instance[]> {
  const files = unzipSync(sample("imagedata/cohort.zip"));
  const list: Instance[] = [];
  for (const [name, file] of Object.entries(files)) {
    if (!name.endsWith("/")) list.push(await instanceOf(name, file as Uint8Array<ArrayBuffer>));
  }
  return list;
}

/** The bytes of pixel data, encapsulated or not; none for a deflated dataset. */
export async function pixelsOf(
  dataset: Uint8Array,
  transferSyntaxUID: string,
): Promise<Uint8Array | undefined> {
  const header = await readDicomHeader(dataset, { transferSyntaxUID });
  const { valuePosition = 0, length } = header.pixelData ?? {};
  const end = length === undefined
    ? endOfFragments(dataset, valuePosition)
    : valuePosition + length;
  // Positions in a deflated dataset are those of the inflated one.
  return header.deflated ? undefined : dataset.slice(valuePosition, end);
}

/** Where encapsulated pixel data ends: behind its last fragment (PS3.5 §A.4). */
function endOfFragments(dataset: Uint8Array, start: number): number {
  const view = new DataView(dataset.buffer, dataset.byteOffset);
  let at = start;
  while (at + 8 <= dataset.length && view.getUint16(at + 2, true) === 0xE000) {
    at += 8 + view.getUint32(at + 4, true);
  }
  return at;
}

/** The first of each SOP instance. */
export function distinct(list: readonly Instance[]): Instance[] {
  return [...new Map(list.toReversed().map((each) => [each.sopInstanceUID, each])).values()];
}

/** Starts a program that listens, with its Nagle off unless `env` says otherwise. */
export function started(
  program: string,
  args: readonly string[],
  port: number,
  env: Record<string, string> = { TCP_NODELAY: "1" },
): Promise<Server> {
  return startedServer(program, args, port, env);
}

/** An archive of somebody else. */
export interface Archive {
  readonly port: number;
  readonly aeTitle: string;
  /** Where it sends what is moved to `MEDVFS`. */
  readonly destination: number;
}

/** Runs dcmqrscp with one area, ARCHIVE. */
export async function withDcmqrscp(
  fn: (archive: Archive) => Promise<void>,
  ...flags: string[]
): Promise<void> {
  await withFolder(async (folder) => {
    const [port, destination] = [freePort(), freePort()];
    const area = join(folder, "area");
    await Deno.mkdir(area);
    const config = join(folder, "dcmqrscp.cfg");
    await Deno.writeTextFile(
      config,
      `NetworkTCPPort = ${port}\nMaxPDUSize = 131072\nMaxAssociations = 16\n` +
        `HostTable BEGIN\nmedvfs = (MEDVFS, 127.0.0.1, ${destination})\nHostTable END\n` +
        `AETable BEGIN\nARCHIVE ${area} RW (500, 1024mb) ANY\nAETable END\n`,
    );
    await using _peer = await started("dcmqrscp", ["-c", config, ...flags], port);
    await fn({ port, aeTitle: "ARCHIVE", destination });
  });
}

/** Runs Orthanc, which knows `MEDVFS`, with other settings besides. */
export async function withOrthanc(
  fn: (archive: Archive & { readonly rest: string }) => Promise<void>,
  settings: Readonly<Record<string, unknown>> = {},
  env?: Record<string, string>,
): Promise<void> {
  await withFolder(async (folder) => {
    const [port, http, destination] = [freePort(), freePort(), freePort()];
    const config = join(folder, "orthanc.json");
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        Name: "interop",
        StorageDirectory: join(folder, "storage"),
        IndexDirectory: join(folder, "storage"),
        Plugins: [],
        DicomPort: port,
        DicomAet: "ORTHANC",
        HttpPort: http,
        RemoteAccessAllowed: false,
        AuthenticationEnabled: false,
        DicomAlwaysAllowFind: true,
        DicomAlwaysAllowGet: true,
        DicomAlwaysAllowMove: true,
        UnknownSopClassAccepted: true,
        OverwriteInstances: true,
        SyncStorageArea: false,
        DicomModalities: { medvfs: ["MEDVFS", "127.0.0.1", destination] },
        ...settings,
      }),
    );
    await using _peer = await started("Orthanc", [config], http, env);
    const rest = `http://127.0.0.1:${http}`;
    await fn({ port, aeTitle: "ORTHANC", destination, rest });
  });
}

/** A test with Orthanc; the settings are those of {@linkcode withOrthanc}. */
export function orthancTest(
  name: string,
  ...orthanc: Parameters<typeof withOrthanc>
): Promise<void> {
  return peerTest(ORTHANC, name, () => withOrthanc(...orthanc));
}

/** An association for all services, and for these instances in both directions. */
export function associate(
  { port, aeTitle }: Pick<Archive, "port" | "aeTitle">,
  list: readonly Pick<Instance, "sopClassUID" | "transferSyntaxUID">[] = [],
  options: Partial<AssociationOptions> = {},
): Promise<Association> {
  const { patient, study } = QUERY_RETRIEVE;
  const services = [VERIFICATION, ...Object.values(patient), ...Object.values(study)];
  const pairs = [
    ...services.map((uid) => [uid, IMPLICIT] as const),
    ...list.map((each) => [each.sopClassUID, each.transferSyntaxUID] as const),
  ];
  const classes = new Set(list.map(({ sopClassUID }) => sopClassUID));
  return requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET: aeTitle,
    contexts: contextsOf(pairs)[0]!,
    roles: [...classes].map((sopClassUID) => ({ sopClassUID, scu: true, scp: true })),
    ...options,
  });
}

/** Stores instances one after the other. */
export async function storeAll(peer: Archive, list: readonly Instance[]): Promise<void> {
  await using association = await associate(peer, list);
  for (const each of list) await cStore(association, each);
}

/** The study of instances, to be asked for. */
export function study([first]: readonly Instance[]): IdentifierInput {
  return { QueryRetrieveLevel: "STUDY", StudyInstanceUID: first!.studyInstanceUID };
}

/** What arrived. */
export interface Arrived extends IncomingInstance {
  readonly dataset: Uint8Array<ArrayBuffer>;
}

/** Keeps what arrives by SOP instance. */
export function inbox(): {
  readonly all: Map<string, Arrived>;
  readonly store: (instance: IncomingInstance) => DatasetSink;
} {
  const all = new Map<string, Arrived>();
  return {
    all,
    store(instance) {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: (chunk) => void chunks.push(chunk.slice() as Uint8Array<ArrayBuffer>),
        async close() {
          const dataset = new Uint8Array(await new Blob(chunks).arrayBuffer());
          all.set(instance.sopInstanceUID, { ...instance, dataset });
        },
        abort() {},
      };
    },
  };
}

/** Gets the study of instances by C-GET; each must be what was sent. */
export async function assertComesBack(peer: Archive, list: readonly Instance[]): Promise<void> {
  await using association = await associate(peer, list);
  const { all, store } = inbox();
  const result = await cGet(association, { identifier: study(list), onInstance: store });
  assert.equal(result.completed, list.length);
  assert.equal(all.size, list.length);
  for (const { sopInstanceUID, dataset, transferSyntaxUID } of list) {
    assert.deepEqual(all.get(sopInstanceUID)!.dataset, dataset);
    assert.equal(all.get(sopInstanceUID)!.transferSyntaxUID, transferSyntaxUID);
  }
}
