import { isJsonArray, type JsonObject, type JsonValue, memberOf } from '../codec/index.js'
import { type ChangeRecord, recordedRevision, revisionOf } from './delta.js'
import { mergeInlineArrays, patchedObject, valueDigestOf } from './generation-a.js'
import { isDescriptor, isFlattened, orderField, patchField } from './names.js'
import { mergeOrders } from './order-merge.js'
import { applyPatch } from './order-patch.js'
import { isDeleted, isResolved, type Revision } from './revision.js'
import { RevisionTree } from './revision-tree.js'
import type { ObjectValues } from './values.js'

/** The order of a list: ids of objects, and whatever else stands in it. */
export type Order = readonly JsonValue[]

interface ObjectState {
  readonly tree: RevisionTree
  /** Orders of the latest revisions that were asked for; of lists only. */
  orders: Map<string, Order> | undefined
  /** The order that readers see; of lists only, until something changes. */
  merged: Order | undefined
}

/** So many orders of one list are kept in memory. */
const maxOrders = 8

/**
 * All objects of a document, at one time of it: their revisions, and what these say. Values are taken from {@link ObjectValues}, which several of these can
 * share: what a digest stands for is the same at all times.
 *
 * The order of a list is made from the order of the parent that was last asked for, and the patches since: a commit costs one patch, however long the
 * history is.
 */
export class Objects {
  private readonly states = new Map<string, ObjectState>()
  private readonly disputed = new Set<string>()
  private readonly values: ObjectValues
  /** Whether lists stand in the objects that own them, as generation A has it. */
  private readonly inlineLists: () => boolean

  constructor(values: ObjectValues, inlineLists: () => boolean = () => false) {
    this.values = values
    this.inlineLists = inlineLists
  }

  /** How many objects are known, deleted ones included. */
  get size(): number {
    return this.states.size
  }

  /** Ids of all known objects, descriptors and deleted ones included, in no order. */
  ids(): IterableIterator<string> {
    return this.states.keys()
  }

  has(id: string): boolean {
    return this.states.has(id)
  }

  /** Ids of the objects with several leaves, in no order. */
  conflicted(): ReadonlySet<string> {
    return this.disputed
  }

  /** The revisions of a known object; undefined for an unknown one. Not to be changed by the caller. */
  tree(id: string): RevisionTree | undefined {
    return this.states.get(id)?.tree
  }

  winner(id: string): Revision | undefined {
    return this.states.get(id)?.tree.winner
  }

  /** Whether it is there and its winner is not a deletion. */
  isLive(id: string): boolean {
    const winner = this.winner(id)
    return winner !== undefined && !isDeleted(winner)
  }

  /** Takes in a record of a block. @returns whether the winner or the leaves of its object are others now */
  apply(record: ChangeRecord, block: string): boolean {
    const revision = revisionOf(record)
    if (record.patchDigest !== undefined) this.deriveValue(record)
    return this.add(record.object, revision, record.parent, block)
  }

  /** Takes in a revision that no block holds yet. @returns as {@link apply} */
  stage(id: string, revision: Revision, parent: string | undefined): boolean {
    return this.add(id, revision, parent, undefined)
  }

  /** Takes back what was staged, children first. An object of which nothing is left is forgotten. @returns whether it was there, and staged */
  unstage(id: string, revision: string): boolean {
    const state = this.states.get(id)
    if (!state?.tree.remove(revision)) return false
    state.orders?.delete(revision)
    state.merged = undefined
    if (state.tree.size === 0) this.states.delete(id)
    this.judge(id, state)
    return true
  }

  /**
   * The value of an object at a revision, as it is stored: of a list, the order or the patch.
   * @returns undefined for deletions, resolutions, and what cannot be read
   */
  valueAt(revision: Revision): JsonObject | undefined {
    if (isDeleted(revision) || isResolved(revision)) return undefined
    return this.values.get(valueDigestOf(revision))
  }

  /** The stored value of the winner; undefined when there is none, or it is a deletion. */
  value(id: string): JsonObject | undefined {
    const winner = this.winner(id)
    return winner && this.valueAt(winner)
  }

