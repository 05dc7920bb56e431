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
 * @module
 */

export * from "./vfs/default.ts";
export { Vfs } from "./vfs/vfs.ts";
export type {
  Content,
  DicomHeaderOptions,
  MkdirOptions,
  OpenMode,
  ReadDirOptions,
  ReadOptions,
  VfsOptions,
  Where,
  WriteOptions,
} from "./vfs/vfs.ts";
export { Mount, type MountOptions } from "./vfs/mount.ts";
export { Entry } from "./vfs/entry.ts";
export { ReadHandle, WriteHandle } from "./vfs/handles.ts";
export type { OpOptions } from "./vfs/options.ts";
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
export { type LazyDriver, type RegisterOptions, Registry } from "./vfs/registry.ts";
export type { ConnectionsOptions } from "./vfs/connections.ts";
export type { Bytes, ChunkReader, Source } from "./vfs/bytes/bytes.ts";
export {
  collect,
  readerOf,
  readerOfStream,
  sourceOfBlob,
  sourceOfBytes,
  sourceOfStream,
  streamOf,
} from "./vfs/bytes/bytes.ts";
export { type Clock, systemClock } from "./vfs/concurrency/clock.ts";
export { type Extent, resolveRange } from "./vfs/bytes/range.ts";
export { sortByName } from "./vfs/location/names.ts";
export type { Layer } from "./vfs/layers/layer.ts";
export { guard } from "./vfs/layers/guard.ts";
export { limit, type LimitOptions } from "./vfs/layers/limit.ts";
export { observe, type Observer, type OperationEvent } from "./vfs/layers/observe.ts";
export { retry, type RetryOptions } from "./vfs/layers/retry.ts";
export { stack, type StackOptions } from "./vfs/layers/stack.ts";
export { timeout, type TimeoutOptions } from "./vfs/layers/timeout.ts";
export { FOLDERS, LEAST } from "./vfs/capabilities.ts";
export type * from "./vfs/transport.ts";
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
