import {
  type CanonicalConstraint,
  type Constraint,
  type Declared,
  type Rule,
  type RuleKind,
  type RuleSet,
  ruleNamespace,
} from '../constraint/index.js'
import { CodedError } from '../errors.js'
import type { Context, Json, TermTable } from '../rdf/index.js'
import { Keys, SubjectWriter } from '../subject/index.js'
import type { Hidden, RuleSource } from '../transaction/index.js'

/** A declared rule, as it is in force. */
export interface DeclaredConstraint extends CanonicalConstraint {
  readonly '@type': string
}

/** A declared rule that is not in force, and why. */
export interface RefusedConstraint {
  readonly declaration: unknown
  readonly source: 'configuration' | 'data'
  /** The IRI of its subject, of one that is data. */
  readonly id: string | undefined
  readonly error: CodedError<'constraint-invalid' | 'constraint-unknown'>
}

/** The rules of a clone, at one moment. */
export interface Rules {
  readonly inForce: readonly {
    readonly declaration: DeclaredConstraint
    readonly source: 'configuration' | 'data'
    readonly id: string | undefined
    /** What its code has thrown, the first time: where it throws, it hides nothing. */
    readonly failure: unknown
  }[]
  readonly notInForce: readonly RefusedConstraint[]
}

/** What the configuration of a clone says of rules. */
export interface RuleOptions {
  readonly constraints?: readonly Constraint[] | undefined
  readonly extensions?: readonly RuleKind[] | undefined
}

/** The rules of a clone as its app sees them. */
export class CloneRules {
  readonly source: RuleSource
  private readonly keys: Keys
  private readonly failures = new Map<string, unknown>()

  constructor({ constraints = [], extensions = [] }: RuleOptions, context: Context, terms: TermTable) {
    this.keys = new Keys(context, terms)
    this.source = {
      kinds: extensions,
      configuration: constraints.map((declaration, i) => this.declared(declaration, `constraints[${i}]`)),
      failure: (rule, error) => this.onFailure(rule, error),
    }
  }

  /** A declaration of the app, under its context. @param path where it stands, for messages */
  declared(declaration: Constraint, path: string): Declared {
    return { declaration, source: 'configuration', path, id: undefined, keys: this.keys }
  }

  /** How many rules have thrown. */
  get failing(): number {
    return this.failures.size
  }

  private onFailure({ name }: Rule, error: unknown): void {
    if (this.failures.has(name)) return
    this.failures.set(name, error)
    console.error(`The rule "${name}" failed: where it does, it hides nothing`, error)
  }

  /** @throws CodedError `constraint-invalid`, `constraint-unknown` for the first of the configuration that is not in force */
  static requireAll({ notInForce }: RuleSet): void {
    for (const { source, error } of notInForce) if (source === 'configuration') throw error
  }

  value(set: RuleSet): Rules {
    return {
      inForce: set.inForce.map(({ declaration, source, id, rules }) => ({
        declaration: declaration as DeclaredConstraint,
        source,
        id,
        failure: rules.map(({ name }) => this.failures.get(name)).find(error => error !== undefined),
      })),
      notInForce: set.notInForce.map(({ declaration, source, id, error }) => ({ declaration, source, id, error })),
    }
  }
}

/** The declaration of a rule. */
export function declaredConstraint(rule: Rule, set: RuleSet): DeclaredConstraint {
  const declaration = set.ownerOf(rule)?.declaration as DeclaredConstraint | undefined
  return declaration ?? { '@type': rule.name }
}

/** A declaration as a subject: what others in the domain then have in force. @param id absolute */
export function declarationSubject(
  id: string,
  { '@type': type, ...parameters }: DeclaredConstraint,
): Record<string, Json> {
  const isPlain = (value: Json) => typeof value !== 'object'
  return {
    '@context': null,
    '@id': id,
    '@type': type.includes(':') ? type : ruleNamespace + type,
    ...Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        ruleNamespace + name,
        isPlain(value) ? value : { '@type': '@json', '@value': value },
      ]),
    ),
  }
}

/** What a person is told when a write would break a rule. */
export function violation(hidden: Hidden, context: Context, terms: TermTable, set: RuleSet) {
  const { rule, subject, property, object } = hidden
  const writer = new SubjectWriter(new Keys(context, terms))
  const about = writer.property(rule.stratum === 'subject' ? rule.reads[0] : property)
  const id = writer.id(subject)
  const value = writer.valueUnder(about, object)
  const message = `${problem(rule, about, id, JSON.stringify(value))}: ${rule.name}`
  return new CodedError('constraint-violated', message, {
    constraint: declaredConstraint(rule, set)['@type'],
    subject: id,
    property: about,
    values: rule.stratum === 'subject' ? [] : [value],
  })
}

function problem({ stratum }: Rule, property: string, subject: string, value: string): string {
  switch (stratum) {
    case 'value':
      return `${value} cannot be a value of ${property} of ${subject}`
    case 'set':
      return `Multiple values for ${property} of ${subject}`
    case 'pair':
      return `${value} cannot be a value of ${property} of ${subject} beside the others`
    case 'key':
      return `${value} as ${property} of ${subject} is taken by another subject`
    case 'subject':
      return `${subject} would be shown no more`
    default:
      return `${property} of ${subject} refers to ${value}, which is not there`
  }
}
