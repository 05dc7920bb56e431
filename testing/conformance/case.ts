/**
 * What a conformance case is.
 *
 * @module
 */

import type { Capabilities } from "../../vfs/transport.ts";
import type { ConformanceHooks, Fixture } from "./fixture.ts";

/** What a case found, to be the same on every transport. */
export type Outcome =
  | null
  | boolean
  | number
  | string
  | readonly Outcome[]
  | { readonly [key: string]: Outcome };

/** What decides whether a case applies. */
export interface Setting {
  /** What the transport under test can do. */
  readonly capabilities: Capabilities;
  /** What the driver's author provides. */
  readonly hooks: ConformanceHooks;
  /** The guard layer is on. */
  readonly isGuarded: boolean;
}

/** A condition that is no capability by itself. */
export interface Requirement {
  /** Names it, for the report. */
  readonly name: string;
  /** True when the case applies. */
  test(setting: Setting): boolean;
}

/** One behaviour that every driver shows. */
export interface ConformanceCase {
  /** Unique, such as `put makes missing parents`. */
  readonly id: string;
  /** The part of the contract. */
  readonly group: string;
  /** What the case needs. Passing it proves the capabilities among these. */
  readonly requires: readonly (keyof Capabilities | Requirement)[];
  /** The case reads the files that were there before; others begin with an empty directory and write. */
  readonly seeded: boolean;
  /** Takes too long to be run each time. */
  readonly large?: boolean;
  /** Throws when the behaviour is another one. What it returns is compared with what `memory:` gives. */
  run(fixture: Fixture): Promise<Outcome | void>;
}

type Requires = ConformanceCase["requires"];
type Run = ConformanceCase["run"];
type Draft = Omit<ConformanceCase, "group">;

/** A case about files that are there already, so that drivers that cannot write show it too. */
export function reading(id: string, requires: Requires, run: Run): Draft {
  return { id, requires, seeded: true, run };
}

/** A case that stores what it needs in an empty directory, under names of its own. */
export function writing(id: string, requires: Requires, run: Run): Draft {
  return { id, requires: ["put", named, ...requires], seeded: false, run };
}

/** A case that stores what names itself, in an empty directory. */
export function storing(id: string, requires: Requires, run: Run): Draft {
  return { id, requires: ["put", "naming", specimens, ...requires], seeded: false, run };
}

/** The cases of one part of the contract. */
export function group(
  name: string,
  drafts: readonly Draft[],
): readonly ConformanceCase[] {
  return drafts.map((draft) => ({
    ...draft,
    id: `${name}: ${draft.id}`,
    group: name,
  }));
}

/** True when a transport in `setting` has all that the case needs. */
export function applies(
  { requires }: ConformanceCase,
  setting: Setting,
): boolean {
  return requires.every((requirement) =>
    typeof requirement === "string"
      ? has(setting.capabilities, requirement)
      : requirement.test(setting)
  );
}

/** True when `capability` is there at all. */
export function has(
  capabilities: Capabilities,
  capability: keyof Capabilities,
): boolean {
  const value = capabilities[capability];
  if (capability === "put") return value !== "none";
  if (capability === "naming") return value === "content";
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== false && value !== 0;
}

/** A file gets the name under which it is put. */
const named: Requirement = {
  name: "naming by path",
  test: ({ capabilities }) => !has(capabilities, "naming"),
};

/** The driver's author provides files that name themselves. */
const specimens: Requirement = {
  name: "specimens",
  test: ({ hooks }) => (hooks.specimens?.length ?? 0) > 1,
};

/** The capability is missing. */
export function lacks(capability: keyof Capabilities): Requirement {
  return {
    name: `no ${capability}`,
    test: (fixture) => !has(fixture.capabilities, capability),
  };
}

/** A failed put leaves the old object. */
export const atomic: Requirement = {
  name: "atomic put",
  test: (fixture) => fixture.capabilities.put === "atomic",
};

/** The guard layer is on. */
export const guarded: Requirement = {
  name: "guard layer",
  test: (fixture) => fixture.isGuarded,
};
