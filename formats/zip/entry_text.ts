/**
 * Names and times in zips.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { type CentralEntry, extraField, UTF8, viewOf } from "./records.ts";

/** The upper half of code page 437, in which names are unless something tells otherwise (APPNOTE.TXT Appendix D). */
const CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const UNIX = 3;
const MAC_OS_X = 19;
const UNICODE_PATH = 0x7075;
/** The extra field with times in seconds since 1970, as Info-ZIP writes it. */
export const TIMESTAMPS = 0x5455;
/** The extra field with times in tenths of a microsecond since 1601 (APPNOTE.TXT §4.5.5). */
export const NTFS = 0x000a;
/** Milliseconds from 1601 to 1970. */
export const NTFS_EPOCH = 11_644_473_600_000n;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The name of a member, or `undefined` when it is not what it says. Unix systems write UTF-8 and often do not tell, so
 * theirs is taken for it where it can be.
 */
export function nameOf({ name, flags, madeBy, extra }: CentralEntry): string | undefined {
  if (name.every((byte) => byte < 0x80)) return ascii(name);
  if (flags & UTF8) return decodeUtf8(name);
  const unicode = extraField(extra, UNICODE_PATH);
  if (unicode && unicode.length > 5 && viewOf(unicode).getUint32(1, true) === crc32(name)) {
    return decodeUtf8(unicode.subarray(5));
  }
  const isUnix = [UNIX, MAC_OS_X].includes(madeBy >> 8);
  return (isUnix ? decodeUtf8(name) : undefined) ??
    Array.from(name, (byte) => byte < 0x80 ? String.fromCharCode(byte) : CP437[byte - 0x80]).join(
      "",
    );
}

function ascii(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first moment of MS-DOS, which is all members' in archives that are made without times, whatever is in them. */
const NO_TIME = 0x0021_0000;

/**
 * Last change in milliseconds since 1970: as Unix or Windows told it, or else local time to two seconds; `undefined` where
 * the archive tells none.
 */
export function mtimeOf({ time, extra }: CentralEntry): number | undefined {
  const unix = extraField(extra, TIMESTAMPS);
  if (unix && unix.length >= 5 && unix[0]! & 1) return viewOf(unix).getInt32(1, true) * 1000;
  const ntfs = extraField(extra, NTFS);
  const times = ntfs && extraField(ntfs.subarray(4), 1);
  if (times && times.length >= 8) {
    return Number(viewOf(times).getBigUint64(0, true) / 10_000n - NTFS_EPOCH);
  }
  if (time === NO_TIME) return undefined;
  const [day, month, year] = [time >>> 16 & 31, time >>> 21 & 15, 1980 + (time >>> 25)];
  if (day === 0 || month === 0 || month > 12) return undefined;
  const [second, minute, hour] = [(time & 31) * 2, time >>> 5 & 63, time >>> 11 & 31];
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}
