/** Runs the command in this process, with its outputs caught. */

import { main } from "../../cli/main.ts";
import type { Input, Io, Output } from "../../cli/main.ts";
import { builtinRegistry } from "../../transports/builtin.ts";
import type { Registry } from "../../vfs/registry.ts";
import { Vfs } from "../../vfs/vfs.ts";

/** What a run left behind. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What differs from a pipe without interruption. */
export interface Setting {
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  readonly noColor?: boolean;
  readonly debug?: boolean;
  readonly signal?: AbortSignal;
  /** What is typed, or comes through a pipe. */
  readonly stdin?: string;
  readonly stdinIsTerminal?: boolean;
  /** Bytes of stdout after which its reader goes away. */
  readonly readsOnly?: number;
  /** Nobody reads stderr. */
  readonly stderrIsUnread?: boolean;
}

/** A command whose runs share one `memory:`. */
export class Cli implements AsyncDisposable {
  readonly registry: Registry = builtinRegistry();
  /** To prepare and to look. */
  readonly vfs: Vfs = new Vfs({ registry: this.registry });

  async run(args: readonly string[], setting: Setting = {}): Promise<Result> {
    const out = caught(setting.stdoutIsTerminal, setting.readsOnly);
    const err = caught(setting.stderrIsTerminal, setting.stderrIsUnread ? 0 : Infinity);
    const io: Io = {
      stdout: out,
      stderr: err,
      stdin: typed(
        setting,
        (isRaw) => err.write(new TextEncoder().encode(isRaw ? "<raw>" : "</raw>")),
      ),
      signal: setting.signal ?? new AbortController().signal,
      noColor: setting.noColor ?? false,
      debug: setting.debug ?? false,
      registry: this.registry,
    };
    const code = await main(args, io);
    return { code, out: out.text(), err: err.text() };
  }

  /** Writes files; the names are below `memory:///`. */
  async write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await this.vfs.writeFile(`memory:///${name}`, content);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.vfs.close();
  }
}

function typed({ stdin = "", stdinIsTerminal = false }: Setting, setRaw: Input["setRaw"]): Input {
  const bytes = new TextEncoder().encode(stdin);
  let at = 0;
  return {
    isTerminal: stdinIsTerminal,
    setRaw,
    // A terminal gives lines, or single keys; here they come one by one.
    read: () => Promise.resolve(at < bytes.length ? bytes.subarray(at, ++at) : null),
  };
}

function caught(isTerminal = false, readsOnly = Infinity): Output & { text(): string } {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const writeSync = (bytes: Uint8Array) => {
    if (total >= readsOnly) throw new Deno.errors.BrokenPipe("Broken pipe");
    total += bytes.length;
    chunks.push(bytes.slice());
  };
  return {
    isTerminal,
    columns: 100,
    writeSync,
    write: async (bytes) => {
      await Promise.resolve();
      writeSync(bytes);
    },
    text: () => chunks.map((chunk) => new TextDecoder().decode(chunk)).join(""),
  };
}

/** The lines of a text that ends with a newline. */
export function lines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
