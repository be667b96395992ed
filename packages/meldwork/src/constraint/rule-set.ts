import { CodedError, hasCode } from '../errors.js'
import { canonicalJson, type Json, memberPath } from '../rdf/index.js'
import type { Keys } from '../subject/index.js'
import { type CanonicalConstraint, checkedDeclaration, failDeclaration, ruleNamespace } from './declaration.js'
import { guarded } from './guarded.js'
import type { RuleKind } from './kind.js'
import { Parameters } from './parameters.js'
import type { Rule } from './rule.js'
import { shippedKinds } from './shipped-kinds.js'
import { unsoundness } from './soundness.js'

/** Declarations may stand in one another this deep. */
const mostNested = 8

/** A declaration, and where it comes from. */
export interface Declared {
  readonly declaration: unknown
  readonly source: 'configuration' | 'data'
  /** For messages: where it stands. */
  readonly path: string
  /** Of one that is data: the IRI of its subject, absolute. */
  readonly id: string | undefined
  /** The context of the names in it, over the clone's dictionary. */
  readonly keys: Keys
}

/** A declared rule that can be used. */
export interface RuleInForce extends Omit<Declared, 'declaration' | 'path' | 'keys'> {
  readonly declaration: CanonicalConstraint
  /** Whether it hides nothing. */
  readonly reportOnly: boolean
  readonly rules: readonly Rule[]
}

/** A declared rule that is not used. */
export interface RuleNotInForce extends Declared {
  readonly error: CodedError<'constraint-invalid' | 'constraint-unknown'>
}

/** What happens when a rule throws. */
export type RuleFailure = (rule: Rule, error: unknown) => void

const byText = (a: { readonly text: string }, b: { readonly text: string }): number =>
  a.text < b.text ? -1 : a.text > b.text ? 1 : 0

/** The rules of a clone: those in force, and why others are not. Immutable. */
export class RuleSet {
  readonly inForce: readonly RuleInForce[]
  readonly notInForce: readonly RuleNotInForce[]
  /** What judges, in an order that is the same on every clone with the same declarations. */
  readonly rules: readonly Rule[]
  private readonly owners: ReadonlyMap<Rule, RuleInForce>

  private constructor(inForce: readonly RuleInForce[], notInForce: readonly RuleNotInForce[]) {
    this.inForce = inForce
    this.notInForce = notInForce
    this.rules = inForce.flatMap(({ reportOnly, rules }) => (reportOnly ? [] : rules))
    this.owners = new Map(inForce.flatMap(owner => owner.rules.map(rule => [rule, owner] as const)))
  }

  /** No rules. */
  static readonly none = new RuleSet([], [])

  /**
   * Reads declarations. One that cannot be used keeps no other from it.
   * @param kinds the app's
   * @param before what was in force until now: the same declaration keeps its rules, so that it is known what is new
   */
  static read(
    declared: readonly Declared[],
    kinds: readonly RuleKind[],
    failure: RuleFailure,
    before: RuleSet = RuleSet.none,
  ): RuleSet {
    const byType = kindsByType(kinds)
    const known = new Map(before.inForce.map(({ declaration, rules }) => [canonicalJson(declaration), rules]))
    const usable: (RuleInForce & { readonly text: string; readonly declared: Declared })[] = []
    const notInForce: RuleNotInForce[] = []
    for (const one of declared)
      try {
        const reader = new DeclarationReader(byType, one.keys, failure)
        const { rules, canonical } = reader.read(one.declaration, one.path)
        const { source, id } = one
        const reportOnly = canonical.reportOnly === true
        const text = canonicalJson(canonical)
        const rule = { source, id, declaration: canonical, reportOnly, rules: known.get(text) ?? rules }
        usable.push({ ...rule, text, declared: one })
      } catch (error) {
        if (!hasCode(error, 'constraint-invalid') && !hasCode(error, 'constraint-unknown')) throw error
        notInForce.push({ ...one, error })
      }
    // What the app says itself comes first: no data may put it out of force.
    const rank = ({ source }: RuleInForce) => (source === 'configuration' ? 0 : 1)
    usable.sort((a, b) => rank(a) - rank(b) || byText(a, b))
    const accepted = new Map<string, RuleInForce & { readonly text: string }>()
    for (const { declared: one, ...rule } of usable) {
      // What is declared twice is in force once.
      if (accepted.has(rule.text)) continue
      const others = Array.from(accepted.values(), other => (other.reportOnly ? [] : other.rules)).flat()
      const reason = rule.reportOnly ? undefined : unsoundness(rule.rules, others, one.keys)
      if (reason === undefined) accepted.set(rule.text, rule)
      else {
        const facts = { path: one.path, reason }
        const message = `The constraint at ${one.path} cannot be kept: ${reason}. Declare it with reportOnly: true, or not at all`
        notInForce.push({ ...one, error: new CodedError('constraint-invalid', message, facts) })
      }
    }
    const inForce = [...accepted.values()].sort(byText).map(({ text: _, ...rule }) => rule)
    return new RuleSet(inForce, notInForce)
  }

