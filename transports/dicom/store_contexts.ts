/**
 * Which contexts are proposed for storing.
 *
 * @module
 */

import { type ContextProposal, contextsOf, MAX_CONTEXTS } from "./dimse/negotiation.ts";
import { TRANSFER_SYNTAX, VERIFICATION } from "./dimse/uids.ts";

/** Storage SOP classes that are proposed before any instance of them is seen (PS3.4 §B.5). */
const COMMON_CLASSES: readonly string[] = [
  "1", // computed radiography
  "1.1", // digital X-ray
  "1.2", // mammography
  "2", // CT
  "2.1", // enhanced CT
  "3.1", // ultrasound, multi-frame
  "4", // MR
  "4.1", // enhanced MR
  "6.1", // ultrasound
  "7", // secondary capture
  "7.2", // secondary capture, multi-frame grayscale byte
  "7.4", // secondary capture, multi-frame true colour
  "11.1", // grayscale presentation state
  "12.1", // X-ray angiography
  "12.2", // X-ray fluoroscopy
  "20", // nuclear medicine
  "30", // parametric map
  "66", // raw data
  "66.1", // spatial registration
  "66.4", // segmentation
  "88.11", // basic text SR
  "88.22", // enhanced SR
  "88.33", // comprehensive SR
  "88.59", // key objects
  "88.67", // X-ray dose SR
  "104.1", // encapsulated PDF
  "128", // PET
  "481.1", // RT image
  "481.2", // RT dose
  "481.3", // RT structure set
  "481.5", // RT plan
].map((suffix) => `1.2.840.10008.5.1.4.1.1.${suffix}`);

type Pair = readonly [sopClassUID: string, transferSyntaxUID: string];

/** Transfer syntaxes whose datasets can be sent in another one: see `routeOf`. */
const CONVERTIBLE: readonly string[] = [
  TRANSFER_SYNTAX.explicit,
  TRANSFER_SYNTAX.deflated,
  TRANSFER_SYNTAX.implicit,
];
const PLAIN = [TRANSFER_SYNTAX.explicit, TRANSFER_SYNTAX.implicit];

/**
 * The presentation contexts to propose for storing: the common classes uncompressed, and whatever has been seen
 * since, so that one association serves many kinds of instances. Beyond 128 a further list begins, and with it
 * further associations.
 *
 * Each context has one transfer syntax: of several, the peer could pick one that the file is not in.
 */
export class StoreContexts {
  readonly #classes: readonly string[];
  readonly #plain: readonly string[];
  readonly #lists: ContextProposal[][];
  /** Classes whose implicit VR the peer does not take beside explicit VR. */
  readonly #apart = new Set<string>();
  #implicit: StoreContexts | undefined;

  /** Begins with those of `classes`, in the uncompressed syntaxes `plain`. */
  constructor(classes: readonly string[] = COMMON_CLASSES, plain: readonly string[] = PLAIN) {
    this.#classes = classes;
    this.#plain = plain;
    this.#lists = [contextsOf(classes.flatMap((uid) => this.#fallbacks(uid))).flat()];
  }

  /** The contexts for an instance, the same array for those that can share an association. */
  for(sopClassUID: string, transferSyntaxUID: string): readonly ContextProposal[] {
    const { implicit } = TRANSFER_SYNTAX;
    if (transferSyntaxUID === implicit && this.#apart.has(sopClassUID)) {
      // Every peer takes verification, so that there is an association for what it does not take, too.
      this.#implicit ??= new StoreContexts([VERIFICATION, ...this.#classes], [implicit]);
      return this.#implicit.for(sopClassUID, implicit);
    }
    const own: Pair = [sopClassUID, transferSyntaxUID];
    const isConvertible = CONVERTIBLE.includes(transferSyntaxUID);
    const pairs = isConvertible ? [own, ...this.#fallbacks(sopClassUID)] : [own];
    const known = this.#lists.find((list) => pairs.every((pair) => has(list, pair)));
    if (known) return known;
    const last = this.#lists.at(-1)!;
    const fresh = contextsOf(pairs.filter((pair) => !has(last, pair))).flat();
    if (last.length + fresh.length <= MAX_CONTEXTS) {
      const longer = [...last, ...fresh];
      // It takes the place of the one that it extends, so that associations with that one are used up.
      this.#lists[this.#lists.length - 1] = longer;
      return longer;
    }
    const further = contextsOf(pairs).flat();
    this.#lists.push(further);
    return further;
  }

  /**
   * The contexts to try when the peer has not taken an instance with those of {@linkcode for}, and from then on; none
   * where that is of no use. Some, as PixelMed, refuse implicit VR to whoever proposes explicit VR for that class, too.
   */
  others(sopClassUID: string, transferSyntaxUID: string): readonly ContextProposal[] | undefined {
    if (transferSyntaxUID !== TRANSFER_SYNTAX.implicit) return undefined;
    this.#apart.add(sopClassUID);
    return this.for(sopClassUID, transferSyntaxUID);
  }

  #fallbacks(sopClassUID: string): Pair[] {
    return this.#plain.map((syntax) => [sopClassUID, syntax]);
  }
}

function has(list: readonly ContextProposal[], [sopClassUID, transferSyntaxUID]: Pair): boolean {
  return list.some((context) =>
    context.sopClassUID === sopClassUID && context.transferSyntaxUIDs[0] === transferSyntaxUID
  );
}
