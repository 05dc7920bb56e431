/**
 * Web servers that people use, each with an index of one folder.
 *
 * @module
 */

import { freePort } from "../free_port.ts";
import type { Peer } from "./peers.ts";
import { type Server, started } from "./servers.ts";

/** A web server. */
export interface WebServer {
  /** How to find out whether it is there. */
  readonly peer: Peer;
  /** What it is called in the names of tests. */
  readonly name: string;
  /** It gives parts of files. */
  readonly ranges: boolean;
  /** It gives strong etags. */
  readonly etags: boolean;
  /** It knows users: `ann` with the password `s3cret`, below `/private`. */
  readonly logins?: boolean;
  /** It says that a `.gz` is a compressed something else. */
  readonly encodes?: boolean;
  /** Starts it for a folder, with files of its own in another one. */
  start(root: string, own: string, port: number): Promise<Server>;
}

/** Starts a server on a free port. */
export async function serving(
  server: WebServer,
  root: string,
  own: string,
): Promise<Server & { readonly url: string }> {
  const port = freePort();
  // Servers that drop their rights must still get at it.
  await Deno.chmod(root, 0o755);
  await Deno.chmod(own, 0o777);
  const running = await server.start(root, own, port);
  return { ...running, url: `http://127.0.0.1:${port}` };
}

async function withConfig(
  program: string,
  args: (path: string) => string[],
  config: string,
  own: string,
  port: number,
): Promise<Server> {
  const path = `${own}/server.conf`;
  await Deno.writeTextFile(path, config);
  return await started(program, args(path), port);
}

const NGINX: WebServer = {
  name: "nginx",
  peer: { name: "nginx", command: ["nginx"], probe: ["-v"] },
  ranges: true,
  etags: true,
  logins: true,
  async start(root, own, port) {
    await Deno.writeTextFile(`${own}/users`, "ann:{PLAIN}s3cret\n");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${own}/${name};`).join(" ");
    return await withConfig(
      "nginx",
      (path) => ["-p", own, "-e", `${own}/error.log`, "-c", path],
      `daemon off; master_process off; pid ${own}/pid; events {}
       http {
         access_log off; charset utf-8; ${temporary}
         types { application/dicom dcm; } default_type application/octet-stream;
         server {
           listen 127.0.0.1:${port}; root ${root}; autoindex on;
           location /private/ { auth_basic "private"; auth_basic_user_file ${own}/users; }
         }
       }`,
      own,
      port,
    );
  },
};

function apache(name: string, indexOptions: string, encodes: boolean): WebServer {
  const modules = ["mpm_event", "authz_core", "authz_user", "autoindex", "dir", "mime"];
  const logins = ["auth_basic", "authn_core", "authn_file"];
  const folder = "/usr/lib/apache2/modules";
  return {
    name,
    peer: { name: "apache2", command: ["apache2"], probe: ["-v"] },
    ranges: true,
    etags: true,
    logins: true,
    encodes,
    async start(root, own, port) {
      // htpasswd's SHA-1 form, which needs no tool.
      const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode("s3cret"));
      await Deno.writeTextFile(`${own}/users`, `ann:{SHA}${new Uint8Array(digest).toBase64()}\n`);
      await Deno.chmod(`${own}/users`, 0o644);
      const loads = [...modules, ...logins]
        .map((module) => `LoadModule ${module}_module ${folder}/mod_${module}.so`);
      return await withConfig(
        "apache2",
        (path) => ["-X", "-f", path],
        `${loads.join("\n")}
         ServerName 127.0.0.1
         ServerRoot "${own}"
         PidFile "${own}/pid"
         ErrorLog "${own}/error.log"
         Listen 127.0.0.1:${port}
         ${Deno.uid() === 0 ? "User nobody\nGroup nogroup" : ""}
         TypesConfig /dev/null
         ${encodes ? "AddEncoding x-gzip .gz" : ""}
         DocumentRoot "${root}"
         <Directory "${root}">
           Options +Indexes
           IndexOptions +ShowForbidden
           ${indexOptions}
           Require all granted
         </Directory>
         <Directory "${root}/private">
           AuthType Basic
           AuthName private
           AuthUserFile "${own}/users"
           Require valid-user
         </Directory>\n`,
        own,
        port,
      );
    },
  };
}

const LIGHTTPD: WebServer = {
  name: "lighttpd",
  peer: { name: "lighttpd", command: ["lighttpd"], probe: ["-v"] },
  ranges: true,
  etags: true,
  start: (root, own, port) =>
    withConfig(
      "lighttpd",
      (path) => ["-D", "-f", path],
      `server.document-root = "${root}"
       server.port = ${port}
       server.bind = "127.0.0.1"
       dir-listing.activate = "enable"
       dir-listing.encoding = "utf-8"
       mimetype.assign = ("" => "application/octet-stream")\n`,
      own,
      port,
    ),
};

const PYTHON: WebServer = {
  name: "Python's http.server",
  peer: { name: "Python", command: ["python3"], probe: ["-c", "import http.server"] },
  ranges: false,
  etags: false,
  start: (root, _own, port) =>
    started("python3", [
      ...["-m", "http.server", "--bind", "127.0.0.1", "--directory", root, `${port}`],
    ], port),
};

const RCLONE: WebServer = {
  name: "rclone serve http",
  peer: { name: "rclone", command: ["rclone"], probe: ["version"] },
  ranges: true,
  etags: false,
  start: (root, own, port) =>
    started("rclone", ["serve", "http", root, "--addr", `127.0.0.1:${port}`], port, {
      RCLONE_CONFIG: `${own}/rclone.conf`,
    }),
};

const CADDY: WebServer = {
  name: "Caddy",
  peer: { name: "Caddy", command: ["caddy"], probe: ["version"] },
  ranges: true,
  etags: true,
  start: (root, own, port) =>
    started(
      "caddy",
      [
        ...["file-server", "--browse", "--root", root, "--listen", `127.0.0.1:${port}`],
      ],
      port,
      { HOME: own, XDG_DATA_HOME: own, XDG_CONFIG_HOME: own },
    ),
};

/** All of them, Apache as it comes and with each of its kinds of index. */
export const WEB_SERVERS: readonly WebServer[] = [
  NGINX,
  apache("Apache", "", true),
  apache("Apache, fancy index", "IndexOptions +FancyIndexing", false),
  apache("Apache, index as table", "IndexOptions +FancyIndexing +HTMLTable +NameWidth=20", false),
  LIGHTTPD,
  PYTHON,
  RCLONE,
  CADDY,
];
