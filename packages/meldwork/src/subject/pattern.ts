import { type PropertyId, rdf, type TermTable, type ValueId } from '../rdf/index.js'
import { Coercion, type Key, type Keys } from './keys.js'
import { asObject, decidingKeyword, idOf, isNativeObject, type JsonObject, onlyMember } from './objects.js'
import { ValueReader } from './values.js'
import { isVariable } from './variable.js'

/** The variables of one request, by number from 0, in the order in which they were first met. */
export class Variables {
  /** With the question mark; empty for an anonymous one. */
  readonly names: string[] = []

  /** @param name as it is written: `?` alone is a new variable each time */
  number(name: string): number {
    const known = this.names.indexOf(name)
    return known === -1 ? this.names.push(name === '?' ? '' : name) - 1 : known
  }

  anonymous(): number {
    return this.number('?')
  }
}

/**
 * A place in a triple pattern: a variable, or a constant. A constant is a {@link ValueId} in the place of a subject or object, and a
 * {@link PropertyId} in the place of a property. One that the dictionary does not have is 0 or -1, and matches nothing.
 */
export interface PatternTerm {
  /** The number of the variable; -1 for a constant. */
  readonly variable: number
  /** The constant; meaningless for a variable. */
  readonly id: ValueId | PropertyId
}

/** A triple with variables in places. As a variable, a property stands for its IRI. */
export interface TriplePattern {
  readonly subject: PatternTerm
  readonly property: PatternTerm
  readonly object: PatternTerm
}

/** Triple patterns that must all match: a basic graph pattern, in SPARQL's words. */
export interface BasicPattern {
  readonly triples: readonly TriplePattern[]
  /** Whether it is known to match nothing, because the dictionary does not have one of its constants. */
  readonly empty: boolean
}

/** What an `@delete` names. */
export interface DeletePattern extends BasicPattern {
  /** Subjects to be deleted whole: those that stand with their `@id` alone. Not among {@link triples}. */
  readonly subjects: readonly PatternTerm[]
}

