/**
 * The `.netrc` format, as curl and ftp have it (GNU inetutils, "The .netrc file").
 *
 * @module
 */

import { Secret } from "./credentials.ts";

/** One `machine` of a `.netrc`. */
export interface NetrcMachine {
  /** Host, lower case. */
  readonly host: string;
  /** The one port that it is for; any port when absent. */
  readonly port?: number;
  /** Login name. */
  readonly login?: string;
  /** Password. */
  readonly password?: Secret;
}

const MAX_MACHINES = 1000;
const MACHINE = /^(\[[0-9a-f:.]+\]|[^:\s]+)(?::([0-9]{1,5}))?$/i;

/**
 * Reads the machines of a `.netrc`. `default` is skipped, since it would send a password to whatever host is
 * named, and so are macros.
 *
 * @throws {SyntaxError} naming the line, and nothing of what stands in it
 */
export function parseNetrc(text: string): NetrcMachine[] {
  const machines: { -readonly [K in keyof NetrcMachine]: NetrcMachine[K] }[] = [];
  const tokens = tokensOf(text);
  let current: (typeof machines)[number] | undefined;
  const value = (line: number): string => {
    const next = tokens.next();
    if (next.done) throw malformed(line, "a value is missing");
    return next.value.text;
  };
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const { text, line } = next.value;
    switch (text) {
      case "machine": {
        const match = MACHINE.exec(value(line));
        if (!match || Number(match[2] ?? 0) > 65535) throw malformed(line, "the host is malformed");
        current = { host: match[1]!.toLowerCase() };
        if (match[2] !== undefined) current.port = Number(match[2]);
        if (machines.push(current) > MAX_MACHINES) throw malformed(line, "too many machines");
        break;
      }
      case "default":
        current = { host: "" };
        break;
      case "login":
        owner(current, line).login = value(line);
        break;
      case "password":
        owner(current, line).password = new Secret(value(line));
        break;
      case "account":
        owner(current, line);
        value(line);
        break;
      default:
        throw malformed(line, "neither machine, login, password, account, default nor macdef");
    }
  }
  return machines;
}

/** The machine that is meant for a host: one with the port before one without. */
export function machineFor(
  machines: readonly NetrcMachine[],
  { host, port, login }: { host: string; port: number | undefined; login?: string },
): NetrcMachine | undefined {
  const candidates = machines.filter((each) =>
    each.host === host.toLowerCase() && each.password !== undefined &&
    (each.port === undefined || each.port === port) &&
    (login === undefined || each.login === login)
  );
  return candidates.find((each) => each.port !== undefined) ?? candidates[0];
}

interface Token {
  readonly text: string;
  readonly line: number;
}

function* tokensOf(text: string): Generator<Token, void, undefined> {
  let isMacro = false;
  for (const [index, content] of text.replace(/^\ufeff/, "").split(/\r?\n/).entries()) {
    const line = index + 1;
    // A macro ends with the first empty line.
    if (isMacro) {
      isMacro = content.trim() !== "";
      continue;
    }
    for (const token of tokensOfLine(content, line)) {
      isMacro = token.text === "macdef" && !token.isQuoted;
      if (isMacro) break;
      yield token;
    }
  }
}

function* tokensOfLine(content: string, line: number): Generator<Token & { isQuoted: boolean }> {
  // Only where a line begins: a password may begin with "#".
  if (/^\s*(#|$)/.test(content)) return;
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|([^\s"]\S*))\s*/y;
  while (pattern.lastIndex < content.length) {
    const match = pattern.exec(content);
    if (!match) throw malformed(line, "a quote is not closed");
    const [, quoted, plain = ""] = match;
    const text = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    yield { text, line, isQuoted: quoted !== undefined };
  }
}

function owner<T>(machine: T | undefined, line: number): T {
  if (machine === undefined) throw malformed(line, "it stands before the first machine");
  return machine;
}

function malformed(line: number, reason: string): SyntaxError {
  return new SyntaxError(`line ${line}: ${reason}`);
}
