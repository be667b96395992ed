import { type PropertyId, rdf, type TripleSink, type ValueId } from '../rdf/index.js'
import { Coercion, type Key, type Keys } from './keys.js'
import { asObject, decidingKeyword, idOf, isNativeObject, type JsonObject, onlyMember } from './objects.js'
import { ValueReader } from './values.js'
import { isVariable } from './variable.js'

/** Receives a {@link SubjectReader.patch}: first what goes, then the triples that come. */
export interface PatchSink extends TripleSink {
  /** Every value of this property goes. Comes before the triples of the property, once for each key of the patch. */
  replace(subject: ValueId, property: PropertyId): void
}

/** What to read, besides the JSON itself. */
export interface InsertOptions {
  /** Where the JSON stands in what the caller gave: `$` by default. */
  readonly path?: string
  /**
   * Whether strings that look like variables are refused, as in the `@insert` of an update, where they will have a meaning;
   * otherwise they are text.
   */
  readonly template?: boolean
}

/**
 * Reads JSON subjects as triples: nested subjects are triples of their own and a reference to them, arrays are sets, null,
 * undefined and empty arrays say nothing. Only own enumerable string keys are read, as `JSON.stringify` does.
 *
 * Triples go to the sink as they are met: when reading fails, what has gone there must be dropped. The same triple may come more
 * than once, though not from one array. Terms that were added to the dictionary stay there.
 *
 * Errors: `value-invalid` for what is no JSON, too deep or cyclic; `iri-malformed`; `pattern-unsupported` for keywords of JSON-LD
 * that are not supported (`@list`, `@reverse`, `@index`, `@context` in a subject ...) and for arrays in arrays. Each has the path.
 */
export class SubjectReader {
  private readonly keys: Keys
  private readonly values: ValueReader
  private readonly newId: () => string
  private sink: TripleSink = nowhere
  private generated: string[] = []
  private template = false
  private type: PropertyId = -1

  /** @param newId gives a new identifier, relative to the domain: `rdf/newId` with the clone's source of chance */
  constructor(keys: Keys, newId: () => string) {
    this.keys = keys
    this.values = new ValueReader(keys)
    this.newId = newId
  }

  /**
   * @param json a subject, an array of subjects, or `{ '@graph': ... }`
   * @returns the identifiers of the subjects that had none, in the order of the JSON, a subject before those inside it
   */
  insert(json: unknown, sink: TripleSink, options: InsertOptions = {}): string[] {
    this.begin(sink, options)
    this.subjects(json)
    return this.end()
  }

