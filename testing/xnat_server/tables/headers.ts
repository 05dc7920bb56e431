/**
 * Under which names lists give their columns.
 *
 * @module
 */

import type { Kind } from "../model/schema.ts";

const OF_EXPERIMENTS = [
  "experimentData/ID visit_id visit protocol date time note project label",
  "experimentData/investigator/firstname=pi_firstname investigator/lastname=pi_lastname",
  "experimentData/validation/method=validation_method validation/status=validation_status",
  "experimentData/validation/date=validation_date validation/notes=validation_notes",
  "experimentData/meta/insert_date=insert_date meta/insert_user/login=insert_user",
  "experimentData/meta/last_modified=last_modified extension_item/element_name=xsiType",
  "imageSessionData/id=session_ID label=session_label project=session_project",
];

/** The shortcuts of `XMLPathShortcuts` (XNAT 1.8), as far as the emulator has the fields. */
const SHORTCUTS: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  experiment: [
    ...OF_EXPERIMENTS,
    "subjectAssessorData/subject_id=subject_ID",
    "subjectData/label=subject_label project=subject_project",
    "imageSessionData/scanner operator dcmAccessionNumber dcmPatientId dcmPatientName",
    "imageSessionData/session_type modality UID",
    "mrSessionData/coil fieldStrength marker stabilization",
  ],
  assessor: OF_EXPERIMENTS,
  scan: [
    "imageScanData/ID type UID note quality condition series_description documentation scanner",
    "imageScanData/modality frames startTime=scanTime extension_item/element_name=xsiType",
    "imageScanData/meta/insert_date=insert_date meta/last_modified=last_modified",
    "mrScanData/coil fieldStrength marker stabilization",
  ],
  subject: [
    "subjectData/project label ID group src meta/insert_date=insert_date",
    "subjectData/meta/insert_user/login=insert_user meta/last_modified=last_modified",
  ],
  reconstruction: ["reconstructedImageData/ID type baseScanType"],
  project: ["projectData/ID secondary_ID name description keywords"],
};

const NAMES = new Map(
  Object.entries(SHORTCUTS).flatMap(([kind, lines]) =>
    lines.flatMap((line) => {
      const slash = line.indexOf("/");
      return line.slice(slash + 1).split(" ").map((field) => {
        const [path = "", name = path] = field.split("=");
        return [`${kind} xnat:${line.slice(0, slash)}/${path}`.toLowerCase(), name] as const;
      });
    })
  ),
);

/**
 * The key under which a list gives the column that was asked for by an xpath: the shortcut that means the same, however
 * it was asked for (`QueryOrganizerResource.formatHeaders`), else the xpath in lower case.
 */
export function headerOf(kind: Kind, xpath: string): string {
  const lower = xpath.toLowerCase();
  return NAMES.get(`${kind} ${lower}`) ?? lower;
}