/**
 * Reads JSON patterns as triple patterns. Never adds to the dictionary: a constant that it does not have makes the pattern empty.
 *
 * A string that looks like a variable is one, under any key. What a subject would say nothing with (null, undefined, an empty
 * array) is refused: in a pattern it would match more than was meant. So is `@value` with a variable, until it has a meaning.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class PatternReader {
  private readonly keys: Keys
  private readonly terms: TermTable
  private readonly values: ValueReader
  private variables = new Variables()
  private triples: TriplePattern[] = []
  private whole: PatternTerm[] | undefined
  private unknown = false

  constructor(keys: Keys) {
    this.keys = keys
    this.terms = keys.terms
    this.values = new ValueReader(keys)
  }

  /**
   * An `@where`: subjects, arrays of them and `@graph`, which must all match. A subject without `@id` is any subject. One with its
   * `@id` alone is a subject that has some triple.
   * @param variables where its variables are numbered, with those of other parts of the request
   * @param path where the JSON stands in the request
   */
  where(json: unknown, variables: Variables, path = "$['@where']"): BasicPattern {
    this.begin(variables, path, undefined)
    this.group(json)
    return { triples: this.triples, empty: this.unknown }
  }

  /**
   * An `@delete`: like {@link where}, but each subject must have an `@id`, if only a variable, so that one forgotten does not delete
   * from all; and one with its `@id` alone is deleted whole.
   */
  delete(json: unknown, variables: Variables, path = "$['@delete']"): DeletePattern {
    const subjects: PatternTerm[] = []
    this.begin(variables, path, subjects)
    this.group(json)
    return { triples: this.triples, subjects, empty: this.unknown }
  }

  /**
   * An `@id` that stands by itself, such as the argument of `get` or of `@describe`.
   * @returns 0 when the dictionary does not have it
   * @throws `iri-malformed`
   */
  reference(text: string, path = '$'): ValueId {
    this.values.path.start(path)
    return this.values.reference(text, false)
  }

  /**
   * A property that stands by itself, such as an argument of `get`; `@type` is one.
   * @returns -1 when the dictionary does not have it
   * @throws `iri-malformed`, `pattern-invalid` for another keyword
   */
  property(name: string, path = '$'): PropertyId {
    this.values.path.start(path)
    const key = this.keys.key(name, this.values.path)
    if (key.keyword === '@type') return this.terms.property(rdf.type, false)
    if (key.iri === '') return this.values.path.failPattern('a property')
    return this.keys.property(key, false)
  }

  private begin(variables: Variables, path: string, whole: PatternTerm[] | undefined): void {
    this.values.path.start(path)
    this.variables = variables
    this.triples = []
    this.whole = whole
    this.unknown = false
  }

  private group(json: unknown): void {
    const { path } = this.values
    if (Array.isArray(json)) {
      if (json.length === 0) path.failPattern('a pattern in the array')
      path.enter()
      for (let i = 0; i < json.length; i++) {
        path.at(i)
        this.group(json[i])
      }
      path.leave()
      return
    }
    const object = asObject(json, path)
    if (!Object.hasOwn(object, '@graph')) {
      this.subject(object, true)
      return
    }
    const graph = onlyMember(object, '@graph', this.keys, path)
    path.enter()
    path.at('@graph')
    this.group(graph)
    path.leave()
  }

  /** @param outermost whether the subject stands by itself, and not as the value of another */
  private subject(object: JsonObject, outermost: boolean): PatternTerm {
    const { path } = this.values
    path.enter()
    const subject = this.subjectTerm(object)
    let alone = true
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      if (this.member(subject, name, object[name])) alone = false
    }
    path.leave()
    if (alone && outermost) {
      if (this.whole !== undefined) this.whole.push(subject)
      else this.add(subject, this.anonymous(), this.anonymous())
    }
    return subject
  }

  private subjectTerm(object: JsonObject): PatternTerm {
    const { values, keys } = this
    const id = idOf(object, keys, values.path)
    if (id !== undefined) return this.node(id)
    if (this.whole !== undefined || Object.hasOwn(object, '@id'))
      values.path.failPattern('an IRI, or a variable ("?" for any)')
    return this.anonymous()
  }

  /** @returns whether it is more than an `@id` */
  private member(subject: PatternTerm, name: string, value: unknown): boolean {
    const { values, keys } = this
    if (isVariable(name)) {
      this.objects(subject, this.variable(name), keys.none, value)
      return true
    }
    const key = keys.key(name, values.path)
    if (key.keyword === '@id') return false
    if (key.keyword === '@type') {
      this.types(subject, value)
      return true
    }
    if (key.keyword !== '') values.path.failUnsupported(key.keyword)
    if (key.iri === '') values.path.failPattern('a key that the context does not ignore')
    if (key.unsupported !== '') values.path.failUnsupported(key.unsupported)
    this.objects(subject, this.constant(keys.property(key, false), -1), key, value)
    return true
  }

  private types(subject: PatternTerm, value: unknown): void {
    const { values } = this
    const property = this.constant(this.terms.property(rdf.type, false), -1)
    this.each(value, type => {
      const variable = typeof type === 'string' && isVariable(type)
      this.add(subject, property, variable ? this.variable(type) : this.constant(values.vocabulary(type, false), 0))
    })
  }

  private objects(subject: PatternTerm, property: PatternTerm, key: Key, value: unknown): void {
    if (key.coercion === Coercion.json && !(typeof value === 'string' && isVariable(value))) {
      if (value === null || value === undefined) this.failNothing()
      this.add(subject, property, this.constant(this.values.json(value, false), 0))
    } else this.each(value, item => this.object(subject, property, key, item))
  }

  private object(subject: PatternTerm, property: PatternTerm, key: Key, value: unknown): void {
    if (value === null || value === undefined) this.failNothing()
    if (typeof value === 'string' && isVariable(value)) this.add(subject, property, this.variable(value))
    else if (typeof value === 'object' && !isNativeObject(value as object)) {
      this.objectValue(subject, property, key, asObject(value, this.values.path))
    } else this.add(subject, property, this.constant(this.values.native(key, value, false), 0))
  }

  private objectValue(subject: PatternTerm, property: PatternTerm, key: Key, object: JsonObject): void {
    const { values, keys } = this
    const { path } = values
    switch (decidingKeyword(object, keys, path)) {
      case '@value':
      case '@language': {
        const text = object['@value']
        if (typeof text === 'string' && isVariable(text)) path.failUnsupported(text, 'a variable in "@value"')
        const id = values.valueObject(object, false) ?? this.failNothing()
        this.add(subject, property, this.constant(id, 0))
        break
      }
      case '@vocab':
        this.add(
          subject,
          property,
          this.constant(values.vocabulary(onlyMember(object, '@vocab', keys, path), false), 0),
        )
        break
      case '@set': {
        const set = onlyMember(object, '@set', keys, path)
        path.enter()
        path.at('@set')
        this.each(set, item => this.object(subject, property, key, item))
        path.leave()
        break
      }
      case '@list':
        path.failUnsupported('@list')
        break
      default:
        this.add(subject, property, this.subject(object, false))
    }
  }

  private each(value: unknown, read: (item: unknown) => void): void {
    const { path } = this.values
    if (!Array.isArray(value)) {
      read(value)
      return
    }
    if (value.length === 0) this.failNothing()
    path.enter()
    for (let i = 0; i < value.length; i++) {
      path.at(i)
      if (Array.isArray(value[i])) path.failUnsupported('an array in an array')
      read(value[i])
    }
    path.leave()
  }

  private node(id: unknown): PatternTerm {
    if (typeof id === 'string' && isVariable(id)) return this.variable(id)
    return this.constant(this.values.reference(id, false), 0)
  }

  private variable(name: string): PatternTerm {
    return { variable: this.variables.number(name), id: 0 }
  }

  private anonymous(): PatternTerm {
    return { variable: this.variables.anonymous(), id: 0 }
  }

  private constant(id: number, absent: number): PatternTerm {
    if (id === absent) this.unknown = true
    return { variable: -1, id }
  }

  private add(subject: PatternTerm, property: PatternTerm, object: PatternTerm): void {
    this.triples.push({ subject, property, object })
  }

  private failNothing(): never {
    return this.values.path.failPattern('a value, or a variable ("?" for any)')
  }
}
