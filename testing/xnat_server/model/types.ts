/**
 * The data model of an XNAT archive, as plain values that can be written as JSON.
 *
 * @module
 */

/** What every object has. */
export interface Item {
  /** Field values by xpath below the element, `scanner/manufacturer`. */
  fields: Record<string, string>;
  /** Milliseconds since the epoch. */
  insertDate: number;
  insertUser: string;
  lastModified: number;
  resources: Resource[];
}

/** Who may see a project without being a member. */
export type XnatAccessibility = "public" | "protected" | "private";

/** What a member may do: collaborators read, members edit, owners delete. */
export type XnatRight = "read" | "edit" | "delete";

/** An `xnat:projectData`. */
export interface Project extends Item {
  id: string;
  accessibility: XnatAccessibility;
  /** Rights by login. */
  members: Record<string, XnatRight>;
  /** Rights that options have given already: who lost one since does not get it back at a restart. */
  granted?: Record<string, XnatRight>;
  prearchiveCode: string;
}

/** A second project in which a subject or an experiment is seen. */
export interface Share {
  project: string;
  label?: string;
}

/** An `xnat:subjectData`. */
export interface Subject extends Item {
  id: string;
  label: string;
  project: string;
  shares: Share[];
}

/** An `xnat:experimentData`: session, other experiment of a subject, or assessor of a session. */
export interface Experiment extends Item {
  id: string;
  label: string;
  project: string;
  xsiType: string;
  shares: Share[];
  /** Accession id of its subject. */
  subject: string;
  /** Accession id of the session that it assesses; absent for all but assessors. */
  session?: string;
  /** Resources under `/in`, of assessors only. */
  inputs: Resource[];
  /** Resources beside `in` and `out`, of assessors only, as XML and containers make them. */
  plain: Resource[];
  scans: Scan[];
  reconstructions: Reconstruction[];
}

/** An `xnat:imageScanData`. */
export interface Scan extends Item {
  id: string;
  /** `xnat_imagescandata_id`. */
  key: number;
  xsiType: string;
}

/** An `xnat:reconstructedImageData`. */
export interface Reconstruction extends Item {
  id: string;
  key: number;
  inputs: Resource[];
}

/** A row of `xnat:resourceCatalog` with its catalog. */
export interface Resource {
  /** `xnat_abstractresource_id`. */
  id: number;
  /** Empty for the unlabelled one. */
  label: string;
  format: string;
  content: string;
  tags: string;
  description: string;
  /** Where its files are on the disk. */
  folder: string;
  entries: Map<string, CatalogEntry>;
  /** Rises with every change of the catalog, as its hash would. */
  version: number;
  /** Database columns, absent until computed. */
  stats?: { count: number; size: number };
}

/** A line of a catalog. */
export interface CatalogEntry {
  /** Path below the resource, as it was stored: maybe percent-encoded. */
  path: string;
  format: string;
  content: string;
  tags: string;
  description: string;
  digest: string;
  /** Bytes; absent where the catalog lacks the metadata. */
  size?: number;
  createdTime: number;
  createdBy: string;
  /** Set on DICOM entries. */
  uid?: string;
  instanceNumber?: string;
}

/** A file on the disk, catalogued or not. */
export interface DiskFile {
  blob: string;
  size: number;
  digest: string;
  crc: number;
  modified: number;
}

/** A session that waits outside of the archive. */
export interface PrearchiveSession {
  project: string;
  timestamp: string;
  folderName: string;
  name: string;
  tag: string;
  subject: string;
  status: string;
  /** The code that its project had when it began; absent for what came without, and as a whole. */
  autoArchive?: string;
  /** Waits for somebody to commit it. */
  preventsAutoCommit?: boolean;
  /** What it came by; those of the `uploader` wait for it too. */
  source?: string;
  uploaded: number;
  lastModified: number;
  scanDate: string;
  scanTime: string;
  session: Experiment;
}

/** The whole archive. */
export interface Archive {
  projects: Map<string, Project>;
  subjects: Map<string, Subject>;
  experiments: Map<string, Experiment>;
  prearchive: PrearchiveSession[];
  /** Files by folder, then by path in it. */
  disk: Map<string, Map<string, DiskFile>>;
  /** User caches: files by login and folder. */
  caches: Map<string, Map<string, DiskFile>>;
  deletedProjects: Set<string>;
  subjectCount: number;
  experimentCount: number;
  /** Last numeric key given to a scan, a reconstruction or a resource. */
  key: number;
}

/** An archive without anything in it. */
export function emptyArchive(): Archive {
  return {
    projects: new Map(),
    subjects: new Map(),
    experiments: new Map(),
    prearchive: [],
    disk: new Map(),
    caches: new Map(),
    deletedProjects: new Set(),
    subjectCount: 0,
    experimentCount: 0,
    key: 100,
  };
}
