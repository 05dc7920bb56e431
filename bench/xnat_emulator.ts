/** Starts `xnat_server.ts`. */

import { createVfs, type Vfs } from "../mod.ts";
import { xnatTransport } from "../transports/xnat/mod.ts";

/** An emulated XNAT in another process. */
export interface Emulator {
  /** `http://127.0.0.1:…`. */
  readonly url: string;
  /** Start of the URLs of its projects, with a login. */
  readonly root: string;
  /** The certificate to trust, over https. */
  readonly certificate?: string;
  /** Requests since the last time that this was asked. */
  countRequests(): Promise<number>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts an emulator with the arguments of `xnat_server.ts`. */
export async function startEmulator(...args: readonly (string | number)[]): Promise<Emulator> {
  const script = new URL("./xnat_server.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", script, ...args.map(String)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () => {
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await output.read();
      if (done) throw new Error("The emulated XNAT ended");
      text += value;
    }
    return JSON.parse(text);
  };
  const { url, certificate } = await line();
  const { protocol, host } = new URL(url);
  return {
    url,
    root: `${protocol === "http:" ? "xnat+http" : "xnat"}://admin:admin@${host}`,
    certificate,
    async countRequests() {
      await input.write(new TextEncoder().encode("\n"));
      return await line();
    },
    async stop() {
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}

/** A filesystem that trusts the certificate of an emulator. */
export function vfsTrusting(certificate?: string): Vfs {
  const vfs = createVfs();
  if (certificate) {
    vfs.register(xnatTransport({ caCerts: [certificate] }), { override: true });
  }
  return vfs;
}
