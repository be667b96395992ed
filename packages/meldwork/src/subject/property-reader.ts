import { TermKind, type ValueId } from '../rdf/index.js'
import { Coercion, Container, type Key, type Keys } from './keys.js'
import { readLanguageMap } from './language-map.js'
import { ListReader } from './list-reader.js'
import { asObject, decidingKeyword, isNativeObject, type JsonObject, onlyMember } from './objects.js'
import type { Reading } from './reading.js'
import type { ValueReader } from './values.js'
import { isVariable } from './variable.js'

/** Reads the values of properties: sets, containers, lists, and what stands the other way round. */
export class PropertyReader {
  private readonly reading: Reading
  private readonly values: ValueReader
  private readonly lists: ListReader
  private readonly readSubject: (object: JsonObject, itemKey: Key) => ValueId

  /** @param readSubject reads an object that is a subject, or a reference to one; its second argument is for {@link list} */
  constructor(reading: Reading, readSubject: (object: JsonObject, itemKey: Key) => ValueId) {
    this.reading = reading
    this.values = reading.values
    this.lists = new ListReader(this.values, (key, value) => this.itemId(key, value))
    this.readSubject = readSubject
  }

  /** Reads the values of a property. */
  property(subject: ValueId, key: Key, value: unknown): void {
    if (key.iri === '') return
    if (key.unsupported !== '') this.contained(subject, key, value)
    else this.plain(subject, key, value)
  }

  private plain(subject: ValueId, key: Key, value: unknown): void {
    if (key.coercion === Coercion.json) {
      if (value !== null && value !== undefined)
        this.reading.emit(subject, key, this.values.json(value, true), undefined)
    } else if (Array.isArray(value)) this.items(subject, key, value, undefined)
    else this.value(subject, key, value, undefined)
  }

  /** Values under a key that is a container or reverse. */
  private contained(subject: ValueId, key: Key, value: unknown): void {
    if (key.container === Container.other) this.values.path.failUnsupported(key.unsupported)
    if (value === null || value === undefined) return
    if (key.container === Container.list) this.listValue(subject, key, value)
    else if (key.container === Container.none || !isMap(value)) this.oneWay(subject, key, value)
    else if (key.container === Container.index) this.indexMap(subject, key, asObject(value, this.values.path))
    else {
      const seen = new Set<ValueId>()
      readLanguageMap(this.values, asObject(value, this.values.path), id => this.reading.emit(subject, key, id, seen))
    }
  }

  private oneWay(subject: ValueId, key: Key, value: unknown): void {
    if (key.reverse) this.reverseValues(subject, key, value)
    else this.plain(subject, key, value)
  }

  /** Its keys say nothing that RDF could keep. */
  private indexMap(subject: ValueId, key: Key, map: JsonObject): void {
    const { path } = this.values
    path.enter()
    for (const name of Object.keys(map)) {
      path.at(name)
      const keyword = this.reading.keys.context.keyword(name) ?? '@none'
      if (keyword !== '@none') path.failUnsupported(name, 'here stand index keys; put a subject into an array')
      this.oneWay(subject, key, map[name])
    }
    path.leave()
  }

  /** What stands under `@reverse`: for each property, the subjects that have this one as a value. */
  reverse(subject: ValueId, value: unknown): void {
    const { path } = this.values
    if (value === null || value === undefined) return
    const map = asObject(value, path)
    path.enter()
    for (const name of Object.keys(map)) {
      path.at(name)
      const key = this.reading.keys.key(name, path)
      if (key.keyword !== '') path.failUnsupported(name, 'under "@reverse" stand properties')
      if (key.reverse) path.failUnsupported(name, 'it is reverse already; put it beside "@reverse"')
      if (key.unsupported !== '') path.failUnsupported(key.unsupported)
      if (key.iri !== '') this.reverseValues(subject, key, map[name])
    }
    path.leave()
  }

  private reverseValues(object: ValueId, key: Key, value: unknown): void {
    const { path } = this.values
    const subjects: readonly unknown[] = Array.isArray(value) ? value : [value]
    const property = this.reading.keys.property(key, true)
    if (subjects === value) path.enter()
    for (let i = 0; i < subjects.length; i++) {
      if (subjects === value) path.at(i)
      const subject = this.valueId(key, subjects[i])
      if (subject === 0) continue
      if (this.reading.keys.terms.kind(subject) !== TermKind.iri) path.failValue('a subject, or a reference to one')
      this.reading.sink.triple(subject, property, object)
    }
    if (subjects === value) path.leave()
  }

