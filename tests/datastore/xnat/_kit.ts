/** An XNAT with a few CT scans, and datastores on it. */

import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import type { XnatServerOptions } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { XnatDatastore, type XnatDatastoreOptions } from "../../../datastore/mod.ts";
import { axialSeries } from "../_mask.ts";

/** What a test works with. */
export interface Setting extends AsyncDisposable {
  readonly server: XnatServer;
  readonly store: XnatDatastore;
  /** Ids of the images, `P/XNAT_S00001/XNAT_E00001/2`, of two sessions. */
  readonly ids: readonly string[];
  /** An empty folder. */
  readonly folder: string;
  /** Another store on the same server and cache, as another process has it. */
  open(options?: Partial<XnatDatastoreOptions>): XnatDatastore;
  /** URL of something below the server, with the password. */
  url(path: string): string;
  /** Files below a place, as the server has them now. */
  files(path: string): Promise<string[]>;
  /** A filesystem without retries, logged in. */
  readonly vfs: Vfs;
}

/** Seeds and opens. */
export async function setting(
  options: Partial<XnatDatastoreOptions> & { readonly server?: XnatServerOptions } = {},
): Promise<Setting> {
  const { server: serverOptions, ...own } = options;
  const server = await startXnatServer(serverOptions);
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  const sessions: string[] = [];
  for (const seed of [1, 2]) {
    const where = { subject: `sub${seed}`, session: `ses${seed}` };
    sessions.push(...await server.seed.dicom("P", await axialSeries(seed), where));
  }
  const origin = `xnat+http://admin:admin@127.0.0.1:${server.port}`;
  const vfs = createVfs({ layers: { retry: false } });
  // So that the tests' own reading is logged in, too.
  await vfs.capabilities(origin);
  const opened: XnatDatastore[] = [];
  const open = (more: Partial<XnatDatastoreOptions> = {}) => {
    const defaults = { apiUrl: origin, cachePath: `${folder}/cache`, project: "P", vfs };
    const store = new XnatDatastore({ ...defaults, username: "admin", ...own, ...more });
    opened.push(store);
    return store;
  };
  const store = open();
  server.requests.clear();
  return {
    server,
    folder,
    vfs,
    store,
    open,
    ids: sessions.map((session, i) => `P/XNAT_S0000${i + 1}/${session}/2`),
    url: (path) => `${origin}/${path}`,
    async files(path) {
      const found: string[] = [];
      const top = `${origin}/${path}`;
      for await (const { url } of vfs.entries(`${top}?refresh=true`, { includeDirs: false })) {
        found.push(url.slice(url.indexOf(path) + path.length + 1));
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      for (const each of opened) await each[Symbol.asyncDispose]().catch(() => {});
      await vfs.close();
      await server.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
