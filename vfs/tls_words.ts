/**
 * What TLS libraries say in words alone, each in its own.
 *
 * @module
 */

/** Why a certificate is not believed. */
export type CertificateTrouble = "name" | "expired" | "issuer" | "authority" | "refused";

/** Why a certificate is not believed; `undefined` where that is not what `text` says. */
export function certificateTrouble(text: string): CertificateTrouble | undefined {
  if (!/certificate|UnknownIssuer|self.signed|CERT_|NotValidForName/i.test(text)) return undefined;
  if (/NotValidForName|not valid for name|altnames/i.test(text)) return "name";
  if (/expired/i.test(text)) return "expired";
  if (/CaUsedAsEndEntity/.test(text)) return "authority";
  return /UnknownIssuer|BadSignature|self.signed|unable to (verify|get)/i.test(text)
    ? "issuer"
    : "refused";
}

/** True where `text` says that what answered does not speak TLS. */
export function isNoTls(text: string): boolean {
  return /InvalidContentType|corrupt message|wrong version/i.test(text);
}
