/** A peer on a raw socket that does what a test tells it, legal or not. */
import { decodePdu } from "./_decode_pdu.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import type { AssociateAc, AssociateRq, Pdu } from "../../../../transports/dicom/dimse/pdu.ts";
import {
  type CommandSet,
  decodeCommand,
  encodeCommand,
} from "../../../../transports/dicom/dimse/command_set.ts";
import { answerPdu } from "../../../../transports/dicom/dimse/negotiation.ts";

/** One side of a raw connection, by PDUs and by bytes. */
export class RawPeer {
  constructor(readonly connection: Deno.TcpConn) {}

  async bytes(length: number): Promise<Uint8Array | undefined> {
    const all = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await this.connection.read(all.subarray(at)).catch(() => null);
      if (count === null) return undefined;
      at += count;
    }
    return all;
  }

  /** The next PDU, undefined at the end. */
  async pdu(): Promise<Pdu | undefined> {
    const header = await this.bytes(6);
    if (!header) return undefined;
    const body = await this.bytes(new DataView(header.buffer).getUint32(2));
    if (!body) return undefined;
    const whole = new Uint8Array(6 + body.length);
    whole.set(header);
    whole.set(body, 6);
    return decodePdu(whole);
  }

  async send(...parts: (Pdu | Uint8Array)[]): Promise<void> {
    for (const part of parts) {
      const bytes = part instanceof Uint8Array ? part : encodePdu(part);
      for (let at = 0; at < bytes.length;) {
        at += await this.connection.write(bytes.subarray(at));
      }
    }
  }

  /** The next command; data that comes before it is dropped. */
  async command(): Promise<CommandSet | undefined> {
    const parts: number[] = [];
    for (let pdu = await this.pdu(); pdu; pdu = await this.pdu()) {
      if (pdu.type !== "P-DATA-TF") return undefined;
      for (const { isCommand, isLast, data } of pdu.pdvs) {
        if (!isCommand) continue;
        parts.push(...data);
        if (isLast) return decodeCommand(Uint8Array.from(parts));
      }
    }
  }

  /** Reads until the connection ends. */
  async drain(): Promise<void> {
    while (await this.bytes(1));
  }
}

/** A command as one PDV, with a dataset as another. */
export function message(contextId: number, command: CommandSet, dataset?: Uint8Array): Pdu {
  const data = encodeCommand({ CommandDataSetType: dataset ? 0 : 0x101, ...command });
  return {
    type: "P-DATA-TF",
    pdvs: [
      { contextId, isCommand: true, isLast: true, data },
      ...(dataset ? [{ contextId, isCommand: false, isLast: true, data: dataset }] : []),
    ],
  };
}

/** Accepts all contexts, with the first transfer syntax. */
export function acceptance(request: AssociateRq, change: Partial<AssociateAc["user"]> = {}): Pdu {
  const answer = answerPdu(request, { choose: (_, [first]) => first, maxLength: 16384 });
  return { ...answer, user: { ...answer.user, ...change } };
}

export interface ScriptedPeer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly count: number;
}

/** Listens, and runs `script` for each connection; what it throws fails the test at disposal. */
export function scriptedPeer(
  script: (peer: RawPeer, turn: number) => Promise<void>,
): ScriptedPeer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running: Promise<void>[] = [];
  const open: Deno.TcpConn[] = [];
  const served = (async () => {
    for await (const connection of listener) {
      open.push(connection);
      running.push(
        script(new RawPeer(connection), running.length).finally(() => connection.close()),
      );
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get count() {
      return open.length;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
      await Promise.all(running);
    },
  };
}

/** Accepts the association, then runs `script`. */
export function acceptingPeer(
  script: (peer: RawPeer, request: AssociateRq) => Promise<void>,
  change: Partial<AssociateAc["user"]> = {},
): ScriptedPeer {
  return scriptedPeer(async (peer) => {
    const request = await peer.pdu() as AssociateRq;
    await peer.send(acceptance(request, change));
    await script(peer, request);
  });
}

/** Connects to `port` as a requestor without manners. */
export async function rawRequestor(
  port: number,
  script: (peer: RawPeer) => Promise<void>,
): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await script(new RawPeer(connection));
  } finally {
    connection.close();
  }
}

/** A request for verification and CT storage. */
export const REQUEST: AssociateRq = {
  type: "A-ASSOCIATE-RQ",
  protocolVersion: 1,
  calledAET: "NODE",
  callingAET: "RAW",
  applicationContext: "1.2.840.10008.3.1.1.1",
  contexts: [
    { id: 1, abstractSyntax: "1.2.840.10008.1.1", transferSyntaxes: ["1.2.840.10008.1.2"] },
    {
      id: 3,
      abstractSyntax: "1.2.840.10008.5.1.4.1.1.2",
      transferSyntaxes: ["1.2.840.10008.1.2.1"],
    },
  ],
  user: {
    maxLength: 16384,
    implementationClassUID: "1.2.3",
    roles: [],
    extended: [],
    commonExtended: [],
  },
};
