/**
 * The services of a node, with its log and its faults.
 *
 * @module
 */

import type {
  Association,
  DatasetSink,
  IncomingInstance,
  Query,
  Retrieval,
  ScpHandlers,
  Suboperation,
} from "../../transports/dicom/dimse/mod.ts";
import { Destination } from "./destination.ts";
import { failure } from "./failure.ts";
import type { DicomFault, DicomService } from "./faults.ts";
import { breaking, delayed, faultyInstance, faultySink } from "./fault_effects.ts";
import { answersTo, readRequest } from "./find.ts";
import { receive } from "./receive.ts";
import type { Store } from "./store.ts";
import type { Condition } from "./index/search.ts";
import { Request, type Watchers } from "./request.ts";
import { endOf, readRetrieval, type Sources, suboperation, type Way } from "./retrieve.ts";

/** What the services work with. */
export interface World extends Sources, Store, Watchers {
  /** Whether the index has all that is in the folder. */
  isIndexed: boolean;
}

/** The handlers of the services that are served. */
export function handlersOf(world: World, served: ReadonlySet<DicomService>): ScpHandlers {
  const services = new Services(world);
  const handlers: ScpHandlers = {};
  if (served.has("C-STORE")) handlers.store = (instance, from) => services.store(instance, from);
  if (served.has("C-FIND")) handlers.find = (query) => services.find(query);
  if (served.has("C-GET")) handlers.get = (query) => services.get(query);
  if (served.has("C-MOVE")) handlers.move = (query) => services.move(query);
  return handlers;
}

class Services {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** @throws `ServiceFailed` with A700H or A701H while the folder is read: no answer would be all that is there */
  #begin(service: DicomService, association: Association): Request {
    const request = new Request(this.#world, service, association);
    if (this.#world.isIndexed) return request;
    const status = service === "C-GET" || service === "C-MOVE" ? 0xA701 : 0xA700;
    const error = failure(service, status, association.url, "the folder is still being read");
    request.fail(error);
    throw error;
  }

  store(instance: IncomingInstance, association: Association): DatasetSink {
    const request = this.#begin("C-STORE", association);
    const fault = request.fault(instance.sopInstanceUID);
    const sink = receive(this.#world, instance, association, (remark) => request.remark = remark);
    return logged(
      fault ? faultySink(sink, fault, association, this.#world.clock) : sink,
      request,
    );
  }

  async *find(query: Query): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const request = this.#begin("C-FIND", query.association);
    try {
      const fault = request.fault();
      const asked = readRequest(this.#world, query);
      request.level = asked.level;
      refuseBy(fault, query);
      for await (const identifier of answersTo(this.#world, query, asked)) {
        await breaking(fault, request.count, query.association);
        await delayed(fault, this.#world.clock, query.signal);
        request.count++;
        yield identifier;
      }
      await breaking(fault, request.count, query.association);
      if (!query.signal.aborted) request.end(0);
    } catch (error) {
      // What a C-CANCEL interrupts has not failed.
      if (query.signal.aborted) return;
      request.fail(error);
      throw error;
    } finally {
      request.end(0xFE00);
    }
  }

  async get(query: Query): Promise<Retrieval> {
    const request = this.#begin("C-GET", query.association);
    return await this.#retrieve(request, query);
  }

  async move(query: Query): Promise<Retrieval> {
    const request = this.#begin("C-MOVE", query.association);
    return await this.#retrieve(
      request,
      query,
      (conditions) => Destination.open(this.#world, query, conditions),
    );
  }

  /** Without `connect`, instances go back to who asks. */
  async #retrieve(
    request: Request,
    query: Query,
    connect?: (conditions: readonly Condition[]) => Promise<Destination>,
  ): Promise<Retrieval> {
    try {
      const fault = request.fault();
      const asked = readRetrieval(this.#world, query);
      request.level = asked.request.level;
      refuseBy(fault, query);
      const ids = await allOf(this.#world.index.find("IMAGE", asked.conditions, query.signal));
      const destination = await connect?.(asked.conditions);
      const instances = this.#instances(request, query, destination, ids, fault);
      return { total: ids.length, instances, onEnd: (status) => request.end(status) };
    } catch (error) {
      // What a C-CANCEL interrupts has not failed.
      if (query.signal.aborted) request.end(0xFE00);
      request.fail(error);
      throw error;
    }
  }

  async *#instances(
    request: Request,
    query: Query,
    destination: Destination | undefined,
    ids: readonly number[],
    fault: DicomFault | undefined,
  ): AsyncGenerator<Suboperation> {
    const { association, signal } = query;
    const sent = { bytes: 0 };
    const way: Way = (...pair) => destination?.for(...pair) ?? Promise.resolve(association);
    try {
      for (const id of ids) {
        const instance = await suboperation(this.#world, id, way, endOf(association));
        // It may have been removed meanwhile.
        if (!instance) continue;
        const own = request.fault(instance.sopInstanceUID, true);
        await delayed(own ?? fault, this.#world.clock, signal);
        request.count++;
        if (own) yield faultyInstance(instance, own, association, { bytes: 0 });
        else if (fault) yield faultyInstance(instance, fault, association, sent);
        else yield instance;
      }
    } catch (error) {
      if (signal.aborted) request.end(0xFE00);
      request.fail(error);
      throw error;
    } finally {
      // Nobody is answered any more.
      if (!association.isOpen) request.end(0xFE00);
      await destination?.[Symbol.asyncDispose]();
    }
  }
}

/** All ids, in the order in which the instances came. */
async function allOf(pages: AsyncIterable<number[]>): Promise<number[]> {
  const found: number[] = [];
  for await (const ids of pages) {
    for (const id of ids) found.push(id);
  }
  return found.sort((a, b) => a - b);
}

/** @throws `ServiceFailed` with the status of a fault */
function refuseBy(fault: DicomFault | undefined, query: Query): void {
  if (fault && "status" in fault) {
    throw failure("C-FIND", fault.status, query.association.url, "a fault was injected");
  }
}

/** Counts what comes, and logs how it ends. */
function logged(sink: DatasetSink, request: Request): DatasetSink {
  return {
    write(chunk) {
      request.bytes += chunk.length;
      return sink.write(chunk);
    },
    async close() {
      await sink.close();
      request.count = 1;
      request.end(0);
    },
    async abort(reason) {
      request.fail(reason);
      await sink.abort(reason);
    },
  };
}
