/**
 * Labels, ids and types that the importer makes of DICOM values.
 *
 * @module
 */

/** A label out of a DICOM value: whatever XNAT does not allow becomes an underscore. */
export function labelOf(value: string): string {
  return value.trim().replaceAll(/[^A-Za-z0-9_-]/g, "_").replaceAll(/^_+|_+$/g, "");
}

/** The number of a series as the id of its scan; one that is taken gets the modality. */
export function freeScanId(taken: ReadonlySet<string>, number: string, modality = ""): string {
  let id = number;
  for (let count = 1; taken.has(id); count++) id = `${number}-${modality}${count}`;
  return id;
}

const SESSIONS = ["MR", "CT", "PT", "CR", "DX", "US", "XA", "NM", "MG", "OP"];
const SCANS = [...SESSIONS, "SC", "SEG"];

function prefix(modality: string): string {
  return modality === "PT" ? "pet" : modality.toLowerCase();
}

/** Type of a scan of a modality. */
export function scanType(modality: string): string {
  if (modality === "RTIMAGE") return "xnat:rtImageScanData";
  return `xnat:${SCANS.includes(modality) ? prefix(modality) : "otherDicom"}ScanData`;
}

/** Type of a session with scans of modalities: the first that has one. */
export function sessionType(modalities: readonly string[]): string {
  if (modalities.includes("PT") && modalities.includes("MR")) return "xnat:petmrSessionData";
  if (modalities.includes("PT")) return "xnat:petSessionData";
  const first = modalities.find((modality) => SESSIONS.includes(modality));
  return `xnat:${first ? prefix(first) : "otherDicom"}SessionData`;
}

/** `20190207` as `2019-02-07`; empty for anything else. */
export function isoDate(value: string | undefined): string {
  const parts = /^(\d{4})(\d{2})(\d{2})/.exec(value ?? "");
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : "";
}

/** `141516.5` as `14:15:16`; empty for anything else. */
export function isoTime(value: string | undefined): string {
  const parts = /^(\d{2})(\d{2})(\d{2})/.exec(value ?? "");
  return parts ? `${parts[1]}:${parts[2]}:${parts[3]}` : "";
}
