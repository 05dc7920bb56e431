/**
 * Pictures of half blocks, for terminals with colours.
 *
 * @module
 */

import { inColour, type Raster } from "./raster.ts";
import { resize } from "./resize.ts";

/** Upper half of a character cell: its colour is of one pixel, its background of the pixel below. */
const HALF = "▀";
const RESET = "\x1b[0m";
/** Levels of a channel in the colour cube of terminals with 256 colours. */
const LEVELS = [0, 95, 135, 175, 215, 255];

/** A picture as lines for a terminal that has 256 colours: two pixels in each character. */
export function blockPicture(raster: Raster, columns = 64): string[] {
  const lines = Math.max(1, Math.round(raster.height / raster.width * columns / 2));
  const { data } = inColour(resize(raster, columns, lines * 2));
  const colourAt = (x: number, y: number) => {
    const at = (y * columns + x) * 3;
    return indexOf(data[at]!, data[at + 1]!, data[at + 2]!);
  };
  return Array.from({ length: lines }, (_, line) => {
    let text = "";
    let before = "";
    for (let x = 0; x < columns; x++) {
      const colours = `\x1b[38;5;${colourAt(x, line * 2)};48;5;${colourAt(x, line * 2 + 1)}m`;
      text += (colours === before ? "" : colours) + HALF;
      before = colours;
    }
    return text + RESET;
  });
}

/** Number of the nearest of the 256 colours: 24 greys for greys, the cube for all else. */
function indexOf(red: number, green: number, blue: number): number {
  if (red === green && green === blue) {
    if (red < 4) return 16;
    return red > 246 ? 231 : 232 + Math.min(23, Math.max(0, Math.round((red - 8) / 10)));
  }
  return 16 + 36 * level(red) + 6 * level(green) + level(blue);
}

function level(value: number): number {
  const above = LEVELS.findIndex((level) => level >= value);
  if (above === 0) return 0;
  return LEVELS[above]! - value <= value - LEVELS[above - 1]! ? above : above - 1;
}
