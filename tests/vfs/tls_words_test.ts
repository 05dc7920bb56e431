import { strict as assert } from "node:assert";
import { certificateTrouble, isNoTls } from "../../vfs/tls_words.ts";

const SAID = {
  "invalid peer certificate: NotValidForName": "name",
  "Hostname/IP does not match certificate's altnames": "name",
  "invalid peer certificate: Expired": "expired",
  "certificate has expired": "expired",
  "invalid peer certificate: UnknownIssuer": "issuer",
  "self-signed certificate in certificate chain": "issuer",
  "unable to verify the first certificate": "issuer",
  "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))": "authority",
  "invalid peer certificate: BadSignature": "issuer",
  "invalid peer certificate: Revoked": "refused",
  "Connection refused (os error 111)": undefined,
};

for (const [text, trouble] of Object.entries(SAID)) {
  Deno.test(`certificateTrouble() of "${text}" is ${trouble}`, () => {
    assert.equal(certificateTrouble(text), trouble);
    assert(!isNoTls(text));
  });
}

Deno.test("isNoTls() of a handshake that met something else is true", () => {
  assert(isNoTls("received corrupt message of type InvalidContentType"));
});
