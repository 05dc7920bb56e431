/**
 * A transport of what is in one archive, for every format that can be read by ranges.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { LEAST } from "../../vfs/capabilities.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { isNotFound, isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { fileAround } from "../../vfs/location/nested_location.ts";
import { resolveRange } from "../../vfs/bytes/range.ts";
import type {
  CallOptions,
  Capabilities,
  ConnectOptions,
  GetOptions,
  Got,
  GotOne,
  Info,
  Place,
  Transport,
} from "../../vfs/transport.ts";
import { InnerFile, isSameVersion } from "./inner_file.ts";
import { list, tree } from "./list.ts";
import { infoOf, type Member } from "./member.ts";
import { memberPattern } from "../../vfs/patterns/member_pattern.ts";
import type { LeafNode, MemberTree, Node } from "./member_tree.ts";
import type { OpenArchive, OpenFormat } from "./open_archive.ts";
import { Shared } from "./shared.ts";

/** What reading an archive can do at best. */
export const READING: Capabilities = {
  ...LEAST,
  range: true,
  etag: true,
  size: true,
  tree: true,
  query: true,
};

/** For so long, in milliseconds, an archive is taken to be the same without asking. */
const FRESH_MS = 1000;
/** So often an archive is opened for one look at it, while others put another one in its place each time. */
const TRIES = 5;

/** What is remembered of an archive. */
interface Kept<M extends Member> {
  readonly place: Place;
  readonly opening: Shared<OpenArchive<M>>;
  checkedAt: number;
}

/** What a format that can be written adds. */
export interface Writing {
  /** What it can do besides. */
  readonly capabilities: Partial<Capabilities>;
  /** The operations that write. */
  readonly operations: Pick<Transport, "checkName" | "put" | "remove" | "removeMany" | "rename">;
  /** Whether something is being stored. */
  readonly isStoring: () => boolean;
}

/** Makes what a format adds where `place` can be written; `forget` is to be told of each change. */
export type MakeWriting = (
  find: () => Promise<Place>,
  forget: () => void,
) => Writing;

/** The transport of the archive that the origin of `options` lies in. @throws `InvalidUrl`, `NotSupported` */
export async function archiveTransport<M extends Member>(
  { origin, nested, clock }: ConnectOptions,
  open: OpenFormat<M>,
  able: Pick<Capabilities, "getMany" | "getManyAcross"> = {},
  makeWriting?: MakeWriting,
): Promise<Transport> {
  const around = fileAround(origin);
  if (around === undefined) {
    const url = `${origin.scheme}://file%3A%2F%2F%2Fpath%2Fto%2Farchive/`;
    const reason = `the URL of the archive, percent-encoded, comes first, as in "${url}"`;
    throw new VfsError("InvalidUrl", { op: "open", url: origin.href, reason });
  }
  if (nested === undefined) {
    const reason = "there is no way to other connections";
    throw new VfsError("NotSupported", { op: "open", url: origin.href, reason });
  }
  const { transport: { capabilities: { etag, maxConcurrency, put, naming } } } = await nested(
    around,
  );
  const find = () => nested(around);
  const archive = new Archive(find, open, clock);
  const isWritable = put === "atomic" && naming === "path";
  const writing = isWritable ? makeWriting?.(find, () => archive.forget()) : undefined;
  if (writing) archive.isStoring = writing.isStoring;
  const capabilities = { ...READING, ...able, etag, maxConcurrency, ...writing?.capabilities };
  const transport = archive.transport(capabilities);
  if (!writing) return transport;
  // Whoever stores the archive anew removes the old one.
  const checkRemoval: Transport["checkRemoval"] = async (_, o) => {
    const { transport, location } = await find();
    await transport.checkRemoval?.(location, o);
  };
  return { ...transport, ...writing.operations, checkRemoval };
}

