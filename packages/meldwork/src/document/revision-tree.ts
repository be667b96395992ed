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
  /** Where revisions were given with several parents (a tail has 28 bits, so that this can be forged): those revisions, by each such parent. */
  private claims: Map<string, Set<string>> | undefined
  private readonly live = new Map<string, Revision>()
  /** The leaves, and some that were: a binary heap, so that the greatest is found however many there are. Whoever is none any more is left out when it comes up. */
  private heap: Revision[] = []
  /** The leaves in ascending order, once they were asked for. */
  private sorted: Revision[] | undefined
  private changes = 0

  /** How many revisions are known, valid or not. */
  get size(): number {
    return this.nodes.size
  }

  /** Another number after each change of the leaves. */
  get version(): number {
    return this.changes
  }

  /** The valid leaves in ascending order. Not to be changed. */
  get leaves(): readonly Revision[] {
    this.sorted ??= [...this.live.values()].sort(compareRevisions)
    return this.sorted
  }

  get leafCount(): number {
    return this.live.size
  }

  /** The greatest leaf; undefined while nothing is valid. */
  get winner(): Revision | undefined {
    const { heap, live } = this
    while (heap.length > 0 && !live.has(heap[0].text)) takeGreatest(heap)
    return heap[0]
  }

  /** The greatest revision of all, leaf or not, as the tools that write generation B take the winner. Costs what all of them cost. */
  get greatest(): Revision | undefined {
    let greatest: Revision | undefined
    for (const { revision } of this.nodes.values())
      if (greatest === undefined || compareRevisions(revision, greatest) > 0) greatest = revision
    return greatest
  }

  /** Where to go on when there is no leaf, as somebody has marked all of them as resolved: the greatest such mark; undefined when there is none. */
  get deadEnd(): Revision | undefined {
    if (this.live.size > 0) return undefined
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
      const { text } = node.revision
      node.valid = true
      for (const claimant of this.claims?.get(text) ?? []) {
        const other = this.nodes.get(claimant)
        if (other) this.prefer(other, text)
      }
      for (const name of node.children) {
        const child = this.nodes.get(name)!
        if (!child.valid) open.push(child)
      }
      if (node.children.length === 0) this.addLeaf(node)
    }
  }

  private addLeaf({ revision }: Node): void {
    if (isResolved(revision) || this.live.has(revision.text)) return
    this.live.set(revision.text, revision)
    // Those that were leaves go when they are most of them.
    if (this.heap.length > 2 * this.live.size + 8) this.heap = [...this.live.values()].sort(compareRevisions).reverse()
    else put(this.heap, revision)
    this.leavesChanged()
  }

  private dropLeaf({ text }: Revision): void {
    if (this.live.delete(text)) this.leavesChanged()
  }

  private leavesChanged(): void {
    this.sorted = undefined
    this.changes++
  }

  /** One revision, two parents: the set of what was claimed decides, not who came first. */
  private claim(node: Node, parent: string | undefined): void {
    if (parent === undefined || node.parent === undefined) return // a creation has no parent, whatever its text
    this.claims ??= new Map()
    for (const each of [parent, node.parent]) {
      const claimants = this.claims.get(each)
      if (claimants) claimants.add(node.revision.text)
      else this.claims.set(each, new Set([node.revision.text]))
    }
    this.prefer(node, parent)
    if (!node.valid && this.reachesCreation(node)) this.validate(node)
  }

  /** Gives a revision another parent, when that is valid and the one it has is not, or, of two that are alike in this, when it is less. */
  private prefer(node: Node, parent: string): void {
    const before = node.parent
    if (before === undefined || before === parent) return
    const isBetter = this.isValid(parent) === this.isValid(before) ? parent < before : this.isValid(parent)
    if (!isBetter) return
    const { text } = node.revision
    const old = this.nodes.get(before)
    const siblings = old?.children ?? this.orphans!.get(before)!
    siblings.splice(siblings.indexOf(text), 1)
    if (old?.valid && siblings.length === 0) this.addLeaf(old)
    node.parent = parent
    this.hang(node)
  }
}

/** Puts a revision into a heap whose greatest is the first. */
function put(heap: Revision[], revision: Revision): void {
  let at = heap.push(revision) - 1
  while (at > 0) {
    const above = (at - 1) >> 1
    if (compareRevisions(heap[above], revision) >= 0) break
    heap[at] = heap[above]
    at = above
  }
  heap[at] = revision
}

/** Takes the first, and makes the next one that. */
function takeGreatest(heap: Revision[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let below = 2 * at + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && compareRevisions(heap[below + 1], heap[below]) > 0) below++
    if (compareRevisions(heap[below], last) <= 0) break
    heap[at] = heap[below]
    at = below
  }
  heap[at] = last
}
