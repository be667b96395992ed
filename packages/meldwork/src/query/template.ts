import { memberPath, rdf } from '../rdf/index.js'
import {
  Coercion,
  isVariable,
  type Keys,
  type PatternReader,
  type PatternTerm,
  type Variables,
} from '../subject/index.js'
import type { Expression } from './algebra.js'
import { type ExpressionPlace, type ExpressionReader, expressionKeywords } from './expression-reader.js'
import { invalid, type JsonMembers, membersOf, unsupported } from './request-json.js'

/** A subject with variables in places, from which one is made for each solution: of a `@construct`, an `@insert` or an `@update`. */
export interface TemplateSubject {
  /** Undefined for a new subject each time. */
  readonly id: PatternTerm | undefined
  readonly members: readonly TemplateMember[]
  readonly lists: readonly TemplateListItem[]
  /** Whether it has an `@list`, if only an empty one: as an array, which is a whole list, or by index. */
  readonly list: 'none' | 'whole' | 'indexed'
}

/** The values of one property. */
export interface TemplateMember {
  /** As it was written: a key under the context, or a variable. */
  readonly name: string
  /** The IRI of the property, as a value. */
  readonly property: PatternTerm
  /** Whether this subject is the value, and what stands here the subjects. */
  readonly reverse: boolean
  readonly values: readonly TemplateValue[]
}

export type TemplateValue =
  | { readonly type: 'term'; readonly term: PatternTerm }
  | { readonly type: 'subject'; readonly subject: TemplateSubject }
  | {
      readonly type: 'expression'
      readonly expression: Expression
      /** The variable that stands for the value that is there already, where the expression is about that; else -1. */
      readonly current: number
    }

export interface TemplateListItem {
  readonly index: PatternTerm
  /** Undefined for a new slot. */
  readonly slot: PatternTerm | undefined
  readonly values: readonly TemplateValue[]
}

/** Operators that can be applied to the value that is there: `{ '@plus': 1 }`. */
const updating = new Set(['@plus', '@minus', '@times', '@divide', '@concat'])

const index = /^(?:0|[1-9][0-9]{0,14})$/
const maxDepth = 64

/** What a template may have. */
export interface TemplateRules {
  /** Whether a value can be an expression. */
  readonly expressions: boolean
  /** Whether an expression may be about the value that is there. */
  readonly current: boolean
  readonly lists: boolean
}

