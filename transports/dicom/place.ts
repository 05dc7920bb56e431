/**
 * Places in an archive by their identifiers.
 *
 * @module
 */

/** UIDs from the study on, and the PatientID as far as it is known. */
export interface Place {
  /** PatientID, when the study was looked for by it. */
  readonly patient?: string;
  /** StudyInstanceUID. */
  readonly study: string;
  /** SeriesInstanceUID. */
  readonly series?: string;
  /** SOPInstanceUID. */
  readonly instance?: string;
}

/** What a listing of a series told: the SOP class of each instance. */
export type Instances = ReadonlyMap<string, string | undefined>;

/** What a place is remembered by. */
export function keyOf({ study, series, instance }: Omit<Place, "patient">): string {
  return [study, series, instance].filter((uid) => uid !== undefined).join("/");
}
