import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  maxJsonDepth,
  memberOf,
  setMember,
  sortedKeys,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { ItemsOption } from './flatten.js'
import { escapePrefix, idField, isDescriptor, isFlattened, orderField } from './names.js'

export interface UnflattenOptions {
  /** Whether the items of arrays that are no objects are read back. Default: `all`; `original`: they are left out, as Melda's tools do. */
  readonly items?: ItemsOption
  /** Told of an array descriptor that is not there, used already, or has no order: its array is empty. */
  readonly missing?: (descriptor: string) => void
}

/** What an object says now, without `_id`; undefined for one that is not there or is deleted. An array descriptor as `{ "A": order }`, merged. */
export type ObjectLookup = (id: string) => JsonObject | undefined

/**
 * Puts a document together out of objects of any generation: what {@link flatten} took apart, each object with its `_id`.
 *
 * An object stands in one place: the first that refers to it, depth first, fields by code points. That is where an object is which two replicas have
 * moved apart. Where it is referred to once more, or is not there, an array leaves it out and a field is null.
 * @returns undefined when there is no root
 * @throws CodedError `document-malformed` when objects stand deeper in one another than JSON may
 */
export function unflatten(root: string, lookup: ObjectLookup, options: UnflattenOptions = {}): JsonObject | undefined {
  return new Unflattening(lookup, options).object(root)
}

class Unflattening {
  private readonly lookup: ObjectLookup
  private readonly all: boolean
  private readonly missing: (descriptor: string) => void
  private readonly used = new Set<string>()
  private depth = 0
  /** The object that is being read, for messages. */
  private place = ''

  constructor(lookup: ObjectLookup, { items = 'all', missing = () => {} }: UnflattenOptions) {
    this.lookup = lookup
    this.all = items === 'all'
    this.missing = missing
  }

  object(id: string): JsonObject | undefined {
    const object = this.take(id)
    if (object === undefined) return undefined
    this.place = id
    this.enter()
    const read: { [key: string]: JsonValue } = {}
    for (const key of sortedKeys(object)) {
      const value = object[key]
      if (key !== idField) setMember(read, key, isFlattened(key) ? this.field(value) : value)
    }
    read[idField] = id
    this.depth--
    return read
  }

  /** Each object once. */
  private take(id: string): JsonObject | undefined {
    if (this.used.has(id)) return undefined
    const object = this.lookup(id)
    if (object !== undefined) this.used.add(id)
    return object
  }

  private enter(): void {
    if (this.depth++ < maxJsonDepth) return
    const reason = `more than ${maxJsonDepth} arrays and objects stand in one another`
    throw new CodedError('document-malformed', `The document cannot be put together at ${this.place}: ${reason}`, {
      path: this.place,
      reason,
    })
  }

  private field(value: JsonValue): JsonValue {
    if (isJsonArray(value)) return this.items(value, true)
    if (typeof value !== 'string') return value
    if (value.startsWith(escapePrefix)) return value.slice(escapePrefix.length)
    return isDescriptor(value) ? this.ordered(value) : (this.object(value) ?? null)
  }

  private ordered(descriptor: string): JsonValue {
    const object = this.take(descriptor)
    const order = object && memberOf(object, orderField)
    if (order !== undefined && isJsonArray(order)) return this.items(order, this.all)
    this.missing(descriptor)
    return []
  }

  /** @param all whether those that are no objects are among them */
  private items(elements: readonly JsonValue[], all: boolean): JsonValue[] {
    this.enter()
    const items: JsonValue[] = []
    for (const element of elements) {
      const item = typeof element === 'string' ? this.named(element, all) : all ? this.other(element) : undefined
      if (item !== undefined) items.push(item)
    }
    this.depth--
    return items
  }

  private named(element: string, all: boolean): JsonValue | undefined {
    if (isDescriptor(element)) return undefined
    // Identifiers that begin so are of others: an object is preferred, as in the original.
    const object = this.object(element)
    if (object !== undefined || !element.startsWith(escapePrefix)) return object
    return all ? element.slice(escapePrefix.length) : undefined
  }

  private other(element: JsonValue): JsonValue | undefined {
    if (isJsonArray(element)) return this.items(element, true)
    // A number, a truth value or null: no array has an object as it is.
    return isJsonObject(element) ? undefined : element
  }
}
