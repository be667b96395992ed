import { compareRevisions, isResolved, type Revision } from './revision.js'

interface Node {
  readonly revision: Revision
  parent: string | undefined
  /** Whether its parents reach a creation, every link there. */
  valid: boolean
  /** The revisions that name it as their parent. */
  children: string[]
  /** The block that brought it, the first of them by id; undefined while it is only staged. */
  block: string | undefined
}

/**
 * All known revisions of one object, each with its parent, and which of them count.
 *
 * A *leaf* is a revision that is nobody's parent, does not resolve a conflict (`r`), and whose parents reach a creation without a gap. The
 * *winner* is the greatest leaf. What it tells depends on the set of revisions only, never on the order in which they came; adding one costs the
 * same however many there are, but for a gap that closes, which costs what stood behind it.
 */
export class RevisionTree {
  private readonly nodes = new Map<string, Node>()
  /** Revisions by the parent that they name and that is not there. */
  private orphans: Map<string, string[]> | undefined
  /** Where one revision was given with several parents (its tail is 28 bits, so this can be forged): all of them. */
  private claims: Map<string, Set<string>> | undefined
  /** Ascending. */
  private readonly sorted: Revision[] = []

  /** How many revisions are known, valid or not. */
  get size(): number {
    return this.nodes.size
  }

  /** The valid leaves in ascending order. Not to be changed. */
  get leaves(): readonly Revision[] {
    return this.sorted
  }

  /** The greatest leaf; undefined while nothing is valid. */
  get winner(): Revision | undefined {
    return this.sorted.at(-1)
  }

  /** Where to go on when there is no leaf, as somebody has marked all of them as resolved: the greatest such mark; undefined when there is none. */
  get deadEnd(): Revision | undefined {
    if (this.sorted.length > 0) return undefined
    const ends = [...this.nodes.values()].filter(node => node.valid && node.children.length === 0)
    return ends
      .map(({ revision }) => revision)
      .sort(compareRevisions)
      .at(-1)
  }

  has(revision: string): boolean {
    return this.nodes.has(revision)
  }

  /** A known revision by its text. */
  get(revision: string): Revision | undefined {
    return this.nodes.get(revision)?.revision
  }

  isValid(revision: string): boolean {
    return this.nodes.get(revision)?.valid === true
  }

  /** Whether it is known and no block has brought it. */
  isStaged(revision: string): boolean {
    const node = this.nodes.get(revision)
    return node !== undefined && node.block === undefined
  }

  /** The parent of a known revision; undefined for creations, and what is not known. */
  parentOf(revision: string): string | undefined {
    return this.nodes.get(revision)?.parent
  }

  /** The first block that brought it, as the caller compares blocks; undefined for what is staged or not known. */
  blockOf(revision: string): string | undefined {
    return this.nodes.get(revision)?.block
  }

  /** Every known revision, in no order. */
  revisions(): IterableIterator<string> {
    return this.nodes.keys()
  }

  /**
   * Takes in a revision. One that is there already stays, with its parent: when several were given, the least of the valid ones.
   * @param block the id of the block that brings it; undefined: it is staged
   * @returns whether it is new here
   */
  add(revision: Revision, parent: string | undefined, block?: string): boolean {
    const { text } = revision
    const known = this.nodes.get(text)
    if (known) {
      if (block !== undefined && (known.block === undefined || block < known.block)) known.block = block
      if (known.parent !== parent) this.claim(known, parent)
      return false
    }
    const node: Node = { revision, parent, valid: false, children: [], block }
    this.nodes.set(text, node)
    const waiting = this.orphans?.get(text)
    if (waiting) {
      node.children = waiting
      this.orphans!.delete(text)
    }
    this.hang(node)
    if (this.reachesCreation(node)) this.validate(node)
    return true
  }

