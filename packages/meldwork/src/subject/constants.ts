import { type PropertyId, rdf, TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import { Coercion, type Keys } from './keys.js'
import { asObject, decidingKeyword, isNativeObject, onlyMember } from './objects.js'
import type { PatternTerm } from './triple-pattern.js'
import { ValueReader } from './values.js'
import { isVariable } from './variable.js'

/**
 * Reads what stands by itself in a request, and not in a pattern: identifiers, properties, the arguments of operators.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class ConstantReader {
  private readonly keys: Keys
  private readonly terms: TermTable
  private readonly values: ValueReader

  constructor(keys: Keys) {
    this.keys = keys
    this.terms = keys.terms
    this.values = new ValueReader(keys)
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
    if (key.reverse) return this.values.path.failUnsupported('@reverse', 'ask for who has it: "@reverse" in a pattern')
    return this.keys.property(key, false)
  }

  /**
   * A value that stands by itself, such as the argument of an operator: JSON's own, `@id`, `@vocab`, or a value object. Added when the dictionary does
   * not have it.
   * @throws `value-invalid`, `pattern-unsupported`, `iri-malformed`
   */
  value(json: unknown, path: string): ValueId {
    const { values, keys } = this
    values.path.start(path)
    if (typeof json !== 'object' || json === null || isNativeObject(json)) return values.native(keys.none, json, true)
    const object = asObject(json, values.path)
    switch (decidingKeyword(object, keys, values.path)) {
      case '@value':
      case '@language':
        return values.valueObject(object, true) ?? this.values.path.failPattern('a value')
      case '@vocab':
        return values.vocabulary(onlyMember(object, '@vocab', keys, values.path), true)
      case '':
        return this.node(onlyMember(object, '@id', keys, values.path))
      default:
        return values.path.failPattern('a value, or a variable')
    }
  }

  private node(id: unknown): ValueId {
    const { path } = this.values
    path.enter()
    path.at('@id')
    const node = this.values.reference(id, true)
    path.leave()
    return node
  }

  /** A type or datatype that stands by itself, added when the dictionary does not have it. @throws `iri-malformed`, `value-invalid` */
  type(json: unknown, path: string): ValueId {
    this.values.path.start(path)
    return this.values.vocabulary(json, true)
  }

  /** A value as it stands under a key; under none when `name` is empty. Added when the dictionary does not have it. */
  constantValue(name: string, json: unknown, path: string): PatternTerm {
    const { values, keys } = this
    values.path.start(path)
    const key = name === '' || isVariable(name) ? keys.none : keys.key(name, values.path)
    if (key.coercion === Coercion.json) return { variable: -1, id: values.json(json, true) }
    if (typeof json === 'object' && json !== null && !isNativeObject(json))
      return { variable: -1, id: this.value(json, path) }
    return { variable: -1, id: values.native(key, json, true) }
  }

  /** An IRI in short form, as a term: as what a variable in the place of a property has. */
  constantIri(short: string): PatternTerm {
    return { variable: -1, id: this.terms.iri(short, true) }
  }

  /** An integer, as an index is one. */
  integer(value: number): PatternTerm {
    return { variable: -1, id: this.terms.integer(value, true) }
  }

  /** The text of a plain string; undefined for any other term. */
  textOf(id: ValueId): string | undefined {
    return this.terms.kind(id) === TermKind.string ? this.terms.text(id) : undefined
  }
}
