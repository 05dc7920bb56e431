/**
 * A certificate that signs itself (RFC 5280), for https on this machine.
 *
 * @module
 */

import { createSign, generateKeyPairSync } from "node:crypto";
import type { XnatTls } from "../options.ts";
import { bits, boolean, der, integer, octets, oid, sequence, set, text, utcTime } from "./der.ts";

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const DAY = 86_400_000;

/** Makes a certificate and its key for a host name or address, `localhost` and 127.0.0.1. */
export function selfSigned(hostname: string, now: number): XnatTls {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(set(sequence(oid("2.5.4.3"), text("medvfs XNAT emulator"))));
  const serial = crypto.getRandomValues(new Uint8Array(12));
  serial[0]! |= 1;
  const body = sequence(
    der(0xA0, integer(Uint8Array.of(2))),
    integer(serial),
    ECDSA_SHA256,
    name,
    sequence(utcTime(now - DAY), utcTime(now + 365 * DAY)),
    name,
    new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    der(0xA3, sequence(alternativeNames(hostname), authority())),
  );
  const signature = createSign("SHA256").update(body).sign(privateKey);
  return {
    cert: pem("CERTIFICATE", sequence(body, ECDSA_SHA256, bits(new Uint8Array(signature)))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function alternativeNames(hostname: string): Uint8Array {
  const names = new Set([hostname, "localhost", "127.0.0.1"]);
  const encoded = [...names].map((each) =>
    /^\d+\.\d+\.\d+\.\d+$/.test(each)
      ? der(0x87, Uint8Array.from(each.split("."), Number))
      : der(0x82, new TextEncoder().encode(each))
  );
  return sequence(oid("2.5.29.17"), octets(sequence(...encoded)));
}

/** Basic constraints: the certificate may be given to clients as their authority. */
function authority(): Uint8Array {
  return sequence(oid("2.5.29.19"), boolean(true), octets(sequence(boolean(true))));
}

function pem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes)).replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
