/**
 * A datastore over HTTP, with the endpoints of MONAI Label's server that annotation needs.
 *
 * @module
 */

export { type LabelHandler, labelHandler } from "./handler.ts";
export type { Files, LabelHandlerOptions, LabelServerOptions, RequestSummary } from "./options.ts";
export { type LabelServer, startLabelServer } from "./server.ts";
export type { Datastore } from "../datastore.ts";
export type { Clock } from "../../vfs/concurrency/clock.ts";
