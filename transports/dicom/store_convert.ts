/**
 * Datasets in another transfer syntax than that of the file, without touching a value.
 *
 * @module
 */

import { EXPLICIT_LITTLE } from "../../formats/dicom/encoding.ts";
import { TAG } from "../../formats/dicom/tag.ts";
import { InflateSource } from "../../formats/inflate.ts";
import { type FileMeta, FormatError } from "../../formats/mod.ts";
import { type Bytes, type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import type { Association } from "./dimse/association.ts";
import { TRANSFER_SYNTAX } from "./dimse/uids.ts";
import { forwardSource } from "./store_head.ts";
import { DatasetScanner, type DatasetVisitor, UNDEFINED_LENGTH } from "./store_scanner.ts";

/** How an instance goes over an association. */
export interface Route {
  /** Transfer syntax of the context. */
  readonly transferSyntaxUID: string;
  /** Makes the dataset what that says. */
  readonly convert: (dataset: Bytes) => Bytes;
}

/**
 * How an instance can be sent: as it is where the peer takes that; deflated inflated, explicit VR implicit, where it
 * must be and `mayConvert`; `undefined` when the peer takes none of these.
 */
export function routeOf(
  association: Association,
  { sopClassUID, transferSyntaxUID }: Pick<FileMeta, "sopClassUID" | "transferSyntaxUID">,
  mayConvert: boolean,
): Route | undefined {
  const { deflated, explicit, implicit } = TRANSFER_SYNTAX;
  const routes: Route[] = [{ transferSyntaxUID, convert: (dataset) => dataset }];
  if (mayConvert && transferSyntaxUID === explicit) {
    routes.push({
      transferSyntaxUID: implicit,
      convert: (dataset) => toImplicit(readerOf(dataset)),
    });
  } else if (mayConvert && transferSyntaxUID === deflated) {
    routes.push({
      transferSyntaxUID: explicit,
      convert: (dataset) => inflated(readerOf(dataset)),
    });
    routes.push({
      transferSyntaxUID: implicit,
      convert: (dataset) => toImplicit(inflated(readerOf(dataset))),
    });
  }
  return routes.find((route) => association.contextFor(sopClassUID, route.transferSyntaxUID));
}

const INFLATED_CHUNK = 64 * 1024;

/** Inflates a dataset as it passes (PS3.5 §A.5). Reading throws `FormatError` for a damaged one. */
function inflated(deflated: ChunkReader): ChunkReader {
  const start = forwardSource(deflated);
  let source: InflateSource | undefined;
  let at = 0;
  return {
    async read() {
      source ??= await InflateSource.open(start, 0, "deflate-raw", Number.MAX_SAFE_INTEGER);
      const bytes = await source.read(at, at + INFLATED_CHUNK);
      at += bytes.length;
      if (bytes.length > 0) return bytes.slice();
      if (source.failure) throw new FormatError("Corrupt", "The deflated dataset is damaged");
      // A padding byte may follow, and whoever gave the stream wants it read to its end.
      while (await deflated.read());
      return undefined;
    },
    close: (reason) => deflated.close(reason),
  };
}

/** Room for the delimiters of all sequences that may end in one chunk. */
const SLACK = 4096;

/**
 * Converts a dataset from explicit to implicit VR little endian as it passes. Values stay as they are; sequences
 * and items get delimiters instead of lengths, which would have to be known before; group lengths (retired, PS3.5
 * §7.2) are left out, since they would be wrong.
 *
 * Reading throws `FormatError` for a dataset that is damaged, nested too deep, or has an unknown VR.
 */
export function toImplicit(explicit: ChunkReader): ChunkReader {
  const writer = new ImplicitWriter();
  const scanner = new DatasetScanner(EXPLICIT_LITTLE, { visitor: writer });
  return {
    async read() {
      while (true) {
        const chunk = await explicit.read();
        if (chunk === undefined) {
          scanner.end();
          return undefined;
        }
        writer.begin(chunk.length);
        scanner.push(chunk);
        const converted = writer.taken();
        if (converted.length > 0) return converted;
      }
    },
    close: (reason) => explicit.close(reason),
  };
}

class ImplicitWriter implements DatasetVisitor {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #isLeftOut = false;

  /** A chunk comes: of 8 bytes, an item's header, at most 16 are made. */
  begin(length: number): void {
    this.#bytes = new Uint8Array(2 * length + SLACK);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  element(tag: number, vr: string | undefined, length: number): void {
    this.#isLeftOut = (tag & 0xFFFF) === 0;
    if (this.#isLeftOut) return;
    if (length === UNDEFINED_LENGTH && vr !== "SQ" && vr !== "UN" && vr !== undefined) {
      throw new FormatError("Corrupt", "Uncompressed data is divided into fragments");
    }
    this.#write(tag, vr === "SQ" ? UNDEFINED_LENGTH : length);
  }

  mark(tag: number, length: number): void {
    this.#isLeftOut = false;
    this.#write(tag, tag === TAG.Item ? UNDEFINED_LENGTH : length);
  }

  value(bytes: Uint8Array): void {
    if (this.#isLeftOut) return;
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  end(kind: "sequence" | "item"): void {
    const { SequenceDelimitationItem, ItemDelimitationItem } = TAG;
    this.#write(kind === "item" ? ItemDelimitationItem : SequenceDelimitationItem, 0);
  }

  #write(tag: number, length: number): void {
    this.#view.setUint16(this.#length, tag >>> 16, true);
    this.#view.setUint16(this.#length + 2, tag & 0xFFFF, true);
    this.#view.setUint32(this.#length + 4, length, true);
    this.#length += 8;
  }
}
