/**
 * Writes ASN.1 values by the distinguished encoding rules (X.690).
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A value with its tag and length. */
export function der(tag: number, ...parts: Uint8Array[]): Bytes {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  const bytes = new Uint8Array(1 + length.length + size);
  bytes.set([tag, ...length]);
  let offset = 1 + length.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A SEQUENCE. */
export const sequence = (...parts: Uint8Array[]): Bytes => der(0x30, ...parts);

/** A SET. */
export const set = (...parts: Uint8Array[]): Bytes => der(0x31, ...parts);

/** An OCTET STRING. */
export const octets = (bytes: Uint8Array): Bytes => der(0x04, bytes);

/** A bit string of whole bytes. */
export const bits = (bytes: Uint8Array): Bytes => der(0x03, Uint8Array.of(0), bytes);

/** A BOOLEAN. */
export const boolean = (value: boolean): Bytes => der(0x01, Uint8Array.of(value ? 255 : 0));

/** A UTF8String. */
export const text = (value: string): Bytes => der(0x0C, new TextEncoder().encode(value));

/** A positive number of any size, from its bytes. */
export function integer(bytes: Uint8Array): Bytes {
  return der(0x02, bytes[0]! & 0x80 ? Uint8Array.of(0, ...bytes) : bytes);
}

/** An object identifier, `2.5.4.3`. */
export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 127];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift(left & 127 | 128);
    bytes.push(...septets);
  }
  return der(0x06, Uint8Array.from(bytes));
}

/** A moment of this or the next two decades. */
export function utcTime(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "").slice(2);
  return der(0x17, new TextEncoder().encode(digits));
}
