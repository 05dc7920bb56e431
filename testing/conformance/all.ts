/**
 * All cases of the conformance suite.
 *
 * @module
 */

import { abortCases, disposeCases } from "./abort.ts";
import { batchCases } from "./batches.ts";
import type { ConformanceCase } from "./case.ts";
import { mkdirCases, removeCases } from "./change.ts";
import { concurrencyCases } from "./concurrency.ts";
import { errorCases } from "./errors.ts";
import { bigCases, symlinkCases } from "./hooked.ts";
import { importCases } from "./imports.ts";
import { listCases } from "./list.ts";
import { contentCases } from "./content.ts";
import { missingCases } from "./missing.ts";
import { copyCases, renameCases } from "./move.ts";
import { nameCases } from "./names.ts";
import { appendCases, exclusiveCases, matchCases, overwriteCases } from "./overwrite.ts";
import { putManyCases } from "./put_many.ts";
import { putCases } from "./put.ts";
import { rangeCases } from "./range.ts";
import { readCases } from "./read.ts";
import { statCases } from "./stat.ts";
import { togetherCases } from "./together.ts";
import { urlCases } from "./url.ts";
import { walkCases } from "./walk.ts";

/** Every case, by group. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...urlCases,
  ...statCases,
  ...missingCases,
  ...listCases,
  ...walkCases,
  ...readCases,
  ...rangeCases,
  ...togetherCases,
  ...putCases,
  ...putManyCases,
  ...batchCases,
  ...overwriteCases,
  ...matchCases,
  ...contentCases,
  ...importCases,
  ...exclusiveCases,
  ...appendCases,
  ...removeCases,
  ...mkdirCases,
  ...renameCases,
  ...copyCases,
  ...symlinkCases,
  ...errorCases,
  ...abortCases,
  ...disposeCases,
  ...concurrencyCases,
  ...nameCases,
  ...bigCases,
];
