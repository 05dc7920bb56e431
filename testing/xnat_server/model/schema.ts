/**
 * The part of XNAT's schema that the emulator knows: types, their parents, fields and shortcuts.
 *
 * @module
 */

/** What is known of one type. */
export interface ElementType {
  /** `xnat:mrSessionData`. */
  readonly name: string;
  readonly parent?: string;
  /** `MRSession`: the local name of its XML documents. */
  readonly element: string;
  readonly singular: string;
  readonly plural: string;
  /** Fields of its own, without those of its parents. */
  readonly fields: readonly string[];
  readonly abstract?: boolean;
}

const EXPERIMENT_FIELDS = [
  "ID",
  "label",
  "project",
  "visit_id",
  "date",
  "time",
  "duration",
  "delay",
  "note",
  "investigator/firstname",
  "investigator/lastname",
  "validation/method",
  "validation/status",
  "validation/date",
  "validation/notes",
  "acquisition_site",
  "original",
];
const SESSION_FIELDS = [
  "session_type",
  "modality",
  "UID",
  "study_id",
  "scanner",
  "scanner/manufacturer",
  "scanner/model",
  "operator",
  "dcmAccessionNumber",
  "dcmPatientId",
  "dcmPatientName",
  "dcmPatientBirthDate",
  "dcmPatientWeight",
  "prearchivePath",
];
const SCAN_FIELDS = [
  "ID",
  "type",
  "UID",
  "note",
  "quality",
  "condition",
  "series_description",
  "documentation",
  "scanner",
  "scanner/manufacturer",
  "scanner/model",
  "modality",
  "frames",
  "operator",
  "startTime",
  "validation/method",
  "validation/status",
  "validation/date",
  "validation/notes",
];
const SUBJECT_FIELDS = [
  "ID",
  "project",
  "label",
  "group",
  "src",
  "investigator/firstname",
  "investigator/lastname",
  ...[
    "dob",
    "yob",
    "age",
    "gender",
    "handedness",
    "ses",
    "education",
    "educationDesc",
    "race",
    "ethnicity",
    "weight",
    "height",
    "gestational_age",
  ].map((field) => `demographics/${field}`),
];
const PROJECT_FIELDS = [
  "ID",
  "secondary_ID",
  "name",
  "description",
  "keywords",
  "type",
  "alias",
  "PI/firstname",
  "PI/lastname",
  "note",
];
const QC_FIELDS = ["rater", "stereotacticMarker", "incidentalFindings", "pass", "comments"];
const MR_NUMBERS = [
  "voxelRes/x",
  "voxelRes/y",
  "voxelRes/z",
  "fov/x",
  "fov/y",
  "matrix/x",
  "matrix/y",
  "partitions",
  "tr",
  "te",
  "deltaTE",
  "ti",
  "flip",
  "dtiAcqCount",
  "pixelBandwidth",
  "echoSpacing",
].map((name) => `parameters/${name}`);
const MR_TEXTS = [
  "voxelRes/units",
  "orientation",
  "subjectPosition",
  "sequence",
  "origin",
  "imageType",
  "scanSequence",
  "seqVariant",
  "scanOptions",
  "acqType",
  "readoutSampleSpacing",
  "coil",
  "coilElements",
  "phaseEncodingDirection",
  "acqTime",
].map((name) => `parameters/${name}`);
const MR_FIELDS = ["coil", "fieldStrength", "marker", "stabilization"];
const MR_SCAN_FIELDS = [...MR_FIELDS, ...MR_NUMBERS, ...MR_TEXTS];

/** Elements that are not called as people call the type. */
const ELEMENTS: Readonly<Record<string, string>> = {
  "icr:roiCollectionData": "RoiCollection",
  "xnat:otherDicomScanData": "OtherDicomScan",
  "xnat:otherDicomSessionData": "OtherDicomSession",
  "xnat:qcManualAssessorData": "QCManualAssessment",
  "xnat:segScanData": "SegScan",
};

function type(
  name: string,
  parent: string | undefined,
  singular: string,
  fields: readonly string[] = [],
  abstract?: boolean,
): ElementType {
  const full = name.includes(":") ? name : `xnat:${name}`;
  const parentName = parent && (parent.includes(":") ? parent : `xnat:${parent}`);
  const element = ELEMENTS[full] ?? singular.replaceAll(" ", "");
  return {
    name: full,
    parent: parentName,
    element,
    singular,
    plural: `${singular}s`,
    fields,
    abstract,
  };
}

/** Prefix of the type, what people call it. */
const MODALITIES: readonly (readonly [string, string, readonly string[]])[] = [
  ["mr", "MR", MR_FIELDS],
  ["ct", "CT", []],
  ["pet", "PET", ["tracer/name", "tracer/dose"]],
  ["petmr", "PETMR", []],
  ["cr", "CR", []],
  ["dx", "DX", []],
  ["us", "US", []],
  ["xa", "XA", []],
  ["nm", "NM", []],
  ["mg", "MG", []],
  ["op", "OP", []],
  ["otherDicom", "Other DICOM", []],
];

const SCAN_ONLY = [["sc", "SC"], ["seg", "SEG"], ["rtImage", "RT Image"]] as const;

