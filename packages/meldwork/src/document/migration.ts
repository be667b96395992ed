import {
  canonicalJson,
  compareCodePoints,
  isJsonArray,
  type JsonObject,
  type JsonValue,
  memberOf,
  setMember,
} from '../codec/index.js'
import { type CommitFiles, commitFiles } from './commit-block.js'
import { type ChangeRecord, type Delta, recordedRevision, revisionOf } from './delta.js'
import { Document } from './document.js'
import { InlineLists } from './inline-lists.js'
import type { Arrivals } from './library.js'
import { ListNames } from './list-names.js'
import { isDescriptor, isFlattened, orderField } from './names.js'
import { Objects } from './objects.js'
import type { PackedObject } from './pack.js'
import {
  childRevision,
  compareRevisions,
  creationRevision,
  isDeleted,
  isEmpty,
  isResolved,
  markers,
  type Revision,
} from './revision.js'
import { Staging, type WritingStyle } from './staging.js'
import { storedText } from './stored-text.js'
import { isKnownByDigest } from './values.js'

const style: WritingStyle = { exponents: 'signed', braces: 'escaped' }

/** A block in its new form. */
export interface MigratedBlock extends CommitFiles {
  /** Its id in the source; undefined for the one that was added. */
  readonly old: string | undefined
}

/**
 * Writes the history of a document in another generation, block by block: each has the information of the old one, and follows the new forms of those that it
 * followed. Objects that refer to lists get other digests, since the lists have other ids; and so their revisions have. Everything else stays as it is, to the
 * byte. Pure: the same blocks give the same on every replica.
 *
 * Which of two revisions wins may depend on their digests. Where another one would win, a last block puts the old winner above it, with the same value.
 */
export class Migration {
  /** The document in its new form. */
  readonly target = new Document({ floats: 'exact' })
  readonly blocks: MigratedBlock[] = []
  /** Objects whose winner was put above another one by the last block, lists among them, by code points of their new ids. */
  readonly raised: string[] = []
  /** Lists whose conflict the last block resolved, since readers would have seen another order; by code points of their new ids. */
  readonly settled: string[] = []
  /** Blocks of which not each revision has a new form of its own: the first ones of a document, with several changes of one object. */
  readonly collapsed: string[] = []
  private readonly source: Document
  private readonly numbered: boolean
  private readonly names: ListNames
  private readonly lists: InlineLists | undefined
  /** The source up to the block that is being written. */
  private readonly past: Objects
  private readonly texts = new Map<string, string>()
  private readonly packs = new Map<string, ReadonlySet<string>>()
  private readonly ids = new Map<string, string>()
  /** The new forms of the revisions of each object; null: there is none. */
  private readonly revisions = new Map<string, Map<string, Revision | null>>()
  /** Values that a pack has. */
  private readonly packed = new Set<string>()
  private readonly values = new Map<string, { readonly digest: string; readonly text: string }>()

  /**
   * @param source with all of its blocks taken in
   * @param packs those of the source
   * @param order ids of the blocks that count, each after those that it follows
   */
  constructor(source: Document, packs: Arrivals['packs'], order: readonly string[], to: 'B' | 'D') {
    this.source = source
    this.numbered = to === 'D'
    for (const { digest, bytes, entries } of packs) {
      this.packs.set(digest, new Set(entries.map(entry => entry.digest)))
      for (const entry of entries)
        if (!this.texts.has(entry.digest))
          this.texts.set(entry.digest, new TextDecoder().decode(bytes.subarray(entry.from, entry.to)))
    }
    const { generation = to, objects, graph } = source
    const from = generation === 'C' ? 'D' : generation
    const values = function* (): Generator<readonly [string, JsonObject]> {
      for (const block of order)
        for (const record of graph.get(block)!.records) {
          const value = objects.valueAt(revisionOf(record))
          if (value) yield [record.object, value]
        }
    }
    const named = { ids: () => objects.ids(), visible: (id: string) => objects.visible(id), values }
    this.names = new ListNames(named, from, to)
    this.past = new Objects(source.values, () => generation === 'A')
    if (generation === 'A') this.lists = new InlineLists(this.names)
    for (const block of order) this.write(block, graph.get(block)!)
    this.restore()
  }

  /** The new id of an object. */
  idOf(object: string): string {
    return isDescriptor(object) ? this.names.of(object) : object
  }

  /** The new id of a list that stood in its owner: generation A. */
  listOf(owner: string, key: string): string {
    return this.names.at(owner, key)
  }

