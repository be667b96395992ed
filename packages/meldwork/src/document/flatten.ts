import {
  hexadecimal,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonPath,
  maxJsonDepth,
  setMember,
  sha256Of,
  sortedKeys,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import { AnonymousItems, type ItemsOf } from './anonymous-items.js'
import type { Generation } from './generation.js'
import { descriptorPrefix, escapePrefix, idField, isFlattened, orderField, rootId } from './names.js'

/**
 * What becomes of the items of a flattened array that have no `_id`, and of those that are no objects. `all`: each is kept. `original`: to the letter as
 * Melda's tools, of which all anonymous items of an array but the last are lost, and what is no object is kept but not read back.
 */
export type ItemsOption = 'all' | 'original'

export interface FlattenOptions {
  /** Where the order of an array is kept, and under which identifier. Default: `D`. */
  readonly generation?: Generation
  /** Default: `all`. */
  readonly items?: ItemsOption
  /** The items that an array has now, so that an anonymous one keeps its identifier. Default: none. */
  readonly itemsOf?: ItemsOf
}

/** A document as a set of objects. */
export interface FlatDocument {
  /** The identifier of the document itself. */
  readonly root: string
  /** By identifier; without `_id`. Array descriptors, `{ "A": order }`, are among them. */
  readonly objects: ReadonlyMap<string, JsonObject>
}

/**
 * Takes a document apart: each object in a field whose name ends in `♭`, and each array there, becomes an object of its own. All other fields stay as
 * they are, whatever is in them. Pure: the same document, and the same items, give the same objects on every replica.
 * @throws CodedError `document-malformed` when it is no object, when an `_id` is no text, is empty or begins with `^` (`items: 'all'`: or with `!`), and when it nests
 * too deep; `document-duplicate-id` when two objects have the same (`items: 'original'`: the later one replaces the earlier)
 */
export function flatten(document: JsonValue, options: FlattenOptions = {}): FlatDocument {
  return new Flattening(options).document(document)
}

class Flattening {
  private readonly generation: Generation
  private readonly all: boolean
  private readonly anonymous: AnonymousItems
  private readonly objects = new Map<string, JsonObject>()
  /** For messages. */
  private readonly steps: (string | number)[] = []

  constructor({ generation = 'D', items = 'all', itemsOf = () => [] }: FlattenOptions) {
    this.generation = generation
    this.all = items === 'all'
    this.anonymous = new AnonymousItems(itemsOf)
  }

  document(document: JsonValue): FlatDocument {
    if (!isJsonObject(document)) return this.fail('a document is an object')
    if (this.all) this.anonymous.reserve(document)
    return {
      root: this.object(
        document,
        ownId(document, () => rootId),
        '',
      ),
      objects: this.objects,
    }
  }

  private fail(reason: string): never {
    const path = jsonPath(this.steps)
    const place = path === '' ? '' : ` at ${path}`
    throw new CodedError('document-malformed', `The document cannot be kept${place}: ${reason}`, { path, reason })
  }

  /** @param path the identifiers and fields that lead here, without separator */
  private object(object: JsonObject, id: JsonValue, path: string): string {
    const { steps } = this
    this.checkDepth()
    const checked = this.checkedId(id)
    if (this.all) {
      if (this.objects.has(checked)) this.failDuplicate(checked)
      // Its place, before those of what is in it.
      this.objects.set(checked, object)
    }
    const flat: { [key: string]: JsonValue } = {}
    for (const key of sortedKeys(object)) {
      if (key === idField) continue
      let value = object[key]
      if (isFlattened(key)) {
        steps.push(key)
        value = this.field(value, checked, key, path + checked + key)
        steps.pop()
      }
      setMember(flat, key, value)
    }
    this.objects.set(checked, flat)
    return checked
  }

  private checkDepth(): void {
    if (this.steps.length >= maxJsonDepth)
      this.fail(`more than ${maxJsonDepth} arrays and objects stand in one another`)
  }

  private checkedId(id: JsonValue): string {
    if (typeof id !== 'string') return this.failId('is a text')
    if (id === '') this.failId('is not empty')
    if (id.startsWith(descriptorPrefix)) this.failId(`does not begin with ${descriptorPrefix}`)
    // A reference to it would be taken for a text.
    if (this.all && id.startsWith(escapePrefix)) this.failId(`does not begin with ${escapePrefix}`)
    return id
  }

  private failId(rule: string): never {
    this.steps.push(idField)
    return this.fail(`an ${idField} ${rule}`)
  }

  private failDuplicate(id: string): never {
    const path = jsonPath([...this.steps, idField])
    throw new CodedError(
      'document-duplicate-id',
      `Two objects of the document have the ${idField} "${id}", the second at ${path}: give one another, or none`,
      { id, path },
    )
  }

  private field(value: JsonValue, owner: string, key: string, path: string): JsonValue {
    if (!isJsonArray(value)) return this.element(value, owner, key, path)
    const order = this.elements(value, owner, key, path)
    if (this.generation === 'A') return order
    const descriptor = descriptorPrefix + (this.generation === 'B' ? hashOf(path) : `${owner}@${key}`)
    this.objects.set(descriptor, { [orderField]: order })
    return descriptor
  }

  private elements(items: readonly JsonValue[], owner: string, key: string, path: string): JsonValue[] {
    const { steps } = this
    this.checkDepth()
    return items.map((item, i) => {
      steps.push(i)
      const element =
        this.all && isJsonObject(item) && !Object.hasOwn(item, idField)
          ? this.object(item, this.anonymous.idOf(item, owner, key, path), path)
          : this.element(item, owner, key, path)
      steps.pop()
      return element
    })
  }

  private element(value: JsonValue, owner: string, key: string, path: string): JsonValue {
    if (typeof value === 'string') return escapePrefix + value
    if (isJsonArray(value)) return this.elements(value, owner, key, path)
    if (isJsonObject(value))
      return this.object(
        value,
        ownId(value, () => hashOf(path)),
        path,
      )
    return value
  }
}

/** Also what is no identifier, for the check. */
const ownId = (object: JsonObject, otherwise: () => string): JsonValue =>
  Object.hasOwn(object, idField) ? object[idField] : otherwise()

const hashOf = (text: string): string => hexadecimal(sha256Of(text))
