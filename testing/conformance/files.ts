/**
 * The files that the reading cases find on transports that can be written to.
 *
 * @module
 */

import { platform } from "../../vfs/platform.ts";
import { seededBytes } from "../random.ts";
import { everyByte } from "./digest.ts";
import type { Files } from "./fixture.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** A small tree with the usual and the unusual. */
export const DEFAULT_FILES: Files = {
  "all bytes.bin": everyByte(256),
  "empty": new Uint8Array(),
  "note.txt": text("Once upon a time\n"),
  "large.bin": seededBytes(1, 200_001),
  "series/1": text("one"),
  "series/2": text("two"),
  "series/10": text("ten"),
  "series.d/x": text("a neighbour with a similar name"),
  "study/report/final/pages/1.txt": text("deep"),
  // No file has a question mark in its name on Windows.
  [`study/M\u00fcller 100% #1${platform.isWindows ? "" : "?"}.dcm`]: text("odd"),
  "study/constructor": text("a name that objects have"),
};
