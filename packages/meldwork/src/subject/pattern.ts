import { CodedError } from '../errors.js'
import { rdf, type TermTable } from '../rdf/index.js'
import { ConstantReader } from './constants.js'
import { Coercion, Container, type Key, type Keys } from './keys.js'
import { asObject, decidingKeyword, idOf, isNativeObject, type JsonObject, onlyMember, ownMember } from './objects.js'
import {
  type BasicPattern,
  type DeletePattern,
  type InlineConstraint,
  inlineOperators,
  type ListPattern,
  type PatternTerm,
  type TriplePattern,
  Variables,
} from './triple-pattern.js'
import { ValueReader } from './values.js'
import { isVariable } from './variable.js'

const arrayIndex = /^(?:0|[1-9][0-9]{0,14})$/

/**
 * Reads JSON patterns as triple patterns. Never adds to the dictionary: a constant that it does not have makes the pattern empty.
 *
 * A string that looks like a variable is one, under any key. What a subject would say nothing with (null, undefined, an empty
 * array) is refused: in a pattern it would match more than was meant.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class PatternReader {
  /** What stands by itself, and not in a pattern. */
  readonly constants: ConstantReader
  private readonly own: Keys
  /** Of the context where reading stands. */
  private keys: Keys
  private readonly terms: TermTable
  private readonly values: ValueReader
  private variables = new Variables()
  private triples: TriplePattern[] = []
  private lists: ListPattern[] = []
  private constraints: InlineConstraint[] = []
  private whole: PatternTerm[] | undefined
  private unknown = false

  constructor(keys: Keys) {
    this.own = keys
    this.keys = keys
    this.terms = keys.terms
    this.values = new ValueReader(keys)
    this.constants = new ConstantReader(keys)
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
    return this.end()
  }

  /**
   * An `@delete`: like {@link where}, but each subject must have an `@id`, if only a variable, so that one forgotten does not delete
   * from all; and one with its `@id` alone is deleted whole.
   */
  delete(json: unknown, variables: Variables, path = "$['@delete']"): DeletePattern {
    const subjects: PatternTerm[] = []
    this.begin(variables, path, subjects)
    this.group(json)
    if (this.constraints.length > 0) {
      const { keyword, path: at } = this.constraints[0]
      throw new CodedError('pattern-unsupported', `${keyword} is not supported at ${at}: say it in "@where"`, {
        keyword,
        path: at,
      })
    }
    return { ...this.end(), subjects }
  }

  private begin(variables: Variables, path: string, whole: PatternTerm[] | undefined): void {
    this.use(this.own)
    this.values.path.start(path)
    this.variables = variables
    this.triples = []
    this.lists = []
    this.constraints = []
    this.whole = whole
    this.unknown = false
  }

  private use(keys: Keys): void {
    this.keys = keys
    this.values.keys = keys
  }

  private end(): BasicPattern {
    const { triples, lists, constraints } = this
    return { triples, lists, constraints, empty: this.unknown }
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
    const outer = this.keys
    path.enter()
    if (Object.hasOwn(object, '@context')) {
      path.at('@context')
      this.use(outer.extend(object['@context'], String(path)))
    }
    const subject = this.subjectTerm(object)
    let alone = true
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      if (this.member(subject, name, object[name])) alone = false
    }
    path.leave()
    this.use(outer)
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
    if (key.keyword === '@id' || key.keyword === '@context') return false
    if (key.keyword !== '') return this.keywordMember(subject, key.keyword, value)
    if (key.iri === '') values.path.failPattern('a key that the context does not ignore')
    const property = this.constant(keys.property(key, false), -1)
    if (key.reverse) this.each(value, item => this.add(this.referrer(item), property, subject))
    else if (key.container === Container.language) this.languageMap(subject, property, value)
    else if (key.container === Container.list) this.containedList(subject, property, key, value)
    else if (key.unsupported !== '') values.path.failUnsupported(key.unsupported)
    else this.objects(subject, property, key, value)
    return true
  }

  /** `{ en: '?label', fr: 'chat' }`: text by its language. */
  private languageMap(subject: PatternTerm, property: PatternTerm, value: unknown): void {
    const { path } = this.values
    if (typeof value === 'string' && isVariable(value)) {
      this.add(subject, property, this.variable(value))
      return
    }
    const map = asObject(value, path)
    path.enter()
    for (const tag of Object.keys(map)) {
      path.at(tag)
      this.each(map[tag], text => this.add(subject, property, this.textIn(tag, text)))
    }
    path.leave()
  }

  private textIn(tag: string, text: unknown): PatternTerm {
    const { keys } = this
    if (keys.context.keyword(tag) === '@none') return this.objectTerm(keys.none, text)
    return this.objectValue({
      [keys.context.keywordAlias('@language')]: tag,
      [keys.context.keywordAlias('@value')]: text,
    })
  }

  /** Under a key whose values are lists, an array is one. */
  private containedList(subject: PatternTerm, property: PatternTerm, key: Key, value: unknown): void {
    if (typeof value === 'string' && isVariable(value)) this.add(subject, property, this.variable(value))
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, '@list'))
      this.add(subject, property, this.objectTerm(this.keys.none, value))
    else {
      const list = this.anonymous()
      this.add(subject, property, list)
      this.list(list, key, value)
    }
  }

  private keywordMember(subject: PatternTerm, keyword: string, value: unknown): boolean {
    switch (keyword) {
      case '@type':
        this.types(subject, value)
        return true
      case '@list':
        this.list(subject, this.keys.none, value)
        return true
      case '@reverse':
        this.reversed(subject, value)
        return true
      default:
        if (!inlineOperators.has(keyword)) this.values.path.failUnsupported(keyword)
        this.constrain(subject, keyword, value)
        return false
    }
  }

  /** `{ '@reverse': { property: subjects } }`: those subjects have this one as a value of the property. */
  private reversed(object: PatternTerm, value: unknown): void {
    const { values, keys } = this
    const { path } = values
    const members = asObject(value, path)
    path.enter()
    for (const name in members) {
      if (!Object.hasOwn(members, name)) continue
      path.at(name)
      let property: PatternTerm
      if (isVariable(name)) property = this.variable(name)
      else {
        const key = keys.key(name, path)
        if (key.iri === '') path.failPattern('a property')
        property = this.constant(keys.property(key, false), -1)
      }
      this.each(members[name], item => this.add(this.referrer(item), property, object))
    }
    path.leave()
  }

  private referrer(value: unknown): PatternTerm {
    if (typeof value === 'string') return this.node(value)
    return this.subject(asObject(value, this.values.path), false)
  }

  /** Items by index: an array, from 0; or an object whose keys are indexes, or variables for them. */
  private list(list: PatternTerm, key: Key, value: unknown): void {
    const { path } = this.values
    if (Array.isArray(value)) {
      if (value.length === 0) this.failNothing()
      path.enter()
      value.forEach((item, index) => {
        path.at(index)
        this.listItem(list, key, this.index(index), item)
      })
      path.leave()
      return
    }
    const members = asObject(value, path)
    let said = false
    path.enter()
    for (const name in members) {
      if (!Object.hasOwn(members, name)) continue
      path.at(name)
      if (!isVariable(name) && !arrayIndex.test(name))
        path.failPattern('an index from 0, or a variable for one ("?" for any)')
      const index = isVariable(name) ? this.variable(name) : this.index(Number(name))
      this.listItem(list, key, index, members[name])
      said = true
    }
    path.leave()
    if (!said) this.failNothing()
  }

  private listItem(list: PatternTerm, key: Key, index: PatternTerm, value: unknown): void {
    const { path } = this.values
    const slot = this.slotOf(value)
    if (slot === undefined) {
      this.lists.push({ list, index, slot: this.anonymous(), item: this.objectTerm(key, value) })
      return
    }
    const { '@id': id, '@item': item } = slot
    path.enter()
    path.at('@id')
    const slotTerm = id === undefined ? this.anonymous() : this.node(id)
    path.at('@item')
    this.lists.push({
      list,
      index,
      slot: slotTerm,
      item: item === undefined ? this.anonymous() : this.objectTerm(key, item),
    })
    path.leave()
  }

  /** An object with `@item`, which stands for a slot. */
  private slotOf(value: unknown): JsonObject | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, '@item'))
      return undefined
    const { path } = this.values
    const object = asObject(value, path)
    path.enter()
    for (const name of Object.keys(object)) {
      path.at(name)
      if (name !== '@id' && name !== '@item') path.failUnsupported(name, 'a slot has "@id" and "@item"')
    }
    path.leave()
    return object
  }

  private index(index: number): PatternTerm {
    return this.constant(this.terms.integer(index, true), 0)
  }

  private constrain({ variable }: PatternTerm, keyword: string, operand: unknown): void {
    const { path } = this.values
    if (variable < 0) path.failPattern('a variable, whose value the condition is about')
    this.constraints.push({ variable, keyword, operand, path: String(path) })
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
    const { values, keys } = this
    if (typeof value === 'object' && value !== null && !isNativeObject(value)) {
      const { path } = values
      const object = asObject(value, path)
      if (decidingKeyword(object, keys, path) === '@set') {
        const set = onlyMember(object, '@set', keys, path)
        path.enter()
        path.at('@set')
        this.each(set, item => this.object(subject, property, key, item))
        path.leave()
        return
      }
    }
    this.add(subject, property, this.objectTerm(key, value))
  }

  /** One value under a key. */
  private objectTerm(key: Key, value: unknown): PatternTerm {
    const { values } = this
    if (value === null || value === undefined) return this.failNothing()
    if (typeof value === 'string' && isVariable(value)) return this.variable(value)
    if (typeof value === 'object' && !isNativeObject(value)) return this.objectValue(asObject(value, values.path))
    return this.constant(values.native(key, value, false), 0)
  }

  private objectValue(object: JsonObject): PatternTerm {
    const { values, keys } = this
    const { path } = values
    switch (decidingKeyword(object, keys, path)) {
      case '@value':
      case '@language':
        if (this.isOpen(object)) return this.openValue(object)
        return this.constant(values.valueObject(object, false) ?? this.failNothing(), 0)
      case '@vocab':
        return this.constant(values.vocabulary(onlyMember(object, '@vocab', keys, path), false), 0)
      default:
        return this.isOpen(object) ? this.openValue(object) : this.subject(object, false)
    }
  }

  /** Whether an object is a value that is not wholly known: it has a variable for its value, language or datatype, or conditions. */
  private isOpen(object: JsonObject): boolean {
    const { keys, values } = this
    let open = false
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      if (isVariable(name)) return false
      const { keyword } = keys.key(name, values.path)
      if (keyword === '@id' || keyword === '@list' || keyword === '@reverse') return false
      if (keyword === '') return false
      const value = object[name]
      const isVariableMember = typeof value === 'string' && isVariable(value)
      if (inlineOperators.has(keyword) || (keyword !== '@type' && isVariableMember)) open = true
      if (keyword === '@language' && !Object.hasOwn(object, '@value')) open = true
    }
    return open
  }

  /** `{ '@value': '?x', '@language': 'en', '@lt': ... }`: the variable has the whole value, with its language and datatype. */
  private openValue(object: JsonObject): PatternTerm {
    const { keys, values } = this
    const { path } = values
    const value = ownMember(object, keys, '@value', path)
    const isVariableValue = typeof value === 'string' && isVariable(value)
    if (value !== undefined && !isVariableValue) path.failPattern('a variable as the "@value", beside the conditions')
    const term = isVariableValue ? this.variable(value as string) : this.anonymous()
    path.enter()
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      const { keyword } = keys.key(name, path)
      if (keyword === '@value') continue
      if (keyword !== '@language' && keyword !== '@type' && !inlineOperators.has(keyword))
        path.failUnsupported(name, 'a value has "@value", "@type", "@language" and conditions')
      this.constrain(term, keyword, object[name])
    }
    path.leave()
    return term
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
