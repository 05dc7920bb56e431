/**
 * The anatomy of the phantom: a head with a lesion, cut along any plane.
 *
 * @module
 */

/** What the phantom's head is made of; each number is an index into a table of signals. */
export const TISSUE = {
  air: 0,
  fat: 1,
  bone: 2,
  grey: 3,
  white: 4,
  fluid: 5,
  eye: 6,
  vessel: 7,
  lesion: 8,
  marker: 9,
} as const;

/** A point or a direction in the patient: left, posterior, head; mm (PS3.3 §C.7.6.2.1.1). */
export type Vector = readonly [number, number, number];

/** A raster of square pixels in the patient. */
export interface Plane {
  /** Centre of the first pixel: ImagePositionPatient. */
  readonly position: Vector;
  /** Direction of a row: the first half of ImageOrientationPatient. */
  readonly row: Vector;
  /** Direction of a column: the second half of ImageOrientationPatient. */
  readonly column: Vector;
  /** Distance of pixel centres in mm: PixelSpacing. */
  readonly spacing: number;
  /** Rows and columns. */
  readonly size: number;
}

/** An ellipsoid, turned about the axis from the feet to the head. */
interface Ellipsoid {
  readonly centre: Vector;
  readonly radii: Vector;
  readonly degrees?: number;
  readonly tissue: number;
}

/** Later ones hide earlier ones. After Shepp and Logan, IEEE Trans. Nucl. Sci. 21 (1974) 21. */
const HEAD: readonly Ellipsoid[] = [
  { centre: [0, -92, -22], radii: [11, 20, 20], tissue: TISSUE.fat },
  { centre: [0, 0, 0], radii: [76, 96, 98], tissue: TISSUE.fat },
  { centre: [0, 0, 0], radii: [71, 91, 93], tissue: TISSUE.bone },
  { centre: [0, 0, 0], radii: [65, 85, 87], tissue: TISSUE.fluid },
  { centre: [0, 0, 0], radii: [63, 83, 85], tissue: TISSUE.grey },
  { centre: [25, 0, 16], radii: [25, 62, 52], degrees: -6, tissue: TISSUE.white },
  { centre: [-25, 0, 16], radii: [25, 62, 52], degrees: 6, tissue: TISSUE.white },
  { centre: [13, 2, 14], radii: [7, 31, 18], degrees: -16, tissue: TISSUE.fluid },
  { centre: [-13, 2, 14], radii: [7, 31, 18], degrees: 16, tissue: TISSUE.fluid },
  { centre: [16, 8, -2], radii: [10, 15, 12], tissue: TISSUE.grey },
  { centre: [-16, 8, -2], radii: [10, 15, 12], tissue: TISSUE.grey },
  { centre: [0, 36, -44], radii: [36, 26, 20], tissue: TISSUE.white },
  { centre: [0, 5, 50], radii: [1.6, 60, 28], tissue: TISSUE.fluid },
  { centre: [0, 78, 6], radii: [4, 5, 32], tissue: TISSUE.vessel },
  { centre: [0, -8, -22], radii: [5, 5, 40], tissue: TISSUE.vessel },
  { centre: [0, -62, -50], radii: [16, 20, 18], tissue: TISSUE.air },
  { centre: [32, -74, -28], radii: [13, 14, 13], tissue: TISSUE.eye },
  { centre: [-32, -74, -28], radii: [13, 14, 13], tissue: TISSUE.eye },
];

/** Where the seed puts the lesion: within the brain, clear of its edge. */
export function lesionOf(random: () => number): Vector {
  const side = random() < 0.5 ? -1 : 1;
  return [side * (26 + 14 * random()), -28 + 56 * random(), 8 + 24 * random()];
}

/**
 * Cuts the head along a plane.
 *
 * @returns One tissue a pixel, row by row.
 */
export function cutHead(plane: Plane, lesion: Vector): Uint8Array {
  const pixels = new Uint8Array(plane.size * plane.size);
  const shapes = [
    ...HEAD,
    { centre: lesion, radii: [9, 11, 10] as Vector, tissue: TISSUE.lesion },
  ];
  for (const shape of shapes) fill(pixels, plane, shape);
  return pixels;
}

// A row of pixels meets an ellipsoid in one run: in the frame where the
// ellipsoid is the unit sphere, |start + i * step|² <= 1 is a quadratic in i.
function fill(pixels: Uint8Array, plane: Plane, shape: Ellipsoid): void {
  const { size, spacing } = plane;
  const origin = toUnit(
    shape,
    plane.position.map((x, i) => x - shape.centre[i]!),
  );
  const step = toUnit(shape, plane.row.map((x) => x * spacing));
  const down = toUnit(shape, plane.column.map((x) => x * spacing));
  const a = dot(step, step);
  for (let y = 0; y < size; y++) {
    const start = origin.map((x, i) => x + y * down[i]!);
    const b = dot(start, step);
    const root = b * b - a * (dot(start, start) - 1);
    if (root < 0) continue;
    const from = Math.max(0, Math.ceil((-b - Math.sqrt(root)) / a));
    const to = Math.min(size - 1, Math.floor((-b + Math.sqrt(root)) / a));
    if (from <= to) {
      pixels.fill(shape.tissue, y * size + from, y * size + to + 1);
    }
  }
}

function toUnit(
  { radii, degrees = 0 }: Ellipsoid,
  vector: readonly number[],
): number[] {
  const [x = 0, y = 0, z = 0] = vector;
  const cos = Math.cos(degrees * Math.PI / 180);
  const sin = Math.sin(degrees * Math.PI / 180);
  return [
    (x * cos + y * sin) / radii[0],
    (y * cos - x * sin) / radii[1],
    z / radii[2],
  ];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}
