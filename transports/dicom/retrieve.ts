/**
 * Instances from the archive: by C-GET, or by C-MOVE to our receiver where it has no C-GET.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Place } from "./place.ts";
import type { DicomClient, Model } from "./client.ts";
import { getRequest, MOVE_CONTEXTS } from "./contexts.ts";
import {
  AssociationAborted,
  cGet,
  cMove,
  type DatasetSink,
  type IdentifierInput,
  type IncomingInstance,
  NOWHERE,
  QUERY_RETRIEVE,
  type RetrieveProgress,
  ServiceFailed,
  TRANSFER_SYNTAX,
} from "./dimse/mod.ts";
import { ListTrial } from "./list_trial.ts";
import type { Receiver } from "./receiver.ts";

/** What to retrieve, and where it goes. */
export interface RetrieveOptions {
  /** The series, or the instance. */
  readonly place: Place;
  /** Those of the instances of the series that are asked for, by their UIDs; all of them, unless given. */
  readonly list?: readonly string[];
  /** Information model. */
  readonly model: Model;
  /** SOP classes to expect; none when they are not known. */
  readonly classes: readonly string[];
  /** Modality of the series, where its classes are not known. */
  readonly modality?: string;
  /** Whether this instance is one of those asked for. */
  wants(sopInstanceUID: string): boolean;
  /** Gives the sink for one of them. */
  onInstance(instance: IncomingInstance): DatasetSink | Promise<DatasetSink>;
}

/** What is retrieved, and who hears how far that has come. */
interface Run extends RetrieveOptions {
  readonly onProgress?: (progress: RetrieveProgress) => void;
}

/** The archive takes no context to send these classes on; others it may. */
class ClassesRefused extends VfsError {
  constructor({ op, url }: Ask) {
    super("NotSupported", {
      op,
      url,
      reason:
        "the archive does not send this SOP class by C-GET; give the option listen, so that C-MOVE can be used",
    });
  }
}

/** Retrieves from one archive, and learns what it can. */
export class Retriever {
  readonly #client: DicomClient;
  readonly #receiver: Receiver | undefined;
  #lacksGet: unknown;
  #takesLists: boolean | undefined;
  /** The archive was seen to let us wait between instances. */
  isSlow = false;
  /** It has served a C-GET, so that an abort means something else. */
  #hasGet = false;

  /** Does nothing yet. */
  constructor(client: DicomClient, receiver: Receiver | undefined) {
    this.#client = client;
    this.#receiver = receiver;
  }

  /** Whether the archive sends the instances of a list; undefined as long as that is not known. */
  get takesLists(): boolean | undefined {
    return this.#takesLists;
  }

  /**
   * Retrieves what is at a place, with all unique keys above it. Resolves when the archive says that it is done.
   *
   * @throws `NotSupported` when the archive has no C-GET, and there is no receiver; `ServiceFailed`, what a sink failed
   * with, the association's failure
   */
  async run(options: RetrieveOptions, ask: Ask): Promise<void> {
    const { list } = options;
    if (!list) return await this.#run(options, ask);
    const trial = new ListTrial(list);
    const onInstance = (instance: IncomingInstance) => {
      trial.came(instance.sopInstanceUID);
      this.#learn(trial.isTaken);
      return options.onInstance(instance);
    };
    const onProgress = (progress: RetrieveProgress) => {
      trial.told(progress);
      this.#learn(trial.isTaken);
    };
    try {
      await this.#run({ ...options, onInstance, onProgress }, ask);
      this.#learn(trial.wasTaken);
    } catch (error) {
      if (isAnswer(error) || trial.isEmpty && isAbort(error)) this.#learn(trial.wasTaken);
      throw error;
    }
  }

  /** What has been seen once holds: of a list, some may have gone meanwhile. */
  #learn(takesLists: boolean | undefined): void {
    if (!this.#takesLists) this.#takesLists = takesLists ?? this.#takesLists;
  }

