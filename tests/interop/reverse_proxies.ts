/**
 * Reverse proxies as sites put them before an XNAT: https on one side, http on the other.
 *
 * @module
 */

import { makeTls } from "../../testing/xnat_server/tls/make_tls.ts";
import { freePort } from "../free_port.ts";
import type { Peer } from "./peers.ts";
import { type Server, started } from "./servers.ts";

/** A proxy that is running. */
export interface RunningProxy extends Server {
  /** Port at which it speaks https. */
  readonly port: number;
  /** The authority to trust, in PEM. */
  readonly authority: string;
}

/** What a site writes into its proxy's configuration. */
export interface ProxySettings {
  /** Lines of the server. */
  readonly server?: string;
  /** Lines of its one location. */
  readonly location?: string;
  /** Where the location is. @default {"/"} */
  readonly path?: string;
  /** What it passes on to, below the server behind it. @default {""} */
  readonly to?: string;
}

/** A kind of proxy. */
export interface ReverseProxy {
  /** How to find out whether it is there. */
  readonly peer: Peer;
  /** Starts it before the server at `backend`, with files of its own in a folder. */
  start(backend: string, own: string, settings?: ProxySettings): Promise<RunningProxy>;
}

async function configured(
  own: string,
  command: (path: string) => readonly [string, ...string[]],
  config: (port: number) => string,
): Promise<RunningProxy> {
  // Servers that drop their rights must still get at it.
  await Deno.chmod(own, 0o777);
  const { cert, key, authority } = makeTls("localhost", Date.now());
  const port = freePort();
  await Deno.writeTextFile(`${own}/cert.pem`, cert);
  await Deno.writeTextFile(`${own}/key.pem`, key);
  await Deno.writeTextFile(`${own}/proxy.conf`, config(port));
  const [program, ...args] = command(`${own}/proxy.conf`);
  return { ...await started(program, args, port), port, authority };
}

/** nginx with HTTP/2, speaking HTTP/1.0 to the server behind it: its defaults. `limit_req` has a zone `all`. */
export const NGINX_PROXY: ReverseProxy = {
  peer: { name: "nginx", command: ["nginx"], probe: ["-v"] },
  start(backend, own, { server = "", location = "", path = "/", to = "" } = {}) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${own}/${name};`).join(" ");
    return configured(
      own,
      (file) => ["nginx", "-p", own, "-e", `${own}/error.log`, "-c", file],
      (port) =>
        `daemon off; master_process off; pid ${own}/pid; events {}
         http {
           access_log ${own}/access.log; ${temporary}
           limit_req_zone $server_name zone=all:1m rate=20r/s;
           upstream xnat { server ${new URL(backend).host}; keepalive 8; }
           server {
             listen 127.0.0.1:${port} ssl http2;
             ssl_certificate ${own}/cert.pem; ssl_certificate_key ${own}/key.pem;
             ${server}
             location ${path} {
               proxy_pass http://xnat${to};
               proxy_set_header Host $host;
               proxy_set_header X-Forwarded-Proto $scheme;
               ${location}
             }
           }
         }\n`,
    );
  },
};

const MODULES = [
  ...["mpm_event", "authz_core", "proxy", "proxy_http", "ssl", "http2"],
  ...["deflate", "filter", "headers", "mime"],
];

/** Apache with HTTP/2. */
export const APACHE_PROXY: ReverseProxy = {
  peer: { name: "apache2", command: ["apache2"], probe: ["-v"] },
  start(backend, own, { server = "", location = "", path = "/", to = "/" } = {}) {
    const loads = MODULES.map((module) =>
      `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`
    );
    return configured(
      own,
      (file) => ["apache2", "-X", "-f", file],
      (port) =>
        `${loads.join("\n")}
         ServerName localhost
         ServerRoot "${own}"
         DefaultRuntimeDir "${own}"
         PidFile "${own}/pid"
         ErrorLog "${own}/error.log"
         Listen 127.0.0.1:${port}
         ${Deno.uid() === 0 ? "User nobody\nGroup nogroup" : ""}
         TypesConfig /dev/null
         Protocols h2 http/1.1
         SSLEngine on
         SSLCertificateFile "${own}/cert.pem"
         SSLCertificateKeyFile "${own}/key.pem"
         ProxyPreserveHost On
         RequestHeader set X-Forwarded-Proto https
         ${server}
         <Location "${path}">
           ProxyPass "${new URL(backend).origin}${to}"
           ProxyPassReverse "${new URL(backend).origin}${to}"
           Require all granted
           ${location}
         </Location>\n`,
    );
  },
};
