/**
 * What the seven protocol data units of the DICOM upper layer hold (PS3.8 §9.3).
 *
 * @module
 */

/** A presentation context as the requestor proposes it (PS3.8 §9.3.2.2). */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  /** SOP class. */
  readonly abstractSyntax: string;
  /** Transfer syntaxes; the acceptor picks one of them. */
  readonly transferSyntaxes: readonly string[];
}

/** 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax, 4 transfer syntaxes not supported. */
export type ContextResult = number;

/** The acceptor's answer to one presentation context (PS3.8 §9.3.3.2). */
export interface AnsweredContext {
  /** The proposal's id. */
  readonly id: number;
  /** 0 for accepted. */
  readonly result: ContextResult;
  /** The syntax chosen; some acceptors leave it out where they refuse. */
  readonly transferSyntax?: string;
}

/** SCP/SCU role selection (PS3.7 §D.3.3.4). */
export interface RoleSelection {
  /** The SOP class that it is about. */
  readonly sopClassUID: string;
  /** The requestor acts as SCU. */
  readonly scu: boolean;
  /** The requestor acts as SCP. */
  readonly scp: boolean;
}

/** Asynchronous operations window (PS3.7 §D.3.3.3); 0 means unlimited. */
export interface AsyncWindow {
  /** Operations that the sender wants to have outstanding. */
  readonly invoked: number;
  /** Operations that the sender can perform at once. */
  readonly performed: number;
}

/** SOP class extended negotiation (PS3.7 §D.3.3.5). */
export interface ExtendedNegotiation {
  /** The SOP class that it is about. */
  readonly sopClassUID: string;
  /** Its service class's own bytes; for C-FIND the first is 1 for relational queries. */
  readonly information: Uint8Array;
}

/** SOP class common extended negotiation, in requests only (PS3.7 §D.3.3.6). */
export interface CommonExtendedNegotiation {
  /** The SOP class that it is about. */
  readonly sopClassUID: string;
  /** Its service class. */
  readonly serviceClassUID: string;
  /** General SOP classes that it specializes. */
  readonly relatedSopClassUIDs: readonly string[];
}

/** User identity negotiation, request (PS3.7 §D.3.3.7.1). */
export interface UserIdentity {
  /** 1 user name, 2 with passcode, 3 Kerberos ticket, 4 SAML assertion, 5 JSON web token. */
  readonly type: number;
  /** Whether the acceptor should answer. */
  readonly responseRequested: boolean;
  /** User name, ticket, assertion or token. */
  readonly primary: Uint8Array;
  /** Passcode; empty but for type 2. */
  readonly secondary: Uint8Array;
}

/** The user information item of both A-ASSOCIATE PDUs (PS3.7 §D.3.3). */
export interface UserInformation {
  /** Longest P-DATA-TF length field that the sender can receive; 0 for no limit. */
  readonly maxLength: number;
  /** Implementation class UID. */
  readonly implementationClassUID: string;
  /** Implementation version name, 16 characters at most. */
  readonly implementationVersionName?: string;
  /** Asynchronous operations window. */
  readonly asyncWindow?: AsyncWindow;
  /** Role selections. */
  readonly roles: readonly RoleSelection[];
  /** SOP class extended negotiations. */
  readonly extended: readonly ExtendedNegotiation[];
  /** SOP class common extended negotiations. */
  readonly commonExtended: readonly CommonExtendedNegotiation[];
  /** Who asks, in a request. */
  readonly userIdentity?: UserIdentity;
  /** The acceptor's answer to a user identity. */
  readonly userIdentityResponse?: Uint8Array;
}

/** A-ASSOCIATE-RQ and A-ASSOCIATE-AC have these in common. */
export interface AssociateFields {
  /** Bit 0 stands for version 1. */
  readonly protocolVersion: number;
  /** Called AE title, without padding. */
  readonly calledAET: string;
  /** Calling AE title, without padding. */
  readonly callingAET: string;
  /** Application context name. */
  readonly applicationContext: string;
  /** User information. */
  readonly user: UserInformation;
}

/** A-ASSOCIATE-RQ (PS3.8 §9.3.2). */
export interface AssociateRq extends AssociateFields {
  /** Discriminator. */
  readonly type: "A-ASSOCIATE-RQ";
  /** What is proposed. */
  readonly contexts: readonly ProposedContext[];
}