  async #run(options: Run, ask: Ask): Promise<void> {
    let stores = 0;
    const onInstance = (instance: IncomingInstance) => {
      stores++;
      return options.onInstance(instance);
    };
    let refusal = this.#lacksGet;
    if (refusal === undefined) {
      try {
        await this.#getAtAll({ ...options, onInstance }, ask, () => stores > 0);
        this.#hasGet = true;
        return;
      } catch (error) {
        this.#hasGet ||= stores > 0;
        if (stores > 0 || ask.signal.aborted || !isRefusal(error)) throw error;
        if (this.#hasGet && isAbort(error)) throw error;
        // It may be the list that it refuses.
        const isTried = options.list && !this.#takesLists;
        if (isTried && (isAnswer(error) || isAbort(error))) throw error;
        refusal = error;
      }
      // Other failures to send may be those of these instances alone.
      if (isLack(refusal) && !isAbort(refusal) && !this.#hasGet) this.#lacksGet = refusal;
    }
    if (this.#receiver) {
      const { aeTitle } = this.#receiver;
      await this.#move(this.#receiver, { ...options, onInstance }, ask).catch((error) => {
        throw stores === 0 && isUnknown(error) ? unknownDestination(aeTitle, error, ask) : error;
      });
      // An abort may have been for another reason, as long as C-MOVE has not gone better.
      if (isAbort(refusal) && !this.#hasGet) this.#lacksGet = refusal;
      return;
    }
    if (!isLack(refusal) || this.#hasGet) throw refusal;
    // An abort by what is below the archive may have another reason, and need not come again.
    const mayPass = isAbort(refusal) && refusal.status === "temporary";
    const does = mayPass ? "aborts" : "refuses";
    throw new VfsError(mayPass ? "Unavailable" : "NotSupported", {
      op: ask.op,
      url: ask.url,
      reason: `the archive ${does} C-GET; give the option listen, so that C-MOVE can be used`,
      cause: refusal,
    });
  }

  /** An instance that the archive could not send may be one that it has deflated, and does not inflate. */
  async #getAtAll(options: Run, ask: Ask, hasCome: () => boolean): Promise<void> {
    try {
      await this.#get(options, ask);
    } catch (error) {
      const isAlone = options.place.instance !== undefined;
      if (!isAlone || hasCome() || ask.signal.aborted || !isAnswer(error)) throw error;
      // To our receiver it can send what it has.
      if (this.#receiver && isRefusal(error)) throw error;
      await this.#get(options, ask, [TRANSFER_SYNTAX.deflated]).catch((second) => {
        throw hasCome() ? second : error;
      });
    }
  }

  async #get(options: Run, ask: Ask, syntaxes?: readonly string[]): Promise<void> {
    const { signal } = ask;
    const { model, classes, modality, onInstance, onProgress, wants } = options;
    const request = getRequest(classes, modality, syntaxes);
    const taken = await this.#client.lease({ ...request, signal });
    try {
      const { association } = taken;
      // An archive may have one of the models only.
      const usable = association.contextFor(QUERY_RETRIEVE[model].get) ? model : "study";
      const isTaken = (sopClassUID: string) => association.contextFor(sopClassUID) !== undefined;
      const hasGet = isTaken(QUERY_RETRIEVE[usable].get);
      if (hasGet && !request.roles?.some((role) => isTaken(role.sopClassUID))) {
        throw new ClassesRefused(ask);
      }
      const identifier = identifierOf(options, usable);
      await cGet(association, {
        model: usable,
        identifier,
        signal,
        onProgress,
        onInstance: (instance) => wants(instance.sopInstanceUID) ? onInstance(instance) : NOWHERE,
      });
    } finally {
      await taken.end();
    }
  }

  async #move(receiver: Receiver, options: Run, { signal, url }: Ask): Promise<void> {
    const taken = await this.#client.lease({ contexts: MOVE_CONTEXTS, signal });
    const { association } = taken;
    const { model, wants, onInstance, onProgress } = options;
    const usable = association.contextFor(QUERY_RETRIEVE[model].move) ? model : "study";
    let forget = () => {};
    try {
      const { callingAET } = association.request;
      const isAlone = options.place.instance !== undefined;
      forget = receiver.expect({ callingAET, isAlone, wants, onInstance }, url);
      const identifier = identifierOf(options, usable);
      await cMove(association, {
        model: usable,
        identifier,
        destination: receiver.aeTitle,
        signal,
        onProgress,
      });
    } finally {
      forget();
      await taken.end();
    }
  }
}

function identifierOf({ place, list }: RetrieveOptions, model: Model): IdentifierInput {
  const { patient = "", study, series, instance = list } = place;
  return {
    QueryRetrieveLevel: instance ? "IMAGE" : series ? "SERIES" : "STUDY",
    ...(model === "patient" && { PatientID: patient }),
    StudyInstanceUID: study,
    ...(series && { SeriesInstanceUID: series }),
    ...(instance && { SOPInstanceUID: instance }),
  };
}

/** The archive has no C-GET for us: no context for it, or an abort as soon as it is asked. */
function isLack(error: unknown): boolean {
  if (isAbort(error)) return true;
  if (error instanceof ClassesRefused) return false;
  if (error instanceof ServiceFailed) return error.code === 0x0122 || error.code === 0x0211;
  return isVfsError(error) && error.kind === "NotSupported";
}

function isAbort(error: unknown): error is AssociationAborted {
  return error instanceof AssociationAborted;
}

/** The archive has understood what it is asked for, and failed. */
function isAnswer(error: unknown): boolean {
  return error instanceof ServiceFailed && !isLack(error);
}

/** … or it could not send anything. */
function isRefusal(error: unknown): boolean {
  if (isLack(error) || error instanceof ClassesRefused) return true;
  return error instanceof ServiceFailed && (error.code === 0xA702 || error.code >>> 12 === 0xC);
}

/** The destination is not known: A801H, which some archives do not use. */
function isUnknown(error: unknown): error is ServiceFailed {
  return error instanceof ServiceFailed && (error.code === 0xA801 || error.code >>> 12 === 0xC);
}

function unknownDestination(aeTitle: string, cause: ServiceFailed, { op, url }: Ask): VfsError {
  const reason = `the archive does not send to "${aeTitle}", it may not know where that is`;
  const detail = { dimse: cause.code, text: cause.comment };
  return new VfsError("InvalidArgument", { op, url, reason, detail, cause });
}
