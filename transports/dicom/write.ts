/**
 * Storing: the archive files an instance by what is in it, and what a path says must agree.
 *
 * @module
 */

import type { FileMeta } from "../../formats/mod.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import { FunctionNotSupported, VfsError } from "../../vfs/errors.ts";
import { Location } from "../../vfs/location/location.ts";
import type { PutOptions, Stored } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Archive } from "./archive.ts";
import type { ServiceResult } from "./dimse/outcome.ts";
import { encodeName, isUID, type Name } from "./names.ts";
import type { SendChecked } from "./store.ts";

/**
 * Stores one instance (PS3.4 §B). `at` is the archive, a folder in it, or the instance itself.
 *
 * @throws `AlreadyExists` when it is there and `mode` is `create`; `InvalidArgument` when the instance does not belong at `at`, before anything is sent; `NotSupported` for
 * what is no DICOM or is not taken; `Corrupt`; `StorageFull`; the association's failures
 */
export async function putInstance(
  { store, presence }: Pick<Archive, "store" | "presence">,
  address: Address,
  at: Location,
  source: Source,
  { signal, mode }: PutOptions,
): Promise<Stored> {
  if (at.query !== "") {
    throw new FunctionNotSupported(at.scheme, "store to", at.href, "a query there");
  }
  const ask = { op: "store to", url: at.href, signal };
  let stored: Stored = { kind: "file" };
  const send: SendChecked = async (meta, send) => {
    checkPlace(address, at, meta);
    stored = storedOf(address.called, at, meta);
    return await (mode === "create" ? presence.unless(meta, ask, send) : send());
  };
  const result = await store.store(at, source, send, signal);
  return { ...stored, warnings: warningsOf(result) };
}

function storedOf(called: string, at: Location, meta: FileMeta): Stored {
  const { sopClassUID: SOPClassUID, sopInstanceUID: SOPInstanceUID } = meta;
  return {
    kind: "file",
    mediaType: "application/dicom",
    attributes: { SOPClassUID, SOPInstanceUID, TransferSyntaxUID: meta.transferSyntaxUID },
    location: placeOf(called, at, meta),
  };
}

/** Refuses an instance that is not what the path says. */
function checkPlace(address: Address, at: Location, { header, sopInstanceUID }: FileMeta): void {
  const { level, scope, study, series, instance } = address;
  const refuse = (reason: string) => {
    throw new VfsError("InvalidArgument", { op: "store to", url: at.href, reason });
  };
  const agree = (what: string, name: Name | undefined, ...keywords: string[]) => {
    if (name === undefined) return;
    if (name.glob) refuse(`the ${what} is a wildcard`);
    const values = keywords.map((keyword) => header.string(keyword) ?? "");
    if (values.includes(name.text)) return;
    refuse(`instance ${sopInstanceUID} has another ${keywords.join(" or ")} than the path`);
  };
  if (level === "nothing") refuse("this is no place in an archive");
  agree("patient", scope.patient, "PatientID");
  const { accession, date } = scope;
  agree(
    "accession number",
    accession === undefined ? accession : { text: accession },
    "AccessionNumber",
  );
  if (date !== undefined && !header.string("StudyDate")?.startsWith(date)) {
    refuse(`instance ${sopInstanceUID} has another StudyDate than the path`);
  }
  agree("study", study, "StudyInstanceUID", "AccessionNumber");
  agree("series", series, "SeriesInstanceUID", "SeriesNumber");
  if (instance !== undefined && instance !== sopInstanceUID) {
    refuse(`the instance is ${sopInstanceUID}`);
  }
}

/** Where the archive shows an instance; `undefined` when it does not say to which study and series it belongs. */
function placeOf(
  called: string,
  { scheme, host, port }: Location,
  { header, sopInstanceUID }: FileMeta,
): Location | undefined {
  const study = header.string("StudyInstanceUID") ?? "";
  const series = header.string("SeriesInstanceUID") ?? "";
  if (!isUID(study) || !isUID(series)) return undefined;
  const patient = encodeName(header.string("PatientID") ?? "");
  return new Location({
    scheme,
    host,
    port,
    segments: [called, patient, study, series, sopInstanceUID],
  });
}

function warningsOf({ status, comment }: ServiceResult): string[] {
  if (status.class !== "warning") return [];
  const code = status.code.toString(16).toUpperCase().padStart(4, "0");
  return [`status ${code}H, ${status.meaning}${comment ? `, "${comment}"` : ""}`];
}
