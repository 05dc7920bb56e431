/**
 * How an XNAT datastore is set up.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";
import { type Credentials, Secret } from "../../vfs/credentials/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { Vfs } from "../../vfs/vfs.ts";

/**
 * Which scans are images of the store: by default all but segmentations, structure sets, reports and what else is no
 * image, such as viewers store beside the images.
 */
export interface ImageFilter {
  /** DICOM modalities, `CT`; what is named here or by `type` may be no image. */
  readonly modality?: readonly string[];
  /** Scan types, `T1`; the whole of it, upper and lower case alike. */
  readonly type?: readonly string[];
  /** Qualities, `usable`. */
  readonly quality?: readonly string[];
  /** Session dates, `2024-01-31`; the first and the last one. */
  readonly date?: { readonly from?: string; readonly to?: string };
}

/** Options of {@linkcode XnatDatastore}. */
export interface XnatDatastoreOptions {
  /** The server: `https://xnat.example.org/context`, or `xnat://xnat.example.org/~context` with or without a project. */
  readonly apiUrl: string | URL;
  /** Login name, or the alias of a token. */
  readonly username?: string;
  /** Password, or the secret of a token. */
  readonly password?: string | Secret;
  /** Bearer token, in place of both. */
  readonly token?: string | Secret;
  /** Project ids, in a list or with commas between them; all that can be seen by default. */
  readonly project?: string | readonly string[];
  /**
   * Where the server's archive is mounted on this machine: its root (that of `PROJECT/arc001/…`), or a table from the
   * beginnings of paths below it (`BRAIN`, `BRAIN/arc002`) to folders here, the longest of which counts.
   */
  readonly assetPath?: string | Readonly<Record<string, string>>;
  /** Folder for what is fetched. @default {"~/.cache/medvfs/datastore"} */
  readonly cachePath?: string;
  /** Bytes that the cache may have. @default {64 GiB} */
  readonly cacheBytes?: number;
  /** Which scans are images. */
  readonly filter?: ImageFilter;
  /** How long the list of images and labels is believed, in milliseconds. @default {300_000} */
  readonly ttlMs?: number;
  /** Keep labels that are overwritten; see {@linkcode XnatDatastore.labelHistory}. @default {false} */
  readonly history?: boolean;
  /** Store NIfTI labels as DICOM segmentations too, for which the server needs its ROI plugin. @default {true} */
  readonly segmentations?: boolean;
  /** Who labels, for the record. @default {username} */
  readonly author?: string;
  /** Tags of labels that MONAI Label stored, by their model. @default {all are "original"} */
  readonly legacyTags?: Readonly<Record<string, string>>;
  /** The filesystem to use, which is not closed with the store. Without a password here, its credentials count. */
  readonly vfs?: Vfs;
  /** In a notebook, tell in the cell how far it is when fetching takes long. @default {true} */
  readonly progress?: boolean;
  /** Time. */
  readonly clock?: Clock;
  /** Told of what goes wrong without failing the call: a project that cannot be listed, a server that is away. */
  readonly onWarning?: (warning: VfsError) => void;
}

/** A server as its URL names it. */
export interface NamedServer {
  /** The server, with its context path. */
  readonly server: Location;
  /** The project that the URL names. */
  readonly project?: string;
  /** What stood before the `@`. */
  readonly credentials?: Credentials;
}

/** The server that `apiUrl` names. @throws `InvalidUrl` */
export function serverOf(apiUrl: string | URL): NamedServer {
  const text = String(apiUrl);
  const http = /^http(s?):\/\//i.exec(text);
  if (!http) return ofXnatUrl(text);
  const { location, credentials } = parseLocation(text.replace(/\/+$/, ""));
  const context = location.segments.join("/");
  const scheme = http[1] ? "xnat" : "xnat+http";
  const origin = `${scheme}://${location.host}${location.port ? `:${location.port}` : ""}`;
  const server = parseLocation(origin).location;
  return { server: context === "" ? server : server.child(`~${context}`), credentials };
}

function ofXnatUrl(text: string): NamedServer {
  const { location, credentials } = parseLocation(text);
  const { segments, scheme, href } = location;
  const below = segments[0]?.startsWith("~") ? 1 : 0;
  if (!/^xnat(\+http)?$/.test(scheme) || segments.length > below + 1) {
    const reason = "name an XNAT server, or a project on one";
    throw new VfsError("InvalidUrl", { op: "open the datastore", url: href, reason });
  }
  const project = segments[below];
  return { server: project === undefined ? location : location.parent()!, project, credentials };
}

/** Project ids without blanks around them; undefined means all. */
export function projectsOf(
  { project }: Pick<XnatDatastoreOptions, "project">,
  named: string | undefined,
): readonly string[] | undefined {
  const listed = typeof project === "string" ? project.split(",") : project ?? [];
  const ids = [...listed, named ?? ""].map((id) => id.trim()).filter((id) => id !== "");
  return ids.length === 0 ? undefined : [...new Set(ids)];
}

/** The credentials that options and URL give. */
export function credentialsOf(
  { username, password, token }: XnatDatastoreOptions,
  named: Credentials | undefined,
): Credentials | undefined {
  if (username === undefined && token === undefined) return named;
  return { username, password: secretOf(password), token: secretOf(token) };
}

function secretOf(text: string | Secret | undefined): Secret | undefined {
  return typeof text === "string" ? new Secret(text) : text;
}
