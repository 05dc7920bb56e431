/** `medvfs hash`. @module */

import { digester } from "../../vfs/bytes/digest.ts";
import { VfsError } from "../../vfs/errors.ts";
import { followed } from "../../vfs/entry.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { DigestAlgorithm } from "../../vfs/transport.ts";
import { type CommandSpec, option, SHARED } from "../command.ts";
import type { Context } from "../context.ts";
import { eachSeen } from "../each_seen.ts";
import type { Operand } from "../operand.ts";
import { inOrder } from "../ordered.ts";

interface HashOptions {
  readonly algorithm: DigestAlgorithm;
  readonly recursive?: boolean;
  readonly json?: boolean;
}

/** Computes digests. */
export const hash: CommandSpec<HashOptions> = {
  name: "hash",
  summary: "compute digests of the content of files",
  operands: "<url...>",
  sources: "all",
  details:
    `All of the content is read, whatever digest the server tells. The output is that of sha256sum and its
like, which check it with -c where the files are on this disk.`,
  options: [
    option("--algorithm <name>", "which digest").choices(["md5", "sha1", "sha256"])
      .default("sha256"),
    option("-r, --recursive", "of all files in directories"),
    SHARED.json(),
  ],
  examples: [
    ["hash -r /data/study > study.sha256", "of all files of a study, for sha256sum -c"],
    ["hash --algorithm md5 /data/t1.nii.gz", "the one that XNAT tells"],
  ],
  async run(context, operands, options) {
    await eachSeen(context, operands, async (operand, { kind }) => {
      if (kind === "directory" && !options.recursive) {
        throw new VfsError("IsADirectory", { op: "hash", url: operand.location.href });
      }
      const files = kind === "directory" ? filesIn(context, operand) : [operand.location];
      await hashAll(context, operand, files, options);
    });
  },
};

async function* filesIn(context: Context, top: Operand): AsyncGenerator<Location> {
  const { vfs, signal } = context;
  const onError = context.skipUnlisted(top);
  for await (const entry of vfs.entries(top.where, { signal, includeDirs: false, onError })) {
    if (followed(entry) === "file") yield entry.location;
  }
}

async function hashAll(
  context: Context,
  top: Operand,
  files: AsyncIterable<Location> | Iterable<Location>,
  { algorithm, json }: HashOptions,
): Promise<void> {
  const { console } = context;
  const hashed = inOrder(files, context.concurrency(4), async (location) => {
    let digest: string | undefined;
    await context.attempt(async () => {
      digest = await digestOf(context, location, algorithm);
    });
    return digest;
  });
  for await (const [location, digest] of hashed) {
    if (digest === undefined) continue;
    if (json) console.json({ ...top.pathField(location), url: location.href, [algorithm]: digest });
    else console.line(console.safe(checkLine(digest, top.show(location))));
    await console.drain();
  }
}

async function digestOf(
  { vfs, signal }: Context,
  location: Location,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const hasher = (await digester([algorithm]))!;
  await using file = await vfs.open(location, { signal });
  for await (const chunk of file.readable) hasher.update(chunk);
  return hasher.digests()[algorithm]!;
}

/** A line of sha256sum, which begins with a backslash where the name has escapes. */
function checkLine(digest: string, name: string): string {
  const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r" };
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes[character]!);
  return `${escaped === name ? "" : "\\"}${digest}  ${escaped}`;
}
