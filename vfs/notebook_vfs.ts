/**
 * The façade in a notebook.
 *
 * @module
 */

import { Entry } from "./entry.ts";
import { parseLocation } from "./location/location.ts";
import { givenBy, inCell, shown } from "./notebook.ts";
import { isOnePlace } from "./sources.ts";
import type { CheckReport } from "./sync/options.ts";
import { TransferFailed, type TransferOptions, type TransferReport } from "./copy/transfer.ts";
import { Vfs } from "./vfs.ts";
import type { Where } from "./options.ts";

type Method<K extends keyof Vfs> = Vfs[K] extends (...args: infer A) => infer R ? [A, R] : never;
type Args<K extends keyof Vfs> = Method<K>[0];
type Result<K extends keyof Vfs> = Method<K>[1];
type Done<K extends keyof Vfs> = Promise<Awaited<Result<K>>>;

/**
 * The filesystem that notebooks get. What it gives is shown when a cell returns it, and a call that takes long tells in
 * its cell how far it is; all else is as ever. A listing is shown by listing once more, so that it can still be read.
 */
export class NotebookVfs extends Vfs {
  override walk(...args: Args<"walk">): Result<"walk"> {
    return this.#listing(() => super.walk(...args));
  }

  override entries(...args: Args<"entries">): Result<"entries"> {
    return this.#listing(() => super.entries(...args));
  }

  override glob(...args: Args<"glob">): Result<"glob"> {
    return this.#listing(() => super.glob(...args));
  }

  override readDir(...args: Args<"readDir">): Result<"readDir"> {
    return this.#listing(() => super.readDir(...args));
  }

  override async stat(...args: Args<"stat">): Done<"stat"> {
    const info = await super.stat(...args);
    return shown(info, ({ displayFacts }) => displayFacts(info));
  }

  override async readDicomHeader(...args: Args<"readDicomHeader">): Done<"readDicomHeader"> {
    const header = await super.readDicomHeader(...args);
    return shown(header, ({ displayHeader }) => displayHeader(header));
  }

  override async series(...args: Args<"series">): Done<"series"> {
    const all = await inCell(`series in ${named(args[0])}`, true, () => super.series(...args));
    for (const one of all) {
      for (const instance of one.instances) givenBy(this, instance);
      shown(one, ({ display }) => display(one, { vfs: this }));
    }
    return shown(all, ({ displayAllSeries }) => displayAllSeries(all));
  }

  override async copy(...[from, to, options = {}]: Args<"copy">): Done<"copy"> {
    return await reported(between("copy", from, to), options, (told) => super.copy(from, to, told));
  }

  override async move(...[from, to, options = {}]: Args<"move">): Done<"move"> {
    return await reported(between("move", from, to), options, (told) => super.move(from, to, told));
  }

  override async sync(...[from, to, options = {}]: Args<"sync">): Done<"sync"> {
    return await reported(between("sync", from, to), options, (told) => super.sync(from, to, told));
  }

  override async check(...[from, to, options = {}]: Args<"check">): Done<"check"> {
    return await reported(
      between("check", from, to),
      options,
      (told) => super.check(from, to, told),
    );
  }

  override async remove(...[where, options = {}]: Args<"remove">): Done<"remove"> {
    return await reported(`remove ${named(where)}`, options, (told) => super.remove(where, told));
  }

  #listing<T extends Entry | readonly [string, Entry[], Entry[]]>(
    list: () => AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    return shown(this.#remembered(list()), ({ displayEntries }) => {
      return displayEntries(this.#remembered(list()));
    });
  }

  async *#remembered<T extends Entry | readonly [string, Entry[], Entry[]]>(
    listing: AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    for await (const given of listing) {
      const [entry] = given instanceof Entry ? [given] : [...given[1], ...given[2]];
      if (entry) givenBy(this, entry.parent);
      yield given;
    }
  }
}

function between(op: string, from: Args<"copy">[0], to: Where): string {
  return `${op} ${named(from)} to ${hrefOf(to)}`;
}

function named(from: Args<"copy">[0]): string {
  return isOnePlace(from) ? hrefOf(from) : "several places";
}

/** The URL without credentials. */
function hrefOf(where: Where | Entry): string {
  return where instanceof Entry ? where.url : parseLocation(where).location.href;
}

/** Does what gives a report: told in the cell of a notebook unless the caller tells it, and shown when returned. */
async function reported<
  O extends Pick<TransferOptions, "progress" | "onProgress">,
  R extends TransferReport | CheckReport,
>(what: string, options: O, work: (options: O) => Promise<R>): Promise<R> {
  const { progress = options.onProgress === undefined } = options;
  const rich = <T extends TransferReport | CheckReport>(report: T) =>
    shown(report, ({ displayReport }) => displayReport(report));
  try {
    return rich(
      await inCell(what, progress, (cell) => {
        if (!cell) return work(options);
        const onProgress: TransferOptions["onProgress"] = (now) => {
          cell.transferred(now);
          options.onProgress?.(now);
        };
        return work({ ...options, onProgress });
      }),
    );
  } catch (error) {
    if (error instanceof TransferFailed) rich(error.report);
    throw error;
  }
}
