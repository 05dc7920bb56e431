/**
 * The members of an archive as directories.
 *
 * @module
 */

import { type Member, pathOf } from "./member.ts";

/** A directory, whether or not the archive has a member for it. */
export interface DirectoryNode<M extends Member> {
  readonly kind: "directory";
  readonly children: Map<string, Node<M>>;
  /** The archive's own member for it. */
  member?: M;
  /** Members that belong here and cannot be told apart, or whose names are not used. */
  flaws: number;
  /** What is wrong with the first of them. */
  flaw?: string;
}

/** A file, or what is neither file nor directory. */
export interface LeafNode<M extends Member> {
  readonly kind: "leaf";
  readonly member: M;
}

/** A name that several members have. */
export interface FlawedNode {
  readonly kind: "flawed";
  readonly reason: string;
  /** Some of them lie below the name. */
  readonly isAbove: boolean;
}

/** What a name leads to. */
export type Node<M extends Member> = DirectoryNode<M> | LeafNode<M> | FlawedNode;

/**
 * Members by path. A name that is there twice leads to neither; names that cannot be used are kept in mind, so that no
 * listing seems whole.
 */
export class MemberTree<M extends Member> {
  readonly root: DirectoryNode<M> = newDirectory();
  #size = 0;
  readonly #maxNodes: number;

  /** Makes an empty tree for at most `maxNodes` files and directories. */
  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  /** Files and directories. */
  get size(): number {
    return this.#size;
  }

  /** Adds a member under the name that the archive has for it; `undefined` for one that cannot be read. @throws {RangeError} when there are too many */
  add(name: string | undefined, member: M): void {
    const path = name === undefined ? undefined : pathOf(name);
    if (path === undefined) {
      return flaw(this.root, `${shown(name)} is no name that can be used`);
    }
    let at = this.root;
    for (const [i, segment] of path.entries()) {
      const isLast = i === path.length - 1;
      const old = at.children.get(segment);
      if (old?.kind === "directory" && (!isLast || member.kind === "directory")) at = old;
      else if (old !== undefined) {
        const reason = `${shown(path.slice(0, i + 1).join("/"))} is there more than once`;
        const wasAbove = old.kind === "directory" || old.kind === "flawed" && old.isAbove;
        const isAbove = !isLast || wasAbove;
        at.children.set(segment, { kind: "flawed", reason, isAbove });
        // What lies below one cannot be told, while one file can be named that is refused when it is read.
        if (isAbove && !(old.kind === "flawed" && wasAbove)) flaw(at, reason);
        return;
      } else {
        if (++this.#size > this.#maxNodes) throw new RangeError("too many members");
        if (isLast && member.kind !== "directory") {
          at.children.set(segment, { kind: "leaf", member });
          return;
        }
        const made = newDirectory<M>();
        at.children.set(segment, made);
        at = made;
      }
    }
    if (member.kind === "directory") at.member = member;
    else flaw(this.root, `${shown(name)} is no name that can be used`);
  }

  /** Has a name lead to none of the members that have it. */
  #refuse(path: string, node: FlawedNode): void {
    const names = path.split("/");
    const last = names.pop()!;
    let at = this.root;
    for (const name of names) {
      const above = at.children.get(name);
      const next = above?.kind === "directory" ? above : newDirectory<M>();
      at.children.set(name, next);
      at = next;
    }
    at.children.set(last, node);
    if (node.isAbove) flaw(at, node.reason);
  }

  /** What is at `path`; `undefined` when nothing is. */
  find(path: readonly string[]): Node<M> | undefined {
    let node: Node<M> | undefined = this.root;
    for (const segment of path) {
      if (node?.kind === "flawed") return node;
      if (node?.kind !== "directory") return undefined;
      node = node.children.get(segment);
    }
    return node;
  }

  /**
   * The tree of those files whose path `isIn` accepts, with the directories above them, or `undefined` when there are
   * none. What is wrong with the archive stays so.
   */
  filter(isIn: (path: string) => boolean): MemberTree<M> | undefined {
    const kept = new MemberTree<M>(Infinity);
    let found = false;
    const stack: [node: DirectoryNode<M>, path: string][] = [[this.root, ""]];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const [{ children }, above] = top;
      for (const [name, node] of children) {
        const path = `${above}${name}`;
        if (node.kind === "directory") stack.push([node, `${path}/`]);
        else if (node.kind === "leaf" && isIn(path)) {
          kept.add(path, node.member);
          found = true;
        } else if (node.kind === "flawed" && (node.isAbove || isIn(path))) {
          kept.#refuse(path, node);
          found = true;
        }
      }
    }
    kept.root.flaws += this.root.flaws;
    kept.root.flaw ??= this.root.flaw;
    return found ? kept : undefined;
  }
}

function newDirectory<M extends Member>(): DirectoryNode<M> {
  return { kind: "directory", children: new Map(), flaws: 0 };
}

function flaw<M extends Member>(at: DirectoryNode<M>, reason: string): void {
  at.flaws++;
  at.flaw ??= reason;
}

function shown(name: string | undefined): string {
  if (name === undefined) return "what should be UTF-8";
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
