/**
 * An XNAT 1.8 emulator for tests and demonstrations.
 *
 * @module
 */

export { startXnatServer, type XnatServer } from "./server.ts";
export type { XnatServerOptions, XnatTls, XnatUser } from "./options.ts";
export type { XnatFaultKind, XnatFaultMatch, XnatFaults } from "./faults.ts";
export type { XnatCounter, XnatLogEntry, XnatRequestLog } from "./http/request_log.ts";
export type { XnatPath, XnatSeed, XnatSeedFile, XnatSeedOptions, XnatSeedProject } from "./seed.ts";
export type { XnatAccessibility, XnatRight } from "./model/types.ts";
export type { Clock } from "../../vfs/concurrency/clock.ts";
