/**
 * What content an archive can be given, past the interface.
 *
 * @module
 */

import type { XnatAccessibility, XnatRight } from "./model/types.ts";
import type { XnatUser } from "./options.ts";

/** What a seeded object is like. */
export interface XnatSeedOptions {
  /** Type, `xnat:mrSessionData`. */
  readonly xsiType?: string;
  /** Fields by shortcut or xpath, `{ type: "T1", quality: "usable" }`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a seeded project is like. */
export interface XnatSeedProject extends XnatSeedOptions {
  /** Who sees it without being a member. @default {"private"} */
  readonly accessibility?: XnatAccessibility;
  /** Rights by login. */
  readonly members?: Readonly<Record<string, XnatRight>>;
}

/** What a seeded file is like. */
export interface XnatSeedFile {
  /** Format, such as `NIFTI`. */
  readonly format?: string;
  /** Content, such as `RAW`. */
  readonly content?: string;
  /** Tags, `name=value,tag`. */
  readonly tags?: string;
  /** Lies on the disk without being in the catalog. @default {false} */
  readonly uncatalogued?: boolean;
  /** Is in the catalog without lying on the disk. @default {false} */
  readonly missing?: boolean;
  /** The catalog tells neither size nor digest. @default {false} */
  readonly bare?: boolean;
}

/** An object of the archive by its labels: project, subject, experiment, scan. */
export type XnatPath = readonly string[];

/**
 * Makes content. Objects on the way that are missing are made too: sessions as `xnat:mrSessionData`,
 * scans as the scans of their session's type.
 */
export interface XnatSeed {
  /** Adds a user, or replaces one. */
  user(login: string, user: XnatUser): void;
  /** Makes or changes a project. */
  project(id: string, options?: XnatSeedProject): void;
  /** Makes or changes a subject and returns its accession id. */
  subject(path: XnatPath, options?: XnatSeedOptions): string;
  /** Makes or changes an experiment and returns its accession id. */
  session(path: XnatPath, options?: XnatSeedOptions): string;
  /** Makes or changes a scan. */
  scan(path: XnatPath, options?: XnatSeedOptions): void;
  /** Makes an assessor of a session and returns its accession id. */
  assessor(path: XnatPath, label: string, options?: XnatSeedOptions): string;
  /** Makes a reconstruction of a session. */
  reconstruction(path: XnatPath, id: string): void;
  /** Shares an experiment with a further project. */
  share(path: XnatPath, project: string, label?: string): void;
  /** Makes a resource of an object and returns its number; if asked so a second one of the same label, which has the same catalog. */
  resource(
    path: XnatPath,
    label: string,
    options?: { format?: string; content?: string; again?: boolean },
  ): number;
  /**
   * Stores a file: project, subject, experiment, scan, resource and path, as far as there are such;
   * `resourceAt` tells which segment is the resource, 4 unless told.
   */
  file(
    path: XnatPath,
    bytes: Uint8Array,
    options?: XnatSeedFile & { resourceAt?: number },
  ): Promise<void>;
  /** Stores DICOM files as the importer would, one session per study, and returns accession ids. */
  dicom(
    project: string,
    files: AsyncIterable<{ bytes: Uint8Array }> | Iterable<{ bytes: Uint8Array }>,
    options?: { subject?: string; session?: string },
  ): Promise<string[]>;
}
