/**
 * What stands between the façade and a driver.
 *
 * @module
 */

export { guard } from "./guard.ts";
export { stack } from "./stack.ts";
