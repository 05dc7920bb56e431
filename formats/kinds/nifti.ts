/**
 * One line about a NIfTI file.
 *
 * @module
 */

/** NIfTI-1 and NIfTI-2 headers (nifti.nimh.nih.gov, nifti1.h and nifti2.h). */

const TYPES: Readonly<Record<number, string>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  32: "complex64",
  64: "float64",
  128: "rgb24",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
  1536: "float128",
  1792: "complex128",
  2304: "rgba32",
};
const UNITS: Readonly<Record<number, string>> = { 1: "m", 2: "mm", 3: "µm" };

/** Where the fields that matter are. */
interface Layout {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
}

function layoutOf(bytes: Uint8Array): Layout | undefined {
  if (bytes.length < 348) return undefined;
  const view = viewOf(bytes);
  for (const littleEndian of [true, false]) {
    const size = view.getUint32(0, littleEndian);
    if (size === 348 && isMagic(bytes, 344, "1")) {
      return { version: 1, littleEndian };
    }
    if (size === 540 && isMagic(bytes, 4, "2")) {
      return { version: 2, littleEndian };
    }
  }
  return undefined;
}

function isMagic(bytes: Uint8Array, at: number, version: string): boolean {
  const text = String.fromCharCode(...bytes.subarray(at, at + 3));
  return text === `n+${version}` || text === `ni${version}`;
}

/** Whether these bytes, at least 348, start a NIfTI file. */
export function isNifti(bytes: Uint8Array): boolean {
  return layoutOf(bytes) !== undefined;
}

/** Describes a NIfTI file by its first 540 bytes: shape, type, voxel size. */
export function describeNifti(bytes: Uint8Array): string {
  const layout = layoutOf(bytes);
  if (!layout || (layout.version === 2 && bytes.length < 540)) {
    return "NIfTI (truncated)";
  }
  const { version, littleEndian } = layout;
  const view = viewOf(bytes);
  const dimension = (index: number): number =>
    version === 1
      ? view.getInt16(40 + 2 * index, littleEndian)
      : Number(view.getBigInt64(16 + 8 * index, littleEndian));
  const spacing = (index: number): number =>
    version === 1
      ? view.getFloat32(76 + 4 * index, littleEndian)
      : view.getFloat64(104 + 8 * index, littleEndian);
  const count = dimension(0);
  if (count < 1 || count > 7) return `NIfTI-${version} (damaged)`;
  const axes = Array.from({ length: count }, (_, index) => index + 1);
  const type = view.getInt16(version === 1 ? 70 : 12, littleEndian);
  const units = version === 1 ? view.getUint8(123) : view.getInt32(500, littleEndian);
  const size = axes.slice(0, 3).map((axis) => short(spacing(axis))).join("x");
  const parts = [
    `NIfTI-${version}`,
    axes.map(dimension).join("x"),
    TYPES[type] ?? `type ${type}`,
    size,
    UNITS[units & 7] ?? "",
  ];
  return parts.filter(Boolean).join(" ");
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
