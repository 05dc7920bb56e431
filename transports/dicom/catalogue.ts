/**
 * What an archive has, level by level, as rows of its answers.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { type DicomClient, isLimit, type Model } from "./client.ts";
import { Filters, isMatch, type Keys } from "./filters.ts";
import { Memo } from "./memo.ts";
import { KEYS, numberOf, type QueryLevel, type Row, rowOf, SIZE_KEYS, textOf } from "./model.ts";
import { type Instances, keyOf, type Place } from "./place.ts";
import { definedOf, hasValues, isExactly, type StudyKeys } from "./study_keys.ts";
import { isRound, type SplitOptions, wholeStudies } from "./whole.ts";
import { wholeNumbered } from "./whole_numbers.ts";

/** What a catalogue is made with. */
export interface CatalogueOptions {
  /** The wire. */
  readonly client: DicomClient;
  /** Time. */
  readonly clock: Clock;
  /** How long answers are believed, in milliseconds. */
  readonly ttlMs: number;
  /** How results that are too long are split. */
  readonly split?: SplitOptions;
}

const MAX_ROWS = 5_000;
/**
 * Instances that are remembered by their series, those of up to 64 and of 16 at least, as many as a copy may have listed
 * before it reads them; and for how long, in milliseconds.
 */
const MAX_LISTED = 20_000;
const SERIES_MS = 600_000;

/** The lists of one archive. */
export class Catalogue {
  /** The wire. */
  readonly client: DicomClient;
  /** The instances of the series last listed, by {@linkcode keyOf}. */
  readonly listed: Memo<Instances>;
  readonly #options: CatalogueOptions;
  readonly #rows: Memo<Row>;

  constructor(options: CatalogueOptions) {
    this.client = options.client;
    this.#options = options;
    this.#rows = new Memo(options.clock, options.ttlMs, MAX_ROWS);
    this.listed = new Memo(
      options.clock,
      SERIES_MS,
      MAX_LISTED,
      ({ size }) => Math.min(Math.max(size, MAX_LISTED / 64), MAX_LISTED / 16),
    );
  }

  /** Forgets all answers, after something was stored. */
  forget(): void {
    this.#rows.clear();
    this.listed.clear();
  }

