import { isJsonArray, type JsonObject, type JsonValue, memberOf } from '../codec/index.js'
import type { ListNames } from './list-names.js'
import { isFlattened, orderField, patchField } from './names.js'
import { orderPatch } from './order-patch.js'
import type { PackedObject } from './pack.js'
import { childRevision, creationRevision, isDeleted, markers, type Revision } from './revision.js'
import { storedText } from './stored-text.js'

/** A new revision of a list. */
export interface ListChange {
  readonly list: string
  /** The text of the revision that it follows; undefined for a creation. */
  readonly parent: string | undefined
  /** Undefined: it is deleted. */
  readonly stored: PackedObject | undefined
}

interface ListState {
  readonly revision: Revision
  readonly order: readonly JsonValue[]
}

type Lists = ReadonlyMap<string, ListState>

/**
 * The lists of generation A, which stand inside the objects that own them, as objects of their own: what each revision of an owner says of its lists
 * becomes revisions of these.
 */
export class InlineLists {
  private readonly names: ListNames
  /** By owner and its revision, the state of each of its lists. */
  private readonly states = new Map<string, Lists>()
  /** Revisions of lists that others follow. */
  private readonly followed = new Set<string>()

  constructor(names: ListNames) {
    this.names = names
  }

  /** The lists of an owner at one of its revisions, and the revisions of these. */
  at(owner: string, revision: string): (readonly [list: string, revision: Revision])[] {
    return [...(this.states.get(placeOf(owner, revision)) ?? [])].map(
      ([list, state]) => [list, state.revision] as const,
    )
  }

  /** What becomes of the lists of an owner with a new revision of it. @param value undefined: it is deleted */
  change(owner: string, revision: Revision, parent: string | undefined, value: JsonObject | undefined): ListChange[] {
    const before: Lists = (parent === undefined ? undefined : this.states.get(placeOf(owner, parent))) ?? new Map()
    const after = new Map<string, ListState>()
    const changes: ListChange[] = []
    const add = (
      list: string,
      old: Revision | undefined,
      order: readonly JsonValue[],
      stored: PackedObject | undefined,
    ) => {
      const digest = stored?.digest ?? markers.deleted
      const made = old ? childRevision(old, digest) : creationRevision(digest)
      if (old) this.followed.add(placeOf(list, old.text))
      after.set(list, { revision: made, order })
      changes.push({ list, parent: old?.text, stored })
    }
    for (const key of Object.keys(value ?? {})) {
      const order = memberOf(value!, key)!
      if (!isFlattened(key) || !isJsonArray(order)) continue
      const list = this.names.at(owner, key)
      const known = before.get(list)
      const patch = known && !isDeleted(known.revision) ? orderPatch(known.order, order) : undefined
      if (patch?.length === 0) after.set(list, known!)
      else add(list, known?.revision, order, storedText(patch ? { [patchField]: patch } : { [orderField]: order }))
    }
    for (const [list, known] of before) {
      if (after.has(list)) continue
      if (isDeleted(known.revision)) after.set(list, known)
      else add(list, known.revision, [], undefined)
    }
    this.states.set(placeOf(owner, revision.text), after)
    return changes
  }

  /** The revisions of lists that lost with a revision of their owner. @param leaves of the owner, without it */
  resolve(owner: string, lost: string, leaves: readonly Revision[]): { list: string; parent: string }[] {
    const kept = new Set(
      leaves.flatMap(leaf => this.at(owner, leaf.text).map(([list, { text }]) => placeOf(list, text))),
    )
    return this.at(owner, lost)
      .filter(([list, { text }]) => !kept.has(placeOf(list, text)) && !this.followed.has(placeOf(list, text)))
      .map(([list, { text }]) => ({ list, parent: text }))
  }
}

const placeOf = (object: string, revision: string): string => `${revision} ${object}`