  /** The new form of a value of an object: its lists by their new ids. */
  valueOf(object: string, value: JsonObject): JsonObject {
    if (isDescriptor(object)) return value
    let changed: { [key: string]: JsonValue } | undefined
    for (const key of Object.keys(value)) {
      if (!isFlattened(key)) continue
      const field = value[key]
      const name =
        this.lists && isJsonArray(field)
          ? this.names.at(object, key)
          : typeof field === 'string' && isDescriptor(field)
            ? this.names.of(field)
            : field
      if (name === field) continue
      changed ??= { ...value }
      setMember(changed, key, name)
    }
    return changed ?? value
  }

  private write(block: string, delta: Delta): void {
    const records = [...delta.records].sort(
      (a, b) => revisionOf(a).index - revisionOf(b).index || compareCodePoints(a.object, b.object),
    )
    for (const record of records) this.past.apply(record, block)
    const written = new Map<string, { record: ChangeRecord; revision: Revision }>()
    const own = new Set(delta.packs.flatMap(pack => [...(this.packs.get(pack) ?? [])]))
    const fresh = new Map<string, PackedObject>()
    const put = (record: ChangeRecord, value?: PackedObject, isNew = false): void => {
      const revision = revisionOf(record)
      written.set(`${revision.text} ${record.object}`, { record, revision })
      if (value === undefined || isKnownByDigest(record.digest)) return
      if (isNew || !this.packed.has(record.digest)) fresh.set(record.digest, value)
    }
    const isOrigin = delta.parents.length === 0
    const dropped = isOrigin ? this.collapse(records, block) : undefined
    for (const record of records) {
      const old = revisionOf(record)
      if (dropped?.has(record) || isResolved(old)) continue
      const value = this.newValue(record.object, old)
      const parent = isOrigin ? undefined : this.revisionOf(record.object, record.parent)
      const object = this.idOf(record.object)
      const made = { object, parent: parent?.text, digest: value?.digest ?? markers.deleted }
      put(made, value, own.has(record.patchDigest ?? record.digest))
      this.know(record.object, old, revisionOf(made))
      const inside = this.lists?.change(
        record.object,
        old,
        isOrigin ? undefined : record.parent,
        this.source.objects.valueAt(old),
      )
      for (const { list, parent, stored } of inside ?? []) {
        put({ object: list, parent, digest: stored?.digest ?? markers.deleted }, stored, true)
      }
    }
    for (const record of records) if (!isOrigin && isResolved(revisionOf(record))) this.resolve(record, put)
    const changes = [...written.values()]
      .sort((a, b) => compareCodePoints(a.record.object, b.record.object) || compareRevisions(a.revision, b.revision))
      .map(({ record }) => record)
    const parents = delta.parents.map(parent => this.ids.get(parent)!)
    this.take(commitFiles(changes, [...fresh.values()], delta.information, parents, this.numbered, style), block)
  }

  /** Another one of the leaves was chosen. */
  private resolve(record: ChangeRecord, put: (record: ChangeRecord) => void): void {
    const { object, parent } = record
    const lost = this.revisionOf(object, parent)
    const leaves = this.past.tree(object)?.leaves ?? []
    const others = leaves.map(leaf => this.revisionOf(object, leaf.text)?.text)
    // What is a conflict there may be none here, when only lists inside of the object were different.
    if (lost && !others.includes(lost.text)) {
      const made = { object: this.idOf(object), parent: lost.text, digest: markers.resolved }
      put(made)
      this.know(object, revisionOf(record), revisionOf(made))
    } else this.know(object, revisionOf(record), lost ?? null)
    if (parent === undefined) return
    for (const { list, parent: revision } of this.lists?.resolve(object, parent, leaves) ?? [])
      put({ object: list, parent: revision, digest: markers.resolved })
  }

  /** Of the first block of a document only what it comes to has a new form: Melda's own tools read no other. @returns what has none */
  private collapse(records: readonly ChangeRecord[], block: string): ReadonlySet<ChangeRecord> {
    const dropped = new Set<ChangeRecord>()
    if (records.every(({ parent }) => parent === undefined)) return dropped
    this.collapsed.push(block)
    const next = new Map<string, ChangeRecord[]>()
    for (const record of records) {
      if (record.parent === undefined) continue
      const key = `${record.parent} ${record.object}`
      next.set(key, [...(next.get(key) ?? []), record])
    }
    const following = (record: ChangeRecord): readonly ChangeRecord[] =>
      next.get(`${revisionOf(record).text} ${record.object}`) ?? []
    /** The first of what it became, by records. */
    const last = (record: ChangeRecord): ChangeRecord | undefined => {
      const open = [record]
      for (let at = open.pop(); at; at = open.pop()) {
        if (!dropped.has(at)) return at
        open.push(...following(at))
      }
      return undefined
    }
    for (const record of records) {
      const revision = revisionOf(record)
      if (following(record).length > 0 || isDeleted(revision) || isResolved(revision)) dropped.add(record)
    }
    // What follows one of these elsewhere follows what became of it.
    for (const record of dropped) {
      const became = last(record)
      const value = became && this.newValue(record.object, revisionOf(became))
      this.know(record.object, revisionOf(record), value ? creationRevision(value.digest) : null)
    }
    return dropped
  }

