/** Sending to storescp, beside DCMTK's storescu and beside the npm package dcmjs-dimse. */

import { CT, makeObjects, type Objects } from "./dimse_data.ts";
import { dcmjsSender } from "./dimse_dcmjs.ts";
import {
  dcmtkMissing,
  LARGE,
  type Peer,
  runDeno,
  runScript,
  runTuned,
  startProgram,
  TUNED,
} from "./dimse_peers.ts";
import { makePem, pemFlags } from "./dimse_pem.ts";
import { noop, scripted, workspace } from "./dimse_subjects.ts";
import { type Bench, type Subject, whyMissing } from "./harness.ts";

/** What is sent, to whom. */
interface Storing {
  readonly name: string;
  readonly objects: Objects;
  /** What storescp is like, and how it is started. */
  readonly server: readonly [what: string, args: readonly string[], env: Record<string, string>];
  readonly atLeast: number;
  readonly associations: number;
  readonly isTls?: boolean;
  /** A loop that does nothing else is measured as well. */
  readonly hasBare?: boolean;
  /** Starts another than storescp. */
  readonly start?: (folder: string) => Promise<Peer>;
}

/** Sending to storescp. */
export function storing(
  { name, objects, server, atLeast, associations, isTls, hasBare, start }: Storing,
): Bench {
  const ours = associations === 1 ? "medvfs" : `medvfs, ${associations} associations`;
  const theirs = isTls ? "storescu +tls" : "storescu";
  const [what, args, env] = server;
  return {
    name,
    what: `C-STORE of ${objects.count} x ${objects.bytes} bytes to ${
      start ? "" : "storescp, "
    }${what}`,
    goals: [{ of: theirs, to: ours, atLeast }],
    async prepare() {
      const missing = await dcmtkMissing();
      const { top, remove } = await workspace();
      if (missing) return { subjects: [{ name: theirs, missing, run: noop }], dispose: remove };
      await makeObjects(`${top}/objects`, objects);
      await makePem(`${top}/pem`);
      await Deno.mkdir(`${top}/stored`);
      const pem = isTls ? [`${top}/pem`] : [];
      const tls = pem.flatMap(pemFlags);
      // A client certificate is verified when there is one.
      const optional = isTls ? ["-vc"] : [];
      const peer = await start?.(`${top}/archive`) ?? await startProgram(
        "storescp",
        (port) => [...args, ...tls, ...optional, "-od", `${top}/stored`, String(port)],
        env,
      );
      const port = String(peer.port);
      const { subject, figures } = scripted(
        ours,
        () => runScript("./dimse_send.ts", port, `${top}/objects`, String(associations), ...pem),
      );
      const certified: Subject = {
        name: "medvfs, client certificate",
        run: async () =>
          void await runScript("./dimse_send.ts", port, `${top}/objects`, "1", ...pem, "certified"),
      };
      const bare: Subject = {
        name: "Deno, nothing but the loop",
        run: async () => void await runScript("./dimse_bare.ts", port, `${top}/objects`),
      };
      const scu = [...tls, "-aec", "ANY", "localhost", port, "+sd", "+r", `${top}/objects`];
      return {
        subjects: [
          subject,
          ...isTls ? [certified] : [],
          ...hasBare ? [bare] : [],
          { name: theirs, run: async () => void await runTuned("storescu", ...scu) },
        ],
        figures: () => Promise.resolve(figures()),
        dispose: async () => {
          await peer[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  };
}

/** The server at its fastest. */
export const BEST = ["bit preserving, PDU 131072", ["+B", ...LARGE], TUNED] as const;

/** The same, with a process for each association. */
export const FORKED = [`${BEST[0]}, --fork`, [...BEST[1], "--fork"], TUNED] as const;

/** Sending beside the npm package. */
export const besideDcmjs: Bench = {
  name: "dimse-store-dcmjs",
  what: `C-STORE of ${CT.count} CT to storescp, ${BEST[0]}`,
  goals: [{ of: "dcmjs-dimse", to: "medvfs", atLeast: 20 }],
  rounds: 3,
  async prepare() {
    const { top, remove } = await workspace();
    const sender = await dcmjsSender(top);
    const missing = await dcmtkMissing() ?? await whyMissing(Deno.execPath(), ...sender);
    if (missing) {
      return { subjects: [{ name: "dcmjs-dimse", missing, run: noop }], dispose: remove };
    }
    await makeObjects(`${top}/objects`, CT);
    await Deno.mkdir(`${top}/stored`);
    const [, args, env] = BEST;
    const peer = await startProgram(
      "storescp",
      (port) => [...args, "-od", `${top}/stored`, String(port)],
      env,
    );
    const where = [String(peer.port), `${top}/objects`];
    const ours = scripted("medvfs", () => runScript("./dimse_send.ts", ...where, "1"), false);
    const theirs = scripted("dcmjs-dimse", () => runDeno(...sender, ...where), false);
    return {
      subjects: [ours.subject, theirs.subject],
      figures: () => Promise.resolve({ ...ours.figures(), ...theirs.figures() }),
      dispose: async () => {
        await peer[Symbol.asyncDispose]();
        await remove();
      },
    };
  },
};