  /** Patients, each once; `PatientID` may be a wildcard. */
  async *patients(filters: Filters, ask: Ask, PatientID = ""): AsyncGenerator<Row[]> {
    const models = await this.client.models(ask);
    const keys = { ...filters.at("PATIENT"), ...(PatientID !== "" && { PatientID }) };
    const seen = new Set<string>();
    if (models.has("patient") && !filters.has("STUDY", "SERIES")) {
      const asked = { ...blank("PATIENT"), ...keys };
      let count = 0;
      try {
        for await (const page of this.#rowsOf("patient", "PATIENT", asked, keys, ask)) {
          count += page.length;
          const fresh = page.filter(({ id }) => isNew(seen, id));
          if (fresh.length > 0) yield fresh;
        }
      } catch (error) {
        if (!isLimit(error) || !models.has("study")) throw error;
        count = NaN;
      }
      if (!Number.isNaN(count) && !this.#isSuspicious(count)) return;
    }
    // Studies can be asked for by date, and each tells its patient.
    for await (const page of this.studies({}, filters, ask, keys)) {
      const fresh = page.map(patientOf).filter(({ id }) => isNew(seen, id));
      if (fresh.length > 0) yield fresh;
    }
  }

  /** Studies that have the values of `wanted`, each once; `more` may have wildcards. */
  async *studies(
    wanted: StudyKeys,
    filters: Filters,
    ask: Ask,
    more: Keys = {},
  ): AsyncGenerator<Row[]> {
    const model = await this.model({ patient: wanted.PatientID }, ask);
    const { Modality } = filters.at("SERIES");
    const filtered: Keys = {
      ...filters.at("PATIENT"),
      ...filters.at("STUDY"),
      ...(Modality !== undefined && { ModalitiesInStudy: Modality }),
    };
    const asked = { ...blank("STUDY"), ...filtered, ...more, ...definedOf(wanted) };
    const isMeant = (answer: DicomHeader) =>
      isMatch(filtered, "STUDY", answer) && isMatch(more, "STUDY", answer) &&
      isExactly(wanted, answer);
    const { clock, split } = this.#options;
    const find = (keys: Keys) => this.client.find(model, "STUDY", keys, ask);
    const pages = wanted.StudyInstanceUID === undefined
      ? wholeStudies(find, asked, clock.now(), ask, split)
      : find(asked);
    for await (const page of pages) {
      const rows = page.filter(isMeant).map((answer) => rowOf("STUDY", answer, ask));
      for (const row of rows) this.#rows.set(keyOf({ study: row.id }), row);
      const kept = await this.#withSeries(rows, filters, ask);
      if (kept.length > 0) yield kept;
    }
  }

  /** The series of a study. */
  async *series(place: Place, filters: Filters, ask: Ask): AsyncGenerator<Row[]> {
    const keys = { ...filters.at("SERIES"), StudyInstanceUID: place.study };
    const series = wholeNumbered(
      {
        key: "SeriesNumber",
        find: (SeriesNumber) => this.#below("SERIES", place, keys, ask, { SeriesNumber }),
        isFiltered: filters.has("SERIES"),
        count: async () => {
          const study = await this.study({ StudyInstanceUID: place.study }, ask);
          return study && numberOf(study, "NumberOfStudyRelatedSeries");
        },
      },
      ask,
      this.#options.split,
    );
    for await (const page of series) {
      for (const row of page) this.#rows.set(keyOf({ ...place, series: row.id }), row);
      yield page;
    }
  }

  /** The instances of a series. */
  async *images(place: Place & { readonly series: string }, ask: Ask): AsyncGenerator<Row[]> {
    const keys = { StudyInstanceUID: place.study, SeriesInstanceUID: place.series };
    const instances = new Map<string, string | undefined>();
    const images = wholeNumbered(
      {
        key: "InstanceNumber",
        find: (InstanceNumber) => this.#below("IMAGE", place, keys, ask, { InstanceNumber }),
        count: async () => {
          const row = await this.one("SERIES", { ...place, instance: undefined }, ask);
          return row && numberOf(row, "NumberOfSeriesRelatedInstances");
        },
      },
      ask,
      this.#options.split,
    );
    for await (const page of images) {
      for (const row of page) {
        instances.set(row.id, textOf(row, "SOPClassUID") || undefined);
        this.#rows.set(keyOf({ ...place, instance: row.id }), row);
      }
      yield page;
    }
    this.listed.set(keyOf({ study: place.study, series: place.series }), instances);
  }

  /** The patient with exactly this id. */
  async patient(id: string, ask: Ask): Promise<Row | undefined> {
    if (id === "") return await this.#patientWithoutId(ask);
    let found: Row | undefined;
    for await (const page of this.patients(Filters.NONE, ask, id)) {
      found ??= page.find((row) => row.id === id);
    }
    return found;
  }

  /** The study that has all these values. */
  async study(wanted: StudyKeys, ask: Ask): Promise<Row | undefined> {
    const { StudyInstanceUID: study } = wanted;
    const kept = study === undefined ? undefined : this.#rows.get(keyOf({ study }));
    if (kept && hasValues(kept, wanted)) return kept;
    return await first(this.studies(wanted, Filters.NONE, ask));
  }

  /** One series or instance, by its UIDs. */
  async one(level: "SERIES" | "IMAGE", place: Place, ask: Ask): Promise<Row | undefined> {
    return this.kept(place) ?? await this.#ask(level, place, {}, ask);
  }

  /** The Modality of a series; empty when the archive does not tell it. */
  async modality(place: Place, ask: Ask): Promise<string> {
    const row = await this.one("SERIES", { ...place, instance: undefined }, ask);
    return row ? textOf(row, "Modality") : "";
  }

  /** One instance with rows and columns, whatever is remembered. */
  async sized(place: Place, ask: Ask): Promise<Row | undefined> {
    return await this.#ask("IMAGE", place, blank(SIZE_KEYS), ask);
  }

  /** What is remembered of a series or an instance. */
  kept(place: Place): Row | undefined {
    return this.#rows.get(keyOf(place));
  }

  async #ask(
    level: "SERIES" | "IMAGE",
    place: Place,
    more: Keys,
    ask: Ask,
  ): Promise<Row | undefined> {
    const { study, series = "", instance } = place;
    const keys: Keys = {
      ...more,
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      ...(instance !== undefined && { SOPInstanceUID: instance }),
    };
    const row = await first(this.#below(level, place, keys, ask));
    if (row) this.#rows.set(keyOf(place), row);
    return row;
  }

  /** Patient Root where the archive has it and the patient is known, else Study Root. @throws `NotSupported` */
  async model({ patient = "" }: Pick<Place, "patient">, { op, url, signal }: Ask): Promise<Model> {
    const models = await this.client.models({ op, url, signal });
    const isKey = patient !== "" && !/[*?]/.test(patient);
    if (isKey && models.has("patient")) return "patient";
    if (models.has("study")) return "study";
    const reason = "the archive does not offer the Study Root information model, which this needs";
    throw new VfsError("NotSupported", { op, url, reason });
  }

  async *#below(
    level: "SERIES" | "IMAGE",
    place: Place,
    keys: Keys,
    ask: Ask,
    more: Readonly<Record<string, string | undefined>> = {},
  ): AsyncGenerator<Row[]> {
    const model = await this.model(place, ask);
    const above = model === "patient" ? { PatientID: place.patient! } : undefined;
    const asked = { ...blank(level), ...keys, ...definedOf(more), ...above };
    const { study: StudyInstanceUID, series: SeriesInstanceUID } = place;
    const inSeries = level === "IMAGE" &&
      { StudyInstanceUID, SeriesInstanceUID: SeriesInstanceUID! };
    for await (const page of this.#rowsOf(model, level, asked, keys, ask)) {
      yield inSeries
        ? page.map((row) => ({ ...row, attributes: { ...row.attributes, ...inSeries } }))
        : page;
    }
  }

