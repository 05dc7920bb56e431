/** The driver through the proxies that sites put before their XNAT. */

import { strict as assert } from "node:assert";
import { phantomStudy } from "../../testing/phantom.ts";
import { startXnatServer, type XnatServer } from "../../testing/xnat_server/mod.ts";
import { importDicom } from "../../transports/xnat/import.ts";
import { xnatTransport } from "../../transports/xnat/mod.ts";
import { sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { until } from "../until.ts";
import { peerTest } from "./peers.ts";
import { APACHE_PROXY, NGINX_PROXY, type ProxySettings } from "./reverse_proxies.ts";
import { withFolder } from "./servers.ts";

/** What a test works with; `root` is the URL of the server, `folder` an empty one. */
interface Site {
  readonly vfs: Vfs;
  readonly server: XnatServer;
  readonly root: string;
  readonly folder: string;
  readonly authority: string;
}

/** A kind of proxy, and how a site has set it up. */
interface Setup extends ProxySettings {
  readonly proxy: typeof NGINX_PROXY;
  readonly context?: string;
}

const ANY_SIZE = "client_max_body_size 0;";
const SETUPS: Readonly<Record<string, Setup>> = {
  "nginx as it comes": { proxy: NGINX_PROXY },
  "nginx that compresses all that it can, at another path": {
    proxy: NGINX_PROXY,
    server: `${ANY_SIZE} gzip on; gzip_proxied any; gzip_types *; gzip_min_length 1;`,
    path: "/xnat/",
    to: "/",
    context: "/~xnat",
  },
  "nginx that passes on as it comes, and ends connections soon": {
    proxy: NGINX_PROXY,
    server: `${ANY_SIZE} keepalive_requests 3; keepalive_timeout 1s;`,
    location: 'proxy_http_version 1.1; proxy_set_header Connection "";' +
      "proxy_buffering off; proxy_request_buffering off;",
  },
  "Apache": { proxy: APACHE_PROXY },
  "Apache that compresses all that it can, at another path": {
    proxy: APACHE_PROXY,
    server: "SetOutputFilter DEFLATE",
    path: "/xnat/",
    context: "/~xnat",
  },
};

async function behind(setup: Setup, work: (site: Site) => Promise<void>): Promise<void> {
  await withFolder(async (own) => {
    await using server = await startXnatServer();
    server.seed.scan(["P", "s", "e", "1"]);
    await using proxy = await setup.proxy.start(server.url, own, setup);
    const { authority, port } = proxy;
    await using vfs = createVfs();
    vfs.register(xnatTransport({ caCerts: [authority] }), { override: true });
    const root = `xnat://admin:admin@localhost:${port}${setup.context ?? ""}`;
    await withFolder((folder) => work({ vfs, server, root, folder, authority }));
  });
}

const NAMES = ["a b+c", "a+b", "100%", "ü&x=1", "empty", "d/x[1].dcm", "a b"];

/** 40 images of 100,000 bytes, a text, and some names. */
async function fill(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/d`, { recursive: true });
  for (let i = 0; i < 40; i++) {
    await Deno.writeFile(`${folder}/${i}.dcm`, new Uint8Array(100_000).fill(i));
  }
  await Deno.writeTextFile(`${folder}/text.txt`, "words ".repeat(10_000));
  for (const name of NAMES) {
    await Deno.writeTextFile(`${folder}/${name}`, name === "empty" ? "" : name);
  }
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const see = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}${path}`)) {
      if (isDirectory) await see(`${path}/${name}`);
      else {
        const bytes = await Deno.readFile(`${folder}${path}/${name}`);
        found[`${path}/${name}`] = bytes.length > 100 ? `${bytes.length} ${bytes[0]}` : `${bytes}`;
      }
    }
  };
  await see("");
  return found;
}

