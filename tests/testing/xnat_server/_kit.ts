/**
 * An emulator with a small archive in it, asked through plain fetch.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { zip } from "../../../testing/xnat_server/packing/zip_writer.ts";
import { until } from "../../until.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import type { XnatServerOptions } from "../../../testing/xnat_server/mod.ts";

/** A request, with a user's name for the password as well. */
export interface Ask {
  user?: string | null;
  method?: string;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
  text: string;
}

type Row = Record<string, string>;

/** An emulator and ways to ask it. */
export interface Kit {
  server: XnatServer;
  /** Accession id of the session `ses-01`. */
  E: string;
  /** Accession id of the subject `sub-01`. */
  S: string;
  ask(path: string, options?: Ask): Promise<Answer>;
  /** Rows of a list; `format=json` is added. */
  rows(path: string, options?: Ask): Promise<Row[]>;
  json(path: string, options?: Ask): Promise<Record<string, unknown>>;
  put(path: string, body?: BodyInit, headers?: Record<string, string>): Promise<Answer>;
  /** Starts a PUT, sends all but the last byte, and finishes it when told. */
  hold(path: string, body: string): Promise<() => Promise<Answer>>;
}

export const OCTETS = { "content-type": "application/octet-stream" };

const USERS = {
  admin: { password: "admin", admin: true },
  owner: { password: "owner", rights: { P: "delete", P2: "delete" } },
  member: { password: "member", rights: { P: "edit" } },
  reader: { password: "reader", rights: { P: "read" } },
  stranger: { password: "stranger" },
} as const;

const bytes = (text: string) => new TextEncoder().encode(text);

/** A zip of files by their paths. */
export async function zipped(
  files: readonly (readonly [path: string, bytes: Uint8Array<ArrayBuffer>])[],
): Promise<Uint8Array<ArrayBuffer>> {
  const members = files.map(([path, bytes]) => ({
    path,
    size: bytes.length,
    crc: crc32(bytes),
    modified: 0,
    read: async function* () {
      yield await Promise.resolve(bytes);
    },
  }));
  return new Uint8Array(await new Blob(await Array.fromAsync(zip(members))).arrayBuffer());
}

/** Runs a test against a fresh emulator. */
export async function withKit(
  run: (kit: Kit) => void | Promise<void>,
  options: XnatServerOptions = {},
): Promise<void> {
  await using server = await startXnatServer({ users: USERS, ...options });
  await run(await kitOf(server));
}

async function kitOf(server: XnatServer): Promise<Kit> {
  const { seed } = server;
  const session = ["P", "sub-01", "ses-01"];
  seed.project("P2");
  seed.subject(["P", "sub-01"], { fields: { gender: "M" } });
  seed.session(session, { fields: { date: "2020-01-31", modality: "MR" } });
  seed.scan([...session, "1"], { fields: { type: "T1", series_description: "MPRAGE" } });
  seed.scan([...session, "2"], { fields: { type: "T2 w" } });
  await seed.file([...session, "1", "DICOM", "1.dcm"], bytes("first"), {
    format: "DICOM",
    content: "RAW",
  });
  await seed.file([...session, "1", "DICOM", "sub/2.dcm"], bytes("second"));
  await seed.file([...session, "1", "NIFTI", "img.nii"], bytes("nifti"), { format: "NIFTI" });
  await seed.file([...session, "2", "DICOM", "3.dcm"], bytes("third"));
  await seed.file(["P", "sub-01", "NOTES", "s.txt"], bytes("subject"), { resourceAt: 2 });
  await seed.file(["P", "PROTOCOL", "p.txt"], bytes("project"), { resourceAt: 1 });
  const headersOf = ({ user = "admin", headers = {} }: Ask): Record<string, string> => {
    const basic = { authorization: `Basic ${btoa(`${user}:${user}`)}` };
    return user === null ? headers : { ...basic, ...headers };
  };
  const ask = async (path: string, options: Ask = {}): Promise<Answer> => {
    const response = await fetch(server.url + path, {
      method: options.method,
      body: options.body,
      headers: headersOf(options),
      redirect: "manual",
    });
    const body = new Uint8Array(await response.arrayBuffer());
    const { status, headers } = response;
    return { status, headers, bytes: body, text: new TextDecoder().decode(body) };
  };
  const json = async (path: string, options?: Ask) => {
    const mark = path.includes("?") ? "&" : "?";
    return JSON.parse((await ask(`${path}${mark}format=json`, options)).text);
  };
  return {
    server,
    E: seed.session(session),
    S: seed.subject(["P", "sub-01"]),
    ask,
    json,
    rows: async (path, options) => (await json(path, options)).ResultSet.Result,
    put: (path, body, headers) => ask(path, { method: "PUT", body, headers }),
    hold: (path, body) => hold(server, path, body),
  };
}

async function hold(
  { port, requests }: XnatServer,
  path: string,
  body: string,
): Promise<() => Promise<Answer>> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = [
    `PUT ${path} HTTP/1.1`,
    "Host: x",
    "Connection: close",
    `Authorization: Basic ${btoa("admin:admin")}`,
    "Content-Type: application/octet-stream",
    `Content-Length: ${body.length}`,
  ];
  const count = requests.entries.length;
  await connection.write(bytes(`${lines.join("\r\n")}\r\n\r\n${body.slice(0, -1)}`));
  // The server must have begun with it before others come.
  await until(() => requests.entries.length > count);
  await new Promise((resolve) => setTimeout(resolve, 30));
  return async () => {
    await connection.write(bytes(body.slice(-1)));
    const text = await new Response(connection.readable).text();
    const headers = new Headers();
    return { status: Number(text.split(" ")[1]), headers, bytes: bytes(text), text };
  };
}

/** One behaviour of facts/xnat.md §9. */
export interface Behaviour {
  title: string;
  options?: XnatServerOptions;
  run: (kit: Kit) => void | Promise<void>;
}

/** Registers the tests of behaviours by number. */
export function behaviours(table: Record<number, Behaviour>): void {
  for (const [number, { title, options, run }] of Object.entries(table)) {
    Deno.test(`xnat ${number}: ${title}`, () => withKit(run, options));
  }
}
