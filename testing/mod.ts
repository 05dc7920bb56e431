/**
 * The testing kit: the conformance suite for drivers, faults, and time and randomness under control.
 *
 * @module
 */

export * from "./conformance.ts";
export * from "./connect.ts";
export * from "./dicom_node/mod.ts";
export * from "./dicom_writer.ts";
export * from "./faults.ts";
export * from "./manual_clock.ts";
export * from "./phantom.ts";
export * from "./random.ts";
export { type MemoryOptions, memoryTransport } from "../transports/memory/mod.ts";
export type { Transport } from "../vfs/transport.ts";
export * from "./xnat_server/mod.ts";
