/** Servers to bench against, each a process of its own on a free port. */

import { residentMemory, runProgram, whyMissing } from "./harness.ts";

/** A server that runs. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
}

/** DCMTK's programs with Nagle's algorithm off; by default they have it on. */
export const TUNED = { TCP_NODELAY: "1" };

/** Largest PDU that DCMTK has. */
export const LARGE = ["-pdu", "131072"];

/** Starts a program that listens on the port that `args` gets. */
export async function startProgram(
  program: string,
  args: (port: number) => string[],
  env: Record<string, string> = {},
): Promise<Peer> {
  const port = freePort();
  const child = new Deno.Command(program, {
    args: args(port),
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await reachable(port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** One of our scripts that serves. */
export interface ScriptPeer extends Peer {
  /** Its peak resident memory so far. */
  peakMiB(): Promise<number>;
}

/** Starts one of our scripts, which prints its port and ends with its input. */
export async function startScript(script: string, ...args: string[]): Promise<ScriptPeer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", new URL(script, import.meta.url).href, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    port: Number(new TextDecoder().decode(value)),
    peakMiB: async () => Math.round(await residentMemory("VmHWM", child.pid) / 1024),
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await child.status;
      await reader.cancel();
    },
  };
}

/** Orthanc without its web server, with `folder` for its files. */
export async function startOrthanc(
  folder: string,
  env: Record<string, string> = TUNED,
): Promise<Peer> {
  const config = `${folder}/orthanc.json`;
  await Deno.mkdir(folder, { recursive: true });
  return await startProgram("Orthanc", (port) => {
    Deno.writeTextFileSync(
      config,
      JSON.stringify({
        StorageDirectory: `${folder}/storage`,
        DicomAet: "ARCHIVE",
        DicomPort: port,
        HttpServerEnabled: false,
        DicomAlwaysAllowStore: true,
        DicomAlwaysAllowFind: true,
        DicomAlwaysAllowGet: true,
        OverwriteInstances: true,
      }),
    );
    return [config];
  }, env);
}

/** dcmqrscp with one archive in `folder`. */
export async function startDcmqrscp(folder: string): Promise<Peer> {
  const config = `${folder}/dcmqrscp.cfg`;
  await Deno.mkdir(`${folder}/area`, { recursive: true });
  return await startProgram("dcmqrscp", (port) => {
    Deno.writeTextFileSync(
      config,
      `NetworkTCPPort = ${port}\nMaxPDUSize = 131072\nMaxAssociations = 16\n` +
        `HostTable BEGIN\nHostTable END\n` +
        `AETable BEGIN\nARCHIVE ${folder}/area RW (500, 1024mb) ANY\nAETable END\n`,
    );
    return ["-c", config];
  }, TUNED);
}

/** Runs one of DCMTK's clients and gives what it printed. */
export function runTuned(program: string, ...args: string[]): Promise<string> {
  return runProgram("env", "TCP_NODELAY=1", program, ...args);
}

/** Has DCMTK's programs (`-lc`) print when an association begins and ends, and nothing for each message. */
export const ASSOCIATIONS_LOG = `log4cplus.rootLogger = INFO, out
log4cplus.appender.out = log4cplus::ConsoleAppender
log4cplus.appender.out.layout = log4cplus::PatternLayout
log4cplus.appender.out.layout.ConversionPattern = %D{%s.%q} %m%n
log4cplus.appender.out.filters.1 = log4cplus::spi::StringMatchFilter
log4cplus.appender.out.filters.1.StringToMatch = Association
log4cplus.appender.out.filters.1.AcceptOnMatch = true
log4cplus.appender.out.filters.2 = log4cplus::spi::DenyAllFilter
`;

/** Milliseconds between the request for an association and its release. */
export function loggedMs(log: string): number {
  const at = (what: string) => Number(new RegExp(`^([\\d.]+) ${what}`, "m").exec(log)?.[1]);
  return 1000 * (at("Releasing Association") - at("Requesting Association"));
}

/** What one of our scripts says of itself. */
export interface Said {
  /** Its operation, without the start of the process. */
  readonly ms: number;
  readonly peakMiB: number;
}

/** Runs one of our scripts. */
export function runScript(script: string, ...args: string[]): Promise<Said> {
  const { href } = new URL(script, import.meta.url);
  return runDeno("run", "--no-prompt", "-A", href, ...args);
}

/** Runs this Deno on a script that says how long it took, and its peak memory. */
export async function runDeno(...args: string[]): Promise<Said> {
  const output = await runProgram(Deno.execPath(), ...args);
  const ms = Number(/^operation ([\d.]+) ms/m.exec(output)![1]);
  return { ms, peakMiB: Math.round(Number(/^peak (\d+) kB$/m.exec(output)![1]) / 1024) };
}

/** Why a program of DCMTK is missing. */
export function dcmtkMissing(): Promise<string | undefined> {
  return whyMissing("storescp", "--version");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
