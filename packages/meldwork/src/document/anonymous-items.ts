import {
  canonicalJson,
  hexadecimal,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  memberOf,
  setMember,
  sha256Of,
} from '../codec/index.js'
import { idField, isFlattened } from './names.js'

/** An item that an array has. */
export interface KnownItem {
  readonly id: string
  /** As a document has it: what is flattened stands in its place, with its `_id` or without. */
  readonly content: JsonObject
}

/**
 * The items that an array has now, in their order, those of arrays in it included: objects only. Asked at most once for an array, and only when
 * one of its items in the document is anonymous.
 * @param owner the identifier of the object whose field the array is @param key the name of the field
 */
export type ItemsOf = (owner: string, key: string) => Iterable<KnownItem>

/**
 * Finds identifiers for the items of flattened arrays that have none: that of an item with the same content which the array has already; else one
 * made of the place and the content. So a document that a person writes without identifiers keeps its objects from one version to the
 * next, as far as they are the same.
 */
export class AnonymousItems {
  private readonly itemsOf: ItemsOf
  /** That no other item may have. */
  private readonly taken = new Set<string>()
  private readonly arrays = new Map<string, ArrayItems>()

  constructor(itemsOf: ItemsOf) {
    this.itemsOf = itemsOf
  }

  /** Takes the identifiers that the document itself gives, wherever they stand. */
  reserve(value: JsonValue): void {
    if (isJsonArray(value)) for (const item of value) this.reserve(item)
    else if (isJsonObject(value)) {
      const id = memberOf(value, idField)
      if (typeof id === 'string') this.taken.add(id)
      for (const key of Object.keys(value)) if (isFlattened(key)) this.reserve(value[key])
    }
  }

  /** @param item without `_id` @param path the identifiers and fields that lead to the array, without separator */
  idOf(item: JsonObject, owner: string, key: string, path: string): string {
    const text = contentText(item)
    const array = this.array(owner, key)
    for (const known of array.with(text)) {
      if (this.taken.has(known.id) || !sameIds(item, known.content)) continue
      this.taken.add(known.id)
      return known.id
    }
    return this.newId(text, array, path)
  }

  private array(owner: string, key: string): ArrayItems {
    const name = `${owner.length}:${owner}${key}`
    const known = this.arrays.get(name)
    if (known !== undefined) return known
    const array = new ArrayItems(this.itemsOf(owner, key))
    this.arrays.set(name, array)
    return array
  }

  /** Counts on where the identifier is in use: an item may have got another content since it was made. */
  private newId(text: string, array: ArrayItems, path: string): string {
    for (;;) {
      const id = hexadecimal(sha256Of(`${path}\n${array.count(text)}\n${text}`))
      if (this.taken.has(id) || array.has(id)) continue
      this.taken.add(id)
      return id
    }
  }
}

/** What an array has now, and how many equal items were made for it. */
class ArrayItems {
  private readonly ids = new Set<string>()
  private readonly byText = new Map<string, KnownItem[]>()
  private readonly counts = new Map<string, number>()

  constructor(items: Iterable<KnownItem>) {
    for (const item of items) {
      this.ids.add(item.id)
      const text = contentText(item.content)
      const same = this.byText.get(text)
      if (same === undefined) this.byText.set(text, [item])
      else same.push(item)
    }
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  with(text: string): readonly KnownItem[] {
    return this.byText.get(text) ?? []
  }

  /** @returns how often it was called with this text before */
  count(text: string): number {
    const count = this.counts.get(text) ?? 0
    this.counts.set(text, count + 1)
    return count
  }
}

/** What tells contents apart: the canonical text without identifiers, which the document may leave out. */
const contentText = (object: JsonObject): string => canonicalJson(withoutIds(object))

function withoutIds(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutIds)
  if (!isJsonObject(value)) return value
  const copy: { [key: string]: JsonValue } = {}
  for (const key of Object.keys(value)) {
    if (key !== idField) setMember(copy, key, isFlattened(key) ? withoutIds(value[key]) : value[key])
  }
  return copy
}

/** Of values whose texts are the same: whether each identifier that the document gives is the one that is there. */
function sameIds(given: JsonValue, known: JsonValue): boolean {
  if (isJsonArray(given)) return isJsonArray(known) && given.every((item, i) => sameIds(item, known[i]))
  if (!isJsonObject(given)) return true
  if (!isJsonObject(known)) return false
  const id = memberOf(given, idField)
  if (id !== undefined && id !== memberOf(known, idField)) return false
  return Object.keys(given).every(key => !isFlattened(key) || sameIds(given[key], memberOf(known, key) ?? null))
}
