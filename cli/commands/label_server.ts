/** `medvfs label-server`. @module */

import { type CommandSpec, option, repeatable, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit_code.ts";
import { oneStore, type StoreOptions, storeOptions } from "../label_store.ts";
import { listenError, parsePort, untilAborted } from "../serving.ts";
import type { LabelServer } from "../../datastore/label_server/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";

interface LabelServerOptions extends StoreOptions {
  readonly port: number;
  readonly host: string;
  readonly tokenFile?: string;
  readonly label?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly maxUpload: number;
  readonly maxUploads?: number;
  readonly lease: number;
}

/** Serves a datastore to annotation tools. */
export const labelServer: CommandSpec<LabelServerOptions> = {
  name: "label-server",
  summary: "serve images and labels to annotation tools, as a MONAI Label server does",
  operands: "<url>",
  details:
    `3D Slicer, OHIF and the Python client of MONAI Label can list, fetch and label what is in a folder or an XNAT
project. Models and training are not part of it. It is there until Ctrl-C.`,
  options: [
    option("--port <n>", "port; 0 takes a free one", parsePort).default(8000),
    option("--host <name>", "where to listen; anything but the loopback needs --token-file")
      .default("127.0.0.1"),
    option("--token-file <file>", "a file whose first line clients must give as a bearer token"),
    repeatable("--label <name>", "something to draw, which viewers offer", String),
    repeatable("--allow-host <name>", "a host name by which clients come", String),
    repeatable(
      "--allow-origin <origin>",
      "web pages that may call, such as https://ohif.example.org",
      String,
    ),
    option("--max-upload <MB>", "longest upload", wholeNumber(1)).default(256),
    option(
      "--max-uploads <MB>",
      "all uploads at once; at least --max-upload, the default",
      wholeNumber(1),
    ),
    option("--lease <minutes>", "how long a sample is one user's", wholeNumber(1)).default(30),
    ...storeOptions(),
  ],
  examples: [
    ["label-server --label liver --label tumour /data/liver", "a folder, for 3D Slicer"],
    ["label-server xnat://xnat.example.org/BRAIN", "a project on an XNAT"],
  ],
  async run(context, operands, options) {
    await using store = await oneStore(context, operands, options);
    await using server = await start(context, store, options);
    context.console.line(`Label server at ${server.url}`);
    await context.console.flush();
    await untilAborted(context.signal);
  },
};

async function start(
  { console, vfs, signal }: Context,
  datastore: Datastore,
  options: LabelServerOptions,
): Promise<LabelServer> {
  const { host, port, tokenFile, maxUpload, maxUploads = 0, lease } = options;
  const { startLabelServer } = await import("../../datastore/label_server/mod.ts");
  const token = tokenFile === undefined
    ? undefined
    : (await vfs.readTextFile(tokenFile, { signal })).split("\n", 1)[0]!.trim();
  if (token === "") throw new UsageError(`The first line of "${tokenFile}" is empty`);
  try {
    return startLabelServer({
      datastore,
      files: vfs,
      hostname: host,
      port,
      token,
      labels: options.label,
      allowedHosts: options.allowHost,
      allowedOrigins: options.allowOrigin,
      maxUploadBytes: maxUpload * 1e6,
      maxUploadsBytes: maxUploads * 1e6,
      leaseMs: lease * 60_000,
      onError: (error, { method, path }) =>
        console.error(`medvfs label-server: ${method} ${path}: ${(error as Error).message}`),
    });
  } catch (error) {
    throw listenError(error, host, port);
  }
}
