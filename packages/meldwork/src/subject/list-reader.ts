import type { ValueId } from '../rdf/index.js'
import type { Key } from './keys.js'
import { asObject, idOf, isNativeObject, type JsonObject } from './objects.js'
import type { ValueReader } from './values.js'

/** An item to put into a list. */
export interface ListItem {
  /** The slot in which it stands; 0 for a new one. */
  readonly slot: ValueId
  readonly item: ValueId
}

const canonicalIndex = /^(?:0|[1-9][0-9]*)$/

/**
 * Reads what `@list` has: an array, an object whose keys are indexes, or a single value. An item that is `{ '@id': ..., '@item': ... }`
 * names its slot.
 *
 * Errors: `pattern-invalid` for what is no index, `value-invalid` for null, which no list has.
 */
export class ListReader {
  private readonly values: ValueReader
  private readonly id: (key: Key, value: unknown) => ValueId

  /** @param id reads one value; 0 when it says nothing */
  constructor(values: ValueReader, id: (key: Key, value: unknown) => ValueId) {
    this.values = values
    this.id = id
  }

  /**
   * @param key tells the coercion of the items
   * @param insert called at least once, with an index in the list as it was
   */
  read(key: Key, json: unknown, insert: (index: number, items: readonly ListItem[]) => void): void {
    if (typeof json === 'object' && json !== null && !Array.isArray(json) && !isNativeObject(json)) {
      this.indexed(key, asObject(json, this.values.path), insert)
    } else insert(0, this.items(key, json))
  }

  private indexed(key: Key, object: JsonObject, insert: (index: number, items: readonly ListItem[]) => void): void {
    const { path } = this.values
    let empty = true
    path.enter()
    for (const name of Object.keys(object)) {
      path.at(name)
      if (!canonicalIndex.test(name) || !Number.isSafeInteger(Number(name))) {
        path.failPattern('an index, which is an integer from 0; an item that is an object stands in an array')
      }
      insert(Number(name), this.items(key, object[name]))
      empty = false
    }
    path.leave()
    if (empty) insert(0, [])
  }

  private items(key: Key, json: unknown): ListItem[] {
    if (!Array.isArray(json)) return [this.item(key, json)]
    const { path } = this.values
    const items: ListItem[] = []
    path.enter()
    for (let i = 0; i < json.length; i++) {
      path.at(i)
      items.push(this.item(key, json[i]))
    }
    path.leave()
    return items
  }

  private item(key: Key, json: unknown): ListItem {
    if (typeof json !== 'object' || json === null || !Object.hasOwn(json, '@item')) {
      return { slot: 0, item: this.said(key, json) }
    }
    const { values } = this
    const object = asObject(json, values.path)
    values.path.enter()
    this.refuseOthers(object)
    const id = idOf(object, values.keys, values.path)
    const slot = id === undefined ? 0 : values.reference(id, true)
    values.path.at('@item')
    const item = this.said(key, object['@item'])
    values.path.leave()
    return { slot, item }
  }

  private refuseOthers(object: JsonObject): void {
    const { path, keys } = this.values
    for (const name of Object.keys(object)) {
      path.at(name)
      if (name !== '@item' && keys.key(name, path).keyword !== '@id') {
        path.failUnsupported(name, 'a slot has "@id" and "@item"')
      }
    }
  }

  private said(key: Key, json: unknown): ValueId {
    const id = this.id(key, json)
    return id === 0 ? this.values.path.failValue('a value: a list has no null') : id
  }
}