  /**
   * What readers see of an object: of a list `{"A": order}`, with all leaves merged. A list that was deleted on one side and changed on another is there, if
   * an object that readers see has it.
   * @returns undefined when it is not there or deleted
   */
  visible(id: string): JsonObject | undefined {
    if (isDescriptor(id) && this.disputed.has(id)) return { [orderField]: this.order(id) }
    if (!this.isLive(id)) return undefined
    if (isDescriptor(id)) return { [orderField]: this.order(id) }
    const value = this.value(id)
    if (value === undefined || !this.disputed.has(id) || !this.inlineLists()) return value
    const others = this.states.get(id)!.tree.leaves.slice(0, -1).reverse()
    return mergeInlineArrays(
      value,
      others.map(leaf => this.valueAt(leaf)).filter(other => other !== undefined),
    )
  }

  /** Ids of the lists that some of these objects have, in any of their leaves. */
  namedLists(ids: Iterable<string>): Set<string> {
    const named = new Set<string>()
    for (const id of ids) {
      if (isDescriptor(id)) continue
      for (const leaf of this.states.get(id)?.tree.leaves ?? []) {
        const value = this.valueAt(leaf)
        for (const key of Object.keys(value ?? {})) {
          const field = value![key]
          if (isFlattened(key) && typeof field === 'string' && isDescriptor(field)) named.add(field)
        }
      }
    }
    return named
  }

  /** The order of a list as readers see it: that of the winner, with those of the other leaves merged in. */
  order(id: string): Order {
    const state = this.states.get(id)
    const winner = state?.tree.winner
    if (!state || !winner) return []
    state.merged ??= this.mergedOrder(id, winner)
    return state.merged
  }

  /** The order of a list with all leaves merged into that of one of them. @param base a leaf */
  mergedOrder(id: string, base: Revision): Order {
    const { tree } = this.states.get(id)!
    let order = this.orderAt(id, base)
    if (tree.leaves.length > 1) for (const leaf of tree.leaves) order = mergeOrders(order, this.orderAt(id, leaf))
    return order
  }

  /** The order of a list at one revision, by its own history alone; that of something else than an order is empty. */
  orderAt(id: string, revision: Revision): Order {
    const state = this.states.get(id)
    if (!state) return []
    const known = state.orders?.get(revision.text)
    if (known) return known
    const patches: JsonValue[] = []
    let order: Order | undefined
    for (let at: Revision | undefined = revision; at && order === undefined; ) {
      order = state.orders?.get(at.text)
      if (order !== undefined) break
      const value = this.valueAt(at)
      const whole = value && memberOf(value, orderField)
      const patch = value && memberOf(value, patchField)
      if (whole !== undefined && isJsonArray(whole)) order = whole
      else if (patch === undefined) break
      else patches.push(patch)
      if (at.text !== revision.text && value) this.values.release(valueDigestOf(at))
      const parent: string | undefined = state.tree.parentOf(at.text)
      at = parent === undefined ? undefined : recordedRevision(parent)
    }
    order ??= []
    // What is no patch of this order changes nothing.
    for (const patch of patches.reverse()) order = applyPatch(order, patch) ?? order
    this.keep(state, revision.text, order)
    return order
  }

  private keep(state: ObjectState, revision: string, order: Order): void {
    state.orders ??= new Map()
    state.orders.set(revision, order)
    for (const oldest of state.orders.keys()) {
      if (state.orders.size <= maxOrders) break
      state.orders.delete(oldest)
    }
  }

  private add(id: string, revision: Revision, parent: string | undefined, block: string | undefined): boolean {
    let state = this.states.get(id)
    if (!state) {
      state = { tree: new RevisionTree(), orders: undefined, merged: undefined }
      this.states.set(id, state)
    }
    const { tree } = state
    const { version, winner } = tree
    tree.add(revision, parent, block)
    if (tree.version === version) return false
    if (winner && winner !== tree.winner) this.values.release(valueDigestOf(winner))
    state.merged = undefined
    this.judge(id, state)
    return true
  }

  private judge(id: string, { tree }: ObjectState): void {
    if (tree.leafCount > 1) this.disputed.add(id)
    else this.disputed.delete(id)
  }

  /** Generation A: what the pack holds is a patch of the parent's value. */
  private deriveValue(record: ChangeRecord): void {
    const parent = record.parent === undefined ? undefined : recordedRevision(record.parent)
    const before = parent && this.valueAt(parent)
    const patch = this.values.get(record.patchDigest!)
    if (before && patch) this.values.derive(record.digest, patchedObject(before, patch))
  }
}
