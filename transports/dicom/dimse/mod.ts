/**
 * The DICOM upper layer (PS3.8) and the DIMSE-C services (PS3.7), on raw TCP and TLS sockets. Datasets pass as
 * bytes, from a source to PDUs and from PDUs to a sink; none is decoded or encoded on the way.
 *
 * @module
 */
export * from "./acceptor.ts";
export * from "./association.ts";
export * from "./command_set.ts";
export * from "./connect.ts";
export * from "./echo.ts";
export * from "./errors.ts";
export * from "./find.ts";
export * from "./identifier.ts";
export * from "./negotiation.ts";
export type { Invocation, Operation } from "./operations.ts";
export * from "./outcome.ts";
export * from "./pdu.ts";
export * from "./pool.ts";
export type { Wanted } from "./pool_idle.ts";
export * from "./requestor.ts";
export * from "./retrieve.ts";
export * from "./scp.ts";
export type { ByteInput, Fragment } from "./pdu_reader.ts";
export type { ByteOutput, OutgoingMessage } from "./pdu_writer.ts";
export type { Retrieval, Suboperation } from "./scp_retrieve.ts";
export * from "./sink.ts";
export type { Socket } from "./socket.ts";
export * from "./status.ts";
export * from "./store.ts";
export * from "./timeouts.ts";
export type { ServerTls } from "./tls_listener.ts";
export * from "./uids.ts";
export { UpperLayer, type UpperLayerOptions, type UpperLayerUser } from "./upper_layer.ts";
export type { State } from "./state_machine.ts";
export type { Bytes, ChunkReader, Source } from "../../../vfs/bytes.ts";
export type { Clock } from "../../../vfs/clock.ts";
export {
  type ErrorDetail,
  type ErrorKind,
  type ErrorStatus,
  VfsError,
  type VfsErrorOptions,
} from "../../../vfs/errors.ts";
