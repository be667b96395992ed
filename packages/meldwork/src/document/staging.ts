import {
  canonicalJson,
  compareCodePoints,
  type ExponentStyle,
  equalJson,
  hexadecimal,
  isJsonArray,
  type JsonObject,
  keepNumbers,
  memberOf,
  sha256Of,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { ChangeRecord } from './delta.js'
import { isDescriptor, orderField, patchField } from './names.js'
import { isCharacterCode, objectDigest } from './object-digest.js'
import type { Objects, Order } from './objects.js'
import { orderPatch } from './order-patch.js'
import { isCountable, type PackedObject, withEscapedBraces } from './pack.js'
import { childRevision, compareRevisions, creationRevision, isDeleted, markers, type Revision } from './revision.js'
import { isKnownByDigest, type ObjectValues } from './values.js'

/** A revision that no block holds yet. */
export interface StagedChange {
  readonly object: string
  readonly revision: Revision
  readonly parent: string | undefined
}

/** What becomes of an object in conflict: it is as at one of its leaves, has a value of its own, or is deleted. */
export type Choice = { readonly revision: string } | { readonly value: JsonObject } | { readonly deleted: true }

/** How new values are written. */
export interface WritingStyle {
  readonly exponents: ExponentStyle
  readonly braces: 'plain' | 'escaped'
}

/**
 * Changes that were made and not committed. Each is a revision in the trees of {@link Objects} from the moment on at which it is made, so that readers
 * see it; here is what makes blocks of them, and takes them back.
 */
export class Staging {
  private staged: StagedChange[] = []
  private readonly writing = new Set<StagedChange>()
  private readonly objects: Objects
  private readonly values: ObjectValues
  private readonly style: WritingStyle

  constructor(objects: Objects, values: ObjectValues, style: WritingStyle) {
    this.objects = objects
    this.values = values
    this.style = style
  }

  get isEmpty(): boolean {
    return this.staged.length === 0
  }

  /** What is staged now, in the order in which it was. Not to be changed. */
  get all(): readonly StagedChange[] {
    return this.staged
  }

  /** How many revisions are staged. */
  get changes(): number {
    return this.staged.length
  }

  /** Ids of the objects with staged changes. */
  touched(): Set<string> {
    return new Set(this.staged.map(({ object }) => object))
  }

  /**
   * Makes the document consist of these objects: others are deleted.
   * @throws CodedError `document-malformed` for an object that cannot be stored: then nothing is staged
   */
  update(objects: ReadonlyMap<string, JsonObject>): void {
    for (const [id, object] of objects) checkStorable(id, object)
    for (const id of [...this.objects.ids()]) if (!objects.has(id)) this.delete(id)
    for (const [id, object] of objects) this.put(id, object)
  }

  /**
   * Gives an object a value; nothing is staged when it has that already. Numbers that are equal keep the form in which they are stored.
   * @returns the winner then
   * @throws CodedError `document-malformed` for an object that cannot be stored
   */
  put(id: string, object: JsonObject): Revision {
    checkStorable(id, object)
    const order = isDescriptor(id) ? memberOf(object, orderField) : undefined
    if (order !== undefined && isJsonArray(order)) this.putOrder(id, order)
    else this.putValue(id, object)
    return this.objects.winner(id)!
  }

  /** Gives an object a creation, also when there is one: then there are two, in conflict, unless they are equal. @throws as {@link put} */
  create(id: string, object: JsonObject): Revision {
    checkStorable(id, object)
    return this.add(id, undefined, object)
  }

  /** @returns the deletion, or undefined when there is no such object, or it is deleted */
  delete(id: string): Revision | undefined {
    const winner = this.objects.winner(id)
    return winner === undefined || isDeleted(winner) ? undefined : this.addDigest(id, winner, markers.deleted)
  }

  /** Takes back what is staged of an object, then deletes what is left of it. @returns as {@link delete} */
  remove(id: string): Revision | undefined {
    this.takeBack(this.staged.filter(change => change.object === id))
    return this.delete(id)
  }

  /**
   * Ends the conflict of an object: its winner is, or becomes, what was chosen, and the other leaves are marked as resolved.
   * @param choice a revision must be one of its leaves
   * @returns the winner then
   */
  resolve(id: string, choice: Choice): Revision {
    const tree = this.objects.tree(id)!
    const winner = tree.winner!
    const leaf = 'revision' in choice ? tree.leaves.find(({ text }) => text === choice.revision) : undefined
    if ('deleted' in choice || (leaf && isDeleted(leaf))) this.delete(id)
    else if (leaf && isDescriptor(id)) this.followOrder(id, winner, this.objects.mergedOrder(id, leaf))
    else {
      const value = leaf ? (this.objects.valueAt(leaf) ?? {}) : (choice as { value: JsonObject }).value
      const order = isDescriptor(id) ? memberOf(value, orderField) : undefined
      if (order !== undefined && isJsonArray(order)) this.followOrder(id, winner, order)
      else this.putValue(id, value)
    }
    return this.settle(id)
  }

  /**
   * Ends the conflicts of all lists: the winner is followed by the order that readers see. Melda's own tools hang when they meet such a conflict, and fail where an
   * object names a list that is deleted: of the objects in conflict, and those that are staged, none does afterwards.
   * @returns what was staged for it
   */
  resolveLists(): StagedChange[] {
    const before = this.staged.length
    let named: ReadonlySet<string> | undefined
    for (const id of [...this.objects.conflicted()]) {
      if (!isDescriptor(id)) continue
      const winner = this.objects.winner(id)!
      if (!isDeleted(winner)) this.followOrder(id, winner, this.objects.mergedOrder(id, winner))
      else {
        // Deleted on one side, changed on the other: it is there as long as one version of an object has it.
        named ??= this.objects.namedLists(this.objects.ids())
        if (named.has(id)) this.add(id, winner, { [orderField]: this.objects.order(id) })
      }
      this.settle(id)
    }
    for (const id of this.objects.namedLists([...this.objects.conflicted(), ...this.touched()])) {
      const winner = this.objects.winner(id)
      if (winner && isDeleted(winner)) this.add(id, winner, { [orderField]: [] })
    }
    return this.staged.slice(before)
  }

  /** Stages the whole order of each list of which the winner is a patch, so that readers need not go back. */
  snapshot(): void {
    for (const id of [...this.objects.ids()]) {
      if (!isDescriptor(id) || !this.objects.isLive(id)) continue
      const winner = this.objects.winner(id)!
      const value = this.objects.value(id)
      if (value && memberOf(value, orderField) !== undefined && !this.objects.conflicted().has(id)) continue
      this.add(id, winner, { [orderField]: this.objects.order(id) })
      this.settle(id)
    }
  }

  /**
   * Makes creations of all that is staged: of each object, what its leaves say. For the first block of a document, in which Melda's own
   * tools accept nothing else.
   */
  collapse(): void {
    if (this.staged.every(({ parent }) => parent === undefined)) return
    const created: [string, JsonObject][] = []
    for (const id of this.touched()) {
      for (const leaf of this.objects.tree(id)!.leaves) {
        if (isDeleted(leaf)) continue
        const value = this.objects.valueAt(leaf) ?? {}
        const isOrder =
          isDescriptor(id) && (memberOf(value, patchField) !== undefined || memberOf(value, orderField) !== undefined)
        created.push([id, isOrder ? { [orderField]: this.objects.orderAt(id, leaf) } : value])
      }
    }
    this.takeBack(this.staged)
    for (const [id, value] of created) this.add(id, undefined, value)
  }

  /** Takes back everything but what is being written. */
  clear(): void {
    this.takeBack(this.staged.filter(change => !this.writing.has(change)))
    if (this.staged.length === 0) this.values.unstage()
  }

  /** Takes back these changes, as far as nothing follows them. */
  takeBack(changes: readonly StagedChange[]): void {
    const gone = new Set<StagedChange>()
    // Children come after their parents.
    for (const change of [...changes].reverse())
      if (this.objects.unstage(change.object, change.revision.text)) gone.add(change)
    this.staged = this.staged.filter(change => !gone.has(change))
  }

  /** Lets go of what blocks have brought: somebody else committed the same. To be called after blocks have come. */
  prune(): void {
    this.staged = this.staged.filter(({ object, revision }) => this.objects.tree(object)?.isStaged(revision.text))
    if (this.staged.length === 0) this.values.unstage()
  }

  /** Begins to write all that is staged: it stays where it is until {@link written}. */
  beginWriting(): StagedChange[] {
    for (const change of this.staged) this.writing.add(change)
    return [...this.staged]
  }

  /** Ends writing. @param done whether a block holds these changes now */
  written(changes: readonly StagedChange[], done: boolean): void {
    for (const change of changes) this.writing.delete(change)
    if (!done) return
    const gone = new Set(changes)
    this.staged = this.staged.filter(change => !gone.has(change))
    if (this.staged.length === 0) this.values.unstage()
  }

  /** What a block records of these changes: by objects, then by revisions. */
  records(changes: readonly StagedChange[] = this.staged): ChangeRecord[] {
    return [...changes]
      .sort((a, b) => compareCodePoints(a.object, b.object) || compareRevisions(a.revision, b.revision))
      .map(({ object, revision, parent }) => ({ object, parent, digest: revision.digest }))
  }

  /** The values of these changes that no block which counts has in its packs. */
  newValues(changes: readonly StagedChange[] = this.staged): PackedObject[] {
    const found = new Map<string, PackedObject>()
    for (const { revision } of changes) {
      const { digest } = revision
      const text = isKnownByDigest(digest) ? undefined : this.values.newText(digest)
      if (text !== undefined) found.set(digest, { digest, text })
    }
    return [...found.values()]
  }

  /** Stages a revision that is known from elsewhere. */
  restore(object: string, revision: Revision, parent: string | undefined): void {
    if (this.objects.tree(object)?.has(revision.text)) return
    this.objects.stage(object, revision, parent)
    this.staged.push({ object, revision, parent })
  }

  private putValue(id: string, object: JsonObject): void {
    const winner = this.objects.winner(id)
    if (winner === undefined || isDeleted(winner)) {
      this.add(id, winner ?? this.objects.tree(id)?.deadEnd, object)
      return
    }
    const before = this.objects.value(id)
    if (before && equalJson(before, object)) return
    this.add(id, winner, before ? (keepNumbers(before, object) as JsonObject) : object)
  }

  private putOrder(id: string, order: Order): void {
    const winner = this.objects.winner(id)
    if (winner === undefined) this.add(id, this.objects.tree(id)?.deadEnd, { [orderField]: order })
    else if (isDeleted(winner) || !equalJson(order, this.objects.order(id))) {
      // Who wrote this order has seen those of all leaves: none of them comes back behind it.
      this.followOrder(id, winner, order)
      this.settle(id)
    }
  }

  /** Gives a list another order than its winner has by itself: a patch of that. */
  private followOrder(id: string, winner: Revision, order: Order): void {
    const patch = orderPatch(this.objects.orderAt(id, winner), order)
    if (patch.length > 0) this.add(id, winner, { [patchField]: patch })
    // An empty patch of a deleted list would leave it deleted.
    else if (isDeleted(winner)) this.add(id, winner, { [orderField]: [] })
  }

  /** Marks all leaves but the winner as resolved. */
  private settle(id: string): Revision {
    const tree = this.objects.tree(id)!
    const winner = tree.winner!
    for (const leaf of [...tree.leaves]) if (leaf !== winner) this.addDigest(id, leaf, markers.resolved)
    return winner
  }

  private add(id: string, parent: Revision | undefined, value: JsonObject): Revision {
    const { digest, text } = this.stored(value)
    if (!isKnownByDigest(digest)) this.values.stage(digest, value, text)
    return this.addDigest(id, parent, digest)
  }

  private addDigest(id: string, parent: Revision | undefined, digest: string): Revision {
    const revision = parent === undefined ? creationRevision(digest) : childRevision(parent, digest)
    this.restore(id, revision, parent?.text)
    return revision
  }

  /** How a value is stored, and its digest: of the text that stands in the pack. */
  private stored(value: JsonObject): PackedObject {
    const text = canonicalJson(value, { exponents: this.style.exponents })
    if (this.style.braces === 'escaped' && !isCountable(text)) {
      const escaped = withEscapedBraces(text)
      return { digest: hexadecimal(sha256Of(escaped)), text: escaped }
    }
    if (text === '{}' || memberOf(value, '#') !== undefined) return { digest: objectDigest(value), text }
    return { digest: hexadecimal(sha256Of(text)), text }
  }
}

/**
 * Refuses what would be lost. An object with a field `#` is stored as that field alone, which must be a character code (up to eight hexadecimal digits); one
 * with an `_id` of its own is not stored at all.
 */
function checkStorable(id: string, object: JsonObject): void {
  const refuse = (reason: string): never => {
    throw new CodedError('document-malformed', `The object ${id} cannot be stored: ${reason}`, { path: id, reason })
  }
  if (memberOf(object, '_id') !== undefined) refuse('its id must not stand in it as _id')
  if (memberOf(object, '#') === undefined) return
  const digest = objectDigest(object)
  // The codes d and e would be a deletion and an empty object.
  const isCode = isCharacterCode(digest) && digest !== markers.deleted && digest !== markers.empty
  if (!isCode || Object.keys(object).length > 1)
    refuse('a field # may only stand alone, with up to eight hexadecimal digits')
}
