import type {
  InferenceRule,
  InputRule,
  KeyRule,
  PairRule,
  ReferenceRule,
  Rule,
  Scope,
  SetRule,
  SubjectRule,
  ValueRule,
} from '../constraint/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** The rules that have to do with one property. */
export interface PropertyRules {
  readonly values: ValueRule[]
  readonly sets: SetRule[]
  /** Whether these hide nothing of a single value. */
  keepsOne: boolean
  readonly pairs: PairRule[]
  readonly keys: KeyRule[]
  readonly subjects: SubjectRule[]
  readonly references: ReferenceRule[]
}

/** Whose rules a triple of a property may change, beside those of the property: its subject comes into a scope or leaves it, or its object does. */
export interface ScopeTrigger {
  subject: boolean
  object: boolean
}

/** The rules in force, by what they look at: so that a rule costs nothing to what it is not about. */
export class RuleIndex {
  readonly keys: readonly KeyRule[]
  readonly subjects: readonly SubjectRule[]
  readonly references: readonly ReferenceRule[]
  readonly inferences: readonly InferenceRule[]
  readonly inputs: readonly InputRule[]
  /** Those that judge the values of all properties but some. */
  readonly general: readonly ValueRule[]
  /** Subjects that rules on subjects name. */
  readonly namedSubjects = new Set<ValueId>()
  /** Properties whose values are subjects that rules on subjects are about. */
  readonly objectProperties = new Set<PropertyId>()
  private readonly byProperty: (PropertyRules | undefined)[] = []
  private readonly triggers: (ScopeTrigger | undefined)[] = []

  /** Whether there are any properties whose triples decide about scopes. */
  get hasTriggers(): boolean {
    return this.triggers.length > 0
  }

  /** @param typeProperty that by which a subject has a type */
  constructor(rules: readonly Rule[], typeProperty: PropertyId) {
    const of = <S extends Rule['stratum']>(stratum: S) =>
      rules.filter((rule): rule is Extract<Rule, { stratum: S }> => rule.stratum === stratum)
    this.keys = of('key')
    this.subjects = of('subject')
    this.references = of('reference')
    this.inferences = of('inference')
    this.inputs = of('input')
    this.general = of('value').filter(({ property }) => typeof property === 'object')
    for (const rule of of('value')) if (typeof rule.property !== 'object') this.entry(rule.property).values.push(rule)
    for (const rule of of('set')) {
      const entry = this.entry(rule.property)
      entry.sets.push(rule)
      entry.keepsOne &&= rule.keepsOne === true
    }
    for (const rule of of('pair'))
      for (const property of new Set(rule.properties)) this.entry(property).pairs.push(rule)
    for (const rule of this.keys) for (const property of new Set(rule.properties)) this.entry(property).keys.push(rule)
    for (const rule of this.subjects)
      for (const property of new Set(rule.reads)) this.entry(property).subjects.push(rule)
    for (const rule of this.references) this.entry(rule.property).references.push(rule)
    for (const { scope } of this.subjects) this.name(scope)
    for (const { scope, stratum } of rules) if (stratum !== 'input') this.trigger(scope, typeProperty)
  }

  private entry(property: PropertyId): PropertyRules {
    fill(this.byProperty, property)
    let entry = this.byProperty[property]
    if (entry === undefined) {
      entry = { values: [], sets: [], keepsOne: true, pairs: [], keys: [], subjects: [], references: [] }
      this.byProperty[property] = entry
    }
    return entry
  }

  /** Whom a scope is about whatever is live of them. */
  private name(scope: Scope): void {
    if (scope.type === 'nodes') for (const node of scope.nodes) this.namedSubjects.add(node)
    else if (scope.type === 'objects-of') this.objectProperties.add(scope.property)
    else if (scope.type === 'any') for (const part of scope.of) this.name(part)
  }

  private trigger(scope: Scope, typeProperty: PropertyId): void {
    if (scope.type === 'class') this.triggerOf(typeProperty).subject = true
    else if (scope.type === 'subjects-of') this.triggerOf(scope.property).subject = true
    else if (scope.type === 'objects-of') this.triggerOf(scope.property).object = true
    else if (scope.type === 'any') for (const part of scope.of) this.trigger(part, typeProperty)
  }

  private triggerOf(property: PropertyId): ScopeTrigger {
    fill(this.triggers, property)
    this.triggers[property] ??= { subject: false, object: false }
    return this.triggers[property]
  }

  /** The rules about a property; undefined where there are none. */
  of(property: PropertyId): PropertyRules | undefined {
    return property < this.byProperty.length ? this.byProperty[property] : undefined
  }

  /** Which scopes the triples of a property decide; undefined for none. */
  scopesOf(property: PropertyId): ScopeTrigger | undefined {
    return property < this.triggers.length ? this.triggers[property] : undefined
  }

  /** Those that have rules, and no others. */
  *properties(): IterableIterator<PropertyId> {
    for (const [property, rules] of this.byProperty.entries()) if (rules !== undefined) yield property
  }
}

/** Keeps the array dense. */
function fill<T>(array: (T | undefined)[], length: number): void {
  while (array.length <= length) array.push(undefined)
}

/** Whether each triple of the property is judged without a look at others. */
export const isTripleWise = ({ sets, pairs, keys, subjects }: PropertyRules): boolean =>
  sets.length + pairs.length + keys.length + subjects.length === 0
