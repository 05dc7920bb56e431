/**
 * A virtual filesystem for medical images: one door to folders, PACS and XNAT.
 *
 * @example
 * ```ts
 * import { info, walk, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///notes/readme.json", "{}");
 * for await (const [root, dirs, files] of walk("memory:///notes")) {
 *   for (const file of files) console.log(file.url, await info(file.url));
 *   assert.equal(root, "memory:///notes");
 *   assert.equal(dirs.length, 0);
 * }
 * ```
 *
 * Who writes a driver finds the rest in `@medvfs/vfs/driver`.
 *
 * @module
 */

export * from "./vfs/default.ts";
export { createVfs } from "./vfs/create_vfs.ts";
export { Vfs, type VfsOptions } from "./vfs/vfs.ts";
export type { Content } from "./vfs/bytes/content.ts";
export type { Mount, MountOptions } from "./vfs/mount.ts";
export { Entry } from "./vfs/entry.ts";
export type { ReadHandle, WriteHandle } from "./vfs/handles.ts";
export type {
  DicomHeaderOptions,
  MkdirOptions,
  OpenMode,
  OpenOptions,
  OpOptions,
  ReadDirOptions,
  ReadOptions,
  StatEachOptions,
  Where,
  WriteOptions,
} from "./vfs/options.ts";
export type { Series, SeriesOptions } from "./vfs/series.ts";
export type { Sources } from "./vfs/sources.ts";
export type { WalkOptions, WalkStep } from "./vfs/walk.ts";
export type { CopyOptions } from "./vfs/copy/copy.ts";
export type { RemoveOptions } from "./vfs/remove.ts";
export type {
  CheckOptions,
  CheckReport,
  CompareOptions,
  Comparison,
  SyncAction,
  SyncFilters,
  SyncOptions,
  SyncOutcome,
  SyncReport,
} from "./vfs/sync/options.ts";
export {
  type Outcome,
  type Progress,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
  type Verification,
} from "./vfs/copy/transfer.ts";
export {
  type ErrorDetail,
  type ErrorKind,
  type ErrorStatus,
  FunctionNotSupported,
  isNotFound,
  isVfsError,
  RootIsNotDirectory,
  TransportNotFound,
  VfsError,
  type VfsErrorOptions,
} from "./vfs/errors.ts";
export {
  Location,
  type LocationParts,
  type ParsedLocation,
  parseLocation,
} from "./vfs/location/location.ts";
export {
  type CredentialProvider,
  type Credentials,
  type Realm,
  Secret,
} from "./vfs/credentials/credentials.ts";
export {
  type CredentialSourceOptions,
  firstOf,
  netrcCredentials,
  storedCredentials,
} from "./vfs/credentials/credential_sources.ts";
export {
  defaultCredentials,
  type DefaultCredentialsOptions,
} from "./vfs/credentials/default_credentials.ts";
export type { RegisterOptions } from "./vfs/registry.ts";
export type { ConnectionsOptions } from "./vfs/connections.ts";
export type { LimitOptions } from "./vfs/layers/limit.ts";
export type { Observer, OperationEvent } from "./vfs/layers/observe.ts";
export type { RetryOptions } from "./vfs/layers/back_off.ts";
export type { StackOptions } from "./vfs/layers/stack.ts";
export type { TimeoutOptions } from "./vfs/layers/timeout.ts";
export type { TransportAbout } from "./vfs/driver.ts";
export type { FetchedResponse, FetchLike } from "./vfs/fetch_like.ts";
export type {
  ByteRange,
  Capabilities,
  DigestAlgorithm,
  Info,
  Kind,
  PutMode,
  StatOptions,
  Stored,
} from "./vfs/transport.ts";
export type {
  AttributeName,
  ByteSource,
  DicomDataset,
  DicomElement,
  DicomHeader,
  DicomJson,
  HeaderWarning,
  PersonName,
  ReadHeaderOptions,
} from "./formats/mod.ts";
