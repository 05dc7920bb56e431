/**
 * One line for people about a file of any kind.
 *
 * @module
 */

import { type ByteSource, bytesSource, withHead } from "./byte_source.ts";
import { FIRST_READ } from "./byte_window.ts";
import { describeDicom, describeDicomDir } from "./dicom/describe.ts";
import { type FileFormat, gunzipSlice, sniff } from "./sniff.ts";
import { byteSize, latin1, printable } from "./text.ts";

const TEXT_HEADER = 64 * 1024;
const NIFTI_HEADER = 540;

/**
 * Describes a file in one line for people, from a few range reads:
 * `MR 192x152 16-bit #14 fl3d_dynamic 2019-02-07 PHANTOM^T1` (rows x columns).
 *
 * The line is safe to show on a terminal. It never throws for what a file
 * contains: damaged files are described as such.
 *
 * @example
 * ```ts
 * import { describeFile } from "@medvfs/vfs/formats";
 *
 * const json = new TextEncoder().encode('{"a": 1, "b": 2}');
 * console.assert(await describeFile(json) === "JSON object with 2 keys");
 * ```
 */
export async function describeFile(
  source: ByteSource | Uint8Array,
): Promise<string> {
  const bytes = source instanceof Uint8Array
    ? bytesSource(source)
    : await withHead(source, FIRST_READ);
  return await describeAs(await sniff(bytes), bytes);
}

// Kinds load when they are met: most programs meet few of them.
async function describeAs(
  { format, compression }: FileFormat,
  source: ByteSource,
): Promise<string> {
  switch (format) {
    case "dicom":
      return await describeDicom(source);
    case "dicomdir":
      return await describeDicomDir(source);
    case "nifti": {
      const { describeNifti } = await import("./kinds/nifti.ts");
      return describeNifti(
        compression ? await gunzipSlice(source, NIFTI_HEADER) : await source.read(0, NIFTI_HEADER),
      );
    }
    case "nrrd":
    case "metaimage": {
      const kinds = await import("./kinds/text_header.ts");
      const bytes = await source.read(0, TEXT_HEADER);
      return format === "nrrd" ? kinds.describeNrrd(bytes) : kinds.describeMetaImage(bytes);
    }
    case "png":
    case "jpeg": {
      const kinds = await import("./kinds/picture.ts");
      const bytes = await source.read(0, TEXT_HEADER);
      return format === "png" ? kinds.describePng(bytes) : kinds.describeJpeg(bytes);
    }
    case "zip":
      return await (await import("./kinds/zip.ts")).describeZip(source);
    case "json":
      return await (await import("./kinds/json.ts")).describeJson(source);
    case "pdf": {
      const version = latin1(await source.read(5, 8));
      return sized(`PDF ${printable(version)}`, source);
    }
    case "empty":
      return "empty file";
    default:
      return sized(
        compression ? `${format} (${compression})` : NAMES[format],
        source,
      );
  }
}

const NAMES = {
  gzip: "gzip",
  tar: "tar",
  jpeg2000: "JPEG 2000",
  text: "text",
  unknown: "unknown binary",
} as const;

function sized(name: string, { size }: ByteSource): string {
  return size === undefined ? name : `${name}, ${byteSize(size)}`;
}