  private know(object: string, old: Revision, revision: Revision | null): void {
    const known = this.revisions.get(object) ?? new Map<string, Revision | null>()
    this.revisions.set(object, known)
    if (!known.has(old.text)) known.set(old.text, revision)
  }

  /** The new form of a revision; undefined when it has none. One that no block brought keeps its text. */
  revisionOf(object: string, old: string | undefined): Revision | undefined {
    if (old === undefined) return undefined
    const known = this.revisions.get(object)?.get(old)
    return known === undefined ? recordedRevision(old) : (known ?? undefined)
  }

  /** A value as it is stored in the new form; undefined for a deletion. */
  private newValue(object: string, old: Revision): PackedObject | undefined {
    if (isDeleted(old)) return undefined
    if (isEmpty(old)) return { digest: markers.empty, text: '{}' }
    const key = `${old.digest} ${object}`
    const known = this.values.get(key)
    if (known) return known
    const value = this.source.objects.valueAt(old) ?? {}
    const changed = this.valueOf(object, value)
    // A character code is in no pack; of generation A, what is there may be a patch.
    const text = changed !== value ? undefined : isKnownByDigest(old.digest) ? '' : this.texts.get(old.digest)
    const made = text === undefined ? storedText(changed) : { digest: old.digest, text }
    this.values.set(key, made)
    return made
  }

  private take(files: CommitFiles, old: string | undefined): void {
    const { pack, id, delta } = files
    for (const { digest } of pack?.entries ?? []) this.packed.add(digest)
    if (old !== undefined) this.ids.set(old, id)
    this.blocks.push({ ...files, old })
    this.target.take({ packs: pack ? [pack] : [], deltas: [{ id, delta }] })
  }

  /** Makes readers see what they saw. */
  private restore(): void {
    const { target, source } = this
    const staging = new Staging(target.objects, target.values, style)
    const raise = (object: string, expected: Revision | undefined): void => {
      const tree = target.objects.tree(object)
      if (!expected || !tree?.isValid(expected.text)) return
      // The tools of generation B take a resolved revision for the winner when it is the greatest.
      const seen = (): string | undefined => (this.numbered ? tree.winner : tree.greatest)?.text
      if (seen() === expected.text) return
      this.raised.push(object)
      let { digest } = expected
      if (isDescriptor(object) && !isDeleted(expected)) {
        // A patch must not be applied twice.
        const stored = storedText({ [orderField]: target.objects.orderAt(object, expected) })
        digest = stored.digest
        target.values.stage(digest, { [orderField]: target.objects.orderAt(object, expected) }, stored.text)
      }
      for (let at = expected; seen() !== at.text; ) {
        const next = childRevision(at, digest)
        staging.restore(object, next, at.text)
        at = next
      }
    }
    const ids = [...source.objects.ids()].sort(compareCodePoints)
    for (const id of ids) {
      const winner = source.objects.winner(id)
      if (!winner) continue
      raise(this.idOf(id), this.revisionOf(id, winner.text))
      for (const [list, revision] of this.lists?.at(id, winner.text) ?? []) raise(list, revision)
    }
    for (const [list, order] of this.orders()) {
      const seen = target.objects.order(list)
      if (canonicalJson(seen) === canonicalJson(order) || !target.objects.isLive(list)) continue
      this.settled.push(list)
      staging.resolve(list, { value: { [orderField]: order } })
    }
    this.raised.sort(compareCodePoints)
    this.settled.sort(compareCodePoints)
    const changes = staging.beginWriting()
    if (changes.length === 0) return
    const information = { description: `Migrated from generation ${source.generation}: what readers saw is restored` }
    const { anchors } = target.graph
    const values = staging.newValues(changes)
    this.take(commitFiles(staging.records(changes), values, information, anchors, this.numbered, style), undefined)
    staging.written(changes, true)
  }

  /** The new ids of the lists that readers see, each with its order. */
  *orders(): Generator<readonly [list: string, order: readonly JsonValue[]]> {
    const { objects } = this.source
    for (const id of [...objects.ids()].sort(compareCodePoints)) {
      const value = objects.visible(id)
      if (!value) continue
      if (isDescriptor(id)) {
        yield [this.idOf(id), memberOf(value, orderField) as readonly JsonValue[]]
        continue
      }
      if (!this.lists) continue
      for (const key of Object.keys(value)) {
        const field = value[key]
        if (isFlattened(key) && isJsonArray(field)) yield [this.names.at(id, key), field]
      }
    }
  }
}
