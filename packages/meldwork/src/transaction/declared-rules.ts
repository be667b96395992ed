import { check32 } from '../codec/index.js'
import {
  type CanonicalConstraint,
  type Declared,
  type RuleFailure,
  type RuleKind,
  RuleSet,
  ruleNamespace,
  shippedKinds,
  spelled,
} from '../constraint/index.js'
import { CodedError } from '../errors.js'
import { type Effects, effectStride, type Graph, observedStride } from '../graph/index.js'
import {
  Context,
  canonicalJson,
  type IriSpace,
  type Json,
  type PropertyId,
  rdf,
  splitLiteral,
  TermKind,
  type ValueId,
} from '../rdf/index.js'
import { Keys } from '../subject/index.js'

/** Where the rules of a clone come from. */
export interface RuleSource {
  /** Those of its configuration. */
  readonly configuration: readonly Declared[]
  /** The app's types of rules. */
  readonly kinds: readonly RuleKind[]
  readonly failure: RuleFailure
}

/**
 * The rules in force: those of the configuration, and those that are data. A subject is a rule when it has the type of one; its parameters are its properties in
 * the namespace of rules. It counts as it is live, whatever is hidden: no rule is about rules.
 */
export class DeclaredRules {
  set: RuleSet = RuleSet.none
  /** Names what is in force; 0 for nothing. */
  digest = 0
  private readonly graph: Graph
  private readonly source: RuleSource
  private readonly keys: Keys
  private readonly typeProperty: PropertyId
  /** The types of rules, by which a subject is one, in short form. */
  private readonly types: readonly string[]
  /** The subjects of which rules are made. */
  private subjects = new Set<ValueId>()

  constructor(graph: Graph, iris: IriSpace, source: RuleSource) {
    this.graph = graph
    this.source = source
    this.keys = new Keys(Context.of(iris), graph.terms)
    this.typeProperty = graph.terms.property(rdf.type, true)
    this.types = [...shippedKinds, ...source.kinds].map(({ type }) =>
      iris.short(type.includes(':') ? type : ruleNamespace + type),
    )
    this.read()
  }

  /** Whether these effects may have changed a rule. */
  areTouchedBy({ list, length, everything }: Effects): boolean {
    if (everything !== undefined) return true
    const { subjects, typeProperty } = this
    for (let at = 0; at < length; at += effectStride) {
      if (subjects.has(list[at + 1])) return true
      if (list[at + 2] === typeProperty && this.isRuleType(list[at + 3])) return true
    }
    return false
  }

  private isRuleType(type: ValueId): boolean {
    const { terms } = this.graph
    return terms.kind(type) === TermKind.iri && this.types.includes(terms.text(type))
  }

  /** Reads them again. @returns whether they are others now */
  read(): boolean {
    const { configuration, kinds, failure } = this.source
    this.subjects = new Set()
    const set = RuleSet.read([...configuration, ...this.inData()], kinds, failure, this.set)
    const { text } = set
    const isSame = this.set.text === text && this.set.notInForce.length === 0 && set.notInForce.length === 0
    if (isSame) return false
    this.set = set
    this.digest = set.inForce.length === 0 ? 0 : check32(new TextEncoder().encode(text)) || 1
    return true
  }

  /** What the rules would be with one more. @throws CodedError `constraint-invalid`, `constraint-unknown` when that cannot be in force */
  with(declared: Declared): { readonly set: RuleSet; readonly canonical: CanonicalConstraint } {
    const { configuration, kinds, failure } = this.source
    const canonical = RuleSet.canonical(declared, kinds)
    // It will be data: it must not go before what is data already, as the configuration does.
    const added: Declared = { ...declared, source: 'data' }
    const set = RuleSet.read([...configuration, ...this.inData(), added], kinds, failure, this.set)
    const { path } = declared
    const idle = new Set(this.set.notInForce.map(other => other.path))
    for (const other of set.notInForce) {
      if (other.path === path) throw other.error
      if (idle.has(other.path)) continue
      const { reason } = other.error.facts as { readonly reason?: string }
      const message = `The constraint at ${path} cannot be kept beside ${other.path}, which is in force: ${reason}. Declare it with reportOnly: true, or not at all`
      throw new CodedError('constraint-invalid', message, { path, reason: reason ?? other.error.message }, other.error)
    }
    return { set, canonical }
  }

  private *inData(): Iterable<Declared> {
    const { graph, keys } = this
    const { iris } = keys.context
    const found = new Set<ValueId>()
    const subjects: ValueId[] = []
    for (const short of this.types) {
      const type = graph.terms.iri(short, false)
      if (type === 0) continue
      const count = graph.liveSubjectsWith(this.typeProperty, type, subjects)
      for (let i = 0; i < count; i++) found.add(subjects[i])
    }
    for (const subject of found) {
      const id = iris.absolute(graph.terms.text(subject))
      yield { declaration: this.declaration(subject), source: 'data', path: id, id, keys }
    }
  }

  /** What a subject says, as a declaration. */
  private declaration(subject: ValueId): Json {
    const { graph } = this
    const { iris } = this.keys.context
    this.subjects.add(subject)
    const members = new Map<string, Json[]>([['@type', []]])
    const observed: number[] = []
    const length = graph.observed(subject, -1, observed)
    for (let at = 0; at < length; at += observedStride) {
      const property = observed[at]
      const object = observed[at + 1]
      const isType = property === this.typeProperty
      if (isType && !this.isRuleType(object)) continue
      const iri = iris.absolute(graph.terms.propertyText(property))
      if (!isType && !iri.startsWith(ruleNamespace)) continue
      const name = isType ? '@type' : iri.slice(ruleNamespace.length)
      const value = isType ? iris.absolute(graph.terms.text(object)) : this.value(object)
      const values = members.get(name)
      if (values === undefined) members.set(name, [value])
      else values.push(value)
    }
    // Values are in no order; and one that has two dots is there once.
    const single = (values: Json[]): Json => {
      const texts = [...new Set(values.map(value => canonicalJson(value)))].sort()
      const distinct = texts.map(text => JSON.parse(text) as Json)
      return distinct.length === 1 ? distinct[0] : distinct
    }
    return Object.fromEntries(Array.from(members, ([name, values]) => [name, single(values)] as const))
  }

  /** A parameter: a term, or what a JSON literal holds: where an order matters, or declarations stand in one another. */
  private value(object: ValueId): Json {
    const { terms } = this.graph
    if (terms.kind(object) === TermKind.typed) {
      const [datatype, text] = splitLiteral(terms.text(object))
      const json = datatype === rdf.JSON ? jsonOf(text) : undefined
      if (json !== undefined) return json
    }
    return spelled(terms, this.keys, object)
  }
}

/** @returns undefined for what is no JSON that can be handled: others may have written anything */
function jsonOf(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    canonicalJson(value)
    return value
  } catch {
    return undefined
  }
}
