/**
 * The query of a request, read as a servlet container reads it.
 *
 * @module
 */

/** Parameters in order; names may repeat. */
export class Query {
  readonly entries: readonly (readonly [string, string])[];

  constructor(search: string) {
    this.entries = [...new URLSearchParams(search)];
  }

  get(name: string): string | undefined {
    return this.entries.find(([key]) => key === name)?.[1];
  }

  all(name: string): string[] {
    return this.entries.filter(([key]) => key === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  is(name: string): boolean {
    return this.get(name)?.toLowerCase() === "true";
  }

  keys(): string[] {
    return this.entries.map(([key]) => key);
  }
}
