import { type PropertyId, rdf, type ValueId } from '../rdf/index.js'
import type { Key, Keys } from './keys.js'
import { asObject, idOf, type JsonObject } from './objects.js'
import { PropertyReader } from './property-reader.js'
import { type InsertOptions, nowhere, Reading, type SubjectSink } from './reading.js'

/** Receives a {@link SubjectReader.patch}: first what goes, then what comes. */
export interface PatchSink extends SubjectSink {
  /** Every value of this property goes. Comes before the triples of the property, once for each key of the patch. */
  replace(subject: ValueId, property: PropertyId): void
  /** Every item of this list goes. Comes before its items, once for each `@list` of the patch. */
  clearList?(list: ValueId): void
}

/**
 * Reads JSON subjects as triples: nested subjects are triples of their own and a reference to them, arrays are sets, null,
 * undefined and empty arrays say nothing. An `@context` in a subject applies to it and what is inside it. Only own enumerable string
 * keys are read, as `JSON.stringify` does.
 *
 * What is read goes to the sink as it is met: when reading fails, what has gone there must be dropped. The same triple may come more
 * than once, though not from one array. Terms that were added to the dictionary stay there.
 *
 * Errors: `value-invalid` for what is no JSON, too deep or cyclic; `iri-malformed`; `context-invalid`; `pattern-invalid` for a list
 * index that is none; `pattern-unsupported` for keywords of JSON-LD that are not supported (`@index`, `@included`, `@nest` ...) and for
 * arrays in arrays that are no lists. Each has the path.
 */
export class SubjectReader {
  private readonly reading: Reading
  private readonly properties: PropertyReader
  private type: PropertyId = -1

  /** @param newId gives a new identifier, relative to the domain: `rdf/newId` with the clone's source of chance */
  constructor(keys: Keys, newId: () => string) {
    this.reading = new Reading(keys, newId)
    this.properties = new PropertyReader(this.reading, (object, itemKey) => this.subject(object, itemKey))
  }

  /**
   * @param json a subject, an array of subjects, or `{ '@graph': ... }`, also with an `@context`
   * @returns the identifiers of the subjects and lists that had none, in the order of the JSON, a subject before those inside it; as
   *   the reader's own context has them, whatever contexts the JSON has
   */
  insert(json: unknown, sink: SubjectSink, options: InsertOptions = {}): string[] {
    this.reading.begin(sink, options)
    this.subjects(json)
    return this.reading.end()
  }

  /**
   * A change to one subject: `replace` for every key but `@id`, then the triples of its values. Null and an empty array have none;
   * undefined says nothing. Nested subjects and lists are inserted, not patched.
   * @throws what {@link insert} does, `pattern-invalid` without an `@id`, and `pattern-unsupported` for values of other subjects (`@reverse`)
   */
  patch(json: unknown, sink: PatchSink, options: InsertOptions = {}): string[] {
    const { reading } = this
    const { values } = reading
    const { path } = values
    reading.begin(sink, options)
    const object = asObject(json, path)
    reading.enterContext(object)
    const { keys } = reading
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
      this.replace(subject, key, sink)
      this.member(subject, key, value, keys.none)
    }
    path.leave()
    return reading.end()
  }

  /**
   * The subject that a patch is of.
   * @returns 0 when it has no `@id`, or one that the dictionary does not have
   * @throws what {@link patch} does
   */
  identify(json: unknown, options: InsertOptions = {}): ValueId {
    const { reading } = this
    const { values } = reading
    reading.begin(nowhere, options)
    const object = asObject(json, values.path)
    reading.enterContext(object)
    values.path.enter()
    const id = idOf(object, reading.keys, values.path)
    return id === undefined ? 0 : values.reference(id, false)
  }

  private replace(subject: ValueId, key: Key, sink: PatchSink): void {
    if (key.keyword === '@type') sink.replace(subject, this.typeProperty())
    else if (key.keyword === '@list') sink.clearList?.(subject)
    else if (key.reverse || key.keyword === '@reverse') {
      this.reading.values.path.failUnsupported('@reverse', 'change the subjects that have this one as a value')
    } else if (key.iri !== '') sink.replace(subject, this.reading.keys.property(key, true))
  }

  private subjects(json: unknown): void {
    const { path } = this.reading.values
    if (!Array.isArray(json)) {
      this.outermost(json)
      return
    }
    path.enter()
    for (let i = 0; i < json.length; i++) {
      path.at(i)
      this.outermost(json[i])
    }
    path.leave()
  }

  private outermost(json: unknown): void {
    const object = asObject(json, this.reading.values.path)
    const outer = this.reading.enterContext(object)
    const { graph, none } = this.reading.keys
    if (graph in object && Object.hasOwn(object, graph)) this.graph(object)
    else if (graph !== '@graph' && Object.hasOwn(object, '@graph')) this.graph(object)
    else this.subject(object, none)
    this.reading.use(outer)
  }

  private graph(object: JsonObject): void {
    const { path } = this.reading.values
    path.enter()
    for (const name of Object.keys(object)) {
      path.at(name)
      if (this.reading.keys.key(name, path).keyword === '@graph') this.subjects(object[name])
      else if (name !== '@context') path.failUnsupported(name, 'beside "@graph" there can be nothing but "@context"')
    }
    path.leave()
  }

  /** An object that is a subject: its triples, and its id. @param itemKey tells the coercion of its items, when it is a list */
  private subject(object: JsonObject, itemKey: Key): ValueId {
    const { values, keys } = this.reading
    const { path } = values
    path.enter()
    const given = idOf(object, keys, path)
    const subject = given === undefined ? this.reading.generate() : values.reference(given, true)
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      this.member(subject, keys.key(name, path), object[name], itemKey)
    }
    path.leave()
    return subject
  }

  private member(subject: ValueId, key: Key, value: unknown, itemKey: Key): void {
    if (key.keyword === '') this.properties.property(subject, key, value)
    else if (key.keyword === '@type') this.types(subject, value)
    else if (key.keyword === '@list') this.properties.list(subject, itemKey, value)
    else if (key.keyword === '@reverse') this.properties.reverse(subject, value)
    else if (key.keyword !== '@id' && key.keyword !== '@context') this.reading.values.path.failUnsupported(key.keyword)
  }

  private types(subject: ValueId, value: unknown): void {
    const { values, sink } = this.reading
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

  private typeProperty(): PropertyId {
    if (this.type === -1) this.type = this.reading.keys.terms.property(rdf.type, true)
    return this.type
  }
}