  /**
   * A change to one subject: `replace` for every key but `@id`, then the triples of its values. Null and an empty array have none;
   * undefined says nothing. Nested subjects are inserted, not patched.
   * @throws what {@link insert} does, and `pattern-invalid` without an `@id`
   */
  patch(json: unknown, sink: PatchSink, options: InsertOptions = {}): string[] {
    const { values, keys } = this
    const { path } = values
    this.begin(sink, options)
    const object = asObject(json, path)
    path.enter()
    const id = idOf(object, keys, path)
    if (id === undefined) return path.failPattern('the "@id" of the subject to change')
    const subject = values.reference(id, true)
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      const value = object[name]
      if (value === undefined) continue
      const key = keys.key(name, path)
      if (key.keyword === '@type') sink.replace(subject, this.typeProperty())
      else if (key.iri !== '') sink.replace(subject, keys.property(this.supported(key), true))
      this.member(subject, key, value)
    }
    path.leave()
    return this.end()
  }

  private begin(sink: TripleSink, options: InsertOptions): void {
    this.sink = sink
    this.template = options.template === true
    this.values.path.start(options.path ?? '$')
    this.generated = []
  }

  private end(): string[] {
    const { generated } = this
    this.sink = nowhere
    this.generated = []
    return generated
  }

  private subjects(json: unknown): void {
    const { path } = this.values
    if (Array.isArray(json)) {
      path.enter()
      for (let i = 0; i < json.length; i++) {
        path.at(i)
        this.subject(asObject(json[i], path))
      }
      path.leave()
      return
    }
    const object = asObject(json, path)
    if (!Object.hasOwn(object, '@graph')) {
      this.subject(object)
      return
    }
    path.enter()
    for (const name of Object.keys(object)) {
      path.at(name)
      if (name !== '@graph') path.failUnsupported(name, 'beside "@graph" there can be nothing else')
    }
    this.subjects(object['@graph'])
    path.leave()
  }

  /** An object that is a subject: its triples, and its id. */
  private subject(object: JsonObject): ValueId {
    const { values, keys } = this
    const { path } = values
    path.enter()
    const given = idOf(object, keys, path)
    const subject = given === undefined ? this.generate() : values.reference(given, true)
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      this.member(subject, keys.key(name, path), object[name])
    }
    path.leave()
    return subject
  }

  private member(subject: ValueId, key: Key, value: unknown): void {
    if (key.keyword === '') this.property(subject, key, value)
    else if (key.keyword === '@type') this.types(subject, value)
    else if (key.keyword !== '@id') this.values.path.failUnsupported(key.keyword)
  }

  private property(subject: ValueId, key: Key, value: unknown): void {
    if (this.supported(key).iri === '') return
    if (key.coercion === Coercion.json) {
      if (value !== null && value !== undefined) this.emit(subject, key, this.values.json(value, true), undefined)
    } else if (Array.isArray(value)) this.items(subject, key, value, undefined)
    else this.value(subject, key, value, undefined)
  }

  private supported(key: Key): Key {
    return key.unsupported === '' ? key : this.values.path.failUnsupported(key.unsupported)
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
    if (typeof value === 'object' && !isNativeObject(value)) this.objectValue(subject, key, value, seen)
    else this.emit(subject, key, this.native(key, value), seen)
  }

  private native(key: Key, value: unknown): ValueId {
    if (this.template && typeof value === 'string' && isVariable(value)) {
      this.values.path.failUnsupported(value, 'a variable cannot be inserted')
    }
    return this.values.native(key, value, true)
  }

  /** An object is what its first keyword says that only one thing has; otherwise it is a subject, or a reference to one. */
  private objectValue(subject: ValueId, key: Key, value: object, seen: Set<ValueId> | undefined): void {
    const { values } = this
    const object = asObject(value, values.path)
    switch (decidingKeyword(object, this.keys, values.path)) {
      case '@value':
      case '@language': {
        const id = values.valueObject(object, true)
        if (id !== undefined) this.emit(subject, key, id, seen)
        break
      }
      case '@vocab':
        this.emit(subject, key, values.vocabulary(onlyMember(object, '@vocab', this.keys, values.path), true), seen)
        break
      case '@set': {
        const set = onlyMember(object, '@set', this.keys, values.path)
        values.path.enter()
        values.path.at('@set')
        this.items(subject, key, Array.isArray(set) ? set : [set], seen)
        values.path.leave()
        break
      }
      case '@list':
        values.path.failUnsupported('@list')
        break
      default:
        this.emit(subject, key, this.subject(object), seen)
    }
  }

  private types(subject: ValueId, value: unknown): void {
    const { values, sink } = this
    if (value === null || value === undefined) return
    if (!Array.isArray(value)) {
      sink.triple(subject, this.typeProperty(), values.vocabulary(value, true))
      return
    }
    const seen = new Set<ValueId>()
    values.path.enter()
    for (let i = 0; i < value.length; i++) {
      values.path.at(i)
      const type = values.vocabulary(value[i], true)
      if (!seen.has(type)) sink.triple(subject, this.typeProperty(), type)
      seen.add(type)
    }
    values.path.leave()
  }

  private emit(subject: ValueId, key: Key, value: ValueId, seen: Set<ValueId> | undefined): void {
    if (seen !== undefined) {
      if (seen.has(value)) return
      seen.add(value)
    }
    this.sink.triple(subject, this.keys.property(key, true), value)
  }

  private generate(): ValueId {
    const id = this.newId()
    this.generated.push(this.keys.context.compactShortReference(id))
    return this.keys.terms.iri(id, true)
  }

  private typeProperty(): PropertyId {
    if (this.type === -1) this.type = this.keys.terms.property(rdf.type, true)
    return this.type
  }
}

const nowhere: TripleSink = { triple: () => {} }
