/**
 * What a query is answered with.
 *
 * @module
 */

import { tagOf } from "../../../formats/dicom/dictionary.ts";
import { numberWidth } from "../../../formats/dicom/vr.ts";
import type { IdentifierInput } from "../../../transports/dicom/dimse/mod.ts";
import { ATTRIBUTE_BY_TAG, type Level, LEVELS } from "../attributes.ts";
import type { Row } from "../index/database.ts";
import type { InstanceIndex } from "../index/instance_index.ts";
import { TABLE } from "../index/schema.ts";
import type { QueryRequest } from "./request.ts";

const SERIES_OF_STUDY = "FROM series WHERE series.study = study.id";
const SERIES = "JOIN series AS e ON e.study = s.id";
const INSTANCES = "JOIN instance AS i ON i.series = e.id";
const countOfPatient = (joined: string) =>
  `(SELECT count(*) FROM study AS s ${joined} WHERE s.patient = patient.id)`;
const distinct = (expression: string, from: string) =>
  `(SELECT group_concat(value, '\\') FROM (SELECT DISTINCT ${expression} AS value ${from}))`;

/** Attributes that are counted or collected (PS3.4 §C.3.4), by level. */
const COMPUTED: Readonly<Record<Level, Readonly<Record<string, string>>>> = {
  PATIENT: {
    NumberOfPatientRelatedStudies: countOfPatient(""),
    NumberOfPatientRelatedSeries: countOfPatient(SERIES),
    NumberOfPatientRelatedInstances: countOfPatient(`${SERIES} ${INSTANCES}`),
  },
  STUDY: {
    NumberOfStudyRelatedSeries: `(SELECT count(*) ${SERIES_OF_STUDY})`,
    NumberOfStudyRelatedInstances:
      `(SELECT count(*) FROM series AS e ${INSTANCES} WHERE e.study = study.id)`,
    ModalitiesInStudy: distinct("Modality", `${SERIES_OF_STUDY} AND Modality IS NOT NULL`),
    SOPClassesInStudy: distinct(
      "SOPClassUID",
      `FROM series AS e ${INSTANCES} WHERE e.study = study.id`,
    ),
  },
  SERIES: {
    NumberOfSeriesRelatedInstances:
      "(SELECT count(*) FROM instance AS i WHERE i.series = series.id)",
  },
  IMAGE: { AvailableTransferSyntaxUID: "instance.transferSyntax" },
};

/** Makes the answers to a request; keys that are not supported are left out. */
export class Answers {
  readonly #request: QueryRequest;
  readonly #expressions: Record<string, string> = {};
  readonly #constants: Record<string, string> = {};
  readonly #binary = new Set<string>();
  readonly #row: (id: number) => Row | undefined;

  /** `aeTitle` is where instances can be retrieved from. */
  constructor(index: InstanceIndex, request: QueryRequest, aeTitle: string) {
    this.#request = request;
    const always: Record<string, string> = {
      RetrieveAETitle: aeTitle,
      InstanceAvailability: "ONLINE",
    };
    const levels = LEVELS.slice(0, LEVELS.indexOf(request.level) + 1);
    const computed = Object.assign({}, ...levels.map((level) => COMPUTED[level]));
    for (const [keyword, text] of Object.entries(always)) {
      if (request.keys.has(tagOf(keyword))) this.#constants[keyword] = text;
    }
    for (const [keyword, sql] of Object.entries<string>(computed)) {
      if (request.keys.has(tagOf(keyword))) this.#expressions[keyword] = sql;
    }
    for (const tag of request.keys.keys()) {
      const attribute = ATTRIBUTE_BY_TAG.get(tag);
      if (!attribute || !levels.includes(attribute.level)) continue;
      const { keyword, level } = attribute;
      this.#expressions[keyword] = `${TABLE[level]}.${keyword}`;
      if (numberWidth(attribute.vr) !== undefined) this.#binary.add(keyword);
    }
    this.#row = index.select(request.level, this.#expressions);
  }

  /** The answer about one entity; undefined when it is gone. */
  answer(id: number): IdentifierInput | undefined {
    const row = this.#row(id);
    const QueryRetrieveLevel = this.#request.level;
    return row && { QueryRetrieveLevel, ...this.#constants, ...this.#values(row) };
  }

  #values(row: Row): IdentifierInput {
    const values: Record<string, string | number> = {};
    for (const keyword of Object.keys(this.#expressions)) {
      const value = row[keyword] ?? "";
      const isNumber = value !== "" && this.#binary.has(keyword);
      values[keyword] = isNumber ? Number(value) : String(value);
    }
    return values;
  }
}