/** All types, parents before children. */
export const TYPES: readonly ElementType[] = [
  type("projectData", undefined, "Project", PROJECT_FIELDS),
  type("subjectData", undefined, "Subject", SUBJECT_FIELDS),
  type("experimentData", undefined, "Experiment", EXPERIMENT_FIELDS, true),
  type("subjectAssessorData", "experimentData", "Subject Assessor", ["subject_ID", "age"], true),
  type("subjectVariablesData", "subjectAssessorData", "Subject Variables"),
  type("imageSessionData", "subjectAssessorData", "Image Session", SESSION_FIELDS, true),
  ...MODALITIES.map(([prefix, word, fields]) =>
    type(`${prefix}SessionData`, "imageSessionData", `${word} Session`, fields)
  ),
  type("derivedData", "experimentData", "Derived Data", [], true),
  type("imageAssessorData", "derivedData", "Image Assessor", ["imageSession_ID"], true),
  type("qcManualAssessorData", "imageAssessorData", "Manual QC", QC_FIELDS),
  type("icr:roiCollectionData", "imageAssessorData", "ROI Collection", [
    "UID",
    "collectionType",
    "subjectID",
    "name",
  ]),
  type("imageScanData", undefined, "Image Scan", SCAN_FIELDS, true),
  ...MODALITIES.filter(([prefix]) => prefix !== "petmr").map(([prefix, word]) =>
    type(
      `${prefix}ScanData`,
      "imageScanData",
      `${word} Scan`,
      prefix === "mr" ? MR_SCAN_FIELDS : [],
    )
  ),
  ...SCAN_ONLY.map(([prefix, word]) => type(`${prefix}ScanData`, "imageScanData", `${word} Scan`)),
  type("reconstructedImageData", undefined, "Reconstructed Image", ["ID", "type", "baseScanType"]),
  type("abstractResource", undefined, "Abstract Resource", ["label", "note"], true),
  type("resource", "abstractResource", "Resource", ["URI", "format", "content", "description"]),
  type("resourceCatalog", "resource", "Resource Catalog"),
];

const BY_NAME = new Map(TYPES.map((each) => [each.name.toLowerCase(), each]));

/** The type of a name, in any case. */
export function typeOf(name: string): ElementType | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** A type's ancestors, itself first. */
export function lineage(name: string): ElementType[] {
  const types: ElementType[] = [];
  for (let each = typeOf(name); each; each = each.parent ? typeOf(each.parent) : undefined) {
    types.push(each);
  }
  return types;
}

/** Whether `name` is `ancestor` or descends from it. */
export function isA(name: string, ancestor: string): boolean {
  const wanted = ancestor.toLowerCase();
  return lineage(name).some((each) => each.name.toLowerCase() === wanted);
}

/** The field as the schema spells it, when a type has it. */
export function fieldOf(name: string, path: string): string | undefined {
  const wanted = path.toLowerCase();
  // Custom variables may have any name.
  if (/^fields\/field\[name=[^\]]+\]\/field$/i.test(path)) return path;
  for (const each of lineage(name)) {
    const field = each.fields.find((one) => one.toLowerCase() === wanted);
    if (field) return field;
  }
}

/** Kinds of objects that have lists. */
export type Kind = "project" | "subject" | "experiment" | "assessor" | "scan" | "reconstruction";

/** The type that a list is of when no `xsiType` is given. */
export const ROOT_TYPE: Readonly<Record<Kind, string>> = {
  project: "xnat:projectData",
  subject: "xnat:subjectData",
  experiment: "xnat:subjectAssessorData",
  assessor: "xnat:imageAssessorData",
  scan: "xnat:imageScanData",
  reconstruction: "xnat:reconstructedImageData",
};

const COMMON = {
  pi_firstname: "investigator/firstname",
  pi_lastname: "investigator/lastname",
  validation_method: "validation/method",
  validation_status: "validation/status",
  validation_date: "validation/date",
  validation_notes: "validation/notes",
  studyInstanceUID: "UID",
};
const DEMOGRAPHICS = Object.fromEntries(
  SUBJECT_FIELDS.filter((field) => field.startsWith("demographics/"))
    .map((field) => [field.slice("demographics/".length), field]),
);

/** The field behind a shortcut such as `gender`, for a kind of objects. */
export function shortcut(kind: Kind, name: string): string | undefined {
  if (kind === "project") {
    if (name === "pi_firstname") return "PI/firstname";
    if (name === "pi_lastname") return "PI/lastname";
  }
  const table: Record<string, string> = kind === "subject"
    ? { ...COMMON, ...DEMOGRAPHICS }
    : COMMON;
  if (Object.hasOwn(table, name)) return table[name];
  const roots = kind === "experiment"
    ? ["xnat:mrSessionData", "xnat:petSessionData", "xnat:subjectAssessorData"]
    : kind === "scan"
    ? ["xnat:mrScanData"]
    : [ROOT_TYPE[kind]];
  for (const root of roots) {
    const field = fieldOf(root, name);
    if (field === name) return field;
  }
}

/** Fields that are numbers in JSON documents. */
export const NUMERIC: ReadonlySet<string> = new Set([
  "frames",
  "dcmPatientWeight",
  "demographics/yob",
  "demographics/age",
  "demographics/weight",
  "demographics/height",
  ...MR_NUMBERS,
  "pass",
]);