  /** @param seen the values that the set already has, when it is one */
  private items(subject: ValueId, key: Key, items: readonly unknown[], seen: Set<ValueId> | undefined): void {
    const { path } = this.values
    const unique = seen ?? (items.length > 1 ? new Set<ValueId>() : undefined)
    path.enter()
    for (let i = 0; i < items.length; i++) {
      path.at(i)
      if (Array.isArray(items[i])) path.failUnsupported('an array in an array', 'values of a property are one set')
      this.value(subject, key, items[i], unique)
    }
    path.leave()
  }

  private value(subject: ValueId, key: Key, value: unknown, seen: Set<ValueId> | undefined): void {
    if (value === null || value === undefined) return
    if (typeof value === 'object' && !isNativeObject(value)) {
      this.objectValue(subject, key, asObject(value, this.values.path), seen)
    } else this.reading.emit(subject, key, this.native(key, value), seen)
  }

  private native(key: Key, value: unknown): ValueId {
    if (this.reading.template && typeof value === 'string' && isVariable(value)) {
      this.values.path.failUnsupported(value, 'a variable cannot be inserted')
    }
    return this.values.native(key, value, true)
  }

  private objectValue(subject: ValueId, key: Key, object: JsonObject, seen: Set<ValueId> | undefined): void {
    const { reading } = this
    const { path } = this.values
    const outer = reading.enterContext(object)
    const keyword = decidingKeyword(object, reading.keys, path)
    if (keyword === '@set') {
      const set = onlyMember(object, '@set', reading.keys, path)
      path.enter()
      path.at('@set')
      this.items(subject, key, Array.isArray(set) ? set : [set], seen)
      path.leave()
    } else {
      const id = this.objectId(this.underContext(key, outer), object, keyword)
      if (id !== 0) reading.emit(subject, key, id, seen)
    }
    reading.use(outer)
  }

  /** One value, which is not a set. @returns 0 when it says nothing */
  private valueId(key: Key, value: unknown): ValueId {
    if (value === null || value === undefined) return 0
    if (typeof value !== 'object' || isNativeObject(value)) return this.native(key, value)
    const { reading } = this
    const object = asObject(value, this.values.path)
    const outer = reading.enterContext(object)
    const keyword = decidingKeyword(object, reading.keys, this.values.path)
    const id = this.objectId(this.underContext(key, outer), object, keyword)
    reading.use(outer)
    return id
  }

  /** What a key is under the context of its value, if that has one: its coercion is that of items of a list. */
  private underContext(key: Key, outer: Keys): Key {
    const { keys } = this.reading
    return keys === outer || key.name === '' ? key : keys.key(key.name, this.values.path)
  }

  /** An object is what its first keyword says that only one thing has; otherwise it is a subject, or a reference to one. */
  private objectId(key: Key, object: JsonObject, keyword: string): ValueId {
    const { values } = this
    switch (keyword) {
      case '@value':
      case '@language':
        return values.valueObject(object, true) ?? 0
      case '@vocab':
        return values.vocabulary(onlyMember(object, '@vocab', this.reading.keys, values.path), true)
      case '@set':
        return values.path.failUnsupported('@set', 'here stands one value')
      default:
        return this.readSubject(object, key)
    }
  }

  /** The value of a key whose values are lists: one, unless its object says that it is a list itself. */
  private listValue(subject: ValueId, key: Key, value: unknown): void {
    const isObject =
      isMap(value) && Object.keys(value).some(name => this.reading.keys.context.keyword(name) === '@list')
    this.reading.emit(subject, key, isObject ? this.valueId(key, value) : this.newList(key, value), undefined)
  }

  /** An item of a list. An array is a list of its own. */
  private itemId(key: Key, value: unknown): ValueId {
    return Array.isArray(value) ? this.newList(key, value) : this.valueId(key, value)
  }

  private newList(key: Key, value: unknown): ValueId {
    const list = this.reading.generate()
    this.list(list, key, Array.isArray(value) ? value : [value])
    return list
  }

  /** Reads what `@list` has. @param key tells the coercion of the items */
  list(list: ValueId, key: Key, value: unknown): void {
    const { reading, values } = this
    if (reading.sink.list === undefined) values.path.failUnsupported('@list')
    if (value === null || value === undefined) return
    this.lists.read(key, value, (index, items) => this.reading.sink.list!(list, index, items))
  }
}

/** An object in the place of values that is a map of them in JSON-LD. */
function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNativeObject(value)
}