/** A-ASSOCIATE-AC (PS3.8 §9.3.3). */
export interface AssociateAc extends AssociateFields {
  /** Discriminator. */
  readonly type: "A-ASSOCIATE-AC";
  /** What is answered. */
  readonly contexts: readonly AnsweredContext[];
}

/** A-ASSOCIATE-RJ (PS3.8 §9.3.4). */
export interface AssociateRj {
  /** Discriminator. */
  readonly type: "A-ASSOCIATE-RJ";
  /** 1 permanent, 2 transient. */
  readonly result: number;
  /** 1 service user, 2 ACSE, 3 presentation layer. */
  readonly source: number;
  /** Depends on the source. */
  readonly reason: number;
}

/** One presentation data value of a P-DATA-TF (PS3.8 §9.3.5.1). */
export interface Pdv {
  /** Presentation context. */
  readonly contextId: number;
  /** Part of a command set, else of a dataset. */
  readonly isCommand: boolean;
  /** Last fragment. */
  readonly isLast: boolean;
  /** The fragment. */
  readonly data: Uint8Array;
}

/** P-DATA-TF (PS3.8 §9.3.5). */
export interface DataTf {
  /** Discriminator. */
  readonly type: "P-DATA-TF";
  /** Its fragments. */
  readonly pdvs: readonly Pdv[];
}

/** A-RELEASE-RQ or A-RELEASE-RP (PS3.8 §9.3.6, §9.3.7). */
export interface Release {
  /** Discriminator. */
  readonly type: "A-RELEASE-RQ" | "A-RELEASE-RP";
}

/** A-ABORT (PS3.8 §9.3.8). */
export interface Abort {
  /** Discriminator. */
  readonly type: "A-ABORT";
  /** 0 service user, 2 service provider. */
  readonly source: number;
  /** 0 none, 1 unrecognised PDU, 2 unexpected PDU, 4 to 6 about parameters. */
  readonly reason: number;
}

/** Any PDU but P-DATA-TF. */
export type ControlPdu = AssociateRq | AssociateAc | AssociateRj | Release | Abort;

/** Any PDU. */
export type Pdu = ControlPdu | DataTf;

/** PDU type by its first byte. */
export const PDU_TYPES: Readonly<Record<number, Pdu["type"]>> = {
  1: "A-ASSOCIATE-RQ",
  2: "A-ASSOCIATE-AC",
  3: "A-ASSOCIATE-RJ",
  4: "P-DATA-TF",
  5: "A-RELEASE-RQ",
  6: "A-RELEASE-RP",
  7: "A-ABORT",
};

/** Bytes of a PDU before its body: type, reserved, length. */
export const PDU_HEADER = 6;
/** Bytes of a PDV before its data: length, context id, message control header. */
export const PDV_HEADER = 6;
/** Longest A-ASSOCIATE PDU that is believed, in bytes after its header. */
export const MAX_ASSOCIATE_LENGTH = 1 << 20;
/** Items and sub-items that one A-ASSOCIATE PDU may hold, and names within one item. */
export const MAX_ITEMS = 1024;

/** Abort reasons of the service provider (PS3.8 §9.3.8). */
export const ABORT_REASON = {
  /** No reason given. */
  NONE: 0,
  /** Unrecognised PDU. */
  UNRECOGNIZED_PDU: 1,
  /** Unexpected PDU. */
  UNEXPECTED_PDU: 2,
  /** Unrecognised PDU parameter. */
  UNRECOGNIZED_PARAMETER: 4,
  /** Unexpected PDU parameter. */
  UNEXPECTED_PARAMETER: 5,
  /** Invalid PDU parameter value. */
  INVALID_PARAMETER: 6,
} as const;

/** The only error that decoding throws for what a peer sent. */
export class PduError extends Error {
  /** Always `PduError`. */
  override readonly name = "PduError";

  /** Makes the error; `abortReason` is what the peer is told. */
  constructor(
    message: string,
    /** Reason for the A-ABORT (PS3.8 §9.3.8). */
    readonly abortReason: number = ABORT_REASON.INVALID_PARAMETER,
  ) {
    super(message);
  }
}
