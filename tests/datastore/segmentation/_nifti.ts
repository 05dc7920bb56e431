/** A NIfTI file to make, field by field, be it sound or not. */
export interface NiftiInput {
  readonly version?: 1 | 2;
  readonly little?: boolean;
  /** `dim` with the count in front. */
  readonly dims?: readonly number[];
  readonly pixdim?: readonly number[];
  readonly datatype?: number;
  readonly voxels?: Uint8Array;
  /** Rows of the sform, 12 numbers; without, its code is 0. */
  readonly sform?: readonly number[];
  /** b, c, d and the offset, 6 numbers; without, its code is 0. */
  readonly qform?: readonly number[];
  readonly slope?: number;
  readonly intercept?: number;
  readonly units?: number;
  readonly offset?: number;
  readonly magic?: string;
}

/** Identity: one voxel a millimetre from right to left and so on. */
export const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] as const;

/** Writes it as nifti1.h and nifti2.h say. */
export function niftiBytes(input: NiftiInput): Uint8Array<ArrayBuffer> {
  const { version = 1, little = true, datatype = 2, sform, qform } = input;
  const voxels = input.voxels ?? Uint8Array.of(0, 1, 2, 0);
  const offset = input.offset ?? (version === 1 ? 352 : 544);
  // Absurd offsets are for readers to refuse.
  const at = offset >= 348 && offset < 1e6 ? Math.ceil(offset) : 352;
  const bytes = new Uint8Array(Math.max(at + voxels.length, 544));
  const view = new DataView(bytes.buffer);
  const one = version === 1;
  const real = (at: number, value: number) =>
    one ? view.setFloat32(at, value, little) : view.setFloat64(at, value, little);
  const width = one ? 4 : 8;
  const dims = [...input.dims ?? [3, 2, 2, 1], 1, 1, 1, 1, 1, 1, 1].slice(0, 8);
  view.setInt32(0, one ? 348 : 540, little);
  const magic = input.magic ?? (one ? "n+1" : "n+2");
  [...magic].forEach((letter, i) => bytes[(one ? 344 : 4) + i] = letter.charCodeAt(0));
  view.setInt16(one ? 70 : 12, datatype, little);
  dims.forEach((size, i) =>
    one
      ? view.setInt16(40 + 2 * i, size, little)
      : view.setBigInt64(16 + 8 * i, BigInt(size), little)
  );
  (input.pixdim ?? [1, 1, 1, 1]).forEach((size, i) => real((one ? 76 : 104) + width * i, size));
  if (one) view.setFloat32(108, offset, little);
  else view.setBigInt64(168, BigInt(offset), little);
  real(one ? 112 : 176, input.slope ?? 0);
  real(one ? 116 : 184, input.intercept ?? 0);
  if (one) view.setUint8(123, input.units ?? 2);
  else view.setInt32(500, input.units ?? 2, little);
  const code = (at: number, value: number) =>
    one ? view.setInt16(at, value, little) : view.setInt32(at, value, little);
  if (qform) {
    code(one ? 252 : 344, 1);
    qform.forEach((value, i) => real((one ? 256 : 352) + width * i, value));
  }
  if (sform) {
    code(one ? 254 : 348, 1);
    sform.forEach((value, i) => real((one ? 280 : 400) + width * i, value));
  }
  bytes.set(voxels, at);
  return bytes;
}
