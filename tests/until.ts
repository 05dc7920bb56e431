/** Longer than anything takes on a machine that is slow or busy. */
const LIMIT_MS = 60_000;

/** Waits until something holds, however long that takes on a busy machine; whether it does is for the test to say. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await condition() && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
