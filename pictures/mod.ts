/**
 * Pictures of DICOM images, on any byte driver: bytes to pixels to PNG.
 *
 * - {@linkcode readPicture} reads one frame of an instance and makes 8-bit grey or colour of it,
 * - {@linkcode contactSheet} puts pictures side by side, {@linkcode sliceKey} and
 *   {@linkcode evenlySpaced} choose those of a series,
 * - {@linkcode overlayMask} lays a mask over its image,
 * - {@linkcode encodePng}, {@linkcode textPicture} and {@linkcode blockPicture} write what can be looked at.
 *
 * They are for a look, not for diagnosis. Errors of the file are `FormatError`s, wrong arguments
 * `TypeError`s. Decoders load with the first frame that needs them.
 *
 * @module
 */
export { blockPicture } from "./block_picture.ts";
export { contactSheet } from "./contact_sheet.ts";
export { cross } from "./cross.ts";
export { labelColour, overlayMask } from "./overlay_mask.ts";
export type { Picture, PictureOptions, Window } from "./options.ts";
export { encodePng } from "./png.ts";
export type { Raster } from "./raster.ts";
export { readPicture } from "./read_picture.ts";
export { evenlySpaced } from "./evenly_spaced.ts";
export { compareSlices, type SliceKey, sliceKey } from "../formats/dicom/slice_order.ts";
export { textPicture } from "./text_picture.ts";
