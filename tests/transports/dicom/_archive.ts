/** An archive in this process, and the driver connected to it. */
import { encodeFileMeta } from "../../../formats/dicom/file_meta.ts";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import {
  type DatasetInput,
  type DicomNode,
  type DicomNodeOptions,
  serveDicomNode,
  writeDicomFile,
} from "../../../testing/mod.ts";
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport, type DicomTransportOptions } from "../../../transports/dicom/mod.ts";
import { builtinRegistry } from "../../../transports/builtin.ts";
import { Vfs, type VfsOptions } from "../../../vfs/vfs.ts";

export const MR = "1.2.840.10008.5.1.4.1.1.4";

/** One instance to be in an archive; UIDs follow from numbers. */
export interface Sample extends DatasetInput {
  readonly PatientID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
}

export interface SeriesShape {
  readonly patient?: string;
  readonly study?: number;
  readonly series?: number;
  readonly count?: number;
  readonly bytes?: number;
  readonly more?: DatasetInput;
}

/** The instances of one series. */
export function seriesOf(shape: SeriesShape = {}): Sample[] {
  const { patient = "PAT1", study = 1, series = 1, count = 3, bytes = 2_000, more } = shape;
  return Array.from({ length: count }, (_, i) => ({
    SOPClassUID: MR,
    SOPInstanceUID: `1.2.3.${study}.${series}.${i + 1}`,
    PatientID: patient,
    PatientName: "Doe^Jane",
    StudyInstanceUID: `1.2.3.${study}`,
    StudyDate: "20190207",
    StudyTime: "140516.555000",
    AccessionNumber: `ACC${study}`,
    StudyDescription: "Head",
    SeriesInstanceUID: `1.2.3.${study}.${series}`,
    SeriesNumber: 10 + series,
    SeriesDescription: "fl3d_dynamic",
    Modality: "MR",
    InstanceNumber: i + 1,
    Rows: 192,
    Columns: 152,
    PixelData: new Uint8Array(bytes).fill(i),
    ...more,
  }));
}

/** An archive, and a filesystem that reaches it. */
export class World implements AsyncDisposable {
  constructor(
    readonly node: DicomNode,
    readonly vfs: Vfs,
    readonly store: Vfs,
    readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  ) {}

  get url(): string {
    return this.node.url;
  }

  count(): string {
    const { requests } = this.node;
    return `${requests.count("C-FIND")} C-FIND, ${requests.count("C-GET")} C-GET`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vfs[Symbol.asyncDispose]();
    await this.node.close();
    await this.store[Symbol.asyncDispose]();
  }
}

export interface WorldOptions extends Omit<DicomNodeOptions, "vfs" | "root"> {
  readonly driver?: DicomTransportOptions;
  readonly layers?: VfsOptions["layers"];
}

/** Serves `samples`. */
export async function world(
  samples: readonly Sample[],
  { driver = {}, layers = { retry: false }, ...options }: WorldOptions = {},
): Promise<World> {
  const store = new Vfs({ registry: builtinRegistry() });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [i, sample] of samples.entries()) {
    const file = writeDicomFile(sample);
    files.set(sample.SOPInstanceUID, file);
    await store.writeFile(`memory:///archive/${i}.dcm`, file);
  }
  const node = await serveDicomNode({
    aeTitle: "ARCHIVE",
    root: "memory:///archive",
    vfs: store,
    ...options,
  });
  const registry = builtinRegistry();
  registry.register(dicomTransport(driver), { override: true });
  return new World(node, new Vfs({ registry, layers }), store, files);
}

/** The dataset of a file. */
export function datasetOf(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return file.subarray(parseDicomHeader(file).datasetPosition);
}

/** The file that the driver makes of a file in the archive. */
export function asRead(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const header = parseDicomHeader(file);
  const head = encodeFileMeta({
    sopClassUID: header.string("SOPClassUID")!,
    sopInstanceUID: header.string("SOPInstanceUID")!,
    transferSyntaxUID: header.transferSyntaxUID!,
    implementationClassUID: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    sourceAET: "ARCHIVE",
  });
  const dataset = datasetOf(file);
  const all = new Uint8Array(head.length + dataset.length);
  all.set(head);
  all.set(dataset, head.length);
  return all;
}
