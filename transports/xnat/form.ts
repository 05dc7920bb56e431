/**
 * A file as a form. XNAT reads a form to its end before it touches what is there; a raw body it writes over the old file as it
 * comes, and when that breaks off a part is there, of which the catalog still tells as of the old file
 * (`CatalogUtils.storeCatalogEntry`, `FileWriterWrapper.write` in XNAT 1.8).
 *
 * @module
 */

import { SizedBlob } from "./sized_blob.ts";

/** A form with one file (RFC 7578). */
export interface Form {
  readonly contentType: string;
  /** Wraps the content of the file, from the first byte each time. */
  body(content: Uint8Array<ArrayBuffer> | Blob): Blob;
}

/** A form for a file of this name, which must need no quotes. */
export function formFor(name: string): Form {
  const boundary = `medvfs-${crypto.randomUUID()}`;
  const encode = (text: string) => new TextEncoder().encode(text);
  const head = encode(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n` +
      "content-type: application/octet-stream\r\n\r\n",
  );
  const tail = encode(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body(content) {
      const size = content instanceof Blob ? content.size : content.length;
      async function* pieces() {
        yield head;
        if (content instanceof Blob) yield* content.stream();
        else yield content;
        yield tail;
      }
      return new SizedBlob(head.length + size + tail.length, () => ReadableStream.from(pieces()));
    },
  };
}
