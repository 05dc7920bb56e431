/**
 * The DICOM upper layer (PS3.8) and the DIMSE-C services (PS3.7), on raw TCP and TLS sockets. Datasets pass as
 * bytes, from a source to PDUs and from PDUs to a sink; none is decoded or encoded on the way.
 *
 * @module
 */
export {
  acceptAssociation,
  type DicomServer,
  serveDicom,
  serveDicoms,
  type ServerOptions,
} from "./acceptor.ts";
export { Association, type AssociationInit, type RequestListener } from "./association.ts";
export type { CommandSet } from "./command_set.ts";
export type { TlsFailure, TlsOptions } from "./connect.ts";
export * from "./echo.ts";
export * from "./errors.ts";
export * from "./find.ts";
export * from "./identifier.ts";
export {
  type AcceptedContext,
  checkAETitle,
  type ContextProposal,
  contextsOf,
  MAX_CONTEXTS,
  type Request,
  requestPdu,
} from "./negotiation.ts";
export type { Invocation, Operation } from "./operations.ts";
export type { ServiceResult } from "./outcome.ts";
export {
  type Abort,
  type AnsweredContext,
  type AssociateAc,
  type AssociateFields,
  type AssociateRj,
  type AssociateRq,
  type AsyncWindow,
  type CommonExtendedNegotiation,
  type ContextResult,
  type ControlPdu,
  type DataTf,
  type ExtendedNegotiation,
  type Pdu,
  PduError,
  type Pdv,
  type ProposedContext,
  type Release,
  type RoleSelection,
  type UserIdentity,
  type UserInformation,
} from "./pdu.ts";
export { AssociationPool, type PoolOptions, type PoolRequest } from "./pool.ts";
export type { Wanted } from "./pool_idle.ts";
export { type AssociationOptions, requestAssociation } from "./requestor.ts";
export * from "./retrieve.ts";
export { statusOfError } from "./error_status.ts";
export { type IncomingInstance, type Query, type ScpHandlers, type Track } from "./scp.ts";
export type { ByteInput, Fragment } from "./pdu_reader.ts";
export type { ByteOutput, OutgoingMessage } from "./pdu_writer.ts";
export type { Retrieval, Suboperation } from "./scp_retrieve.ts";
export { type DatasetSink, type IncomingDataset, MemorySink, NOWHERE } from "./sink.ts";
export type { Socket } from "./socket.ts";
export * from "./status.ts";
export * from "./store.ts";
export { TIMEOUTS, type Timeouts } from "./timeouts.ts";
export type { ServerTls } from "./tls_listener.ts";
export {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  QUERY_RETRIEVE,
  TRANSFER_SYNTAX,
  VERIFICATION,
} from "./uids.ts";
export type { Bytes, ChunkReader, Source } from "../../../vfs/bytes/bytes.ts";
export type { Clock } from "../../../vfs/concurrency/clock.ts";
export {
  type ErrorDetail,
  type ErrorKind,
  type ErrorStatus,
  VfsError,
  type VfsErrorOptions,
} from "../../../vfs/errors.ts";
