import { compareBlockIds, type Delta, recordedRevision } from './delta.js'
import { isPatched } from './generation-a.js'

/** What a block waits for. */
export interface MissingParts {
  /** Ids of parents that are not there, or wait themselves. */
  readonly blocks: readonly string[]
  /** Digests of packs that are not there, or damaged. */
  readonly packs: readonly string[]
  /** Digests of values that no pack holds. */
  readonly values: readonly string[]
}

interface Node {
  readonly id: string
  readonly delta: Delta
  applied: boolean
  /** Applied blocks that name it as their parent. */
  followers: number
}

/** A past to go back to: of the blocks that are `known`, only the `wanted` ones count, which hold the parents of each other. */
export interface Past {
  readonly wanted: ReadonlySet<string>
  readonly known: ReadonlySet<string>
}

/** What the graph asks of those who keep the values. Both must only ever turn from false to true. */
export interface ValueKeeper {
  hasPack(digest: string): boolean
  /** Whether the value with this digest can be read; also for `d`, `e`, `r` and character codes, which are in no pack. */
  hasValue(digest: string): boolean
}

/**
 * The blocks of a document and what follows what: a pure state machine. Blocks and packs come in any order; a block becomes *applied* when all its
 * parents are, its packs are there, and every value that its records name can be read; else it is *blocked*, and so is all that follows it.
 * What is applied depends on what has come only, never on the order.
 *
 * Each arrival costs what it unblocks: a blocked block waits for one thing that it misses at a time.
 */
export class BlockGraph {
  private readonly nodes = new Map<string, Node>()
  /** Blocked blocks by one thing that each misses: `b` and a block, `p` and a pack, `v` and a value. */
  private readonly waiting = new Map<string, string[]>()
  private readonly tips = new Set<string>()
  private readonly roots = new Set<string>()
  private readonly keeper: ValueKeeper
  private readonly past: Past | undefined
  /** Blocks of the past that were left out, and made once more. */
  private readonly again = new Set<string>()

  /** @param past applies of what it names only a part; all other blocks as usual */
  constructor(keeper: ValueKeeper, past?: Past) {
    this.keeper = keeper
    this.past = past
  }

  /** Ids of the applied blocks that no applied block follows, in the order of blocks: the next commit follows these. */
  get anchors(): string[] {
    return [...this.tips].sort(compareBlockIds)
  }

  /** Ids of the applied blocks without parents, in the order of blocks. */
  get origins(): string[] {
    return [...this.roots].sort(compareBlockIds)
  }

  /** How many blocks are known, in whatever state. */
  get size(): number {
    return this.nodes.size
  }

  has(id: string): boolean {
    return this.nodes.has(id)
  }

  isApplied(id: string): boolean {
    return this.nodes.get(id)?.applied === true
  }

  isAnchor(id: string): boolean {
    return this.tips.has(id)
  }

  /** A known block, applied or not. */
  get(id: string): Delta | undefined {
    return this.nodes.get(id)?.delta
  }

  /** Ids of all known blocks, in no order. */
  ids(): IterableIterator<string> {
    return this.nodes.keys()
  }

  /**
   * Takes in a block. One that is known and was left out of the past counts from now on: somebody has made it once more.
   * @returns the ids of those that are applied now and were not before, each after its parents
   */
  add(id: string, delta: Delta): string[] {
    if (this.nodes.has(id)) {
      if (!this.isLeftOut(id)) return []
      this.again.add(id)
      return this.settle([id])
    }
    this.nodes.set(id, { id, delta, applied: false, followers: 0 })
    return this.settle([id])
  }

  /**
   * To be called when a pack has come, and the values in it. @returns as {@link add}
   * @param values the digests of the values that it brought
   */
  packArrived(digest: string, values: Iterable<string>): string[] {
    // As when a document is opened: packs come before blocks.
    if (this.waiting.size === 0) return []
    const woken = this.wake(`p${digest}`)
    for (const value of values) woken.push(...this.wake(`v${value}`))
    return this.settle(woken)
  }

  /** What every blocked block misses, in the order of blocks. Those that the past leaves out are not among them. */
  blocked(): { id: string; missing: MissingParts }[] {
    return [...this.nodes.values()]
      .filter(({ id, applied }) => !applied && !this.isLeftOut(id))
      .map(({ id, delta }) => ({ id, missing: this.missingOf(delta) }))
      .sort((a, b) => compareBlockIds(a.id, b.id))
  }

  /** The given blocks and all that they follow, as far as known. */
  ancestors(ids: Iterable<string>): Set<string> {
    const seen = new Set<string>()
    const open = [...ids]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = this.nodes.get(id)
      if (!node || seen.has(id)) continue
      seen.add(id)
      open.push(...node.delta.parents)
    }
    return seen
  }

  /** Applied blocks, breadth first from the anchors along their parents: the newest first, each once. */
  *walk(): Generator<readonly [id: string, delta: Delta]> {
    const seen = new Set(this.anchors)
    for (const id of seen) {
      // A set gives what is added while it is gone through.
      const { delta } = this.nodes.get(id)!
      yield [id, delta]
      for (const parent of delta.parents) seen.add(parent)
    }
  }

  /** Applies what can be, and what waited for it, until nothing changes. */
  private settle(candidates: string[]): string[] {
    const applied: string[] = []
    const open = [...candidates]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = this.nodes.get(id)!
      if (node.applied || this.isLeftOut(id)) continue
      const want = this.firstMissing(node.delta)
      if (want !== undefined) {
        this.wait(want, id)
        continue
      }
      this.apply(node)
      applied.push(id)
      open.push(...this.wake(`b${id}`))
    }
    return applied
  }

  private isLeftOut(id: string): boolean {
    const { past } = this
    return past?.known.has(id) === true && !past.wanted.has(id) && !this.again.has(id)
  }

  private apply(node: Node): void {
    node.applied = true
    if (node.followers === 0) this.tips.add(node.id)
    if (node.delta.parents.length === 0) this.roots.add(node.id)
    for (const parent of node.delta.parents) {
      this.nodes.get(parent)!.followers++
      this.tips.delete(parent)
    }
  }

  private wait(want: string, id: string): void {
    const waiting = this.waiting.get(want)
    if (waiting) waiting.push(id)
    else this.waiting.set(want, [id])
  }

  private wake(want: string): string[] {
    const woken = this.waiting.get(want)
    if (!woken) return []
    this.waiting.delete(want)
    return woken
  }

  private firstMissing(delta: Delta): string | undefined {
    for (const parent of delta.parents) if (!this.isApplied(parent)) return `b${parent}`
    for (const pack of delta.packs) if (!this.keeper.hasPack(pack)) return `p${pack}`
    for (const value of valuesOf(delta)) if (!this.keeper.hasValue(value)) return `v${value}`
    return undefined
  }

  private missingOf(delta: Delta): MissingParts {
    const values = new Set<string>()
    for (const value of valuesOf(delta)) if (!this.keeper.hasValue(value)) values.add(value)
    return {
      blocks: delta.parents.filter(parent => !this.isApplied(parent)),
      packs: delta.packs.filter(pack => !this.keeper.hasPack(pack)),
      values: [...values],
    }
  }
}

/** The digests of the values that must be readable before a block counts: of what its records make, and of what they follow. */
function* valuesOf({ records }: Delta): Generator<string> {
  for (const record of records) {
    // Of a patched revision of generation A the pack holds the patch.
    yield record.patchDigest ?? record.digest
    const parent = record.parent === undefined ? undefined : recordedRevision(record.parent)
    if (parent && !isPatched(parent)) yield parent.digest
  }
}
