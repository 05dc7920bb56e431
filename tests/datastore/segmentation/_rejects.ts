import { strict as assert } from "node:assert";
import {
  SegmentationError,
  type SegmentationProblem,
} from "../../../datastore/segmentation/mod.ts";

/** Runs what must fail with `problem`, and gives the error. */
export async function rejects(
  task: () => unknown,
  problem: SegmentationProblem,
): Promise<SegmentationError> {
  try {
    await task();
  } catch (error) {
    assert.ok(error instanceof SegmentationError, String(error));
    assert.equal(error.problem, problem, error.message);
    assert.equal(error.status, "permanent");
    return error;
  }
  assert.fail(`no error, ${problem} expected`);
}
