/**
 * A request that is answered with an error.
 *
 * @module
 */

/** Who writes the page: Restlet, the servlet container, or nobody. */
export type Voice = "restlet" | "tomcat" | "empty" | "text";

/** Ends a request with an error status. */
export class Refusal extends Error {
  readonly status: number;
  readonly voice: Voice;

  constructor(status: number, message = "", voice: Voice = "restlet") {
    super(message);
    this.status = status;
    this.voice = voice;
  }
}

/** Ends the request. @throws {Refusal} always. */
export function refuse(status: number, message?: string, voice?: Voice): never {
  throw new Refusal(status, message, voice);
}
