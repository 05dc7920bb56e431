/** Encodes JPEG Lossless (ITU-T T.81 Annex H), with codes of 5 bits, as simple as it goes. */

/** What is encoded, and how. */
export interface LosslessInput {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly precision: number;
  /** Samples, pixel by pixel. */
  readonly values: Uint16Array;
  /** 1 to 7. */
  readonly predictor: number;
  /** Bits that are dropped. */
  readonly shift: number;
  /** Rows between restart markers; 0 for none. */
  readonly restartRows: number;
}

/** The stream from SOI to EOI. */
export function encodeLossless(input: LosslessInput): Uint8Array<ArrayBuffer> {
  const { rows, columns, samples, precision, predictor, shift, restartRows } = input;
  const word = (value: number) => [value >> 8, value & 0xFF];
  const ids = Array.from({ length: samples }, (_, i) => i + 1);
  const segment = (
    marker: number,
    bytes: number[],
  ) => [0xFF, marker, ...word(bytes.length + 2), ...bytes];
  const counts = [0, 0, 0, 0, 17, ...Array(11).fill(0)];
  return Uint8Array.from([
    ...[0xFF, 0xD8],
    ...segment(0xC4, [0, ...counts, ...Array(17).keys()]),
    ...segment(0xDD, word(restartRows * columns)),
    ...segment(0xC3, [
      precision,
      ...word(rows),
      ...word(columns),
      samples,
      ...ids.flatMap((id) => [id, 0x11, 0]),
    ]),
    ...segment(0xDA, [samples, ...ids.flatMap((id) => [id, 0]), predictor, 0, shift]),
    ...scan(input),
    ...[0xFF, 0xD9],
  ]);
}

function scan(
  { rows, columns, samples, precision, values, predictor, shift, restartRows }: LosslessInput,
): number[] {
  const out: number[] = [];
  let bits = "";
  const flush = () => {
    while (bits.length % 8) bits += "1";
    for (let at = 0; at < bits.length; at += 8) {
      const byte = parseInt(bits.slice(at, at + 8), 2);
      out.push(byte);
      if (byte === 0xFF) out.push(0);
    }
    bits = "";
  };
  const at = (row: number, column: number, sample: number) =>
    values[(row * columns + column) * samples + sample]! >> shift;
  for (let row = 0; row < rows; row++) {
    const isRestart = restartRows > 0 && row > 0 && row % restartRows === 0;
    if (isRestart) {
      flush();
      out.push(0xFF, 0xD0 + (row / restartRows - 1) % 8);
    }
    for (let column = 0; column < columns; column++) {
      for (let s = 0; s < samples; s++) {
        const isFirstRow = row === 0 || isRestart;
        const a = column > 0 ? at(row, column - 1, s) : 0;
        const b = row > 0 ? at(row - 1, column, s) : 0;
        const c = row > 0 && column > 0 ? at(row - 1, column - 1, s) : 0;
        const predictions = [
          0,
          a,
          b,
          c,
          a + b - c,
          a + ((b - c) >> 1),
          b + ((a - c) >> 1),
          (a + b) >> 1,
        ];
        const prediction = isFirstRow
          ? column === 0 ? 2 ** (precision - shift - 1) : a
          : column === 0
          ? b
          : predictions[predictor]!;
        const modulo = (at(row, column, s) - prediction) & 0xFFFF;
        const difference = modulo > 32768 ? modulo - 65536 : modulo;
        const size = difference === 32768
          ? 16
          : difference === 0
          ? 0
          : Math.abs(difference).toString(2).length;
        bits += size.toString(2).padStart(5, "0");
        if (size === 0 || size === 16) continue;
        const extra = difference > 0 ? difference : difference + 2 ** size - 1;
        bits += extra.toString(2).padStart(size, "0");
      }
    }
  }
  flush();
  return out;
}