/**
 * Reads templates. Strings that look like variables are variables, which must have a value in the pattern that goes with the template.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class TemplateReader {
  private readonly keys: Keys
  private readonly patterns: PatternReader
  private readonly variables: Variables
  private readonly expressions: ExpressionReader
  private readonly place: ExpressionPlace
  private readonly rules: TemplateRules
  private depth = 0

  constructor(
    keys: Keys,
    patterns: PatternReader,
    variables: Variables,
    expressions: ExpressionReader,
    place: ExpressionPlace,
    rules: TemplateRules,
  ) {
    this.keys = keys
    this.patterns = patterns
    this.variables = variables
    this.expressions = expressions
    this.place = place
    this.rules = rules
  }

  /** Subjects: one, an array, or `@graph`. */
  subjects(json: unknown, path: string): TemplateSubject[] {
    if (Array.isArray(json)) {
      if (++this.depth > maxDepth) invalid(path, 'no arrays inside one another so deep')
      const subjects = json.flatMap((item, i) => this.subjects(item, `${path}[${i}]`))
      this.depth--
      return subjects
    }
    const members = membersOf(json, path, 'a subject')
    if (!Object.hasOwn(members, '@graph')) return [this.subject(members, path)]
    const other = Object.keys(members).find(name => name !== '@graph')
    if (other !== undefined) unsupported(other, memberPath(path, other), 'beside "@graph" there can be nothing else')
    return this.subjects(members['@graph'], memberPath(path, '@graph'))
  }

  private subject(members: JsonMembers, path: string): TemplateSubject {
    if (++this.depth > maxDepth) invalid(path, `at most ${maxDepth} subjects inside one another, and no cycle`)
    let id: PatternTerm | undefined
    const list: TemplateListItem[] = []
    let form: TemplateSubject['list'] = 'none'
    const read: TemplateMember[] = []
    for (const name of Object.keys(members)) {
      const at = memberPath(path, name)
      const value = members[name]
      if (isVariable(name)) read.push(this.member(name, this.variable(name, at), false, value, at))
      else {
        const { keyword } = this.keys.key(name, at)
        if (keyword === '@id') id = this.node(value, at)
        else if (keyword === '@list' && this.rules.lists) {
          form = Array.isArray(value) ? 'whole' : 'indexed'
          list.push(...this.list(value, at))
        } else if (keyword === '@reverse') {
          for (const [key, subjects] of Object.entries(membersOf(value, at)))
            read.push(this.keyed(key, subjects, memberPath(at, key), true))
        } else read.push(this.keyed(name, value, at, false))
      }
    }
    this.depth--
    return { id, members: read, lists: list, list: form }
  }

  private keyed(name: string, value: unknown, path: string, reverse: boolean): TemplateMember {
    if (isVariable(name)) return this.member(name, this.variable(name, path), reverse, value, path)
    const key = this.keys.key(name, path)
    if (key.keyword === '@type') {
      const property = this.patterns.constants.constantIri(rdf.type)
      const values = each(value, path).map(([item, at]): TemplateValue => ({ type: 'term', term: this.type(item, at) }))
      return { name, property, reverse, values }
    }
    if (key.keyword !== '') return unsupported(name, path)
    if (key.iri === '') return invalid(path, 'a key that the context does not ignore')
    if (key.reverse) return this.member(name, this.patterns.constants.constantIri(key.iri), !reverse, value, path)
    if (key.unsupported !== '') return unsupported(key.unsupported, path, 'write the values without their container')
    if (key.coercion === Coercion.json && !(typeof value === 'string' && isVariable(value))) {
      const term = this.patterns.constants.constantValue(name, value, path)
      return { name, property: this.patterns.constants.constantIri(key.iri), reverse, values: [{ type: 'term', term }] }
    }
    return this.member(name, this.patterns.constants.constantIri(key.iri), reverse, value, path)
  }

  private member(name: string, property: PatternTerm, reverse: boolean, value: unknown, path: string): TemplateMember {
    const values = reverse ? this.referrers(value, path) : this.values(name, value, path)
    return { name, property, reverse, values }
  }

  private values(name: string, json: unknown, path: string): TemplateValue[] {
    return each(json, path).map(([item, at]) => this.value(name, item, at))
  }

  /** What stands under `@reverse`: subjects, or their identifiers. */
  private referrers(json: unknown, path: string): TemplateValue[] {
    return each(json, path).map(([item, at]) =>
      typeof item === 'string'
        ? { type: 'term', term: this.node(item, at) }
        : { type: 'subject', subject: this.subject(membersOf(item, at, 'a subject, or its identifier'), at) },
    )
  }

  private value(name: string, json: unknown, path: string): TemplateValue {
    if (typeof json === 'string' && isVariable(json)) return { type: 'term', term: this.variable(json, path) }
    if (typeof json === 'object' && json !== null && Object.prototype.toString.call(json) === '[object Object]') {
      const operators = Object.keys(json).filter(key => expressionKeywords.includes(key))
      if (operators.length > 0) return this.expression(json, operators, path)
      const members = json as JsonMembers
      const names = Object.keys(members).filter(key => !isVariable(key))
      const keywords = names.map(key => this.keys.key(key, path).keyword)
      if (!keywords.some(keyword => keyword === '@value' || keyword === '@language' || keyword === '@vocab'))
        return { type: 'subject', subject: this.subject(members, path) }
    }
    return { type: 'term', term: this.patterns.constants.constantValue(name, json, path) }
  }

  private expression(json: object, operators: readonly string[], path: string): TemplateValue {
    if (!this.rules.expressions)
      return unsupported(operators[0], path, 'calculate in "@bind", and name the variable here')
    const [operator] = operators
    const operand = (json as JsonMembers)[operator]
    const isAboutCurrent = updating.has(operator) && (!Array.isArray(operand) || operand.length === 1)
    if (!isAboutCurrent)
      return { type: 'expression', expression: this.expressions.read(json, path, this.place), current: -1 }
    if (!this.rules.current) return invalid(memberPath(path, operator), 'two arguments: in "@update", one will do')
    const current = this.variables.anonymous()
    const at = memberPath(path, operator)
    const first = { type: 'variable', variable: current } as const
    return {
      type: 'expression',
      expression: this.expressions.operator(operator, operand, at, this.place, first),
      current,
    }
  }

  private list(json: unknown, path: string): TemplateListItem[] {
    if (Array.isArray(json)) {
      const items: TemplateListItem[] = []
      for (const [i, item] of json.entries())
        items.push(this.slot(this.patterns.constants.integer(0), item, `${path}[${i}]`))
      return items
    }
    return Object.entries(membersOf(json, path, 'an array, or an object whose keys are indexes')).flatMap(
      ([name, value]) => {
        const at = memberPath(path, name)
        if (!isVariable(name) && !index.test(name)) return invalid(at, 'an index from 0, or a variable for one')
        const place = isVariable(name) ? this.variable(name, at) : this.patterns.constants.integer(Number(name))
        return each(value, at).map(([item, itemPath]) => this.slot(place, item, itemPath))
      },
    )
  }

  private slot(place: PatternTerm, json: unknown, path: string): TemplateListItem {
    if (typeof json !== 'object' || json === null || !Object.hasOwn(json, '@item'))
      return { index: place, slot: undefined, values: [this.value('', json, path)] }
    const { '@id': id, '@item': item, ...others } = json as JsonMembers
    const other = Object.keys(others)[0]
    if (other !== undefined) unsupported(other, memberPath(path, other), 'a slot has "@id" and "@item"')
    const slot = id === undefined ? undefined : this.node(id, memberPath(path, '@id'))
    return { index: place, slot, values: [this.value('', item, memberPath(path, '@item'))] }
  }

  private type(json: unknown, path: string): PatternTerm {
    if (typeof json === 'string' && isVariable(json)) return this.variable(json, path)
    return { variable: -1, id: this.patterns.constants.type(json, path) }
  }

  private node(json: unknown, path: string): PatternTerm {
    if (typeof json === 'string' && isVariable(json)) return this.variable(json, path)
    if (typeof json !== 'string') return invalid(path, 'an IRI, or a variable')
    return { variable: -1, id: this.patterns.constants.value({ '@id': json }, path) }
  }

  private variable(name: string, path: string): PatternTerm {
    const variable = this.variables.number(name)
    if (name === '?' || !this.place.isInScope(variable))
      invalid(path, `a variable that stands in the pattern${name === '?' ? '' : `, which ${name} does not`}`)
    return { variable, id: 0 }
  }
}

/** The values of a member, without those that say nothing. */
function each(json: unknown, path: string): (readonly [item: unknown, path: string])[] {
  const unwrapped = isSet(json) ? json['@set'] : json
  const at = isSet(json) ? memberPath(path, '@set') : path
  const items = Array.isArray(unwrapped)
    ? unwrapped.map((item, i) => [item, `${at}[${i}]`] as const)
    : [[unwrapped, at] as const]
  return items.filter(([item]) => item !== null && item !== undefined)
}

function isSet(json: unknown): json is { '@set': unknown } {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, '@set') && Object.keys(json).length === 1
}