  /** Takes back a staged revision that nobody has as parent. @returns whether it was one */
  remove(revision: string): boolean {
    const node = this.nodes.get(revision)
    if (node === undefined || node.block !== undefined || node.children.length > 0) return false
    this.nodes.delete(revision)
    this.dropLeaf(node.revision)
    if (node.parent === undefined) return true
    const parent = this.nodes.get(node.parent)
    const siblings = parent?.children ?? this.orphans?.get(node.parent)
    if (siblings) siblings.splice(siblings.indexOf(revision), 1)
    if (parent && siblings!.length === 0 && parent.valid) this.addLeaf(parent)
    return true
  }

  /** A revision and its ancestors, youngest first, as far as they are known; empty for an unknown one. */
  history(revision: string): string[] {
    const line: string[] = []
    for (let at = this.nodes.get(revision); at; at = at.parent === undefined ? undefined : this.nodes.get(at.parent))
      line.push(at.revision.text)
    return line
  }

  /** The youngest revision that both have in their history, one of them included; undefined when they have nothing in common. */
  commonAncestor(one: string, other: string): string | undefined {
    let a = this.nodes.get(one)
    let b = this.nodes.get(other)
    while (a && b && a !== b) {
      // The index of a child is that of its parent and one.
      if (a.revision.index >= b.revision.index) a = this.parentNode(a)
      else b = this.parentNode(b)
    }
    return a && b ? a.revision.text : undefined
  }

  private parentNode(node: Node): Node | undefined {
    return node.parent === undefined ? undefined : this.nodes.get(node.parent)
  }

  private reachesCreation(node: Node): boolean {
    return node.parent === undefined ? node.revision.index === 1 : this.nodes.get(node.parent)?.valid === true
  }

  /** Makes it known to its parent, there or not. */
  private hang(node: Node): void {
    if (node.parent === undefined) return
    const parent = this.nodes.get(node.parent)
    if (parent) {
      parent.children.push(node.revision.text)
      this.dropLeaf(parent.revision)
    } else {
      this.orphans ??= new Map()
      const waiting = this.orphans.get(node.parent)
      if (waiting) waiting.push(node.revision.text)
      else this.orphans.set(node.parent, [node.revision.text])
    }
  }

  private validate(first: Node): void {
    const open = [first]
    for (let node = open.pop(); node; node = open.pop()) {
      node.valid = true
      for (const child of node.children) open.push(this.nodes.get(child)!)
      if (node.children.length === 0) this.addLeaf(node)
    }
  }

  private addLeaf(node: Node): void {
    if (isResolved(node.revision)) return
    const at = this.placeOf(node.revision)
    if (this.sorted[at]?.text !== node.revision.text) this.sorted.splice(at, 0, node.revision)
  }

  private dropLeaf(revision: Revision): void {
    const at = this.placeOf(revision)
    if (this.sorted[at]?.text === revision.text) this.sorted.splice(at, 1)
  }

  /** Where it is among the leaves, or would be. */
  private placeOf(revision: Revision): number {
    let from = 0
    let to = this.sorted.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (compareRevisions(this.sorted[middle], revision) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  /** One revision, two parents: the set of what was claimed decides, not who came first. Rare enough to build everything anew. */
  private claim(node: Node, parent: string | undefined): void {
    if (parent === undefined || node.parent === undefined) return // a creation has no parent, whatever its text
    this.claims ??= new Map()
    const { text } = node.revision
    const claimed = this.claims.get(text) ?? new Set([node.parent])
    if (claimed.has(parent)) return
    this.claims.set(text, claimed.add(parent))
    const nodes = [...this.nodes.values()].sort((a, b) => a.revision.index - b.revision.index)
    this.sorted.length = 0
    this.orphans = undefined
    for (const each of nodes) {
      each.children = []
      each.valid = false
    }
    for (const each of nodes) {
      const parents = [...(this.claims.get(each.revision.text) ?? [])].sort()
      if (parents.length > 0) each.parent = parents.find(text => this.nodes.get(text)?.valid) ?? parents[0]
      this.hang(each)
      if (this.reachesCreation(each)) this.validate(each)
    }
  }
}
