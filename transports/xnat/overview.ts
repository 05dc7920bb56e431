/**
 * What projects and subjects hold, by lists that join sessions, scans, assessors and their resources. The answers go where
 * the lists of each would be kept, so whoever lists finds them there.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Row } from "./client.ts";
import { route } from "./escape.ts";
import {
  ASSESSORS,
  JOINED_TO_ASSESSORS,
  keepAssessors,
  SESSION,
  sessionOf,
} from "./joined_assessors.ts";
import { OF_EXPERIMENTS, OF_SESSIONS, type ScanResource } from "./joined_scans.ts";
import type { Experiment, Named, Resource } from "./model.ts";
import { experimentsKey } from "./owners.ts";
import {
  EXPERIMENT_COLUMNS,
  experimentsOf,
  joinedResources,
  resourceColumns,
  SESSION_COLUMNS,
} from "./rows.ts";
import { unlessRefused } from "./unless_refused.ts";

/** The experiments of a project or of one of its subjects, and what the list of them tells besides. */
export interface Overview {
  /** Project. */
  readonly project: string;
  /** The experiments. */
  readonly experiments: readonly Experiment[];
  /** Resources of scans by experiment; without an entry nothing is known. */
  readonly resources: ReadonlyMap<string, readonly ScanResource[]>;
  /** Resources of experiments themselves and of assessors, by experiment, as far as the server told. */
  readonly others: ReadonlyMap<string, readonly Resource[]>;
}

/** Where to look. */
export interface Scope {
  /** Project. */
  readonly project: string;
  /** One of its subjects, as it was named. */
  readonly subject?: string;
  /** One session of the subject, as it was named, when no other matters. */
  readonly session?: string;
}

/** What lists tell of experiments. */
interface Told {
  /** Rows of experiments, several of each. */
  readonly own: readonly Row[];
  /** Rows that have scans and their resources as well. */
  readonly scans: readonly Row[];
  readonly join: typeof OF_SESSIONS;
  /** Rows of all assessors, where the server told of them. */
  readonly assessors?: readonly Row[];
}

const OWN = "xnat:experimentData/resources/resource";
const WITH_OWN = `${EXPERIMENT_COLUMNS},${resourceColumns(OWN)}`;
const ALL = `${SESSION_COLUMNS},${resourceColumns(OWN)},${OF_EXPERIMENTS.all}`;
const WITH_ASSESSORS = `${ALL},${JOINED_TO_ASSESSORS}`;
/** Length of ids in a URL. */
const MAX_IDS = 4_000;

/**
 * Asks for all experiments, scans and assessors at once: those of a project by one list, those of a subject by two. Where the
 * server cannot join them, there are three.
 */
export async function overview(
  catalogue: Catalogue,
  scope: Scope,
  subjects: Promise<readonly Named[]> | undefined,
  ask: Ask,
): Promise<Overview> {
  const asked = catalogue.clock.now();
  const told = await (scope.subject === undefined ? ofProject : ofSubject)(catalogue, scope, ask) ??
    await inThree(catalogue, scope, ask);
  const labels = new Map((await subjects)?.map(({ id, label }) => [id, label]));
  const groups = Map.groupBy(told.own, ({ ID = "" }) => ID);
  const experiments = experimentsOf([...groups.values()].map(([row]) => ({
    subject_label: labels.get(row!.subject_ID ?? "") ?? "",
    ...row!,
  })));
  const others = new Map<string, Resource[]>();
  for (const [id, rows] of groups) {
    others.set(id, joinedResources(rows, OWN, "resources", "") ?? []);
  }
  const { project, subject } = scope;
  catalogue.memo.set(experimentsKey(project, subject), experiments, asked);
  const resources = told.join.keep(catalogue, project, experiments, told.scans, asked);
  const { assessors } = told;
  if (assessors) keepAssessors(catalogue, project, experiments, others, assessors, asked);
  return { project, experiments, resources, others };
}

function pathOf({ project, subject }: Scope): string {
  const under = subject === undefined ? "" : route("subjects", subject);
  return `${route("data", "projects", project)}${under}/experiments`;
}

/** All experiments of a project, assessors too: the type of the list is the ancestor of both. */
async function ofProject(
  catalogue: Catalogue,
  scope: Scope,
  ask: Ask,
): Promise<Told | undefined> {
  const query = {
    format: "xml",
    xsiType: "xnat:experimentData",
    columns: WITH_ASSESSORS,
    limit: "*",
  };
  const rows = await unlessRefused(catalogue.rows(pathOf(scope), ask, query));
  // In this list what is shared has the label that it has at home, and nobody else knows that.
  const isUsable = rows?.every((row) =>
    isJoined(row) && sessionOf(row) !== undefined && row.project === scope.project
  );
  if (!rows || !isUsable) return undefined;
  const assessors = rows.filter((row) => sessionOf(row) !== "");
  // Neither are visits and other things of a project.
  const own = rows.filter((row) => row.subject_ID !== "" && sessionOf(row) === "");
  return { own, scans: own, join: OF_EXPERIMENTS, assessors };
}

/** The experiments of a subject, and then the assessors of these. */
async function ofSubject(
  catalogue: Catalogue,
  scope: Scope,
  ask: Ask,
): Promise<Told | undefined> {
  const columns = `${ALL},subject_label`;
  const query = { format: "xml", xsiType: "xnat:subjectAssessorData", columns, limit: "*" };
  const rows = await unlessRefused(catalogue.rows(pathOf(scope), ask, query));
  if (!rows?.every(isJoined)) return undefined;
  const { project, session } = scope;
  const isMeant = ({ ID, label }: Row) =>
    session === undefined || session === ID || session === label;
  const ids = [...new Set(rows.filter(isMeant).map(({ ID = "" }) => ID))].join(",");
  const assessors = ids === "" ? [] : await unlessRefused(
    catalogue.rows(pathOf({ project }), ask, {
      ...ASSESSORS,
      ...(ids.length <= MAX_IDS && { [SESSION]: ids }),
    }),
  );
  return { own: rows, scans: rows, join: OF_EXPERIMENTS, assessors };
}

function isJoined(row: Row): boolean {
  return row.subject_ID !== undefined && row[SCAN_KEY] !== undefined;
}

const SCAN_KEY = "xnat:imagesessiondata/scans/scan/id";

/** By the lists that DAX has asked for years. */
async function inThree(catalogue: Catalogue, scope: Scope, ask: Ask): Promise<Told> {
  const list = (columns: string, xsiType?: string) =>
    catalogue.rows(pathOf(scope), ask, { columns, xsiType, limit: "*" });
  const [own, scans, assessors] = await Promise.all([
    unlessRefused(list(WITH_OWN)).then((rows) => rows ?? list(EXPERIMENT_COLUMNS)),
    unlessRefused(list(`ID,${OF_SESSIONS.all}`, "xnat:imageSessionData")),
    unlessRefused(catalogue.rows(pathOf({ project: scope.project }), ask, ASSESSORS)),
  ]);
  return { own, scans: scans ?? [], join: OF_SESSIONS, assessors };
}