  async *#rowsOf(
    model: Model,
    level: QueryLevel,
    asked: Keys,
    keys: Keys,
    ask: Ask,
  ): AsyncGenerator<Row[]> {
    for await (const page of this.client.find(model, level, asked, ask)) {
      const rows = page.filter((answer) => isMatch(keys, level, answer))
        .map((answer) => rowOf(level, answer, ask));
      if (rows.length > 0) yield rows;
    }
  }

  /** Those studies that have a series which matches; asked for where the answer does not tell. */
  async #withSeries(rows: Row[], filters: Filters, ask: Ask): Promise<Row[]> {
    if (!filters.has("SERIES")) return rows;
    const isModalityOnly = Object.keys(filters.at("SERIES")).join() === "Modality";
    const kept: Row[] = [];
    for (const row of rows) {
      const isTold = isModalityOnly && textOf(row, "ModalitiesInStudy") !== "";
      const place = { study: row.id, patient: textOf(row, "PatientID") };
      if (isTold || await first(this.series(place, filters, ask))) kept.push(row);
    }
    return kept;
  }

  /** No key asks for an empty id: one of the studies may have it. */
  async #patientWithoutId(ask: Ask): Promise<Row | undefined> {
    for await (const [study] of this.studies({ PatientID: "" }, Filters.NONE, ask)) {
      if (study) return patientOf(study);
    }
  }

  #isSuspicious(count: number): boolean {
    return (this.#options.split?.isSuspicious ?? isRound)(count);
  }
}

function blank(level: QueryLevel | readonly string[]): Keys {
  const keys = typeof level === "string" ? KEYS[level] : level;
  return Object.fromEntries(keys.map((key) => [key, ""]));
}

function patientOf(study: Row): Row {
  const attributes = Object.fromEntries(
    KEYS.PATIENT.filter((key) => key in study.attributes)
      .map((key) => [key, study.attributes[key]!]),
  );
  return { id: textOf(study, "PatientID"), attributes };
}

function isNew(seen: Set<string>, id: string): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  return true;
}

/** The first of a few: a query that is almost over is not worth being cancelled. */
async function first(pages: AsyncIterable<Row[]>): Promise<Row | undefined> {
  let found: Row | undefined;
  for await (const [row] of pages) found ??= row;
  return found;
}
