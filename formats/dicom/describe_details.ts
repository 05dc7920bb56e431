/**
 * What the one line says besides of objects that are no images.
 *
 * @module
 */

import { counted } from "../text.ts";
import type { DicomHeader } from "./header.ts";

type Details = (header: DicomHeader) => (string | undefined)[];

/** What is worth a word about objects that are not plain images. */
const BY_MODALITY: Readonly<Record<string, Details>> = {
  RTPLAN: (header) => [
    header.string("RTPlanLabel"),
    count(header, "BeamSequence", "beam"),
    count(header, "FractionGroupSequence", "fraction group"),
  ],
  RTDOSE: (header) => [
    header.string("DoseSummationType"),
    header.string("DoseUnits"),
  ],
  RTSTRUCT: (header) => [
    header.string("StructureSetLabel"),
    count(header, "StructureSetROISequence", "structure"),
  ],
  SEG: (header) => [count(header, "SegmentSequence", "segment")],
  SR: titleAndFlag,
  KO: titleAndFlag,
  PR: (header) => [header.string("ContentLabel")],
  ECG: waveform,
  HD: waveform,
  REG: (header) => [count(header, "RegistrationSequence", "registration")],
  DOC: document,
};

/** Words that characterise an object of a special modality; none for images. */
export function detailsOf(header: DicomHeader): (string | undefined)[] {
  const modality = header.string("Modality") ?? "";
  const details = Object.hasOwn(BY_MODALITY, modality) ? BY_MODALITY[modality] : undefined;
  return details?.(header) ??
    (header.has("EncapsulatedDocument") ? document(header) : []);
}

function count(
  header: DicomHeader,
  name: string,
  noun: string,
): string | undefined {
  return header.has(name) ? counted(header.sequence(name).length, noun) : undefined;
}

function titleAndFlag(header: DicomHeader): (string | undefined)[] {
  const [title] = header.sequence("ConceptNameCodeSequence");
  return [
    title?.string("CodeMeaning"),
    header.string("VerificationFlag")?.toLowerCase(),
  ];
}

function waveform(header: DicomHeader): (string | undefined)[] {
  const [group] = header.sequence("WaveformSequence");
  const channels = group?.number("NumberOfWaveformChannels");
  return [channels === undefined ? undefined : counted(channels, "channel")];
}

function document(header: DicomHeader): (string | undefined)[] {
  return [
    header.string("MIMETypeOfEncapsulatedDocument"),
    header.string("DocumentTitle"),
  ];
}
