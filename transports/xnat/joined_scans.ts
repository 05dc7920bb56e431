/**
 * Scans and their resources, as lists of sessions tell them that join both.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Row } from "./client.ts";
import { route } from "./escape.ts";
import { type Experiment, isSession } from "./model.ts";
import { scansKey } from "./owners.ts";
import { experimentsOf, SCAN_COLUMNS, scansOf, SESSION_COLUMNS } from "./rows.ts";
import { unlessRefused } from "./unless_refused.ts";

/** A resource of a scan as the list of sessions tells it. */
export interface ScanResource {
  /** Id of the scan. */
  readonly scan: string;
  /** Label; empty where the server did not tell. */
  readonly label: string;
  /** Number; empty where the server did not tell. */
  readonly id: string;
  /** Files in it, where the server counts them. */
  readonly files?: number;
}

/** Columns that lead to scans, and to their resources, from lists of one type and of its ancestors. */
export class ScanJoin {
  /** The columns of scans. */
  readonly scans: string;
  /** The columns of scans and of their resources. */
  readonly all: string;
  readonly #names: readonly (readonly [name: string, key: string])[];
  readonly #file: string;

  /** Takes what leads to a scan, such as `xnat:imageScanData/`. */
  constructor(path: string) {
    const names = SCAN_COLUMNS.split(",");
    // The type of a scan is a field of its own only in lists of scans.
    const columns = names.map((name) =>
      path + (name === "xsiType" ? "extension_item/element_name" : name)
    );
    this.scans = columns.join(",");
    this.#names = names.map((name, i) => [name, columns[i]!.toLowerCase()]);
    this.#file = `${path}file/`.toLowerCase();
    const ofFiles = ["label", "xnat_abstractresource_id", "file_count"];
    this.all = [...columns, ...ofFiles.map((name) => `${path}file/${name}`)].join(",");
  }

  /**
   * Keeps the scans of `experiments`, as `rows` tell them; gives the resources of those of which they tell.
   */
  keep(
    { memo }: Catalogue,
    project: string,
    experiments: readonly Experiment[],
    rows: readonly Row[],
    asked: number,
  ): Map<string, ScanResource[]> {
    const resources = new Map<string, ScanResource[]>();
    const groups = Map.groupBy(rows, ({ ID = "" }) => ID);
    for (const experiment of experiments) {
      const { id } = experiment;
      const own = groups.get(id) ?? [];
      const isTold = own.length > 0 && own.every((row) => this.#idOf(row) !== undefined);
      if (!isTold && isSession(experiment)) continue;
      const filled = own.filter((row) => this.#idOf(row));
      const scans = new Map(filled.map((row) => [this.#idOf(row)!, row]));
      const found = scansOf([...scans.values()].map((row) => this.#scanRow(row)));
      memo.set(scansKey(project, id), found, asked);
      resources.set(id, filled.flatMap((row) => this.#resourceOf(row)));
    }
    return resources;
  }

  #idOf(row: Row): string | undefined {
    return row[this.#names[0]![1]];
  }

  /** The row as the list of scans has it. */
  #scanRow(row: Row): Row {
    return Object.fromEntries(this.#names.map(([name, key]) => [name, row[key] ?? ""]));
  }

  #resourceOf(row: Row): ScanResource[] {
    const of = (name: string) => row[this.#file + name];
    const [label, id = "", count = ""] = [
      of("label"),
      of("xnat_abstractresource_id"),
      of("file_count"),
    ];
    // A server that does not join resources leaves open whether the scan has some.
    if (label === "" && id === "") return [];
    const files = /^[0-9]+$/.test(count) ? Number(count) : undefined;
    return [{ scan: this.#idOf(row)!, label: label ?? "", id, files }];
  }
}

/** From lists of sessions. */
export const OF_SESSIONS = new ScanJoin("xnat:imageScanData/");
/** From lists of whatever experiments. */
export const OF_EXPERIMENTS = new ScanJoin("xnat:imageSessionData/scans/scan/");

/** The sessions of a subject, with their scans by the same request. A server that does not join them gives none. */
export function sessionsOf(
  catalogue: Catalogue,
  project: string,
  subject: string,
  ask: Ask,
): Promise<Experiment[]> {
  const path = `${route("data", "projects", project, "subjects", subject)}/experiments`;
  const columns = `${SESSION_COLUMNS},subject_label,${OF_SESSIONS.scans}`;
  const query = { columns, xsiType: "xnat:imageSessionData", limit: "*" };
  const key = [project, "experiments", subject, "with scans"];
  return catalogue.memo.get(key, ask, async (ask) => {
    const asked = catalogue.clock.now();
    const rows = await unlessRefused(catalogue.rows(path, ask, query)) ?? [];
    const first = new Map(rows.map((row) => [row.ID ?? "", row]));
    const sessions = experimentsOf([...first.values()]);
    OF_SESSIONS.keep(catalogue, project, sessions, rows, asked);
    return sessions;
  });
}