class Archive<M extends Member> {
  /** Whether something is being stored in it. */
  isStoring: () => boolean = () => false;
  readonly #find: () => Promise<Place>;
  readonly #open: OpenFormat<M>;
  readonly #clock: Clock;
  #kept: Kept<M> | undefined;
  /** Nothing was there, the last time that it was asked for. */
  #missing: { readonly error: unknown; readonly checkedAt: number } | undefined;
  /** What the last pattern was and found. */
  #view:
    | { readonly of: MemberTree<M>; readonly query: string; readonly found?: MemberTree<M> }
    | undefined;

  constructor(find: () => Promise<Place>, open: OpenFormat<M>, clock: Clock) {
    this.#find = find;
    this.#open = open;
    this.#clock = steadyClock(clock);
  }

  /** The archive is another one. */
  forget(): void {
    this.#drop(this.#kept);
    this.#kept = this.#missing = undefined;
  }

  /** Frees what an archive keeps that is not asked any more. */
  async #drop(kept: Kept<M> | undefined): Promise<void> {
    await kept?.opening.settled((archive) => archive.close?.());
  }

  transport(capabilities: Capabilities): Transport {
    const ask = (op: string, at: Location, { signal }: { signal: AbortSignal }): Ask => ({
      op,
      url: at.href,
      signal,
    });
    const within = async <T>(
      asked: Ask,
      use: (archive: OpenArchive<M>) => T | Promise<T>,
      refresh?: boolean,
    ): Promise<T> => {
      for (let tried = 1, isNew = refresh;; tried++, isNew = true) {
        try {
          return await use(await this.#archive(asked, isNew));
        } catch (error) {
          // The archive was replaced since its index was read.
          const isReplaced = isVfsError(error) && error.kind === "ConditionFailed" &&
            error.url !== asked.url;
          if (!isReplaced || tried === TRIES) throw error;
        }
      }
    };
    const info = (node: Node<M>, archive: OpenArchive<M>) => {
      if (node.kind !== "leaf") return infoOf(node.kind === "directory" ? node.member : undefined);
      const { member } = node;
      return infoOf(member, capabilities.etag ? archive.etagOf(member) : undefined);
    };
    const listed = async (at: Location, options: { signal: AbortSignal; refresh?: boolean }) => {
      const asked = ask("list", at, options);
      return await within(asked, (archive) => {
        const node = this.#need(archive, at, asked);
        if (node.kind === "directory") {
          return { node, info: (each: Node<M>) => info(each, archive) };
        }
        throw new VfsError("NotADirectory", asked);
      }, options.refresh);
    };
    return {
      capabilities,
      stat: async (at, options) => {
        const asked = ask("stat", at, options);
        const { refresh } = options;
        if (!refresh) this.#checkMissing();
        const found = (archive: OpenArchive<M>) => info(this.#need(archive, at, asked), archive);
        return await within(asked, found, refresh);
      },
      async *list(at, options) {
        yield* list(await listed(at, options), at, options);
      },
      async *tree(at, options) {
        yield* tree(await listed(at, options), at, options);
      },
      get: (at, options) => {
        const asked = ask("read", at, options);
        return within(asked, async (archive) => {
          const node = this.#need(archive, at, asked);
          if (node.kind === "directory") throw new VfsError("IsADirectory", asked);
          return await read(archive, node, info(node, archive), asked, options);
        });
      },
      ...(capabilities.getMany !== undefined && {
        getMany: (locations: readonly Location[], { signal }: CallOptions) =>
          this.#getMany(locations, signal, info),
      }),
      [Symbol.asyncDispose]: async () => {
        const kept = this.#kept;
        this.#kept = undefined;
        kept?.opening.stop();
        await this.#drop(kept);
      },
    };
  }

  async *#getMany(
    locations: readonly Location[],
    signal: AbortSignal,
    info: (node: LeafNode<M>, archive: OpenArchive<M>) => Info,
  ): AsyncGenerator<readonly GotOne[]> {
    const [first, second] = locations;
    // All there is need not be gone through for one.
    if (!first || !second) return;
    const asked = { op: "read", url: first.href, signal };
    const archive = await this.#archive(asked);
    const wanted = new Map<M, GotOne["location"]>();
    for (const at of locations) {
      const node = this.#viewed(archive.members, at.query)?.find(at.segments);
      // Of two links to one file the second is read alone.
      if (node?.kind === "leaf" && node.member.kind === "file" && !wanted.has(node.member)) {
        wanted.set(node.member, at);
      }
    }
    for await (const [member, body] of archive.readMany?.([...wanted.keys()], asked) ?? []) {
      const told = info({ kind: "leaf", member }, archive);
      const got = { info: told, offset: 0, length: body.length, body };
      yield [{ location: wanted.get(member)!, got }];
    }
  }

  /** The archive as it is, read anew when it is not what it was. */
  async #archive(asked: Ask, refresh = false): Promise<OpenArchive<M>> {
    const place = await this.#find();
    const now = this.#clock.now();
    let kept = this.#kept;
    const isFresh = kept && !refresh && now - kept.checkedAt < FRESH_MS;
    if (kept && (kept.place.transport !== place.transport || kept.opening.isStopped)) {
      kept = undefined;
    }
    if (kept && !isFresh) {
      const [archive, version] = await Promise.all([
        kept.opening.wait(asked),
        InnerFile.stat(place, asked),
      ]);
      if (isSameVersion(archive.file.version, version)) kept.checkedAt = now;
      else if (kept === this.#kept) kept = undefined;
      else kept = this.#kept;
    }
    if (kept === undefined) {
      const opening = new Shared((signal) => this.#open(place, { ...asked, signal }));
      this.#drop(this.#kept);
      kept = this.#kept = { place, opening, checkedAt: now };
    }
    try {
      return await kept.opening.wait(asked);
    } catch (error) {
      // Unless it was stored meanwhile.
      if (isNotFound(error) && kept === this.#kept) this.#missing = { error, checkedAt: now };
      throw error;
    }
  }

  /** A copy into an archive that it makes looks for each of its files. @throws `NotFound` */
  #checkMissing(): void {
    if (!this.#missing || !this.isStoring()) return;
    const { error, checkedAt } = this.#missing;
    if (this.#clock.now() - checkedAt < FRESH_MS) throw error;
  }

  #need(
    { members }: OpenArchive<M>,
    at: Location,
    asked: Ask,
  ): Exclude<Node<M>, { kind: "flawed" }> {
    const node = this.#viewed(members, at.query)?.find(at.segments);
    if (node === undefined) throw new VfsError("NotFound", asked);
    if (node.kind === "flawed") throw new VfsError("Corrupt", { ...asked, reason: node.reason });
    return node;
  }

  #viewed(of: MemberTree<M>, query: string): MemberTree<M> | undefined {
    if (query === "") return of;
    if (this.#view?.of !== of || this.#view.query !== query) {
      // Locations never hold an "@".
      const isIn = memberPattern(query.replaceAll("%40", "@"));
      this.#view = { of, query, found: of.filter(isIn) };
    }
    return this.#view.found;
  }
}

async function read<M extends Member>(
  archive: OpenArchive<M>,
  { member }: LeafNode<M>,
  info: Got["info"],
  asked: Ask,
  { range, ifMatch }: GetOptions,
): Promise<Got> {
  if (ifMatch !== undefined && ifMatch !== info.etag) throw new VfsError("ConditionFailed", asked);
  if (member.kind === "other" || member.size === undefined) {
    const reason = "it is no file; links in archives are not followed";
    throw new VfsError("NotSupported", { ...asked, reason });
  }
  const extent = resolveRange(range, member.size, asked.url);
  return {
    info,
    offset: extent.start,
    length: extent.end - extent.start,
    body: await archive.read(member, extent, asked),
  };
}
