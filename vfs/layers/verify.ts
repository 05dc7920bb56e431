/**
 * Compares content with the digests that its server tells, over all the pieces that it came in.
 *
 * @module
 */

import { readerOf } from "../bytes/bytes.ts";
import { differenceOf } from "../bytes/digest.ts";
import { streamDigester } from "../bytes/stream_digest.ts";
import type { Location } from "../location/location.ts";
import type { CallOptions, ContentCheck, DigestAlgorithm, Got } from "../transport.ts";
import { callError } from "./measured.ts";
import { type Layer, override } from "./layer.ts";

/** The layer where nothing is resumed; {@linkcode retry} verifies what it resumes by itself. */
export const verify: Layer = (inner) =>
  override(inner, {
    async get(at, o) {
      return await verifying(await inner.get(at, o), at, o);
    },
  });

/** `got` with a body that fails before its last bytes are given, unless it is what its `check` wants. */
export async function verifying(
  { check, ...got }: Got,
  at: Location,
  options: CallOptions,
): Promise<Got> {
  if (!check) return got;
  const body = readerOf(got.body);
  const verified = Object.keys(check.digests) as DigestAlgorithm[];
  try {
    return { ...got, verified, body: await checked(got, check, verified, at, options) };
  } catch (error) {
    await body.close(error);
    throw callError(error, "read", at, options.signal);
  }
}

async function checked(
  { length, body }: Got,
  { digests, failure }: ContentCheck,
  algorithms: readonly DigestAlgorithm[],
  at: Location,
  { signal }: CallOptions,
): Promise<Got["body"]> {
  const digester = (await streamDigester(algorithms, length))!;
  const reader = digester.reading(readerOf(body), length);
  let count = 0;
  let isChecked = false;

  async function compare(): Promise<void> {
    isChecked = true;
    const difference = differenceOf(await digester.digests(), digests);
    digester[Symbol.dispose]();
    if (difference !== undefined) throw await failure(difference, { signal });
  }

  function close(reason?: unknown): Promise<void> {
    digester[Symbol.dispose]();
    return reader.close(reason);
  }

  return {
    async read(into) {
      try {
        const chunk = await reader.read(into);
        count += chunk?.length ?? 0;
        const isWhole = length === undefined ? chunk === undefined : count === length;
        if (isWhole && !isChecked) await compare();
        return chunk;
      } catch (error) {
        // The first error counts, whatever closing says besides.
        await close(error).catch(() => {});
        throw callError(error, "read", at, signal);
      }
    },
    close,
  };
}