  /** One declaration by itself, in its canonical form. @throws CodedError `constraint-invalid`, `constraint-unknown` */
  static canonical({ declaration, path, keys }: Declared, kinds: readonly RuleKind[]): CanonicalConstraint {
    return new DeclarationReader(kindsByType(kinds), keys, () => {}).read(declaration, path).canonical
  }

  /** The declaration of which a rule comes. */
  ownerOf(rule: Rule): RuleInForce | undefined {
    return this.owners.get(rule)
  }

  /** Names what is in force: the same text on clones of which the same is true. */
  get text(): string {
    return canonicalJson(this.inForce.map(({ declaration }) => declaration as Json))
  }
}

const kindsByType = (kinds: readonly RuleKind[]): ReadonlyMap<string, RuleKind> =>
  new Map([...shippedKinds, ...kinds].map(kind => [kind.type, kind]))

/** Code of an app may fail on what others have declared: then it is that declaration which cannot be used. */
function attempt(kind: RuleKind, parameters: Parameters): Rule | readonly Rule[] {
  try {
    return kind.make(parameters)
  } catch (error) {
    if (hasCode(error, 'constraint-invalid') || hasCode(error, 'constraint-unknown')) throw error
    return failDeclaration(parameters.path, `the code of the type ${kind.type} failed`, error)
  }
}

class DeclarationReader {
  private readonly kinds: ReadonlyMap<string, RuleKind>
  private readonly keys: Keys
  private readonly failure: RuleFailure
  private depth = 0

  constructor(kinds: ReadonlyMap<string, RuleKind>, keys: Keys, failure: RuleFailure) {
    this.kinds = kinds
    this.keys = keys
    this.failure = failure
  }

  read(json: unknown, path: string, outer?: Parameters): { rules: readonly Rule[]; canonical: CanonicalConstraint } {
    const declaration = checkedDeclaration(json, path)
    if (outer !== undefined && declaration.reportOnly !== undefined)
      failDeclaration(memberPath(path, 'reportOnly'), 'it is said of the whole')
    if (++this.depth > mostNested) failDeclaration(path, `at most ${mostNested} constraints stand in one another`)
    const kind = this.kindOf(declaration['@type'], path)
    const nested = (inner: unknown, at: string, by: Parameters) => this.read(inner, at, by)
    const parameters = new Parameters(declaration, path, this.keys, nested, outer)
    const made = attempt(kind, parameters)
    const canonical = parameters.finish(kind.type)
    this.depth--
    const rules = (Array.isArray(made) ? made : [made]) as readonly Rule[]
    const versioned = kind.version === 1 ? canonical : { ...canonical, version: kind.version }
    return { rules: outer === undefined ? rules.map(rule => guarded(rule, this.failure)) : rules, canonical: versioned }
  }

  private kindOf(type: string, path: string): RuleKind {
    const name = type.startsWith(ruleNamespace) ? type.slice(ruleNamespace.length) : type
    const kind = this.kinds.get(name) ?? this.kinds.get(this.absolute(type))
    if (kind !== undefined) return kind
    throw new CodedError(
      'constraint-unknown',
      `The constraint at ${path} is of the type ${type}, for which this clone has no code: register it when the clone is opened (rules), or look for a misspelling`,
      { path, type },
    )
  }

  private absolute(type: string): string {
    try {
      return this.keys.context.expandType(type) ?? type
    } catch {
      return type
    }
  }
}
