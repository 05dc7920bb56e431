/**
 * What all requests begin with: a context and a command.
 *
 * @module
 */

import { VfsError } from "../../../vfs/errors.ts";
import type { Association } from "./association.ts";
import { COMMAND } from "./command_set.ts";
import type { AcceptedContext } from "./negotiation.ts";

/** The context for a SOP class. @throws `NotSupported` when the peer did not accept one */
export function requireContext(
  association: Association,
  op: string,
  sopClassUID: string,
  ...transferSyntaxUIDs: string[]
): AcceptedContext {
  const context = association.contextFor(sopClassUID, ...transferSyntaxUIDs);
  if (context) return context;
  const syntaxes = transferSyntaxUIDs.join(", ");
  throw new VfsError("NotSupported", {
    op,
    url: association.url,
    reason: `the peer did not accept SOP class ${sopClassUID}` +
      (syntaxes && ` with transfer syntax ${syntaxes}`),
  });
}

/** A command with the fields that all requests have. */
export function requestCommand(
  field: keyof typeof COMMAND,
  sopClassUID: string,
): { CommandField: number; AffectedSOPClassUID: string } {
  return { CommandField: COMMAND[field], AffectedSOPClassUID: sopClassUID };
}
