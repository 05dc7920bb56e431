/**
 * The view of an archive that has only the scans of some qualities: `xnat://HOST/.quality=usable/PROJECT/…`. It is a part
 * of the path, so that whatever a walk or a list shows leads back into it, and what is copied or packed is what was shown.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Named } from "./model.ts";

/** The scans of a session that can be seen at `address`. */
export async function scansAt(
  catalogue: Catalogue,
  { project = "", quality }: Address,
  experiment: string,
  ask: Ask,
): Promise<Named[]> {
  const scans = await catalogue.scans(project, experiment, ask);
  if (!quality) return scans;
  return scans.filter(({ attributes }) =>
    quality.includes(attributes.quality?.toLowerCase() ?? "")
  );
}