for (const [name, setup] of Object.entries(SETUPS)) {
  const { peer } = setup.proxy;
  await peerTest(
    peer,
    `behind ${name} all is stored, listed, read and removed`,
    () =>
      behind(setup, async ({ vfs, root, folder }) => {
        await fill(`${folder}/there`);
        const resource = `${root}/P/s/e/1/R`;
        await vfs.copy(`${folder}/there`, resource);
        await vfs.copy(resource, `${folder}/back`);
        assert.deepEqual(await contentOf(`${folder}/back`), await contentOf(`${folder}/there`));
        let count = 0;
        for await (const [, , names] of vfs.walk(`${root}/P?refresh=true`)) count += names.length;
        assert.equal(count, 41 + NAMES.length);
        const text = await vfs.readFile(`${resource}/text.txt`, { range: { start: 6, end: 11 } });
        assert.equal(new TextDecoder().decode(text), "words");
        assert((await vfs.readFile(`${root}/P/s/e/1?format=zip`)).length > 4_000_000);
        for (const each of ["a b", ...NAMES.slice(0, -1)]) {
          await vfs.remove(`${resource}/${each.split("/").map(encodeURIComponent).join("/")}`);
        }
        assert.equal((await Array.fromAsync(vfs.readDir(resource))).length, 41);
      }),
  );

  await peerTest(
    peer,
    `behind ${name} DICOM is imported`,
    () =>
      behind(setup, async ({ vfs, root, authority }) => {
        using client = Deno.createHttpClient({ caCerts: [authority] });
        const images = await Array.fromAsync(phantomStudy({ modalities: ["CT"] }));
        const sources = images.map(({ bytes }) => sourceOfBytes(bytes));
        const [session] = await importDicom(`${root}/P`, sources, {
          fetch: (url, init) => fetch(url, { ...init, client }),
        });
        assert.match(session?.url ?? "", /\/P\/Phantom_Head\/PHANTOM-1$/);
        const found = await Array.fromAsync(vfs.glob(`${root}/P/*/*/*/DICOM/*`));
        assert.equal(found.length, images.length);
      }),
  );
}

await peerTest(
  NGINX_PROXY.peer,
  "behind nginx as it comes a file beyond 1 MiB is refused with whom to ask",
  () =>
    behind({ proxy: NGINX_PROXY }, async ({ vfs, root }) => {
      for (const size of [2_000_000, 50_000_000]) {
        await assert.rejects(vfs.writeFile(`${root}/P/s/e/1/R/f`, new Uint8Array(size)), {
          kind: "StorageFull",
          message:
            /administrator to raise that limit \(client_max_body_size .*; nothing is stored$/,
        });
      }
    }),
);

const IMPATIENT: Setup = {
  proxy: NGINX_PROXY,
  server: ANY_SIZE,
  location: "proxy_read_timeout 1s;",
};

await peerTest(
  NGINX_PROXY.peer,
  "behind nginx that gives up on a slow answer nothing is lost or told wrong",
  () =>
    behind(IMPATIENT, async ({ vfs, server, root }) => {
      const file = `${root}/P/s/e/1/R/f`;
      const content = new Uint8Array(100_000).fill(7);
      server.faults.inject({ delay: 1500, method: "PUT", route: /files/ });
      await vfs.writeFile(file, content);
      // The server stores what nginx has given up by now too, and a file that is stored while it is read has changed.
      const puts = server.requests.entries.filter(({ path }) => path.endsWith("/files/f"));
      await until(() => puts.every(({ status }) => status !== 0));
      assert.deepEqual(puts.map(({ method, status }) => [method, status]), [
        ["PUT", 200],
        ["PUT", 200],
      ]);
      server.faults.inject({ stall: 5000, route: /files\/f/ });
      assert.deepEqual(await vfs.readFile(file), content);
      server.faults.inject({ stall: 50, route: /files$/ });
      assert.equal(
        (await Array.fromAsync(vfs.readDir(`${root}/P/s/e/1/R?refresh=true`))).length,
        1,
      );
      await server.close();
      await assert.rejects(vfs.readFile(file), { kind: "Unavailable", message: /502 Bad Gateway/ });
    }),
);

await peerTest(
  NGINX_PROXY.peer,
  "behind nginx that lets through few requests a copy takes its time",
  () =>
    behind(
      { proxy: NGINX_PROXY, server: `${ANY_SIZE} limit_req zone=all burst=5 nodelay;` },
      async ({ vfs, root, folder }) => {
        await Deno.mkdir(`${folder}/there`);
        for (let i = 0; i < 25; i++) {
          await Deno.writeFile(`${folder}/there/${i}`, new Uint8Array(1_100_000).fill(i));
        }
        await vfs.copy(`${folder}/there`, `${root}/P/s/e/1/R`);
        await vfs.copy(`${root}/P/s/e/1/R`, `${folder}/back`);
        assert.deepEqual(await contentOf(`${folder}/back`), await contentOf(`${folder}/there`));
      },
    ),
);
