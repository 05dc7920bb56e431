/**
 * A certificate for https on this machine (RFC 5280), and the authority that clients may trust for it.
 *
 * @module
 */

import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { XnatTls } from "../options.ts";
import { bits, boolean, der, integer, octets, oid, sequence, set, text, utcTime } from "./der.ts";

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const DAY = 86_400_000;

/** A certificate with its key, and the authority that vouches for it. */
export interface MadeTls extends XnatTls {
  readonly authority: string;
}

/**
 * Makes a certificate for a host name or address, and for `others`, by an authority of its own. It is good from a day before
 * `now` to a year after it.
 */
export function makeTls(
  hostname: string,
  now: number,
  others: readonly string[] = ["localhost", "127.0.0.1"],
): MadeTls {
  const root = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = nameOf("medvfs XNAT emulator authority");
  const sign = (subject: Uint8Array, key: KeyObject, extensions: Uint8Array[]) =>
    certificate({ issuer, subject, key, extensions, now }, root.privateKey);
  const authority = sign(issuer, root.publicKey, [
    // Critical, and an authority.
    sequence(oid("2.5.29.19"), boolean(true), octets(sequence(boolean(true)))),
  ]);
  const cert = sign(nameOf(hostname), leaf.publicKey, [
    alternativeNames([hostname, ...others]),
  ]);
  const key = leaf.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { cert: cert + authority, key, authority };
}

function nameOf(commonName: string): Uint8Array {
  return sequence(set(sequence(oid("2.5.4.3"), text(commonName))));
}

interface Body {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly key: KeyObject;
  readonly extensions: readonly Uint8Array[];
  readonly now: number;
}

function certificate({ issuer, subject, key, extensions, now }: Body, signer: KeyObject): string {
  const serial = crypto.getRandomValues(new Uint8Array(12));
  serial[0]! |= 1;
  const body = sequence(
    der(0xA0, integer(Uint8Array.of(2))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(utcTime(now - DAY), utcTime(now + 365 * DAY)),
    subject,
    new Uint8Array(key.export({ type: "spki", format: "der" })),
    der(0xA3, sequence(...extensions)),
  );
  const signature = createSign("SHA256").update(body).sign(signer);
  return pem(sequence(body, ECDSA_SHA256, bits(new Uint8Array(signature))));
}

function alternativeNames(names: readonly string[]): Uint8Array {
  const encoded = [...new Set(names)].map((each) =>
    /^\d+\.\d+\.\d+\.\d+$/.test(each)
      ? der(0x87, Uint8Array.from(each.split("."), Number))
      : der(0x82, new TextEncoder().encode(each))
  );
  return sequence(oid("2.5.29.17"), octets(sequence(...encoded)));
}

function pem(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes)).replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
