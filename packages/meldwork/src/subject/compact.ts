import { type IriSpace, type PropertyId, rdf, TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import { Form, type Key, type Keys } from './keys.js'
import { type ListSource, ListWriter } from './list-writer.js'
import type { GraphSubject, ReadValue, ReadValues } from './types.js'
import { ValueWriter } from './value-writer.js'

/**
 * Writes triples as JSON subjects: the inverse of {@link SubjectReader} under the same context, one level deep. What it gives, read
 * again under that context, is the same triples; two exceptions are the choice of the context: several values of a property
 * that is coerced to `@json`, which come as one array, and an absolute IRI whose scheme is a prefix of the context.
 *
 * The order of several values is the same on every clone; the order of keys is not.
 */
export class SubjectWriter {
  private readonly keys: Keys
  private readonly terms: TermTable
  private readonly values: ValueWriter
  private readonly lists: ListWriter | undefined
  /** Keys that have more than one value in the subject at hand. */
  private readonly several: Key[] = []
  /** Properties that have one value in the subject at hand; undefined when that does not matter. */
  private single: ReadonlySet<PropertyId> | undefined

  /** @param lists where the items of lists are: without it, lists are written as any subject is, as their slots */
  constructor(keys: Keys, lists?: ListSource) {
    this.keys = keys
    this.terms = keys.terms
    this.values = new ValueWriter(keys, lists !== undefined)
    this.lists = lists && new ListWriter(keys, this.values, lists)
  }

  /** The identifier of a subject, as `@id` has it. */
  id(subject: ValueId): string {
    return this.values.reference(subject)
  }

  /** A value that stands under no property, as in the solutions of a select. */
  value(value: ValueId): ReadValue {
    return this.values.json(this.keys.none, value) as ReadValue
  }

  /** A value under a key of this context, as it is written there. */
  valueUnder(name: string, value: ValueId): ReadValue {
    return this.values.json(this.keys.key(name, ''), value) as ReadValue
  }

  /** What `@id` is called under this context. */
  get idKey(): string {
    return this.keys.id
  }

  /** Whether a property is `rdf:type`, whose values are written as names, and never as subjects. */
  isType(property: PropertyId): boolean {
    return this.terms.propertyText(property) === rdf.type
  }

  get iris(): IriSpace {
    return this.keys.context.iris
  }

  /** Whether a value is an IRI, and so can be a subject or a property. */
  isReference(value: ValueId): boolean {
    return this.terms.kind(value) === TermKind.iri
  }

  /** An order of values that is the same on every clone. */
  compare(a: ValueId, b: ValueId): number {
    return this.values.compare(a, b)
  }

  /** A property, as the key of most of its values. */
  property(property: PropertyId): string {
    return this.keys.ofProperty(property)[0].name
  }

  /** An IRI as it would stand as a key or a type. */
  name(value: ValueId): string {
    const { context } = this.keys
    return context.compactVocab(context.iris.absolute(this.terms.text(value)))
  }

  /**
   * One subject.
   * @param pairs `[property, object, property, object, ...]`, without repetitions; what lies beyond `length` is not read
   * @param nested subjects to write in the place of references to them
   */
  subject(
    id: ValueId,
    pairs: ArrayLike<number>,
    length: number = pairs.length,
    nested?: ReadonlyMap<ValueId, GraphSubject>,
  ): GraphSubject {
    return this.write(id, pairs, 0, length, 2, nested)
  }

  /**
   * Subjects, in the order in which they first occur.
   * @param triples `[subject, property, object, ...]`, without repetitions; what lies beyond `length` is not read
   */
  subjects(triples: ArrayLike<number>, length: number = triples.length): GraphSubject[] {
    if (length === 0) return []
    let at = 3
    while (at < length && triples[at] === triples[0]) at += 3
    if (at >= length) return [this.write(triples[0], triples, 1, length, 3)]
    const pairs = new Map<ValueId, number[]>()
    for (let i = 0; i < length; i += 3) {
      const known = pairs.get(triples[i])
      if (known === undefined) pairs.set(triples[i], [triples[i + 1], triples[i + 2]])
      else known.push(triples[i + 1], triples[i + 2])
    }
    return Array.from(pairs, ([id, list]) => this.subject(id, list))
  }

  /** Says of a subject that it is a list, though it has no items. */
  addEmptyList(subject: GraphSubject): void {
    ;(subject as Record<string, unknown>)[this.keys.context.keywordAlias('@list')] = []
  }

  /**
   * Adds a part of a list to subjects: what stands in some of its places, with their slots, as `{ '@list': { '3': { '@id': ..., '@item': ... } } }`.
   * @param entries ascending by index
   */
  addListPart(subjects: GraphSubject[], list: ValueId, entries: readonly ListEntry[]): void {
    if (entries.length === 0) return
    const identified = this.values.identified(list)
    const id = identified[this.keys.id]
    const places: Record<string, unknown> = {}
    for (const { index, slot, item } of entries)
      places[index] = { ...this.values.identified(slot), '@item': this.value(item) }
    const known = subjects.find(subject => subject[this.keys.id] === id)
    if (known === undefined) subjects.push(identified)
    const subject: Record<string, unknown> = known ?? identified
    subject[this.keys.context.keywordAlias('@list')] = places
  }

  /** What is written for a value under a key. */
  private one(key: Key, value: ValueId, nested: Nested): ReadValue {
    const inside = nested !== undefined && key.keyword === '' ? nested.get(value) : undefined
    return (inside as ReadValue | undefined) ?? (this.values.json(key, value) as ReadValue)
  }

  private write(
    id: ValueId,
    flat: ArrayLike<number>,
    from: number,
    to: number,
    step: number,
    nested?: Nested,
  ): GraphSubject {
    const { keys } = this
    const round = keys.nextRound()
    const subject = this.values.identified(id)
    this.single = keys.hasLists && this.lists !== undefined ? singles(flat, from, to, step) : undefined
    for (let i = from; i < to; i += step) {
      const key = this.keyOf(flat[i], flat[i + 1])
      if (key.round === round) {
        key.round = -round
        this.several.push(key)
      } else if (key.round !== -round) {
        key.round = round
        const value = flat[i + 1]
        store(
          subject,
          key,
          key.form === Form.one ? this.one(key, value, nested) : this.formed(id, key, [value], nested),
        )
      }
    }
    if (this.several.length > 0) this.writeSeveral(id, subject, flat, from, to, step, nested)
    return subject
  }

  private writeSeveral(
    id: ValueId,
    subject: GraphSubject,
    flat: ArrayLike<number>,
    from: number,
    to: number,
    step: number,
    nested: Nested,
  ): void {
    const { values } = this
    for (const key of this.several) {
      // All items were written with the first slot.
      if (key.form === Form.items) continue
      const ids: ValueId[] = []
      for (let i = from; i < to; i += step) if (this.keyOf(flat[i], flat[i + 1]) === key) ids.push(flat[i + 1])
      ids.sort((a, b) => values.compare(a, b))
      store(subject, key, this.formed(id, key, ids, nested))
    }
    this.several.length = 0
  }

  /** @param ids the values, in order; any one of them for the items of a list */
  private formed(subject: ValueId, key: Key, ids: readonly ValueId[], nested: Nested): ReadValues {
    switch (key.form) {
      case Form.languageMap:
      case Form.languageMapOfSets:
        return this.values.languageMap(ids, key.form === Form.languageMapOfSets)
      case Form.items:
        return this.lists!.items(subject, nested)
      case Form.list:
        return this.lists!.value(key, ids[0])
      default:
        return ids.map(id => this.one(key, id, nested))
    }
  }

  private keyOf(property: PropertyId, value: ValueId): Key {
    if (this.single?.has(property)) {
      const key = this.keys.listKey(property)
      if (key !== undefined && this.lists!.isList(value)) return key
    }
    const keys = this.keys.ofProperty(property)
    return keys.length === 1 ? keys[0] : this.values.choose(keys, value)
  }
}

/** What stands in a list. */
interface ListEntry {
  readonly index: number
  readonly slot: ValueId
  readonly item: ValueId
}

/** Subjects to write in the place of references to them. */
type Nested = ReadonlyMap<ValueId, GraphSubject> | undefined

function singles(flat: ArrayLike<number>, from: number, to: number, step: number): Set<PropertyId> {
  const met = new Set<PropertyId>()
  const once = new Set<PropertyId>()
  for (let i = from; i < to; i += step) {
    if (met.has(flat[i])) once.delete(flat[i])
    else once.add(flat[i])
    met.add(flat[i])
  }
  return once
}

/** As an own member, whatever its name: assigning to `__proto__` would do something else. */
function store(subject: GraphSubject, key: Key, value: ReadValues): void {
  if (key.name !== '__proto__') subject[key.name] = value
  else Object.defineProperty(subject, key.name, { value, writable: true, enumerable: true, configurable: true })
}
