import { CodedError, hasCode } from '../errors.js'
import { canonicalJson, type Json } from '../rdf/index.js'
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
   */
  static read(declared: readonly Declared[], kinds: readonly RuleKind[], failure: RuleFailure): RuleSet {
    const byType = kindsByType(kinds)
    const usable: (RuleInForce & { readonly text: string; readonly declared: Declared })[] = []
    const notInForce: RuleNotInForce[] = []
    for (const one of declared)
      try {
        const reader = new DeclarationReader(byType, one.keys, failure)
        const { rules, canonical } = reader.read(one.declaration, one.path)
        const { source, id } = one
        const reportOnly = canonical.reportOnly === true
        usable.push({
          source,
          id,
          declaration: canonical,
          reportOnly,
          rules,
          text: canonicalJson(canonical),
          declared: one,
        })
      } catch (error) {
        if (!hasCode(error, 'constraint-invalid') && !hasCode(error, 'constraint-unknown')) throw error
        notInForce.push({ ...one, error })
      }
    usable.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    const inForce: RuleInForce[] = []
    let last: string | undefined
    for (const { text, declared: one, ...rule } of usable) {
      // What is declared twice is in force once.
      if (text === last) continue
      last = text
      const reason = rule.reportOnly
        ? undefined
        : unsoundness(
            rule.rules,
            inForce.flatMap(other => (other.reportOnly ? [] : other.rules)),
            one.keys.terms,
          )
      if (reason === undefined) inForce.push(rule)
      else {
        const facts = { path: one.path, reason }
        const message = `The constraint at ${one.path} cannot be kept: ${reason}. Declare it with reportOnly: true, or not at all`
        notInForce.push({ ...one, error: new CodedError('constraint-invalid', message, facts) })
      }
    }
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
    if (++this.depth > mostNested) failDeclaration(path, `at most ${mostNested} constraints stand in one another`)
    const kind = this.kindOf(declaration['@type'], path)
    const nested = (inner: unknown, at: string, by: Parameters) => this.read(inner, at, by)
    const parameters = new Parameters(declaration, path, this.keys, nested, outer)
    const made = kind.make(parameters)
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
